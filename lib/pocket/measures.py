"""Figures of what a pocket rater answered: accuracy by group, ratings beside intensity, answers that differ."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from lib.pocket.asking import Answered
from lib.pocket.recipe import RATED

Figures = dict[str, object]


def measure(answers: Sequence[Answered]) -> Figures:
    """Figures of one condition with image.

    Gives `faces`; `read`, the share of faces all of whose answers could be read; `accuracy`, the share with the
    intended emotion (an answer that could not be read is wrong), in all, by `race`, `gender`, both (`group`) and
    `emotion`; `confusion`, counts of answers by intended emotion; and for each dimension `mean` by emotion and
    `intensity`, by emotion the Pearson correlation of the expected rating with the intensity drawn (NaN as None; not
    for neutral, which has none).
    """
    frame = _frame(answers)
    parts = {str(emotion): part for (emotion,), part in frame.group_by("emotion", maintain_order=True)}
    figures: Figures = {
        "faces": frame.height,
        "read": _share(frame["read"]),
        "accuracy": _share(frame["right"]),
        "confusion": {
            emotion: {str(name): count for name, count in part["answer"].fill_null("unread").value_counts().iter_rows()}
            for emotion, part in parts.items()
        },
    }
    for by in ("race", "gender", "group", "emotion"):
        shares = frame.group_by(by, maintain_order=True).agg(pl.col("right").mean())
        figures[f"accuracy_by_{by}"] = {name: round(float(share), 4) for name, share in shares.iter_rows()}
    for dimension in RATED:
        figures[dimension] = {
            "mean": {emotion: _rounded(part[dimension].mean()) for emotion, part in parts.items()},
            "intensity": {
                emotion: _correlation(part["intensity"], part[f"expected_{dimension}"])
                for emotion, part in parts.items()
                if emotion != "neutral"
            },
        }
    return figures


def _frame(answers: Sequence[Answered]) -> pl.DataFrame:
    rows = []
    for one in answers:
        person, expression = one.face.person, one.face.expression
        rows.append({
            "race": person.race, "gender": person.gender, "group": f"{person.race} {person.gender}",
            "emotion": expression.emotion, "intensity": expression.intensity, "answer": one.values.get("emotion"),
            "right": one.values.get("emotion") == expression.emotion,
            "read": all(one.values.get(name) is not None for name in ("emotion", *RATED)),
            **{name: one.values.get(name) for name in RATED},
            **{f"expected_{name}": one.expected(name) for name in RATED},
        })  # fmt: skip
    return pl.DataFrame(rows, schema_overrides={name: pl.Float64() for name in RATED}, infer_schema_length=None)


def without_image(answers: Sequence[Answered]) -> Figures:
    """By emotion's name: the rating, and the mean of its chances."""
    return {
        dimension: {
            one.face.expression.emotion: {
                "rating": one.values.get(dimension), "expected": _rounded(one.expected(dimension))
            } for one in answers
        } for dimension in RATED
    }  # fmt: skip


def apart(first: Sequence[Answered], second: Sequence[Answered]) -> Figures:
    """Share of faces with another answer, by step, and the largest difference of an expected rating."""
    changed = {
        name: _rounded(np.mean([a.values.get(name) != b.values.get(name) for a, b in zip(first, second, strict=True)]))
        for name in ("emotion", *RATED)
    }
    apart = [abs(a.expected(name) - b.expected(name)) for a, b in zip(first, second, strict=True) for name in RATED]
    return {"changed": changed, "expected_apart": _rounded(np.nanmax(apart)) if not np.isnan(apart).all() else None}


def _share(values: pl.Series) -> float:
    return round(float(values.cast(pl.Float64).mean() or 0.0), 4)  # type: ignore[arg-type]


def _rounded(value: object) -> float | None:
    number = float(value) if isinstance(value, int | float | np.floating) else float("nan")
    return None if np.isnan(number) else round(number, 4)


def _correlation(first: pl.Series, second: pl.Series) -> float | None:
    pair = pl.DataFrame({"a": first, "b": second}).drop_nans().drop_nulls()
    if pair.height < 3 or pair["a"].std() == 0 or pair["b"].std() == 0:
        return None
    return _rounded(np.corrcoef(pair["a"], pair["b"])[0, 1])

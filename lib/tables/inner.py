"""Tables of what goes on inside machines: what they held likely, and what their layers tell apart."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl
from great_tables import GT

from lib.formats import ABSENT, bounded, capitalised, format_value
from lib.tables.intervals import estimates
from lib.tables.style import plain_table, short_names

PARTS = {
    "all": "Within emotions",
    "same answer": "Within emotion and answer",
    "argmax constant": "Emotions with one answer",
}
STEPS = {"image": "the image's tokens", "all": "all at once"}
TARGETS = ("ratings", "within", "emotion")


def rating_table(found: pl.DataFrame, names: pl.DataFrame, notes: Iterable[str | None] = ()) -> GT:
    """Entropy of the ratings' probabilities, and how their expected value and the answer follow people.

    Parameters
    ----------
    found
        `lib.chapters.dark_knowledge.rating_tracking`.
    names
        `lib.chapters.conditions.condition_names`.
    notes
        Paragraphs below the table.
    """
    texts = found.select(_groups(found, names, "dimension"), *_tracked(found))
    labels = {
        "part": "Images compared", "n": "Images", "distinct": "Answers", "entropy": "Entropy (bits)",
        "expected_r": "*r*, expected value", "p": "*p*", "argmax_r": "*r*, answer", "r_difference": "Difference",
    }  # fmt: skip
    return plain_table(texts, "tbl-dark-ratings", labels, notes, groups="group")


def emotion_table(found: pl.DataFrame, names: pl.DataFrame, notes: Iterable[str | None] = ()) -> GT:
    """Entropy of the emotions' probabilities, their distance from people's shares, and whether they follow them.

    Parameters
    ----------
    found
        `lib.chapters.dark_knowledge.emotion_tracking`.
    names
        `lib.chapters.conditions.condition_names`.
    notes
        Paragraphs below the table.
    """
    texts = found.select(
        _groups(found, names),
        *_tracked(found),
        _kept(estimates(found, "distance", 2)),
        _kept(estimates(found, "said_distance", 2)),
    )
    labels = {
        "part": "Images compared", "n": "Images", "entropy": "Entropy (bits)", "distance": "Distance from people",
        "said_distance": "of the answer alone", "expected_r": "*r*, probability", "p": "*p*", "argmax_r": "*r*, answer",
        "r_difference": "Difference",
    }  # fmt: skip
    return plain_table(texts, "tbl-dark-emotions", labels, notes, groups="group")


def layer_table(
    relations: pl.DataFrame, ceilings: pl.DataFrame, names: pl.DataFrame, notes: Iterable[str | None] = ()
) -> GT:
    """Each layer's likeness to people's ratings and to the emotions, with the family's p, and people's own below.

    Parameters
    ----------
    relations, ceilings
        `lib.chapters.hidden_states.layer_relations` and `layer_ceilings`.
    names
        `lib.chapters.conditions.condition_names`.
    notes
        Paragraphs below the table.
    """
    texts = relations.select("condition", "step", "layer").unique(maintain_order=True)
    for (measure, target), own in relations.partition_by("measure", "target", as_dict=True).items():
        shown = own.select("condition", "step", "layer", _with_p(own).alias(f"{measure}_{target}"))
        texts = texts.join(shown, on=["condition", "step", "layer"], how="left", maintain_order="left")
    columns = [f"{measure}_{target}" for measure in ("rsa", "cka") for target in TARGETS]
    texts = texts.with_columns(pl.lit(None, pl.String).alias(name) for name in columns if name not in texts.columns)
    rows = texts.with_columns(pl.col("layer").cast(pl.String), group=_groups(texts, names, "step"))
    people = _people(ceilings, names)
    labels = {
        "layer": "Layer", "rsa_ratings": "RSA, people's ratings", "rsa_within": "within emotions",
        "rsa_emotion": "emotions", "cka_ratings": "CKA, people's ratings", "cka_within": "within emotions",
        "cka_emotion": "emotions",
    }  # fmt: skip
    whole = pl.concat([rows.select("group", *labels), people], how="diagonal")
    return plain_table(whole, "tbl-layers", labels, notes, groups="group")


def _people(ceilings: pl.DataFrame, names: pl.DataFrame) -> pl.DataFrame:
    """Rows of one half of people with the other, and of what their noise allows at most."""
    short = short_names(names)
    rows: list[dict[str, str | None]] = []
    for (condition,), own in ceilings.partition_by("condition", as_dict=True, maintain_order=True).items():
        for figure, label in (("halves", "Half of people with the other"), ("ceiling", "Noise ceiling")):
            values = {f"rsa_{row['target']}": _bounded(row[figure]) for row in own.iter_rows(named=True)}
            group = f"{short.get(str(condition), str(condition))}: people on these images"
            rows.append({"group": group, "layer": label, **values})
    return pl.DataFrame(rows, schema=dict.fromkeys(["group", "layer", "rsa_ratings", "rsa_within"], pl.String))


def _tracked(found: pl.DataFrame) -> list[pl.Series]:
    """Columns that ratings and emotions share."""
    return [
        pl.Series("part", [PARTS.get(part, capitalised(part)) for part in found["part"]], dtype=pl.String),
        pl.Series("n", [f"{value:,}" for value in found["n"]], dtype=pl.String),
        pl.Series("distinct", [format_value("n", value) for value in found["argmax_distinct"]], dtype=pl.String),
        _kept(estimates(found, "entropy", 2)),
        _correlations(found, "expected_r"),
        pl.Series("p", [format_value("p", value) for value in found["expected_p"]], dtype=pl.String),
        _correlations(found, "argmax_r"),
        _correlations(found, "r_difference"),
    ]


def _correlations(found: pl.DataFrame, name: str) -> pl.Series:
    shown = found.select(
        pl.col(name).alias("r"), pl.col(f"{name}_low").alias("r_low"), pl.col(f"{name}_high").alias("r_high")
    )
    return _kept(estimates(shown, "r")).rename(name)


def _kept(texts: pl.Series) -> pl.Series:
    """Estimates whose intervals stay on one line where a column is narrow."""
    return texts.str.replace(", ", ",\u00a0", literal=True)


def _with_p(own: pl.DataFrame) -> pl.Series:
    """Text such as `.757 (.001)`."""
    pairs = own.select("value", "p_family").iter_rows()
    texts = [ABSENT if value is None else f"{_bounded(value)} ({format_value('p', p)})" for value, p in pairs]
    return pl.Series(texts, dtype=pl.String)


def _bounded(value: float | None) -> str | None:
    return None if value is None else bounded(value)


def _groups(frame: pl.DataFrame, names: pl.DataFrame, column: str | None = None) -> pl.Series:
    """Headings such as `Pocket rater: valence`."""
    short = short_names(names)
    rows = frame.select("condition", *([column] if column else [])).iter_rows()
    texts = [": ".join([short.get(row[0], row[0]), *(STEPS.get(part, part) for part in row[1:])]) for row in rows]
    return pl.Series("group", texts, dtype=pl.String)

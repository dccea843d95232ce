"""What was rated by whom, on which scales, and which conditions were asked, as tables and numbers."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import polars as pl

from lib.chapters.conditions import available_dimensions
from lib.chapters.design import (
    condition_facts,
    record_analysis,
    record_asking,
    record_conditions,
    record_counts,
    record_scales,
)
from lib.results import Results
from lib.study_data import StudyData


@dataclass(frozen=True)
class _Level:
    """Images and ratings of one level of one factor, or of the whole study."""

    factor: str
    level: str
    images: int
    ratings: int


def design_section(data: StudyData, results: Results) -> dict[str, pl.DataFrame]:
    """Count images and ratings, and describe scales and conditions.

    Parameters
    ----------
    data
        The study.
    results
        Takes design.* and conditions.<id>.{name, short_name, type, model, ...}.

    Returns
    -------
    dict of str to polars.DataFrame
        `design`: factor (`all` for the whole study, `emotion` for the intended one), level, images, ratings.
        `scales`: dimension, low, high, step, low_label, high_label, raters (everyone or people).
        `conditions`: condition, predictions (whether it has any) and the facts of its file; null where not given.
    """
    record_counts(results, data)
    record_scales(results, data)
    record_conditions(results, data)
    record_analysis(results, data)
    record_asking(results, data)
    return {"design": _levels(data), "scales": _scales(data), "conditions": _conditions(data)}


def _levels(data: StudyData) -> pl.DataFrame:
    rows = [_Level("all", "all", data.images.height, data.ratings.height)]
    columns = {name: name for name in data.study.group_factors}
    if data.study.emotion.intended:
        columns["emotion"] = "intended_emotion"
    joined = data.ratings.select("image_id").join(data.images, on="image_id", how="left", maintain_order="left")
    for factor, column in columns.items():
        listed = data.study.emotion.categories if factor == "emotion" else data.study.factors[factor].levels
        images, ratings = (dict(frame.group_by(column).len().iter_rows()) for frame in (data.images, joined))
        rows += [_Level(factor, level, images.get(level, 0), ratings.get(level, 0)) for level in listed]
    return pl.DataFrame([asdict(row) for row in rows])


def _scales(data: StudyData) -> pl.DataFrame:
    names = ("low", "high", "step", "low_label", "high_label", "raters")
    scales = {name: data.study.dimensions[name] for name in available_dimensions(data)}
    rows = [{"dimension": name} | {word: getattr(scale, word) for word in names} for name, scale in scales.items()]
    texts = dict.fromkeys(("dimension", "low_label", "high_label", "raters"), pl.String)
    return pl.DataFrame(rows, schema_overrides=texts | dict.fromkeys(("low", "high", "step"), pl.Float64))


def _conditions(data: StudyData) -> pl.DataFrame:
    rows = [
        {"condition": name, "predictions": name in data.conditions, **condition_facts(item)}
        for name, item in data.all_conditions.items()
    ]
    facts = ("name", "short_name", "type", "model", "backend", "strategy", "thinking", "temperature", "developer",
             "released", "parameters", "quantization", "weights", "architecture", "rationale", "notes")  # fmt: skip
    schema = {"condition": pl.String, "predictions": pl.Boolean} | dict.fromkeys(facts, pl.String)
    return pl.DataFrame(rows, schema=schema)

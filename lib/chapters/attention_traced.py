"""Traced attention as the chapter of attention takes it: conditions, steps, first repeats."""

from __future__ import annotations

import polars as pl

from lib.chapters.answers import reference_emotions
from lib.chapters.conditions import condition_names
from lib.protocol.question import ALL_STEPS
from lib.study_data import StudyData


def first_repeats(data: StudyData) -> dict[str, pl.DataFrame]:
    """First repeats of every traced condition, with emotion (the reference; null where there is none), by image_id."""
    traced = data.traced("attention")
    if not traced:
        return {}
    emotions = reference_emotions(data).images.select("image_id", pl.col("emotion").cast(pl.String))
    return {
        name: frame.filter(pl.col("repeat") == 0).join(emotions, on="image_id", how="inner").sort("image_id", "step")
        for name, frame in traced.items()
    }


def step_order(data: StudyData) -> list[str]:
    """All steps that a machine of this study may be asked, in order."""
    return ["emotion", *data.study.dimensions, ALL_STEPS]


def steps_of(data: StudyData, frame: pl.DataFrame) -> list[tuple[str, pl.DataFrame]]:
    """The steps of one condition, in order, with their rows."""
    present = set(frame["step"])
    return [(step, frame.filter(pl.col("step") == step)) for step in step_order(data) if step in present]


def attention_names(data: StudyData) -> pl.DataFrame:
    """Condition and short_name of all conditions of the study, with predictions of all images or without."""
    named = condition_names(data).select(pl.col("condition").cast(pl.String), "short_name")
    known = set(named["condition"])
    others = [(name, item.short_name) for name, item in data.all_conditions.items() if name not in known]
    return pl.concat([named, pl.DataFrame(others, schema=named.schema, orient="row")])


def traced_images(data: StudyData, *, first: bool = False) -> dict[str, int]:
    """Whose attention was traced, on how many images; with `first` of the first condition alone."""
    counts = [(name, frame["image_id"].n_unique()) for name, frame in first_repeats(data).items()]
    return dict(counts[:1] if first else counts)

"""People's ratings as the chapters report them: a baseline for each dimension."""

from __future__ import annotations

from dataclasses import asdict

import polars as pl

from lib.chapters.conditions import available_dimensions
from lib.metrics.counts import count_ratings
from lib.metrics.human import HumanBaseline, describe_people
from lib.study_data import StudyData


def human_baselines(data: StudyData) -> dict[str, HumanBaseline]:
    """Describe people's ratings of every dimension that was rated."""
    scales = data.study.dimensions
    return {
        name: describe_people(count_ratings(data.ratings, name, scales[name].values))
        for name in available_dimensions(data)
    }


def baseline_frame(baselines: dict[str, HumanBaseline]) -> pl.DataFrame:
    """The baselines as a frame: one row a dimension, one column a figure of `HumanBaseline`."""
    return pl.DataFrame([asdict(item) for item in baselines.values()], infer_schema_length=None)


def means_by_emotion(data: StudyData) -> pl.DataFrame:
    """Mean of all ratings of the images of each intended emotion: dimension, emotion, n_ratings, mean.

    Without intended emotions the frame has no rows; missing ratings are left out.
    """
    schema = {"dimension": pl.String, "emotion": pl.String, "n_ratings": pl.Int64, "mean": pl.Float64}
    if not data.study.emotion.intended:
        return pl.DataFrame(schema=schema)
    names = available_dimensions(data)
    emotions = data.images.select("image_id", pl.col("intended_emotion").cast(pl.String).alias("emotion"))
    ratings = data.ratings.select("image_id", *names).join(emotions, on="image_id", how="left")
    long = ratings.unpivot(names, index="emotion", variable_name="dimension", value_name="rating").drop_nulls("rating")
    means = long.group_by("dimension", "emotion").agg(
        pl.len().cast(pl.Int64).alias("n_ratings"), pl.col("rating").cast(pl.Float64).mean().alias("mean")
    )
    return means.select(list(schema)).sort("dimension", "emotion")

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

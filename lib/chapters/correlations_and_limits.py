"""Correlations and limits of agreement of all raters at once, as tidy frames; the person's as means over draws."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import polars as pl

from lib.chapters.person import averaged, drawn_values
from lib.contracts.predictions import HUMAN_NULL
from lib.metrics.bland_altman import BlandAltman, bland_altman
from lib.metrics.correlation import Correlations, correlate_with_people
from lib.metrics.human_errors import human_error_intervals
from lib.metrics.schemas import schema_like, schema_of
from lib.study_data import StudyData

Compute = Callable[[pl.Series, pl.Series], Any]
KEYS = ["condition", "dimension"]
INTERVALS = ("r_low", "r_high", "rho", "rho_low", "rho_high", "ccc", "ccc_low", "ccc_high")


def with_correlations(data: StudyData, scores: pl.DataFrame, answers: pl.DataFrame) -> pl.DataFrame:
    """Add r_low, r_high, rho, ccc and their intervals to `score_values`; figures of the person are means over draws.

    Parameters
    ----------
    data
        The study; gives the level of the intervals.
    scores
        From `lib.chapters.scores.score_values`.
    answers
        From `lib.chapters.answers.value_answers`.
    """
    level = data.study.analysis.confidence
    found = _averaged_over_draws(
        data, answers, lambda own, people: correlate_with_people(own, people, level), Correlations
    )
    return scores.join(found.select(*KEYS, *INTERVALS), on=KEYS, how="left", maintain_order="left")


def limits_of_agreement(data: StudyData, answers: pl.DataFrame) -> pl.DataFrame:
    """`lib.metrics.bland_altman.BlandAltman` of every rater on every dimension: condition, dimension, its figures.

    The person's are means over draws; it has no proportional_p, for a mean of p values is none.
    """
    level = data.study.analysis.confidence
    found = _averaged_over_draws(data, answers, lambda own, people: bland_altman(own, people, level), BlandAltman)
    person = pl.col("condition").cast(pl.String) == HUMAN_NULL
    return found.with_columns(pl.when(~person).then("proportional_p").alias("proportional_p"))


def human_error_frame(data: StudyData, dimensions: list[str]) -> pl.DataFrame:
    """Bootstrap intervals of people's errors: dimension, loo_mae_low, loo_mae_high, pairwise_mae_low, ..._high."""
    rows = [
        {"dimension": name}
        | asdict(human_error_intervals(data.ratings, name, data.study.dimensions[name].values, data.resampling))
        for name in dimensions
    ]
    ends = ("loo_mae_low", "loo_mae_high", "pairwise_mae_low", "pairwise_mae_high")
    return pl.DataFrame(rows, schema={"dimension": pl.String} | dict.fromkeys(ends, pl.Float64))


def _averaged_over_draws(data: StudyData, answers: pl.DataFrame, compute: Compute, kind: type[Any]) -> pl.DataFrame:
    """One row a rater and dimension; numbers of the held-out person are means over its draws, counts of the first."""
    found = _each(answers, compute, kind)
    drawn = [_each(own, compute, kind) for own in drawn_values(data)]
    return averaged(found, drawn, KEYS) if drawn else found


def _each(answers: pl.DataFrame, compute: Compute, kind: type[Any]) -> pl.DataFrame:
    rows = []
    for key, own in answers.group_by(*KEYS, maintain_order=True):
        if own.drop_nulls(["machine", "people_mean"]).height:
            rows.append(dict(zip(KEYS, key, strict=True)) | asdict(compute(own["machine"], own["people_mean"])))
    return pl.DataFrame(rows, schema=schema_like(answers, KEYS) | schema_of(kind)).sort("dimension", "condition")

"""The held-out person's figures as means over many draws, so that a table does not hang on a single one."""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from dataclasses import replace
from functools import lru_cache

import polars as pl
import polars.selectors as cs

from lib.chapters.answers import label_answers, value_answers
from lib.chapters.scores import LabelScores, score_labels, score_values
from lib.contracts.predictions import HUMAN_NULL
from lib.metrics.human import HumanBaseline
from lib.metrics.human_null import hold_out
from lib.study_data import StudyData

DRAWS = 50  # the standard error of a mean is then a seventh of the spread between draws


def person_note(data: StudyData) -> str | None:
    """Say over how many draws the person's figures are means; None in a study without a held-out person."""
    if not data.study.analysis.human_null:
        return None
    return f"One person: mean over {DRAWS} draws of one rating for every image."


def average_labels(data: StudyData, scores: LabelScores, categories: tuple[str, ...]) -> LabelScores:
    """Replace the person's accuracy, interval, kappa, F1 and the like by means over `DRAWS` draws.

    The number of correct labels is the rounded mean. The confusions stay those of the one composite in the predictions.
    """
    if not data.study.analysis.human_null:
        return scores
    level = data.study.analysis.confidence
    drawn = [score_labels(answers, categories, level) for answers in drawn_labels(data)]
    return replace(
        scores,
        overall=averaged(scores.overall, [item.overall for item in drawn], ["condition"]),
        per_emotion=averaged(scores.per_emotion, [item.per_emotion for item in drawn], ["condition", "emotion"]),
    )


def average_values(data: StudyData, scores: pl.DataFrame, baselines: dict[str, HumanBaseline]) -> pl.DataFrame:
    """Replace the person's figures of `score_values` by means over `DRAWS` draws."""
    if not data.study.analysis.human_null:
        return scores
    drawn = [score_values(answers, baselines) for answers in drawn_values(data)]
    return averaged(scores, drawn, ["condition", "dimension"])


@lru_cache(maxsize=1)
def drawn_labels(data: StudyData) -> tuple[pl.DataFrame, ...]:
    """The person's `label_answers` of every draw, kept because several tables rest on them; none without a person."""
    return tuple(label_answers(own, [HUMAN_NULL]) for own in _draws(data))


@lru_cache(maxsize=1)
def drawn_values(data: StudyData) -> tuple[pl.DataFrame, ...]:
    """The person's `value_answers` of every draw, kept because several tables rest on them; none without a person."""
    return tuple(value_answers(own, [HUMAN_NULL]) for own in _draws(data))


def _draws(data: StudyData) -> Iterator[StudyData]:
    """The study with another held-out rating of every image each time; the first draw is that of the predictions."""
    study = data.study
    for number in range(DRAWS if study.analysis.human_null else 0):
        held = hold_out(
            data.ratings, study.emotion.people_categories, study.analysis.seed + number, study.machine_dimensions
        )
        own = copy(data)
        own.human_null, own.remaining_ratings = held.predictions, held.remaining_ratings
        yield own


def averaged(scores: pl.DataFrame, drawn: list[pl.DataFrame], keys: list[str]) -> pl.DataFrame:
    """`scores` with the numbers of the rows in `drawn` replaced by means; counts but `correct` stay as they are."""
    means = pl.concat(drawn).group_by(keys, maintain_order=True).agg(cs.float().mean(), *_correct(scores))
    return scores.update(means, on=keys, how="left")


def _correct(scores: pl.DataFrame) -> list[pl.Expr]:
    kind = scores.schema.get("correct")
    return [] if kind is None else [pl.col("correct").mean().round().cast(kind)]

"""Chance-corrected agreement of a study's raters, as tidy frames: kappa, pairs of raters, people's alpha."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lib.chapters.answers import reference_emotions
from lib.chapters.conditions import available_dimensions, condition_ids
from lib.chapters.lacking import Lacking
from lib.chapters.person import drawn_labels
from lib.contracts.predictions import HUMAN_NULL
from lib.metrics.agreement import krippendorff_alpha
from lib.metrics.alpha_bootstrap import Level, alpha_interval_by_image, alpha_interval_by_participant
from lib.metrics.categories import right_answer
from lib.metrics.counts import Counts, count_labels, count_ratings
from lib.metrics.kappa import cohen_kappa, label_table
from lib.metrics.mcnemar import SCHEMA as PAIR_SCHEMA
from lib.metrics.mcnemar import mcnemar_pairs
from lib.metrics.multiplicity import adjust_within
from lib.metrics.schemas import Schema
from lib.study_data import StudyData

FIGURES = ("kappa", "se", "low", "high", "z", "p")
NUMBERS: Schema = dict.fromkeys(FIGURES, pl.Float64)
KAPPA: Schema = {"n": pl.Int64, "n_unanswered": pl.Int64} | NUMBERS | {"p_adjusted": pl.Float64, "reason": pl.String}
BETWEEN: Schema = {"kappa_n": pl.Int64, "kappa": pl.Float64, "kappa_low": pl.Float64, "kappa_high": pl.Float64}
ALPHA: Schema = {
    "dimension": pl.String, "level": pl.String, "alpha": pl.Float64, "low": pl.Float64, "high": pl.Float64,
    "n_images": pl.Int64, "n_ratings": pl.Int64, "unit": pl.String, "reason": pl.String,
}  # fmt: skip


def kappa_frame(data: StudyData, answers: pl.DataFrame) -> pl.DataFrame:
    """Kappa of every rater's labels against the reference emotion.

    Parameters
    ----------
    data
        The study.
    answers
        `lib.chapters.answers.label_answers`.

    Returns
    -------
    polars.DataFrame
        condition (Enum), n, n_unanswered (disagreements), kappa, se, low, high, z, p, p_adjusted (family: the raters),
        reason. The held-out person's figures are means over draws.
    """
    categories = reference_emotions(data).categories
    rows = [_kappa_row(own, categories, data) for _, own in answers.group_by("condition", maintain_order=True)]
    schema = {"condition": condition_ids(data)} | KAPPA
    frame = pl.DataFrame([row for row in rows if row], schema=schema)
    if HUMAN_NULL in frame["condition"].cast(pl.String):
        drawn = [_kappa_row(own, categories, data) for own in drawn_labels(data)]
        means = pl.DataFrame(drawn, schema=schema).group_by("condition").agg(pl.col(FIGURES).mean())
        frame = frame.update(means, on="condition", how="left")
    return adjust_within(frame, [], data.study.analysis.correction).sort("condition")


def _kappa_row(own: pl.DataFrame, categories: tuple[str, ...], data: StudyData) -> dict[str, object]:
    known = own.drop_nulls("intended")
    if known.is_empty():
        return {}
    table = label_table(known["intended"], known["predicted"], categories)
    found = cohen_kappa(table, data.study.analysis.confidence)
    figures = {"kappa": found.value} | {name: getattr(found, name) for name in FIGURES[1:]}
    unanswered = known["predicted"].null_count()
    return {"condition": str(own["condition"][0]), "n": found.n, "n_unanswered": unanswered} | figures | {
        "p_adjusted": None, "reason": found.reason,
    }  # fmt: skip


def pairs_frame(data: StudyData, answers: pl.DataFrame) -> pl.DataFrame:
    """Every pair of machines: McNemar's test of their accuracies, and kappa between their labels.

    Parameters
    ----------
    data
        The study.
    answers
        `lib.chapters.answers.label_answers`: the same images, in the same order, for every rater.

    Returns
    -------
    polars.DataFrame
        rater_a, rater_b (ids in alphabetical order), the columns of `lib.metrics.mcnemar.mcnemar_pairs`, kappa_n
        (images that both answered), kappa, kappa_low, kappa_high. One draw of the held-out person is no rater of its
        own: machines stand beside the person in `lib.chapters.beside_person.beside_frame`.
    """
    raters = sorted(name for name in answers["condition"].cast(pl.String).unique() if name != HUMAN_NULL)
    schema = PAIR_SCHEMA | BETWEEN
    if len(raters) < 2:
        return pl.DataFrame(schema=schema)
    labels = list(data.study.emotion.people_categories)
    places = {label: place for place, label in enumerate(labels)}
    own = {name: answers.filter(pl.col("condition").cast(pl.String) == name) for name in raters}
    right = np.stack([own[name].select(right_answer().cast(pl.Float64)).to_series().to_numpy() for name in raters])
    tests = mcnemar_pairs(right, raters, data.study.analysis.correction)
    codes = [
        own[name]["predicted"].cast(pl.String).replace_strict(places, default=-1, return_dtype=pl.Int64).to_numpy()
        for name in raters
    ]
    between = [
        _between(codes[first], codes[second], len(labels), data.study.analysis.confidence)
        for first, second in combinations(range(len(raters)), 2)
    ]
    return pl.concat([tests, pl.DataFrame(between, schema=BETWEEN)], how="horizontal")


def lacking_pairs(pairs: pl.DataFrame) -> Lacking | None:
    """A note where the study has no second machine to compare with; None (false) where there are pairs."""
    if pairs.height:
        return None
    return Lacking("second machine", "Add another condition's predictions to get it.")


def _between(
    first: NDArray[np.int64], second: NDArray[np.int64], size: int, confidence: float
) -> dict[str, float | int | None]:
    """Kappa of two raters' labels on the images that both answered."""
    both = (first >= 0) & (second >= 0)
    table = np.bincount(first[both] * size + second[both], minlength=size * size).reshape(size, size)
    found = cohen_kappa(table, confidence)
    return {"kappa_n": found.n, "kappa": found.value, "kappa_low": found.low, "kappa_high": found.high}


def alpha_frame(data: StudyData) -> pl.DataFrame:
    """Krippendorff's alpha of people's labels (nominal) and of each dimension (ordinal and interval), with intervals.

    Returns
    -------
    polars.DataFrame
        dimension (`emotion` for the labels), level, alpha, low, high (bootstrap over the study's unit), n_images (with
        two or more ratings), n_ratings (of those), unit, reason.
    """
    rows = [_alpha_row(data, *item) for item in _rated(data)]
    return pl.DataFrame(rows, schema=ALPHA)


def _rated(data: StudyData) -> Iterator[tuple[str, Level, Counts, NDArray[np.float64]]]:
    """Each thing that people rated, with the levels to report it at, its counts and its values."""
    if "emotion" in data.ratings.columns and data.ratings["emotion"].null_count() < data.ratings.height:
        labels = count_labels(data.ratings, data.study.emotion.people_categories)
        yield "emotion", "nominal", labels.counts, np.arange(float(len(labels.labels)))
    levels: tuple[Level, ...] = ("ordinal", "interval")
    for name in available_dimensions(data):
        counted = count_ratings(data.ratings, name, data.study.dimensions[name].values)
        for level in levels:
            yield name, level, counted.counts, counted.values


def _alpha_row(
    data: StudyData, dimension: str, level: Level, counts: Counts, values: NDArray[np.float64]
) -> dict[str, object]:
    found = krippendorff_alpha(counts, level, values)
    ends = None if found.value is None else _alpha_interval(data, dimension, level, counts, values)
    low, high = ends if ends is not None else (None, None)
    shared = counts[counts.sum(axis=1) > 1]
    return {
        "dimension": dimension, "level": level, "alpha": found.value, "low": low, "high": high,
        "n_images": found.n_images, "n_ratings": int(shared.sum()), "unit": data.resampling.unit,
        "reason": found.reason,
    }  # fmt: skip


def _alpha_interval(
    data: StudyData, dimension: str, level: Level, counts: Counts, values: NDArray[np.float64]
) -> tuple[float, float] | None:
    resampling = data.resampling
    if resampling.unit == "image":
        return alpha_interval_by_image(counts, level, resampling, values)
    given = data.ratings.select("image_id", "participant_id", dimension).drop_nulls()
    scale = list(data.study.emotion.people_categories) if dimension == "emotion" else None
    column = given[dimension]
    if scale is not None:
        place = column.cast(pl.String).replace_strict(scale, list(range(len(scale))), return_dtype=pl.Int64).to_numpy()
    else:
        place = np.searchsorted((values[1:] + values[:-1]) / 2, column.cast(pl.Float64).to_numpy())
    image, participant = (
        given[name].cast(pl.String).rank("dense").cast(pl.Int64).to_numpy() - 1
        for name in ("image_id", "participant_id")
    )
    shape = (int(image.max()) + 1, len(values))
    return alpha_interval_by_participant(
        image * len(values) + place, participant, shape, level, resampling, values=values
    )

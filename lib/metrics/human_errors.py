"""Intervals of people's own errors: one person against the others' mean, and two people against each other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lib.metrics.checks import require_columns, without_nan
from lib.metrics.counts import RatingCounts, count_ratings
from lib.metrics.resampling import Resampling, draw_weights, percentile_interval, resampled_sums

Values = NDArray[np.float64]


@dataclass(frozen=True)
class HumanErrorIntervals:
    """Bootstrap intervals of the leave-one-out and the pairwise MAE of `lib.metrics.human.describe_people`.

    Attributes
    ----------
    loo_mae_low, loo_mae_high, pairwise_mae_low, pairwise_mae_high : float or None
        Ends, in units of the scale; None where no image has two ratings.
    """

    loo_mae_low: float | None
    loo_mae_high: float | None
    pairwise_mae_low: float | None
    pairwise_mae_high: float | None


def error_sums(counts: RatingCounts) -> Values:
    """Sums over each image of which people's errors are ratios.

    Returns
    -------
    numpy.ndarray
        Shape (n_images, 4): sum of leave-one-out errors, ratings in it, sum of pairwise differences, pairs in it. All
        are 0 for an image with fewer than two ratings. Over all images, the first over the second is the leave-one-out
        MAE, the third over the fourth the pairwise MAE (formulas: `lib.metrics.human.describe_people`).
    """
    table = counts.counts.astype(np.float64)
    n = table.sum(axis=1)
    total = table @ counts.values
    shared = n > 1
    left_out = np.abs(n[:, np.newaxis] * counts.values - total[:, np.newaxis]) / np.maximum(n - 1, 1)[:, np.newaxis]
    up_to = np.cumsum(table, axis=1)[:, :-1]
    apart = (up_to * (n[:, np.newaxis] - up_to)) @ np.diff(counts.values)
    sums = np.column_stack([(table * left_out).sum(axis=1), n, apart, n * (n - 1) / 2])
    return np.where(shared[:, np.newaxis], sums, 0.0)


def human_error_intervals(
    ratings: pl.DataFrame, dimension: str, values: NDArray[np.float64], resampling: Resampling
) -> HumanErrorIntervals:
    """Bootstrap people's errors on one dimension by image or by participant, as the study says.

    Parameters
    ----------
    ratings : polars.DataFrame
        image_id, participant_id (for resampling of participants) and `dimension` (null or NaN = not answered).
    dimension : str
        The rated dimension.
    values : numpy.ndarray
        Every value of the scale, ascending.
    resampling : Resampling
        What is drawn, how often, and the level.

    Returns
    -------
    HumanErrorIntervals

    Raises
    ------
    DataError
        If a column is missing or a rating is not on the scale.

    Notes
    -----
    A participant drawn twice counts twice, but is left out with all copies and makes no pair with a copy: otherwise a
    person would be compared with themselves, and people would seem to agree better than they do. Fewer distinct others
    then stand behind a mean, which makes the drawn leave-one-out errors too large by about half of that small amount by
    which a finite panel does; the interval is therefore moved back by the mean of the draws minus the estimate.
    Coverage by simulation in the tests.
    """
    counts = count_ratings(ratings, dimension, values)
    if resampling.unit == "image":
        drawn = resampled_sums(error_sums(counts), resampling)
    else:
        drawn = np.concatenate(list(_by_participant(ratings, counts, resampling)))
    with np.errstate(invalid="ignore", divide="ignore"):
        errors = drawn[:, [0, 2]] / drawn[:, [1, 3]]
        if resampling.unit == "participant":
            whole = error_sums(counts).sum(axis=0)
            known = np.isfinite(errors)
            centre = np.where(known, errors, 0.0).sum(axis=0) / known.sum(axis=0)
            errors += whole[[0, 2]] / whole[[1, 3]] - centre
    ends = [percentile_interval(column, resampling.confidence) or (None, None) for column in errors.T]
    return HumanErrorIntervals(*ends[0], *ends[1])


def _by_participant(ratings: pl.DataFrame, counts: RatingCounts, resampling: Resampling) -> Iterator[Values]:
    """The four sums over all images, for every sample of participants; one pass over the ratings a sample."""
    require_columns(ratings, ["participant_id"], "The ratings")
    given = ratings.with_columns(without_nan(ratings[counts.dimension]).alias("value")).drop_nulls("value")
    images = counts.image_ids
    image = given["image_id"].cast(pl.String).replace_strict(images, np.arange(images.len()), return_dtype=pl.Int64)
    participant = (given["participant_id"].rank("dense").cast(pl.Int64) - 1).to_numpy()
    place = np.searchsorted((counts.values[1:] + counts.values[:-1]) / 2, given["value"].to_numpy())
    for weights in draw_weights(int(participant.max()) + 1, resampling):
        for row in weights:
            yield _sums_of_sample(row[participant], image.to_numpy(), place, counts)[np.newaxis]


def _sums_of_sample(weight: Values, image: NDArray[np.int64], place: NDArray[np.int64], counts: RatingCounts) -> Values:
    """The four sums, each rating counting `weight` times and left out with all its copies."""
    n_images, n_values = counts.counts.shape
    table = np.bincount(image * n_values + place, weights=weight, minlength=n_images * n_values)
    table = table.reshape(n_images, n_values)
    value, n, total = counts.values[place], table.sum(axis=1), table @ counts.values
    others = n[image] - weight
    alone = (others <= 0) | (weight == 0)
    error = np.abs(value - (total[image] - weight * value) / np.where(alone, 1.0, others))
    up_to = np.cumsum(table, axis=1)[:, :-1]
    apart = ((up_to * (n[:, np.newaxis] - up_to)) @ np.diff(counts.values)).sum()
    kept = np.where(alone, 0.0, weight)
    of_image = np.bincount(image, weights=weight**2, minlength=n_images)
    return np.array([(kept * error).sum(), kept.sum(), apart, (n**2 - of_image).sum() / 2])

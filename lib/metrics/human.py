"""How well people agree among themselves on a dimension: the yardstick for every machine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lib.metrics.agreement import krippendorff_alpha
from lib.metrics.checks import require_columns, require_rows
from lib.metrics.counts import RatingCounts


@dataclass(frozen=True)
class HumanBaseline:
    """People's ratings of one dimension, in units of the scale.

    Attributes
    ----------
    dimension : str
        Name of the dimension.
    n_images : int
        Images with at least one rating.
    n_ratings : int
        Ratings counted.
    n_missing : int
        Ratings left out because the dimension was not answered.
    n_single : int
        Images with one rating only: left out of alpha, leave-one-out and pairwise errors.
    ratings_min, ratings_max : int
        Fewest and most ratings of an image.
    ratings_mean : float
        Mean number of ratings of an image.
    mean : float
        Mean of the image means.
    sd : float or None
        Standard deviation (ddof = 1) of the image means; None for one image.
    rating_sd : float or None
        Standard deviation (ddof = 1) of all single ratings; None for one rating.
    alpha_ordinal, alpha_interval : float or None
        Krippendorff's alpha; None where undefined, see `alpha_reason`.
    alpha_reason : str or None
        Why alpha is undefined, as a sentence for a table's note; None where it is defined.
    loo_mae : float or None
        Leave-one-out error: mean over ratings of |rating - mean of the image's other ratings|.
    pairwise_mae : float or None
        Mean absolute difference of two people's ratings of the same image, over all pairs. Both are None where no
        image has two ratings.
    """

    dimension: str
    n_images: int
    n_ratings: int
    n_missing: int
    n_single: int
    ratings_min: int
    ratings_mean: float
    ratings_max: int
    mean: float
    sd: float | None
    rating_sd: float | None
    alpha_ordinal: float | None
    alpha_interval: float | None
    alpha_reason: str | None
    loo_mae: float | None
    pairwise_mae: float | None


def describe_people(counts: RatingCounts) -> HumanBaseline:
    """Describe people's ratings of one dimension and their agreement.

    Parameters
    ----------
    counts : RatingCounts
        Counts by image and value, from `lib.metrics.counts.count_ratings`.

    Returns
    -------
    HumanBaseline

    Raises
    ------
    DataError
        If no image has a rating.

    Notes
    -----
    Images weigh equally in `mean` and `sd`, ratings in `rating_sd` and `loo_mae`, pairs in `pairwise_mae`. With m
    ratings of an image, S their sum and F_t the number of them up to value t:

    - leave-one-out error of a rating v: ``|m v - S| / (m - 1)``
    - sum of ``|v_i - v_j|`` over pairs: sum over t of ``F_t (m - F_t) (value_{t+1} - value_t)``

    so the cost depends on images and values, not on ratings. Checked against enumeration of all pairs in the tests
    and in R (tests/reference/human.R).
    """
    table = counts.counts[counts.counts.sum(axis=1) > 0]
    require_rows(len(table), f"ratings of {counts.dimension}")
    per_image = table.sum(axis=1)
    means = (table @ counts.values) / per_image
    shared = table[per_image > 1]
    ordinal = krippendorff_alpha(shared, "ordinal", counts.values)
    interval = krippendorff_alpha(shared, "interval", counts.values)
    return HumanBaseline(
        dimension=counts.dimension,
        n_images=len(table),
        n_ratings=int(per_image.sum()),
        n_missing=counts.n_missing,
        n_single=int((per_image == 1).sum()),
        ratings_min=int(per_image.min()),
        ratings_mean=float(per_image.mean()),
        ratings_max=int(per_image.max()),
        mean=float(means.mean()),
        sd=float(means.std(ddof=1)) if means.size > 1 else None,
        rating_sd=_standard_deviation(table.sum(axis=0), counts.values),
        alpha_ordinal=ordinal.value,
        alpha_interval=interval.value,
        alpha_reason=ordinal.reason,
        loo_mae=leave_one_out_mae(shared, counts.values) if len(shared) else None,
        pairwise_mae=pairwise_mae(shared, counts.values) if len(shared) else None,
    )


def image_means(ratings: pl.DataFrame, dimensions: Sequence[str]) -> pl.DataFrame:
    """Mean and standard deviation of people's ratings of each image.

    Parameters
    ----------
    ratings : polars.DataFrame
        Columns image_id and those named in `dimensions` (null or NaN = not answered).
    dimensions : sequence of str
        Rated dimensions, such as valence and arousal.

    Returns
    -------
    polars.DataFrame
        Sorted by image_id: image_id, n_ratings (rows of the image), then for each dimension <dimension>_n (ratings
        answered), <dimension>_mean (null where none) and <dimension>_sd (ddof = 1; null where fewer than two).

    Raises
    ------
    DataError
        If there are no ratings or a column is missing.
    """
    require_columns(ratings, ["image_id", *dimensions], "The ratings")
    require_rows(ratings.height, "ratings")
    figures = [pl.len().cast(pl.Int64).alias("n_ratings")]
    for dimension in dimensions:
        rating = pl.col(dimension).cast(pl.Float64).fill_nan(None)
        figures += [
            rating.count().cast(pl.Int64).alias(f"{dimension}_n"),
            rating.mean().alias(f"{dimension}_mean"),
            rating.std(ddof=1).alias(f"{dimension}_sd"),
        ]
    return ratings.group_by("image_id").agg(figures).sort("image_id")


def leave_one_out_mae(counts: NDArray[np.int64], values: NDArray[np.float64]) -> float:
    """Mean distance of a rating from the mean of the image's other ratings; counts has 2 or more ratings a row."""
    n_ratings = counts.sum(axis=1, keepdims=True)
    total = (counts @ values)[:, np.newaxis]
    error = np.abs(n_ratings * values - total) / (n_ratings - 1)
    return float((counts * error).sum() / counts.sum())


def pairwise_mae(counts: NDArray[np.int64], values: NDArray[np.float64]) -> float:
    """Mean absolute difference of two ratings of the same image; counts has 2 or more ratings a row."""
    n_ratings = counts.sum(axis=1)
    up_to = np.cumsum(counts, axis=1)[:, :-1]
    above = n_ratings[:, np.newaxis] - up_to
    n_pairs = (n_ratings * (n_ratings - 1) // 2).sum()
    return float(((up_to * above) @ np.diff(values)).sum() / n_pairs)


def _standard_deviation(totals: NDArray[np.int64], values: NDArray[np.float64]) -> float | None:
    """Standard deviation (ddof = 1) of values that occur `totals` times; None for one rating."""
    n = totals.sum()
    if n < 2:
        return None
    mean = totals @ values / n
    return float(np.sqrt(totals @ (values - mean) ** 2 / (n - 1)))

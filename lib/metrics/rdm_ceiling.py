"""How well distances between images can at best be predicted, people's ratings being as noisy as they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from lib.errors import DataError, ParameterError
from lib.metrics.checks import require_columns
from lib.metrics.icc import of_mean
from lib.metrics.image_draws import Numbers
from lib.metrics.image_pairs import FEWEST, Pairs, all_pairs, block_products, pairs_within, standard_ranks
from lib.metrics.representations import dissimilarity
from lib.metrics.strata import number_strata

FEW = "fewer than three images with ratings in both halves, or all of them alike"


@dataclass(frozen=True)
class RdmCeiling:
    """Agreement of people's distances between images.

    Attributes
    ----------
    n_images, n_left_out : int
        Images compared, and those that in some split have no rating in a half, or that lack a category.
    splits : int
        Random splits of the raters.
    halves : float or None
        Mean Spearman correlation of the distances of one half of the raters with those of the other: lower bound.
    upper : float or None
        The same of one half with all raters, among whom that half is: upper bound.
    reliability : float or None
        Of the distances of all raters, by Spearman and Brown from `halves`; None where `halves` is not above 0.
    ceiling : float or None
        ``sqrt(reliability)``: what a model that predicted the true distances would be expected to correlate with those
        of all raters.
    reason : str or None
        Why something is None.
    """

    n_images: int
    n_left_out: int
    splits: int
    halves: float | None
    upper: float | None
    reliability: float | None
    ceiling: float | None
    reason: str | None


def rdm_ceiling(
    ratings: pl.DataFrame,
    dimensions: Sequence[str],
    images: pl.DataFrame,
    *,
    splits: int,
    seed: int,
    within: bool = False,
) -> RdmCeiling:
    """Noise ceiling of representational similarity with people's mean ratings, from split halves of the raters.

    Parameters
    ----------
    ratings : polars.DataFrame
        One row a rating: image_id, participant_id and `dimensions` (null or NaN = not answered).
    dimensions : sequence of str
        Whose means make the distances (Euclidean), such as valence and arousal.
    images : polars.DataFrame
        The images compared: image_id and, for `within`, category (null = none, left out).
    splits, seed : int
        Number of random splits of the raters into halves, and their seed.
    within : bool
        Whether only pairs of images of the same category count, their correlations averaged over categories.

    Returns
    -------
    RdmCeiling

    Raises
    ------
    DataError
        If a column is missing, or fewer than two people rated.
    ParameterError
        If splits is below 1.

    Notes
    -----
    Nili et al. (2014, doi:10.1371/journal.pcbi.1003553) bound a model's correlation with single raters' distances by
    that of each rater with the others (lower) and with all, that rater included (upper). Here each rater saw some of
    the images only, so halves of the raters stand for raters. Both bounds are of a half; a model is compared with all
    raters, whose reliability is that of a mean of two halves, ``2 r / (1 + r)`` (Spearman, 1910; Brown, 1910). That is
    approximate, for distances of noisy means are not true distances plus noise: near 0 they are too large. A model can
    exceed the ceiling by chance. Checked by simulation: a model of the true distances reaches it.
    """
    require_columns(ratings, ["image_id", "participant_id", *dimensions], "The ratings")
    require_columns(images, ["image_id", *(["category"] if within else [])], "The images")
    if splits < 1:
        raise ParameterError(f"A noise ceiling needs one split or more, got {splits!r}.")
    kept = images.drop_nulls("category") if within else images
    table, raters = _table(ratings, dimensions, kept["image_id"])
    n_raters = int(raters.max(initial=-1)) + 1
    if n_raters < 2:
        raise DataError(f"Halves need two people or more who rated, got {n_raters!r}. Leave the noise ceiling out.")
    generator = np.random.default_rng(seed)
    halves = [generator.permutation(n_raters) < n_raters // 2 for _ in range(splits)]
    means = [[_means(table, side[raters], kept.height) for side in (half, ~half)] for half in halves]
    whole = _means(table, np.ones(raters.size, dtype=bool), kept.height)
    there = ~np.isnan([*(side for pair in means for side in pair), whole]).any(axis=(0, 2))
    category = kept["category"].filter(pl.Series(there)) if within else None
    left_out = images.height - int(there.sum())
    largest = (
        int(there.sum())
        if category is None
        else int(np.bincount(number_strata(category, category.len())).max(initial=0))
    )
    if largest < FEWEST:
        return RdmCeiling(int(there.sum()), left_out, splits, None, None, None, None, FEW)
    pairs = all_pairs(int(there.sum())) if category is None else pairs_within(category)
    found = _agreement([[side[there] for side in pair] for pair in means], whole[there], pairs)
    lower, upper = (None if np.isnan(value) else float(value) for value in found)
    reliability = of_mean(lower, 2) if lower is not None and lower > 0 else None
    ceiling = None if reliability is None else float(np.sqrt(reliability))
    reason = FEW if lower is None else "halves of the raters do not agree" if reliability is None else None
    return RdmCeiling(int(there.sum()), left_out, splits, lower, upper, reliability, ceiling, reason)


def _table(
    ratings: pl.DataFrame, dimensions: Sequence[str], image_id: pl.Series
) -> tuple[list[tuple[Numbers, Numbers]], np.ndarray]:
    """For each dimension the place of each rating's image (-1 = unanswered) and its value; and each rating's rater."""
    place = {name: at for at, name in enumerate(image_id.cast(pl.String))}
    own = ratings.with_columns(pl.col("image_id").cast(pl.String)).filter(pl.col("image_id").is_in(list(place)))
    image = own["image_id"].replace_strict(place, return_dtype=pl.Int64).to_numpy() if own.height else np.empty(0, int)
    columns = []
    for dimension in dimensions:
        value = own[dimension].cast(pl.Float64).fill_null(float("nan")).to_numpy()
        columns.append((np.where(np.isnan(value), -1, image), np.nan_to_num(value)))
    return columns, number_strata(own["participant_id"], own.height)


def _means(table: list[tuple[Numbers, Numbers]], chosen: np.ndarray, n_images: int) -> Numbers:
    """Mean of the chosen ratings of each image and dimension; NaN where there is none."""
    columns = []
    for image, value in table:
        use = chosen & (image >= 0)
        places = image[use].astype(np.int64)
        count = np.bincount(places, minlength=n_images).astype(float)
        total = np.bincount(places, weights=value[use], minlength=n_images)
        columns.append(np.divide(total, count, out=np.full(n_images, np.nan), where=count > 0))
    return np.column_stack(columns)


def _agreement(means: list[list[Numbers]], whole: Numbers, pairs: Pairs) -> tuple[float, float]:
    """Mean correlation of halves with each other, and with all; blocks in which a side is constant do not count."""
    everyone = standard_ranks(dissimilarity(whole, "euclidean"), pairs)
    between, above = [], []
    for pair in means:
        sides = np.stack([standard_ranks(dissimilarity(side, "euclidean"), pairs) for side in pair])
        known = np.array([(np.abs(sides[:, own]).max(axis=1) > 0).all() for own in pairs.blocks()])
        if known.any():
            between.append(block_products(sides[:1], sides[1], pairs)[0, known].mean())
            above.append(block_products(sides, everyone, pairs)[:, known].mean())
    return (float(np.mean(between)), float(np.mean(above))) if between else (float("nan"), float("nan"))

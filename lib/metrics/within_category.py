"""Spread of answers within categories, and how far a way of asking widens it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from lib.errors import DataError
from lib.metrics.checks import finite_or_none, require_rows
from lib.metrics.image_draws import Numbers, interval_ends, ratio, sums_within
from lib.metrics.resampling import Resampling, bootstrap_p
from lib.metrics.strata import Strata, number_strata, stratified_draws
from lib.metrics.variation import entropy_within, variation_within


@dataclass(frozen=True)
class Spread:
    """Spread of answers within categories.

    Attributes
    ----------
    n, n_excluded : int
        Images with a category and an answer, and the others.
    within_sd : float or None
        Pooled SD within categories; None where no category has two images.
    eta_squared : float or None
        Share of the answers' variance that lies between categories, 0 to 1; None where all answers are the same.
    """

    n: int
    n_excluded: int
    within_sd: float | None
    eta_squared: float | None


@dataclass(frozen=True)
class SpreadComparison:
    """Spread of two ways of asking about the same images; differences are variant - base.

    Attributes
    ----------
    n, n_excluded : int
        Images with a category and an answer of both, and the others.
    base_sd, variant_sd : float or None
        Pooled SD within categories.
    sd_difference, sd_low, sd_high, sd_p : float or None
        Their difference, its interval and two-sided p.
    base_eta_squared, variant_eta_squared : float or None
        Share of variance between categories; None where all answers are the same.
    eta_difference, eta_low, eta_high : float or None
        Their difference and its interval.
    """

    n: int
    n_excluded: int
    base_sd: float | None
    variant_sd: float | None
    sd_difference: float | None
    sd_low: float | None
    sd_high: float | None
    sd_p: float | None
    base_eta_squared: float | None
    variant_eta_squared: float | None
    eta_difference: float | None
    eta_low: float | None
    eta_high: float | None


def spread_by_category(frame: pl.DataFrame, groups: Sequence[str], value: str, scale: Numbers) -> pl.DataFrame:
    """Spread and entropy of answers within groups: the columns of `variation_within` and of `entropy_within`.

    Parameters
    ----------
    frame, groups, value, scale
        As in `lib.metrics.variation`; at least one group column.

    Returns
    -------
    polars.DataFrame
        The group columns, n, n_excluded, distinct, mean, sd, distinct_steps, entropy (bits), entropy_share (of the bits
        that equal use of all values would have, 0 to 1); sorted by group.

    Raises
    ------
    DataError
        If a column is missing or there is no answer at all.
    """
    spread = variation_within(frame, groups, value)
    bits = entropy_within(frame, groups, value, scale).drop("n")
    both = spread.join(bits, on=list(groups), how="left", nulls_equal=True, maintain_order="left")
    return both.with_columns((pl.col("entropy") / float(np.log2(len(scale)))).alias("entropy_share"))


def spread_within(values: Numbers, category: pl.Series) -> Spread:
    """Spread of one machine's answers, or of people's means, within categories.

    Parameters
    ----------
    values : numpy.ndarray
        Shape (n_images,), or (n_images, n_repeats) where each image was asked repeatedly; NaN = no answer.
    category : polars.Series
        Category of each image; null = none, left out.

    Returns
    -------
    Spread

    Raises
    ------
    DataError
        If the lengths differ or no image has both.

    Notes
    -----
    ``within_sd^2 = sum_c sum_(i in c) (x_i - mean_c)^2 / sum_c (n_c - 1)``, the residual variance of an analysis of
    variance by category; ``eta^2 = 1 - SS_within / SS_total``. Of repeats, each one's sums of squares are around its
    own means and added up: the SD is that of one answer an image, and not lowered by averaging. Checked against R:
    lm (tests/reference/within_category.R).
    """
    (table,), kinds, excluded = usable_sides([values], category)
    found = spread_figures(np.ones((1, kinds.size)), table, members(kinds))[0]
    return Spread(kinds.size, excluded, finite_or_none(found[0]), finite_or_none(found[1]))


def compare_spread(base: Numbers, variant: Numbers, category: pl.Series, resampling: Resampling) -> SpreadComparison:
    """Whether a variant, such as another temperature, varies more within categories than the base.

    Parameters
    ----------
    base, variant : numpy.ndarray
        Answers to the same images in the same order, shape (n_images,) or (n_images, n_repeats); NaN = no answer.
    category : polars.Series
        Category of each image; null = none, left out.
    resampling : Resampling
        The study's; images are drawn within categories, with both answers. No interval where participants are drawn.

    Returns
    -------
    SpreadComparison

    Raises
    ------
    DataError
        If the lengths differ or no image has all.

    Notes
    -----
    Percentile intervals (Efron & Tibshirani, 1993, doi:10.1201/9780429246593); an SD of a sample of n drawn from n is
    too low by about 1 / (2 n) of itself, on both sides alike. Coverage by Monte Carlo in the tests.
    """
    tables, kinds, excluded = usable_sides([base, variant], category)
    member = members(kinds)

    def figures(weights: Numbers) -> Numbers:
        one, other = (spread_figures(weights, table, member) for table in tables)
        return np.hstack([one, other, other - one])

    found = [finite_or_none(value) for value in figures(np.ones((1, kinds.size)))[0]]
    drawn = stratified_draws(figures, kinds, resampling)
    sd, eta = (interval_ends(drawn[:, place], resampling.confidence) for place in (4, 5))
    sd = sd if found[4] is not None else (None, None)
    eta = eta if found[5] is not None else (None, None)
    p = bootstrap_p(drawn[:, 4]) if found[4] is not None else None
    return SpreadComparison(
        kinds.size,
        excluded,
        found[0],
        found[2],
        found[4],
        sd[0],
        sd[1],
        p,
        found[1],
        found[3],
        found[5],
        eta[0],
        eta[1],
    )


def usable_sides(sides: Sequence[Numbers], category: pl.Series) -> tuple[list[Numbers], Strata, int]:
    """Tables (n_images, n_repeats) of the images that have a category and a value on every side; their categories."""
    tables = [np.asarray(side, dtype=np.float64).reshape(len(side), -1) for side in sides]
    if any(len(table) != category.len() for table in tables):
        sizes = [len(table) for table in tables]
        raise DataError(f"Values and categories must be paired image by image, got {sizes!r} and {category.len()!r}.")
    inside = category.is_not_null().to_numpy() & np.all([~np.isnan(table).all(axis=1) for table in tables], axis=0)
    require_rows(int(inside.sum()), "images with a category and all values")
    kinds = number_strata(category.filter(pl.Series(inside)), int(inside.sum()))
    return [table[inside] for table in tables], kinds, category.len() - kinds.size


def members(kinds: Strata) -> Numbers:
    """1 where an image is in a category, shape (n_images, n_categories)."""
    return np.asarray(np.eye(int(kinds.max()) + 1)[kinds])


def spread_figures(weights: Numbers, table: Numbers, member: Numbers) -> Numbers:
    """Pooled SD within categories and eta squared, shape (samples, 2)."""
    within, freedom, total = np.zeros((3, len(weights)))
    centre = np.nanmean(table)
    everyone = np.ones((len(member), 1))
    for column in table.T:
        known = weights * ~np.isnan(column)
        numbers = np.where(np.isnan(column), 0.0, column - centre)
        n = known @ member
        within += sums_within(known, numbers, member, n)[1].sum(axis=1)
        freedom += np.maximum(n - 1, 0).sum(axis=1)
        total += sums_within(known, numbers, everyone, known @ everyone)[1][:, 0]
    return np.column_stack([np.sqrt(ratio(within, freedom)), 1 - ratio(within, total)])

"""Whether a machine's numbers follow people's from face to face within a category."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from lib.metrics.image_draws import Ends, Numbers, interval_ends, ratio
from lib.metrics.ranks import weighted_ranks, without_rounding_errors
from lib.metrics.resampling import Resampling
from lib.metrics.strata import Strata, permuted_places, stratified_draws
from lib.metrics.weighted_moments import NOTHING, correlation, covariances
from lib.metrics.within_category import members, usable_sides

ALL = "all"
CONSTANT = "argmax constant"
CONSTANT_VALUES = "the values do not vary within the category"
CONSTANT_PEOPLE = "people's means do not vary within the category"
TRACKING = {"part": pl.String, "n": pl.Int64, "distinct": pl.Int64} | dict.fromkeys(
    ["r", "r_low", "r_high", "rho", "rho_low", "rho_high", "p"], pl.Float64
) | {"reason": pl.String}  # fmt: skip


@dataclass(frozen=True)
class _Tracks:
    """Pearson's and Spearman's correlations: of all, then of each category; of the sample, and of the draws."""

    found: Numbers  # (1 + categories, 2)
    drawn: Numbers  # (draws, 1 + categories, 2)


def track_within(
    values: Numbers, people: Numbers, category: pl.Series, resampling: Resampling, *, permutations: int = 999
) -> pl.DataFrame:
    """Correlation of a machine's numbers with people's means within categories.

    Parameters
    ----------
    values : numpy.ndarray
        The machine's number of each image: a rating, the expected value of its scale probabilities, the probability of
        an emotion; shape (n_images,), NaN = none.
    people : numpy.ndarray
        People's mean of each image, or the share who chose the emotion; NaN = none.
    category : polars.Series
        Category of each image; null = none, left out.
    resampling : Resampling
        The study's; images are drawn within categories. Its seed is that of the permutations, too. No interval where
        participants are drawn.
    permutations : int
        Random orders for p; 0 leaves it out.

    Returns
    -------
    polars.DataFrame
        part (`all`, then the categories in the order of their names), n, distinct (different values), r (Pearson) and
        rho (Spearman) with r_low, r_high, rho_low, rho_high, p (two-sided, of r), reason. Correlations are null, with
        a reason, where a side does not vary within the category, or within any of them for `all`.

    Raises
    ------
    DataError
        If the lengths differ or no image has all.

    Notes
    -----
    `all` pools deviations from the categories' means: ``r = sum_c S_xy,c / sqrt(sum_c S_xx,c sum_c S_yy,c)``, the
    correlation of residuals of an analysis of variance by category. Spearman's is the same of mid-ranks taken within
    each category and divided by its size; ranks are taken anew in every bootstrap sample. p is the share of random
    orders of people's values within categories whose absolute r is as large, ``(1 + count) / (1 + permutations)``
    (Phipson & Smyth, 2010, doi:10.2202/1544-6115.1585): exact whatever the distributions. Checked against R: cor of
    residuals and of ranks (tests/reference/within_tracking.R); level and coverage by Monte Carlo.
    """
    (own, theirs), kinds, _ = usable_sides([values, people], category)
    names = category_names([values, people], category)
    return _frame([own[:, 0], theirs[:, 0]], kinds, names, resampling, permutations)


def compare_tracking(
    expected: Numbers, argmax: Numbers, people: Numbers, category: pl.Series, resampling: Resampling
) -> pl.DataFrame:
    """Whether expected values follow people within categories where the values that were said do not.

    Parameters
    ----------
    expected, argmax : numpy.ndarray
        Expected value of the scale's probabilities, and the most probable or the given value; shape (n_images,), NaN =
        none.
    people, category, resampling
        As in `track_within`.

    Returns
    -------
    polars.DataFrame
        part (`all`; `argmax constant`, the categories in which all images got one argmax, if there are any; then the
        categories), n, argmax_distinct, the figures of `track_within` as expected_r, ... expected_reason and argmax_r,
        ... argmax_reason, then r_difference and rho_difference (expected - argmax) with _low and _high; null where
        argmax has no correlation.

    Raises
    ------
    DataError
        If the lengths differ or no image has all.

    Notes
    -----
    Both sides see the same draws of images. Where argmax is constant, any correlation of the expected value is what the
    machine held likely but did not say.
    """
    sides = [expected, argmax, people]
    tables, kinds, _ = usable_sides(sides, category)
    names = category_names(sides, category)
    one, other, theirs = (table[:, 0] for table in tables)
    frames = {
        name: _frame([side, theirs], kinds, names, resampling, 999)
        for name, side in (("expected", one), ("argmax", other))
    }
    tracks = [_tracks(side, theirs, kinds, resampling) for side in (one, other)]
    gaps = _gaps(tracks[0], tracks[1], resampling)
    both = _beside(frames["expected"], frames["argmax"]).hstack(gaps)
    still = frames["argmax"].filter((pl.col("part") != ALL) & (pl.col("distinct") == 1))["part"].to_list()
    if not still:
        return both
    constant = np.isin(np.array(names)[kinds], still)
    again = np.unique(kinds[constant], return_inverse=True)[1]
    parts = [_frame([side[constant], theirs[constant]], again, still, resampling, 999)[:1] for side in (one, other)]
    row = _beside(parts[0], parts[1]).with_columns(pl.lit(CONSTANT).alias("part"))
    return pl.concat(
        [both[:1], row.with_columns(pl.lit(None, pl.Float64).alias(name) for name in gaps.columns), both[1:]]
    )


def category_names(sides: Sequence[Numbers], category: pl.Series) -> list[str]:
    """Names of the categories that have an image with all values, as `usable_sides` numbers them."""
    known = np.all([~np.isnan(np.asarray(side, dtype=np.float64)) for side in sides], axis=0)
    return category.filter(pl.Series(known)).drop_nulls().cast(pl.String).unique().sort().to_list()


def _frame(
    sides: Sequence[Numbers], kinds: Strata, names: Sequence[str], resampling: Resampling, permutations: int
) -> pl.DataFrame:
    own, theirs = sides
    tracks = _tracks(own, theirs, kinds, resampling)
    p = _permutation_p(own, theirs, kinds, resampling.seed, permutations)
    rows: list[dict[str, object]] = []
    for at, name in enumerate((ALL, *names)):
        inside = np.ones(kinds.size, dtype=bool) if at == 0 else kinds == at - 1
        known = not np.isnan(tracks.found[at, 0])
        ends: list[Ends] = [
            interval_ends(tracks.drawn[:, at, kind], resampling.confidence) if known else (None, None)
            for kind in (0, 1)
        ]
        varies = _varies(own, kinds, inside)
        rows.append({
            "part": name, "n": int(inside.sum()), "distinct": int(np.unique(own[inside]).size),
            "r": tracks.found[at, 0], "r_low": ends[0][0], "r_high": ends[0][1],
            "rho": tracks.found[at, 1], "rho_low": ends[1][0], "rho_high": ends[1][1],
            "p": p[at] if known else None,
            "reason": None if known else CONSTANT_PEOPLE if varies else CONSTANT_VALUES,
        })  # fmt: skip
    return pl.DataFrame(rows, schema=TRACKING).with_columns(pl.col("r", "rho", "p").fill_nan(None))


def _varies(own: Numbers, kinds: Strata, inside: Numbers) -> bool:
    return any(np.ptp(own[inside & (kinds == kind)]) > 0 for kind in np.unique(kinds[inside]))


def _tracks(own: Numbers, theirs: Numbers, kinds: Strata, resampling: Resampling) -> _Tracks:
    columns, member = np.column_stack([own, theirs]), members(kinds)
    levels = [np.unique(without_rounding_errors(side), return_inverse=True)[1] for side in (own, theirs)]

    def figures(weights: Numbers) -> Numbers:
        plain = [correlation(covariances(weights, columns, member), 0, 1)]
        sums = np.zeros((3, len(weights)))
        ranked = []
        for group in member.T > 0:
            w = weights[:, group]
            plain.append(correlation(covariances(w, columns[group]), 0, 1))
            parts = _rank_sums([level[group] for level in levels], w)
            ranked.append(ratio(parts[2], np.sqrt(parts[0] * parts[1])))
            sums += parts
        ranked.insert(0, ratio(sums[2], np.sqrt(sums[0] * sums[1])))
        return np.column_stack([*plain, *ranked])

    size = member.shape[1] + 1
    found = figures(np.ones((1, kinds.size))).reshape(2, size).T
    drawn = stratified_draws(figures, kinds, resampling).reshape(-1, 2, size).transpose(0, 2, 1)
    return _Tracks(found, drawn)


def _rank_sums(levels: Sequence[Strata], weights: Numbers) -> Numbers:
    """Sums of squares of both sides' ranks over their number, and of products, shape (3, samples)."""
    n = weights.sum(axis=1)[:, np.newaxis]
    one, other = (
        (weighted_ranks(np.unique(level, return_inverse=True)[1], weights) - (n + 1) / 2) / n for level in levels
    )
    sums = np.stack([(weights * a * b).sum(axis=1) for a, b in ((one, one), (other, other), (one, other))])
    return np.where(np.abs(sums) <= NOTHING, 0.0, sums)


def _permutation_p(own: Numbers, theirs: Numbers, kinds: Strata, seed: int, permutations: int) -> list[float | None]:
    """Two-sided p of all, then of each category."""
    member = members(kinds)
    if permutations < 1:
        return [None] * (member.shape[1] + 1)
    x, y = (side - (member.T @ side / member.sum(axis=0))[kinds] for side in (own, theirs))

    def products(order: Strata) -> Numbers:
        each = (x * y[order]) @ member
        return np.asarray(np.abs(np.append(each.sum(), each)))

    observed = products(np.arange(kinds.size))
    orders = permuted_places(kinds, permutations, seed)
    reached = np.sum([products(order) >= observed * (1 - 1e-12) for order in orders], axis=0)
    return [float(count) for count in (1 + reached) / (1 + permutations)]


def _beside(expected: pl.DataFrame, argmax: pl.DataFrame) -> pl.DataFrame:
    shared = ("part", "n", "distinct")
    one, other = (
        frame.select(pl.exclude(shared).name.prefix(f"{name}_"))
        for name, frame in (("expected", expected), ("argmax", argmax))
    )
    return argmax.select("part", "n", pl.col("distinct").alias("argmax_distinct")).hstack(one).hstack(other)


def _gaps(one: _Tracks, other: _Tracks, resampling: Resampling) -> pl.DataFrame:
    columns: dict[str, list[float | None]] = {}
    for kind, name in enumerate(("r", "rho")):
        gap, drawn = one.found[:, kind] - other.found[:, kind], one.drawn[:, :, kind] - other.drawn[:, :, kind]
        known = ~np.isnan(gap)
        ends = [
            interval_ends(drawn[:, at], resampling.confidence) if known[at] else (None, None) for at in range(gap.size)
        ]
        columns[f"{name}_difference"] = [float(value) if ok else None for value, ok in zip(gap, known, strict=True)]
        columns[f"{name}_difference_low"] = [low for low, _ in ends]
        columns[f"{name}_difference_high"] = [high for _, high in ends]
    return pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.Float64))

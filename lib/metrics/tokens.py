"""Thinking tokens as a measure of effort: means and their ratios, and whether effort follows people's disagreement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.stats import spearmanr

from lib.metrics.checks import require_columns, require_rows, require_same_length, without_nan
from lib.metrics.image_draws import Numbers, image_draws, interval_columns, ratio
from lib.metrics.ranks import weighted_ranks, without_rounding_errors
from lib.metrics.resampling import Resampling, percentile_interval

MEANS = {"n": pl.Int64, "mean": pl.Float64, "sd": pl.Float64, "mean_low": pl.Float64, "mean_high": pl.Float64}


@dataclass(frozen=True)
class Estimate:
    """A statistic of n images with the ends of its interval; None where undefined."""

    value: float | None
    low: float | None
    high: float | None
    n: int


def token_means(tokens: pl.DataFrame, group: str, resampling: Resampling) -> pl.DataFrame:
    """Mean tokens by group, with intervals.

    Parameters
    ----------
    tokens : polars.DataFrame
        One row an image, or an image and step: image_id, tokens (whole numbers; null = not known) and `group`. An
        image may have rows in several groups, such as the steps.
    group : str
        Column to group by; rows with null are left out.
    resampling : Resampling
        The study's; images are drawn, each with all its rows. No interval where the study draws participants.

    Returns
    -------
    polars.DataFrame
        `group`, n (rows with tokens), mean, sd (ddof = 1; null where n < 2), mean_low, mean_high; sorted by group.

    Raises
    ------
    DataError
        If a column is missing or no row has tokens.

    Notes
    -----
    Percentile interval of the bootstrap over images; the size of a group varies from sample to sample. Checked
    against R: tapply (tests/reference/stereotypes.R); coverage by Monte Carlo.
    """
    known, groups, draws = _drawn_means(tokens, group, resampling)
    described = known.group_by(group).agg(
        pl.len().cast(pl.Int64).alias("n"), pl.col("tokens").mean().alias("mean"), pl.col("tokens").std().alias("sd")
    )
    ends = [interval_columns(draws[:, place], resampling.confidence, "mean") for place in range(groups.len())]
    low_high = pl.DataFrame(ends, schema={"mean_low": pl.Float64, "mean_high": pl.Float64})
    return groups.to_frame().join(described, on=group, maintain_order="left").hstack(low_high)


def token_ratio(tokens: pl.DataFrame, group: str, over: str, under: str, resampling: Resampling) -> Estimate:
    """Ratio of the mean tokens of two groups, such as wrong over right labels.

    Parameters
    ----------
    tokens, group, resampling
        As in `token_means`.
    over, under : str
        The groups above and below the line.

    Returns
    -------
    Estimate
        1.26 = a quarter more in `over`. n = rows of both; value None where one of them has no row, or a mean of 0.

    Raises
    ------
    DataError
        If a column is missing or no row has tokens.
    """
    known, groups, draws = _drawn_means(tokens, group, resampling)
    names = groups.cast(pl.String).to_list()
    both = known.filter(pl.col(group).cast(pl.String).is_in([over, under]))
    if over not in names or under not in names:
        return Estimate(None, None, None, both.height)
    means = dict(both.group_by(pl.col(group).cast(pl.String)).agg(pl.col("tokens").mean()).iter_rows())
    quotient = ratio(draws[:, names.index(over)], draws[:, names.index(under)])
    low, high = percentile_interval(quotient, resampling.confidence) or (None, None)
    return Estimate(means[over] / means[under] if means[under] else None, low, high, both.height)


def rank_correlation(first: pl.Series, second: pl.Series, resampling: Resampling) -> Estimate:
    """Spearman's rank correlation of two properties of the same images, such as tokens and people's disagreement.

    Parameters
    ----------
    first, second : polars.Series
        Numbers, image by image; pairs with a null or NaN are left out.
    resampling : Resampling
        The study's; images are drawn. No interval where the study draws participants.

    Returns
    -------
    Estimate
        -1 to 1; None for fewer than three pairs or where one side is constant.

    Notes
    -----
    Pearson's correlation of mid-ranks (`scipy.stats.spearmanr`); ranks are taken anew in every bootstrap sample.
    Numbers that agree to a trillionth of the largest are ties, such as SDs of the same ratings in another order.
    Checked against R: cor(method = "spearman") (tests/reference/stereotypes.R); coverage by Monte Carlo.
    """
    require_same_length(first, second, "numbers")
    pairs = pl.DataFrame({"first": without_nan(first), "second": without_nan(second)}).drop_nulls()
    one, other = (without_rounding_errors(pairs[name].to_numpy()) for name in ("first", "second"))
    if one.size < 3 or np.ptp(one) == 0 or np.ptp(other) == 0:
        return Estimate(None, None, None, one.size)
    levels = [np.unique(numbers, return_inverse=True)[1] for numbers in (one, other)]

    def correlate(weights: Numbers) -> Numbers:
        ranks = [weighted_ranks(level, weights) for level in levels]
        centred = [item - ratio((weights * item).sum(axis=1), weights.sum(axis=1))[:, np.newaxis] for item in ranks]
        spread = [(weights * item**2).sum(axis=1) for item in centred]
        return ratio((weights * centred[0] * centred[1]).sum(axis=1), np.sqrt(spread[0] * spread[1]))[:, np.newaxis]

    draws = image_draws(correlate, one.size, resampling)
    low, high = percentile_interval(draws[:, 0], resampling.confidence) or (None, None)
    return Estimate(float(spearmanr(one, other).statistic), low, high, one.size)


def _drawn_means(
    tokens: pl.DataFrame, group: str, resampling: Resampling
) -> tuple[pl.DataFrame, pl.Series, NDArray[np.float64]]:
    """The rows with tokens, the groups in order, and each group's mean in every bootstrap sample (draws, groups)."""
    require_columns(tokens, ["image_id", "tokens", group], "The tokens")
    known = tokens.drop_nulls(["tokens", group])
    require_rows(known.height, "thinking tokens")
    groups = known[group].unique().sort()
    images = known["image_id"].unique().sort()
    place = images.search_sorted(known["image_id"]).to_numpy()
    names = groups.cast(pl.String).to_list()
    column = known[group].cast(pl.String).replace_strict(names, list(range(len(names))), return_dtype=pl.Int64)
    total, count = np.zeros((2, images.len(), groups.len()))
    np.add.at(total, (place, column.to_numpy()), known["tokens"].to_numpy())
    np.add.at(count, (place, column.to_numpy()), 1)
    return known, groups, image_draws(lambda weights: ratio(weights @ total, weights @ count), images.len(), resampling)


def disagreement(counts: NDArray[np.int64]) -> Sequence[float | None]:
    """Share of people who did not give an image's most frequent label, 0 to 1; None for an image without labels.

    Parameters
    ----------
    counts : numpy.ndarray
        Labels given, shape (images, labels), from `lib.metrics.counts.count_labels`.
    """
    n = counts.sum(axis=1)
    return [None if not all_ else float(1 - top / all_) for top, all_ in zip(counts.max(axis=1), n, strict=True)]

"""How far a rater's valence and arousal lie from people's: correlation, errors, bias."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.stats import norm, pearsonr

from lib.errors import DataError
from lib.metrics.checks import require_columns, require_rows, require_same_length, without_nan


@dataclass(frozen=True)
class DimensionScores:
    """Agreement of one rater with people's image means on one dimension, in units of the scale.

    Attributes
    ----------
    n : int
        Images compared: both sides have a value.
    n_excluded : int
        Images left out because the machine gave no valid answer or no person rated them.
    r : float or None
        Pearson correlation; None where n < 2 or one side is constant.
    mae, rmse : float
        Mean absolute error, root mean square error.
    bias : float
        Mean of machine - people: positive where the machine rates higher.
    sd_difference : float or None
        Standard deviation (ddof = 1) of machine - people; None where n < 2.
    machine_mean, people_mean : float
        Means over the compared images.
    machine_sd, people_sd : float or None
        Standard deviations (ddof = 1) over the compared images; None where n < 2.
    """

    n: int
    n_excluded: int
    r: float | None
    mae: float
    rmse: float
    bias: float
    sd_difference: float | None
    machine_mean: float
    machine_sd: float | None
    people_mean: float
    people_sd: float | None


def compare_with_people(machine: pl.Series, people_mean: pl.Series) -> DimensionScores:
    """Compare one rater's values with the mean of people's ratings, image by image.

    Parameters
    ----------
    machine : polars.Series
        The rater's value of each image, on the study's scale. Null or NaN = no valid answer.
    people_mean : polars.Series
        Mean human rating of the same image. Null or NaN = nobody rated it.

    Returns
    -------
    DimensionScores

    Raises
    ------
    DataError
        If the lengths differ or no image has both values.

    Notes
    -----
    With d = machine - people: ``bias = mean(d)``, ``mae = mean(|d|)``, ``rmse = sqrt(mean(d^2))``, so that
    ``|bias| <= mae <= rmse`` and ``rmse^2 = bias^2 + sd_difference^2 (n - 1) / n``.
    Checked against base R: cor, mean, sd (tests/reference/dimensions.R).
    """
    own, people = complete_pairs(machine, people_mean)
    difference = own - people
    return DimensionScores(
        n=own.size,
        n_excluded=machine.len() - own.size,
        r=pearson(own, people),
        mae=float(np.abs(difference).mean()),
        rmse=float(np.sqrt((difference**2).mean())),
        bias=float(difference.mean()),
        sd_difference=_standard_deviation(difference),
        machine_mean=float(own.mean()),
        machine_sd=_standard_deviation(own),
        people_mean=float(people.mean()),
        people_sd=_standard_deviation(people),
    )


def bias_by(frame: pl.DataFrame, groups: Sequence[str]) -> pl.DataFrame:
    """Bias (machine - people) within groups of images.

    Parameters
    ----------
    frame : polars.DataFrame
        Columns machine, people_mean (units of the scale; null or NaN = none) and those named in `groups`.
    groups : sequence of str
        Columns to group by; a null in one is a group of its own. An empty sequence gives one row for all images.

    Returns
    -------
    polars.DataFrame
        The group columns, then n, n_excluded, bias, sd_difference (ddof = 1; null where n < 2), mae, machine_mean,
        people_mean; a group without a complete pair has n = 0 and nulls. Sorted by group; an Enum column sorts in
        its own order.

    Raises
    ------
    DataError
        If a column is missing or no image has both values.

    Notes
    -----
    Checked against base R: tapply with mean and sd (tests/reference/dimensions.R).
    """
    require_columns(frame, ["machine", "people_mean", *groups], "The paired values")
    values = frame.with_columns(pl.col("machine", "people_mean").cast(pl.Float64).fill_nan(None))
    complete = pl.col("machine").is_not_null() & pl.col("people_mean").is_not_null()
    require_rows(values.filter(complete).height, "images with both a machine value and a human mean")
    difference = (pl.col("machine") - pl.col("people_mean")).filter(complete)
    figures = [
        complete.sum().cast(pl.Int64).alias("n"),
        (~complete).sum().cast(pl.Int64).alias("n_excluded"),
        difference.mean().alias("bias"),
        difference.std(ddof=1).alias("sd_difference"),
        difference.abs().mean().alias("mae"),
        pl.col("machine").filter(complete).mean().alias("machine_mean"),
        pl.col("people_mean").filter(complete).mean().alias("people_mean"),
    ]
    if not groups:
        return values.select(figures)
    return values.group_by(list(groups)).agg(figures).sort(list(groups))


def folded_normal_mae(bias: float, sd: float) -> float:
    """Mean absolute error of differences that are normal with the given mean and standard deviation.

    Useful to see whether a reported MAE is explained by its bias and SD, or by a shape that is not normal.

    Parameters
    ----------
    bias, sd : float
        Mean and standard deviation of machine - people, in units of the scale; sd >= 0.

    Returns
    -------
    float
        ``sd sqrt(2 / pi) exp(-bias^2 / (2 sd^2)) + |bias| (1 - 2 Phi(-|bias| / sd))``; ``|bias|`` where sd = 0.

    Raises
    ------
    DataError
        If sd is negative.

    Notes
    -----
    Mean of the folded normal distribution (Leone, Nelson & Nottingham, 1961, doi:10.2307/1266560).
    Checked against scipy.stats.foldnorm and numerical integration in R (tests/reference/dimensions.R).
    """
    if sd < 0:
        raise DataError(f"The standard deviation of the differences must be 0 or more, got {sd!r}.")
    if sd == 0:
        return abs(bias)
    spread = sd * np.sqrt(2 / np.pi) * np.exp(-(bias**2) / (2 * sd**2))
    shift = abs(bias) * (1 - 2 * norm.cdf(-abs(bias) / sd))
    return float(spread + shift)


def complete_pairs(machine: pl.Series, people_mean: pl.Series) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Both sides of the images that have both values, null and NaN being none.

    Raises `DataError` if the lengths differ or no image has both.
    """
    require_same_length(machine, people_mean, "machine values and human means")
    pairs = pl.DataFrame({"machine": without_nan(machine), "people": without_nan(people_mean)}).drop_nulls()
    require_rows(pairs.height, "images with both a machine value and a human mean")
    return pairs["machine"].to_numpy(), pairs["people"].to_numpy()


def pearson(first: NDArray[np.float64], second: NDArray[np.float64]) -> float | None:
    """Pearson's r, None where it is undefined."""
    if first.size < 2 or np.ptp(first) == 0 or np.ptp(second) == 0:
        return None
    return float(pearsonr(first, second).statistic)


def _standard_deviation(values: NDArray[np.float64]) -> float | None:
    """Standard deviation (ddof = 1), None for a single value."""
    return float(values.std(ddof=1)) if values.size > 1 else None

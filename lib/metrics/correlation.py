"""How far a rater orders and places images as people do: Pearson, Spearman, concordance, with intervals."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.stats import norm, spearmanr

from lib.metrics.dimensions import complete_pairs, pearson

Interval = tuple[float, float] | tuple[None, None]


@dataclass(frozen=True)
class Correlations:
    """Correlations of one rater with people's image means on one dimension.

    Attributes
    ----------
    n, n_excluded : int
        Images compared, and those left out because one side has no value.
    r, r_low, r_high : float or None
        Pearson's r and its interval.
    rho, rho_low, rho_high : float or None
        Spearman's rho (ties share their mean rank) and its interval.
    ccc, ccc_low, ccc_high : float or None
        Lin's concordance correlation and its interval: 1 only where every value equals people's mean.

    r and rho are None where n < 2 or one side is constant; ccc is then 0, or None where both sides are the same
    constant. Intervals are None where n < 4 (r, rho) or n < 3 or one side is constant (ccc).
    """

    n: int
    n_excluded: int
    r: float | None
    r_low: float | None
    r_high: float | None
    rho: float | None
    rho_low: float | None
    rho_high: float | None
    ccc: float | None
    ccc_low: float | None
    ccc_high: float | None


def correlate_with_people(machine: pl.Series, people_mean: pl.Series, confidence: float = 0.95) -> Correlations:
    """Correlate one rater's values with the mean of people's ratings, image by image.

    Parameters
    ----------
    machine : polars.Series
        The rater's value of each image, on the study's scale. Null or NaN = no valid answer.
    people_mean : polars.Series
        Mean human rating of the same image. Null or NaN = nobody rated it.
    confidence : float
        Level of the intervals.

    Returns
    -------
    Correlations

    Raises
    ------
    DataError
        If the lengths differ or no image has both values.

    Notes
    -----
    With z the normal quantile, all intervals are symmetric on the scale of Fisher's transform, artanh:

    - r: ``artanh r -+ z / sqrt(n - 3)`` (Fisher, 1921);
    - rho: ``artanh rho -+ z sqrt((1 + rho^2 / 2) / (n - 3))`` (Bonett & Wright, 2000, doi:10.1007/BF02294183);
    - ccc: ``2 s_xy / (s_x^2 + s_y^2 + (mean_x - mean_y)^2)`` with moments over n, as Lin (1989, doi:10.2307/2532051)
      defines it; its standard error is Lin's with the correction of 2000 (doi:10.1111/j.0006-341X.2000.00324.x): with
      ``u^2 = (mean_x - mean_y)^2 / (s_x s_y)`` and the bias factor ``C = ccc / r``,
      ``var = [(1 - r^2) C^2 (1 - ccc^2) + 2 ccc^2 C (1 - ccc) u^2 - ccc^2 C^2 u^4 / 2] / (n - 2)``,
      and on Fisher's scale its root over ``1 - ccc^2``. The form with C is defined at r = 0 too.

    The intervals assume that images are a random sample of pairs that are jointly normal; the images of a factorial
    design are neither, so they are a guide to precision, not an exact statement. Checked against R: cor.test,
    cor, epiR::epi.ccc (tests/reference/bland_altman.R); coverage by simulation in the tests.
    """
    own, people = complete_pairs(machine, people_mean)
    quantile = float(norm.ppf((1 + confidence) / 2))
    r, rho, ccc = pearson(own, people), _spearman(own, people), concordance(own, people)
    width = quantile / math.sqrt(own.size - 3) if own.size > 3 else None
    r_low, r_high = _fisher(r, width)
    spread = None if rho is None or width is None else width * math.sqrt(1 + rho**2 / 2)
    rho_low, rho_high = _fisher(rho, spread)
    ccc_low, ccc_high = _concordance_interval(own, people, quantile)
    return Correlations(
        n=own.size, n_excluded=machine.len() - own.size,
        r=r, r_low=r_low, r_high=r_high,
        rho=rho, rho_low=rho_low, rho_high=rho_high,
        ccc=ccc, ccc_low=ccc_low, ccc_high=ccc_high,
    )  # fmt: skip


def concordance(first: NDArray[np.float64], second: NDArray[np.float64]) -> float | None:
    """Lin's concordance correlation; None where both sides are the same constant."""
    spread = first.var() + second.var() + (first.mean() - second.mean()) ** 2
    if spread == 0:
        return None
    covariance = ((first - first.mean()) * (second - second.mean())).mean()
    return float(2 * covariance / spread)


def _concordance_interval(first: NDArray[np.float64], second: NDArray[np.float64], quantile: float) -> Interval:
    r, ccc = pearson(first, second), concordance(first, second)
    if r is None or ccc is None or first.size < 3:
        return None, None
    if abs(ccc) >= 1:
        return ccc, ccc
    scales = first.std() * second.std()
    shift = (first.mean() - second.mean()) ** 2 / scales
    factor = 2 * scales / (first.var() + second.var() + scales * shift)
    variance = (
        (1 - r**2) * factor**2 * (1 - ccc**2)
        + 2 * ccc**2 * factor * (1 - ccc) * shift
        - ccc**2 * factor**2 * shift**2 / 2
    ) / (first.size - 2)
    return _fisher(ccc, quantile * math.sqrt(max(float(variance), 0.0)) / (1 - ccc**2))


def _fisher(estimate: float | None, half_width: float | None) -> Interval:
    """Ends at `half_width` from the estimate on Fisher's scale; a perfect correlation has no width."""
    if estimate is None or half_width is None:
        return None, None
    if abs(estimate) >= 1:
        return estimate, estimate
    centre = math.atanh(estimate)
    return math.tanh(centre - half_width), math.tanh(centre + half_width)


def _spearman(first: NDArray[np.float64], second: NDArray[np.float64]) -> float | None:
    if first.size < 2 or np.ptp(first) == 0 or np.ptp(second) == 0:
        return None
    return float(spearmanr(first, second).statistic)

"""Bland and Altman's analysis of agreement: bias, limits of agreement with their intervals, proportional bias."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.stats import chi2, linregress, nct, ncx2, norm, t

from lib.metrics.checks import finite_or_none, require_share
from lib.metrics.dimensions import complete_pairs


@dataclass(frozen=True)
class BlandAltman:
    """Agreement of one rater with people's image means on one dimension, in units of the scale.

    Attributes
    ----------
    n, n_excluded : int
        Images compared, and those left out because one side has no value.
    bias, bias_low, bias_high : float or None
        Mean of machine - people, with its t interval.
    sd_difference : float or None
        Standard deviation (ddof = 1) of machine - people.
    loa_lower, loa_upper : float or None
        Limits of agreement, between which the share `agreement` of differences lies if they are normal.
    loa_lower_low, loa_lower_high, loa_upper_low, loa_upper_high : float or None
        Exact interval of each limit by itself (noncentral t).
    loa_lower_approximate_low, ... : float or None
        Bland and Altman's approximate interval of each limit.
    loa_lower_pair_low, ... : float or None
        Exact intervals of the two limits as a pair (two-sided tolerance factors).
    inside : float
        Share of differences that lie between the limits; far from `agreement` where they are not normal. None as they.
    proportional_slope, proportional_se, proportional_low, proportional_high, proportional_p : float or None
        Slope of the difference on the mean of both sides, by least squares; None where n < 3 or the mean is constant.
    """

    n: int
    n_excluded: int
    bias: float
    bias_low: float | None
    bias_high: float | None
    sd_difference: float | None
    loa_lower: float | None
    loa_upper: float | None
    loa_lower_low: float | None
    loa_lower_high: float | None
    loa_upper_low: float | None
    loa_upper_high: float | None
    loa_lower_approximate_low: float | None
    loa_lower_approximate_high: float | None
    loa_upper_approximate_low: float | None
    loa_upper_approximate_high: float | None
    loa_lower_pair_low: float | None
    loa_lower_pair_high: float | None
    loa_upper_pair_low: float | None
    loa_upper_pair_high: float | None
    inside: float | None
    proportional_slope: float | None
    proportional_se: float | None
    proportional_low: float | None
    proportional_high: float | None
    proportional_p: float | None


def bland_altman(
    machine: pl.Series, people_mean: pl.Series, confidence: float = 0.95, agreement: float = 0.95
) -> BlandAltman:
    """Analyse machine - people by the method of Bland and Altman.

    Parameters
    ----------
    machine : polars.Series
        The rater's value of each image, on the study's scale. Null or NaN = no valid answer.
    people_mean : polars.Series
        Mean human rating of the same image. Null or NaN = nobody rated it.
    confidence : float
        Level of all intervals.
    agreement : float
        Share of differences that the limits are to enclose.

    Returns
    -------
    BlandAltman
        One image gives its difference as bias and no more.

    Raises
    ------
    DataError
        If the lengths differ or no image has both values.
    ParameterError
        If a share is not between 0 and 1.

    Notes
    -----
    With d = machine - people, s its SD, z the normal quantile of ``(1 + agreement) / 2`` and t the t quantile with
    n - 1 df: bias ``mean(d) -+ t s / sqrt(n)``, limits ``mean(d) -+ z s`` (Bland & Altman, 1986,
    doi:10.1016/S0140-6736(86)90837-8). Intervals of a limit:

    - approximate: ``limit -+ t s sqrt(1 / n + z^2 / (2 (n - 1)))`` (Bland & Altman, 1999,
      doi:10.1177/096228029900800204, before their rounding of the root to 1.71 / sqrt(n));
    - exact: from ``mean(d) + k s`` with ``k = t'(p; n - 1, z sqrt(n)) / sqrt(n)``, t' the quantile of the noncentral t
      at p = (1 -+ confidence) / 2 (Carkeet, 2015, doi:10.1097/OPX.0000000000000513), mirrored for the lower limit;
    - exact as a pair: ``mean(d) -+ k s`` with the factors for which ``mean(d) -+ k s`` holds at least the share
      `agreement` of the population with probability (1 -+ confidence) / 2, see `tolerance_factor` (same source).

    Two things that these figures cannot show. People's means average some fifty ratings an image, so the variance
    between people within an image is gone: the limits say how far a machine lies from the average person, not from one
    person, and are narrower than limits between two raters would be. And the slope of the difference on the mean is not
    zero without bias: its numerator is ``(s_machine^2 - s_people^2) / 2``, so it tells unequal spread (for whatever
    reason, noise included) from equal spread, as the Pitman-Morgan test does; it is no proof of a bias that grows.

    Checked against R: lm, t.test, qt with ncp (tests/reference/bland_altman.R); coverage by simulation in the tests.
    """
    for name, share in (("confidence", confidence), ("agreement", agreement)):
        require_share(share, name)
    own, people = complete_pairs(machine, people_mean)
    difference = own - people
    figures: dict[str, float | None] = dict.fromkeys(BlandAltman.__dataclass_fields__)
    figures |= _limits(difference, confidence, agreement) | _slope(difference, (own + people) / 2, confidence)
    figures["bias"] = float(difference.mean())
    counts = {"n": own.size, "n_excluded": machine.len() - own.size}
    return BlandAltman(**(figures | counts))  # type: ignore[arg-type]


@lru_cache(maxsize=256)
def tolerance_factor(n: int, content: float, confidence: float) -> float:
    """Factor k for which mean -+ k SD of n normal values holds `content` of the population or more with `confidence`.

    Parameters
    ----------
    n : int
        Number of values, at least 2.
    content : float
        Share of the population, such as .95.
    confidence : float
        Probability, such as .975 (outer factor) or .025 (inner factor).

    Returns
    -------
    float

    Notes
    -----
    Solves ``E[P(chi2_{n-1} >= (n - 1) q(x) / k^2)] = confidence`` over the error x of the mean in units of the SD,
    normal with variance 1 / n. There ``q(x)``, the `content` quantile of the noncentral chi-squared with 1 df and
    noncentrality ``x^2``, is the square of the half width that still holds the content around a centre off by x (Odeh &
    Owen, 1980, Tables for Normal Tolerance Limits). The expectation is a trapezoidal sum, which for this integrand
    converges exponentially. Checked against the integral in R (tests/reference/bland_altman.R) and by simulation.
    """
    errors = np.linspace(0, 8, 321)
    shares = norm.pdf(errors) * np.where(errors == 0, 0.5, 1.0)
    shares /= shares.sum()
    squares = ncx2.ppf(content, 1, errors**2 / n)

    def excess(factor: float) -> float:
        return float(shares @ chi2.sf((n - 1) * squares / factor**2, n - 1)) - confidence

    centre = float(norm.ppf((1 + content) / 2))
    return float(brentq(excess, centre / 100, centre * 1e4, xtol=1e-13, rtol=1e-13))


def _limits(difference: NDArray[np.float64], confidence: float, agreement: float) -> dict[str, float | None]:
    """Bias and limits with their intervals; nothing for one difference."""
    n = difference.size
    if n < 2:
        return {}
    bias, sd = float(difference.mean()), float(difference.std(ddof=1))
    tail = (1 - confidence) / 2
    z, student = float(norm.ppf((1 + agreement) / 2)), float(t.ppf(1 - tail, n - 1))
    near, far = (float(factor) / math.sqrt(n) for factor in nct.ppf([tail, 1 - tail], n - 1, z * math.sqrt(n)))
    inner, outer = (tolerance_factor(n, agreement, share) for share in (tail, 1 - tail))
    half = student * math.sqrt(1 / n + z**2 / (2 * (n - 1)))
    found: dict[str, float | None] = {
        "bias_low": bias - student * sd / math.sqrt(n),
        "bias_high": bias + student * sd / math.sqrt(n),
        "sd_difference": sd,
        "inside": float((np.abs(difference - bias) <= z * sd).mean()),
    }
    for limit, sign in (("lower", -1), ("upper", 1)):
        found[f"loa_{limit}"] = bias + sign * z * sd
        ends = {"": (near, far), "_approximate": (z - half, z + half), "_pair": (inner, outer)}
        for formula, factors in ends.items():
            low, high = sorted(bias + sign * factor * sd for factor in factors)
            found |= {f"loa_{limit}{formula}_low": low, f"loa_{limit}{formula}_high": high}
    return found


def _slope(difference: NDArray[np.float64], mean: NDArray[np.float64], confidence: float) -> dict[str, float | None]:
    """Least-squares slope of the difference on the mean of both sides, with its t test."""
    if mean.size < 3 or np.ptp(mean) == 0:
        return {}
    line = linregress(mean, difference)
    half = float(t.ppf((1 + confidence) / 2, mean.size - 2) * line.stderr)
    return {
        "proportional_slope": float(line.slope),
        "proportional_se": float(line.stderr),
        "proportional_low": float(line.slope) - half,
        "proportional_high": float(line.slope) + half,
        "proportional_p": finite_or_none(float(line.pvalue)),
    }

"""What thinking comes with, image by image: one rater's error without it minus another's with it, and its length."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy.special import stdtr, stdtrit

from lib.errors import DataError
from lib.metrics.checks import require_columns, require_rows, require_share
from lib.metrics.image_draws import Numbers
from lib.metrics.strata import Strata, number_strata

FEW_UNITS = "fewer than two units of faces"
SAME_TOKENS = "thinking tokens do not vary within emotions"


@dataclass(frozen=True)
class ThinkingGain:
    """Errors spared where one rater thinks and the other does not.

    Attributes
    ----------
    n, n_units : int
        Images that have all, and the units (such as identities) that they show.
    gain : float
        Mean error without thinking minus mean error with it, in units of the error: above 0, thinking comes with the
        smaller error.
    gain_low, gain_high, gain_p : float or None
        t interval and two-sided p, clustered by unit; None with fewer than two units, p also where all gains are equal.
    slope : float or None
        Change of the gain when tokens double, images of one category being compared: above 0, the images that got more
        thinking gained more. None where tokens do not vary within categories.
    slope_low, slope_high, slope_p : float or None
        Likewise.
    reason : str or None
        Why something is None.
    """

    n: int
    n_units: int
    gain: float
    gain_low: float | None = None
    gain_high: float | None = None
    gain_p: float | None = None
    slope: float | None = None
    slope_low: float | None = None
    slope_high: float | None = None
    slope_p: float | None = None
    reason: str | None = None


def thinking_gain(images: pl.DataFrame, confidence: float) -> ThinkingGain:
    """Compare the two errors of each image, and relate their difference to the thinking that the image got.

    Parameters
    ----------
    images : polars.DataFrame
        One row an image: gain (error without thinking minus error with it), tokens (thinking tokens, 0 or more),
        category (such as the emotion) and unit (what is independent, such as the face's identity); rows with a null
        are left out.
    confidence : float
        Level of the intervals.

    Returns
    -------
    ThinkingGain

    Raises
    ------
    DataError
        If a column is missing, no image has all, or tokens are negative.
    ParameterError
        If `confidence` is out of range.

    Notes
    -----
    An image's difficulty is in both errors and cancels in their difference. Slope: least squares of the gain on
    ``x = log2(tokens + 1)`` with a constant for each category. Standard errors clustered by unit (Liang & Zeger, 1986,
    doi:10.1093/biomet/73.1.13), ``G / (G - 1) (N - 1) / (N - p) sum_g (sum_i x_i e_i)^2 / (sum x^2)^2`` with N images,
    G units, p coefficients and x as deviations from the categories' means; t on G - 1 degrees of freedom. Checked
    against R: lm and the sandwich written out (tests/reference/thinking_gain.R); coverage by Monte Carlo.
    """
    require_share(confidence, "confidence")
    require_columns(images, ["gain", "tokens", "category", "unit"], "The images")
    known = images.select(
        pl.col("gain", "tokens").cast(pl.Float64).fill_nan(None), pl.col("category", "unit").cast(pl.String)
    ).drop_nulls()
    require_rows(known.height, "images with both errors and tokens")
    if (known["tokens"] < 0).any():
        raise DataError(f"Tokens must be 0 or more, got {known['tokens'].min()!r}. Correct the answers.")
    gain, x = known["gain"].to_numpy(), np.log2(known["tokens"].to_numpy() + 1)
    kind, unit = (number_strata(known[name], known.height) for name in ("category", "unit"))
    units, mean = int(unit.max()) + 1, float(gain.mean())
    if units < 2:
        return ThinkingGain(known.height, units, mean, reason=FEW_UNITS)
    low, high, p = _clustered(np.ones(gain.size), gain - mean, unit, (mean, 1, confidence))
    across, down = (side - (np.bincount(kind, side) / np.bincount(kind))[kind] for side in (x, gain))
    spread, parameters = float(across @ across), int(kind.max()) + 2
    if spread <= 1e-12 * float(x @ x) or gain.size <= parameters:
        return ThinkingGain(known.height, units, mean, low, high, p, reason=SAME_TOKENS)
    slope = float(across @ down) / spread
    ends = _clustered(across, down - slope * across, unit, (slope, parameters, confidence))
    return ThinkingGain(known.height, units, mean, low, high, p, slope, *ends)


def _clustered(
    across: Numbers, rest: Numbers, unit: Strata, about: tuple[float, int, float]
) -> tuple[float, float, float | None]:
    """Ends of the interval and p of a coefficient, from its regressor and the residuals; no p where these are all 0."""
    estimate, parameters, confidence = about
    n, units = across.size, int(unit.max()) + 1
    scores = np.bincount(unit, across * rest)
    factor = units / (units - 1) * (n - 1) / (n - parameters)
    se = float(np.sqrt(factor * (scores**2).sum()) / (across @ across))
    half = float(stdtrit(units - 1, (1 + confidence) / 2)) * se
    p = 2 * float(stdtr(units - 1, -abs(estimate) / se)) if se > 0 else None
    return estimate - half, estimate + half, p

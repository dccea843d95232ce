"""Fleiss' kappa: agreement of many labels of each image, such as the repeats of one machine's answer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from lib.errors import DataError
from lib.metrics.checks import require_share


@dataclass(frozen=True)
class FleissKappa:
    """Fleiss' kappa.

    Attributes
    ----------
    value : float or None
        At most 1; 0 is chance. None where undefined.
    se : float or None
        Standard error at the estimate, by image, for the interval.
    se_null : float or None
        Standard error without agreement, for the test; None where images have unequal numbers of labels.
    low, high : float or None
        Interval ``value -/+ z se``, cut at -1 and 1; None where `se` is 0.
    z, p : float or None
        Test of kappa = 0, two-sided; None where `se_null` is.
    observed, expected : float or None
        Share of agreeing pairs of labels, and that expected by chance.
    n_images : int
        Images with two or more labels.
    n_excluded : int
        Images with fewer; they do not enter.
    labels_min, labels_max : int
        Fewest and most labels of an image that enters.
    reason : str or None
        Why something is None.
    """

    value: float | None
    se: float | None
    se_null: float | None
    low: float | None
    high: float | None
    z: float | None
    p: float | None
    observed: float | None
    expected: float | None
    n_images: int
    n_excluded: int
    labels_min: int
    labels_max: int
    reason: str | None


def fleiss_kappa(counts: NDArray[np.int64], confidence: float) -> FleissKappa:
    """Agreement among exchangeable raters, equally or unequally many an image.

    Parameters
    ----------
    counts : numpy.ndarray
        Labels by image and category, shape (n_images, n_categories). Rows with fewer than two labels do not enter.
    confidence : float
        Level of the interval, such as .95.

    Returns
    -------
    FleissKappa

    Raises
    ------
    DataError
        If counts are negative or not a table.
    ParameterError
        If confidence is out of range.

    Notes
    -----
    ``(P - P_e) / (1 - P_e)``: P the mean over images of the share of agreeing pairs of labels, P_e the sum of squared
    mean category shares (Fleiss, 1971, doi:10.1037/h0031619); every image weighs the same, also where its number of
    labels differs. se_null is the corrected one of Fleiss, Nee & Landis (1979, doi:10.1037/0033-2909.86.5.974), for
    equal numbers of labels only. se is Gwet's (2021, doi:10.1177/0013164420973080) linearised standard error over
    images, which needs neither equal numbers nor zero agreement. Checked against the example of Fleiss (1971),
    statsmodels, the formulas in R (tests/reference/agreement.R), and for coverage.
    """
    table = np.asarray(counts)
    if table.ndim != 2 or (table < 0).any():
        raise DataError(f"Counts are a table without negative numbers, got shape {table.shape!r}.")
    require_share(confidence, "confidence")
    labels = table.sum(axis=1)
    shared, m = table[labels > 1].astype(np.float64), labels[labels > 1].astype(np.float64)
    fewest, most = (int(m.min()), int(m.max())) if len(m) else (0, 0)
    sizes = {"n_images": len(m), "n_excluded": len(table) - len(m), "labels_min": fewest, "labels_max": most}
    if not len(m):
        return _undefined("no image has two labels", None, None, sizes)
    shares = (shared / m[:, np.newaxis]).mean(axis=0)
    agreeing = ((shared**2).sum(axis=1) - m) / (m * (m - 1))
    observed, expected = float(agreeing.mean()), float((shares**2).sum())
    if np.count_nonzero(shares) == 1:
        return _undefined("all labels are the same", observed, expected, sizes)
    value = (observed - expected) / (1 - expected)
    se = _standard_error(shared @ shares / m, agreeing, expected, value)
    se_null = _null_error(shares, fewest, len(m)) if fewest == most else None
    spread = None if se is None or se == 0 else float(norm.ppf(1 - (1 - confidence) / 2)) * se
    z = value / se_null if se_null else None
    no_test = None if fewest == most else "images have unequal numbers of labels, so there is no test"
    low, high = (None, None) if spread is None else (max(value - spread, -1.0), min(value + spread, 1.0))
    p = None if z is None else float(2 * norm.sf(abs(z)))
    reason = no_test if spread is not None else "the standard error is 0 or needs a second image"
    return FleissKappa(value, se, se_null, low, high, z, p, observed, expected, **sizes, reason=reason)


def _standard_error(
    chance: NDArray[np.float64], agreeing: NDArray[np.float64], expected: float, value: float
) -> float | None:
    """Standard error over images of the linearised kappa; None for a single image."""
    if agreeing.size < 2:
        return None
    linear = (agreeing - expected - 2 * (1 - value) * (chance - expected)) / (1 - expected)
    variance = float(((linear - value) ** 2).sum()) / (agreeing.size * (agreeing.size - 1))
    return float(np.sqrt(variance)) if variance > 1e-18 else 0.0


def _null_error(shares: NDArray[np.float64], m: int, n: int) -> float:
    """Standard error without agreement, m labels of each of n images."""
    spread = shares * (1 - shares)
    inner = spread.sum() ** 2 - (spread * (1 - 2 * shares)).sum()
    return float(np.sqrt(2 * inner / (n * m * (m - 1))) / spread.sum())


def _undefined(reason: str, observed: float | None, expected: float | None, sizes: dict[str, int]) -> FleissKappa:
    return FleissKappa(None, None, None, None, None, None, None, observed, expected, **sizes, reason=reason)

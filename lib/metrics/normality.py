"""The test of normality of Shapiro and Wilk, to as many digits as R gives."""

from __future__ import annotations

import numpy as np
from numpy.polynomial.polynomial import polyval
from numpy.typing import NDArray
from scipy.special import ndtri
from scipy.stats import norm

from lib.errors import DataError

SMALLEST, LARGEST = 3, 5000
LAST_WEIGHT = (0, 0.221157, -0.147981, -2.07119, 4.434685, -2.706056)
SECOND_LAST_WEIGHT = (0, 0.042981, -0.293762, -1.752461, 5.682633, -3.582633)
FEW = 11
FEW_LIMIT = (-2.273, 0.459)
FEW_MEAN, FEW_LOG_SD = (0.544, -0.39978, 0.025054, -6.714e-4), (1.3822, -0.77857, 0.062767, -0.0020322)
MANY_MEAN, MANY_LOG_SD = (-1.5861, -0.31082, -0.083751, 0.0038915), (-0.4803, -0.082676, 0.0030302)


def shapiro_wilk(values: NDArray[np.float64]) -> tuple[float, float]:
    """W and p of the Shapiro-Wilk test.

    Parameters
    ----------
    values : numpy.ndarray
        Values without NaN, not all equal, shape (n,); 3 <= n <= 5000.

    Returns
    -------
    tuple of float
        W, 0 to 1, and p.

    Raises
    ------
    DataError
        If there are too few or too many values, or all are equal.

    Notes
    -----
    ``W = (sum a_i x_(i))^2 / sum (x_i - mean)^2`` with weights and distribution as approximated by Royston (1995,
    doi:10.2307/2986146), the algorithm of R. scipy.stats.shapiro has an older approximation of the normal quantiles,
    which moves p by some billionths. Checked against R: shapiro.test (tests/reference/paired_differences.R).
    """
    n = values.size
    if not SMALLEST <= n <= LARGEST or np.ptp(values) == 0:
        raise DataError(
            f"The Shapiro-Wilk test needs {SMALLEST} to {LARGEST} values that are not all equal, got {n!r} with range "
            f"{float(np.ptp(values)) if n else None!r}. Leave it out."
        )
    ordered = np.sort(values) / np.ptp(values)
    weights = _weights(n)
    a, x = weights - weights.mean(), ordered - ordered.mean()
    square_a, square_x, product = float(a @ a), float(x @ x), float(a @ x)
    both = np.sqrt(square_a * square_x)
    lacking = float((both - product) * (both + product) / (square_a * square_x))
    return 1 - lacking, _probability(lacking, n)


def _weights(n: int) -> NDArray[np.float64]:
    half = n // 2
    if n == 3:
        upper = np.array([np.sqrt(0.5)])
    else:
        scores = -ndtri((np.arange(1, half + 1) - 0.375) / (n + 0.25))
        total, root = 2 * float(scores @ scores), 1 / np.sqrt(n)
        fixed = [float(polyval(root, LAST_WEIGHT)) + scores[0] / np.sqrt(total)]
        if n > 5:
            fixed.append(float(polyval(root, SECOND_LAST_WEIGHT)) + scores[1] / np.sqrt(total))
        outer = np.array(fixed)
        rest = total - 2 * float(scores[: outer.size] @ scores[: outer.size])
        upper = scores / np.sqrt(rest / (1 - 2 * float(outer @ outer)))
        upper[: outer.size] = outer
    return np.concatenate([-upper, np.zeros(n % 2), upper[::-1]])


def _probability(lacking: float, n: int) -> float:
    """Probability of a W at most as large as 1 - `lacking`."""
    if n == SMALLEST:
        return max(0.0, float(6 / np.pi * (np.arcsin(np.sqrt(1 - lacking)) - np.arcsin(np.sqrt(0.75)))))
    y, log_n = float(np.log(lacking)), float(np.log(n))
    if n > FEW:
        return float(norm.sf((y - polyval(log_n, MANY_MEAN)) / np.exp(polyval(log_n, MANY_LOG_SD))))
    limit = float(polyval(n, FEW_LIMIT))
    if y >= limit:
        return 1e-99
    return float(norm.sf((-np.log(limit - y) - polyval(n, FEW_MEAN)) / np.exp(polyval(n, FEW_LOG_SD))))

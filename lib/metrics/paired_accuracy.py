"""Two raters on the same images: the difference of their accuracies, and whether it could be chance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from lib.errors import DataError
from lib.metrics.checks import require_rows, require_same_length
from lib.metrics.mcnemar import exact_mcnemar
from lib.metrics.proportions import wilson_intervals


@dataclass(frozen=True)
class PairedAccuracy:
    """Accuracy of two raters on the same images.

    Attributes
    ----------
    n : int
        Images.
    both, first_only, second_only, neither : int
        Images that both, one of them or neither got right; they sum to n.
    first_accuracy, second_accuracy : float
        Shares, 0 to 1.
    difference : float
        First minus second.
    low, high : float
        Newcombe's interval of the difference.
    p_exact : float
        Exact McNemar test; 1 where no image is discordant.
    """

    n: int
    both: int
    first_only: int
    second_only: int
    neither: int
    first_accuracy: float
    second_accuracy: float
    difference: float
    low: float
    high: float
    p_exact: float


def paired_accuracy(first: pl.Series, second: pl.Series, confidence: float = 0.95) -> PairedAccuracy:
    """Compare the right answers of two raters, image by image.

    Parameters
    ----------
    first, second : polars.Series
        Boolean, same images in the same order; a missing answer is wrong and must be false, not null.
    confidence : float
        Level of the interval.

    Returns
    -------
    PairedAccuracy

    Raises
    ------
    DataError
        If the lengths differ, there is no image, or an answer is null.

    Notes
    -----
    With a = both, b = first only, c = second only, d = neither right and Wilson intervals (l, u) of both accuracies,
    ``low = D - sqrt((p1 - l1)^2 - 2 phi (p1 - l1)(u2 - p2) + (u2 - p2)^2)`` and likewise for high, where
    ``phi = (ad - bc) / sqrt((a+b)(c+d)(a+c)(b+d))``, its numerator reduced by n / 2 but not below 0 where positive
    (Newcombe, 1998, method 10, doi:10.1002/(SICI)1097-0258(19981130)17:22<2635::AID-SIM954>3.0.CO;2-C). It needs no
    bootstrap, stays within -1 to 1 and holds where one accuracy is 0 or 1, as it is for some emotions. The exact
    McNemar test is `lib.metrics.mcnemar.exact_mcnemar`. Checked against R: prop.test, binom.test
    (tests/reference/stereotypes.R) and the paper's example 36, 12, 2, 0: .0569 to .3404.
    """
    require_same_length(first, second, "answers")
    require_rows(first.len(), "images")
    if first.null_count() or second.null_count():
        raise DataError("Whether an answer is right must be true or false, got None. Count missing answers as wrong.")
    one, other = first.to_numpy().astype(bool), second.to_numpy().astype(bool)
    a, b = int((one & other).sum()), int((one & ~other).sum())
    c, d = int((~one & other).sum()), int((~one & ~other).sum())
    n = a + b + c + d
    low, high = _newcombe(a, b, c, d, confidence)
    p_exact = float(exact_mcnemar(np.int64(b), np.int64(c)))
    return PairedAccuracy(n, a, b, c, d, (a + b) / n, (a + c) / n, (b - c) / n, low, high, p_exact)


def _newcombe(a: int, b: int, c: int, d: int, confidence: float) -> tuple[float, float]:
    """Ends of Newcombe's interval (method 10) of the difference of two paired proportions."""
    n = a + b + c + d
    p1, p2 = (a + b) / n, (a + c) / n
    (low1, low2), (high1, high2) = wilson_intervals(np.array([a + b, a + c]), np.array([n, n]), confidence)
    product = float((a + b) * (c + d)) * float((a + c) * (b + d))
    association = a * d - b * c
    phi = (max(association - n / 2, 0) if association > 0 else association) / np.sqrt(product) if product else 0.0
    below, above = p1 - low1, high2 - p2
    down = np.sqrt(max(below**2 - 2 * phi * below * above + above**2, 0))
    below, above = high1 - p1, p2 - low2
    up = np.sqrt(max(below**2 - 2 * phi * below * above + above**2, 0))
    return float(p1 - p2 - down), float(p1 - p2 + up)

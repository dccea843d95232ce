"""Intraclass correlations of a complete images x raters table: one-way, two-way random, two-way mixed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.stats import f as f_distribution

from lib.errors import DataError, ParameterError
from lib.metrics.checks import require_share

Missing = Literal["refuse", "drop_images", "drop_raters"]
NO_VARIANCE = "all ratings are the same"
NO_ERROR = "raters do not contradict each other, so there is no error to compare with"


@dataclass(frozen=True)
class Intraclass:
    """One intraclass correlation.

    Attributes
    ----------
    kind : str
        `icc1_1`, `icc2_1`, `icc3_1` (one rating) or `icc1_k`, `icc2_k`, `icc3_k` (mean of k ratings).
    value : float or None
        At most 1; 0 or less where images differ no more than raters' error explains. None where undefined.
    low, high : float or None
        Confidence interval; None where undefined.
    f, df, df_residual, p : float or None
        Test of "images do not differ": mean square of images over that of error.
    k : float
        Ratings that the mean is over; 1 for one rating.
    reason : str or None
        Why something is None.
    """

    kind: str
    value: float | None
    low: float | None
    high: float | None
    f: float | None
    df: float
    df_residual: float
    p: float | None
    k: float
    reason: str | None


@dataclass(frozen=True)
class CompleteReliability:
    """Intraclass correlations of a complete table, and what they come from.

    Attributes
    ----------
    n_images, n_raters : int
        Size of the table after exclusions.
    n_excluded_images, n_excluded_raters : int
        Rows or columns dropped because of missing ratings.
    images, raters, residual, within : float
        Mean squares; `within` is the one-way error (raters and residual together).
    coefficients : dict of str to Intraclass
        All six, by `Intraclass.kind`.
    """

    n_images: int
    n_raters: int
    n_excluded_images: int
    n_excluded_raters: int
    images: float
    raters: float
    residual: float
    within: float
    coefficients: dict[str, Intraclass]


def icc_complete(scores: NDArray[np.float64], confidence: float, missing: Missing = "refuse") -> CompleteReliability:
    """All six intraclass correlations where every rater rated every image.

    Parameters
    ----------
    scores : numpy.ndarray
        One row an image, one column a rater; NaN = not rated.
    confidence : float
        Level of the intervals, such as .95.
    missing : {"refuse", "drop_images", "drop_raters"}
        What a missing rating does: an error, or its row or column is left out and counted.

    Returns
    -------
    CompleteReliability

    Raises
    ------
    DataError
        If a rating is missing and `missing` is "refuse", or fewer than 2 images or 2 raters remain.
    ParameterError
        If `missing` or `confidence` is out of range.

    Notes
    -----
    With mean squares B (images), J (raters), E (residual), W (within) of n images and k raters::

        icc1_1 = (B - W) / (B + (k-1) W)                    icc1_k = (B - W) / B
        icc2_1 = (B - E) / (B + (k-1) E + k (J - E) / n)    icc2_k = (B - E) / (B + (J - E) / n)
        icc3_1 = (B - E) / (B + (k-1) E)                    icc3_k = (B - E) / B

    Shrout & Fleiss (1979, doi:10.1037/0033-2909.86.2.420); intervals of McGraw & Wong (1996,
    doi:10.1037/1082-989X.1.1.30): exact but for icc2, whose error degrees of freedom are Satterthwaite's. Checked
    against Shrout & Fleiss' worked example and R: psych::ICC(lmer = FALSE) (tests/reference/agreement.R).
    """
    require_share(confidence, "confidence")
    kept, excluded_images, excluded_raters = _complete_part(np.asarray(scores, dtype=np.float64), missing)
    n, k = kept.shape
    squares = _mean_squares(kept)
    return CompleteReliability(
        n_images=n,
        n_raters=k,
        n_excluded_images=excluded_images,
        n_excluded_raters=excluded_raters,
        images=squares["images"],
        raters=squares["raters"],
        residual=squares["residual"],
        within=squares["within"],
        coefficients={item.kind: item for item in _coefficients(squares, (n, k), 1 - (1 - confidence) / 2)},
    )


def of_mean(single: float, k: float) -> float:
    """Reliability of the mean of k ratings from that of one (Spearman-Brown): ``k r / (1 + (k-1) r)``."""
    return k * single / (1 + (k - 1) * single)


def averaged(single: Intraclass, k: float) -> Intraclass:
    """The coefficient of the mean of k ratings that belongs to one of a single rating, with the same test."""
    value, low, high = (None if item is None else of_mean(item, k) for item in (single.value, single.low, single.high))
    return replace(single, kind=f"{single.kind[:-1]}k", value=value, low=low, high=high, k=k)


def _complete_part(scores: NDArray[np.float64], missing: Missing) -> tuple[NDArray[np.float64], int, int]:
    """The table without missing ratings, and how many rows and columns were left out."""
    if missing not in ("refuse", "drop_images", "drop_raters"):
        raise ParameterError(f"missing must be 'refuse', 'drop_images' or 'drop_raters', got {missing!r}.")
    if scores.ndim != 2:
        raise DataError(f"Scores must be a table of images x raters, got {scores.ndim!r} dimensions.")
    absent = np.isnan(scores)
    if missing == "refuse" and absent.any():
        row, column = (int(place[0]) for place in np.nonzero(absent))
        raise DataError(
            f"A rating is missing: row {row}, column {column}, got nan. "
            "Say which side to drop, or use the incomplete design's coefficients."
        )
    rows = ~absent.any(axis=1) if missing == "drop_images" else np.ones(scores.shape[0], dtype=bool)
    columns = ~absent.any(axis=0) if missing == "drop_raters" else np.ones(scores.shape[1], dtype=bool)
    kept = scores[np.ix_(rows, columns)]
    if min(kept.shape) < 2:
        raise DataError(
            f"An intraclass correlation needs 2 images and 2 raters, got {kept.shape[0]} x {kept.shape[1]}."
        )
    return kept, int((~rows).sum()), int((~columns).sum())


def _mean_squares(scores: NDArray[np.float64]) -> dict[str, float]:
    """Mean squares of the two-way layout with one rating a cell, and of the one-way layout."""
    n, k = scores.shape
    centred = scores - scores.mean()
    by_image, by_rater = centred.mean(axis=1), centred.mean(axis=0)
    residual = centred - by_image[:, np.newaxis] - by_rater
    within = centred - by_image[:, np.newaxis]
    return {
        "images": k * float((by_image**2).sum()) / (n - 1),
        "raters": n * float((by_rater**2).sum()) / (k - 1),
        "residual": float((residual**2).sum()) / ((n - 1) * (k - 1)),
        "within": float((within**2).sum()) / (n * (k - 1)),
    }


def _coefficients(squares: dict[str, float], size: tuple[int, int], level: float) -> list[Intraclass]:
    """The six coefficients; `level` is the upper quantile of the interval."""
    n, k = size
    images, residual = squares["images"], squares["residual"]
    found = []
    for model, error, df_residual in (
        (1, squares["within"], n * (k - 1)),
        (2, residual, (n - 1) * (k - 1)),
        (3, residual, (n - 1) * (k - 1)),
    ):
        raters = squares["raters"] - residual if model == 2 else 0.0
        tolerance = 1e-14 * max(images, error, abs(raters), 1e-300)
        constant = images <= tolerance and error <= tolerance and abs(raters) <= tolerance
        value = None if constant else (images - error) / (images + (k - 1) * error + k * raters / n)
        if value is None or error <= tolerance:
            reason, ratio, low, high = NO_VARIANCE if constant else NO_ERROR, None, None, None
        else:
            reason, ratio = None, images / error
            low, high = (
                _absolute_interval(value, ratio, squares["raters"] / error, size, level)
                if model == 2
                else _interval(ratio, size, df_residual, level)
            )
        p = None if ratio is None else float(f_distribution.sf(ratio, n - 1, df_residual))
        single = Intraclass(f"icc{model}_1", value, low, high, ratio, n - 1, df_residual, p, 1, reason)
        found += [single, averaged(single, k)]
    return found


def _interval(ratio: float, size: tuple[int, int], df_residual: int, level: float) -> tuple[float, float]:
    """Interval of icc1_1 and icc3_1, exact under normality."""
    n, k = size
    lower = ratio / f_distribution.ppf(level, n - 1, df_residual)
    upper = ratio * f_distribution.ppf(level, df_residual, n - 1)
    return float((lower - 1) / (lower + k - 1)), float((upper - 1) / (upper + k - 1))


def _absolute_interval(
    value: float, images: float, raters: float, size: tuple[int, int], level: float
) -> tuple[float, float]:
    """Interval of icc2_1 (McGraw & Wong, 1996) with Satterthwaite degrees of freedom; mean squares over error's."""
    n, k = size
    rest = n * (1 + (k - 1) * value) - k * value
    degrees = (k - 1) * (n - 1) * (k * value * raters + rest) ** 2 / ((n - 1) * (k * value * raters) ** 2 + rest**2)
    lower = f_distribution.ppf(level, n - 1, degrees)
    upper = f_distribution.ppf(level, degrees, n - 1)
    spread = k * raters + k * n - k - n
    low = n * (images - lower) / (lower * spread + n * images)
    high = n * (upper * images - 1) / (spread + n * upper * images)
    return float(low), float(high)

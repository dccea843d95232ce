"""Intraclass correlations where raters saw different images: from crossed components, or one-way from sums."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit
from scipy.stats import f as f_distribution
from scipy.stats import norm

from lib.errors import DataError, ParameterError
from lib.metrics.checks import require_share
from lib.metrics.icc import Intraclass, averaged

KRule = Literal["arithmetic", "harmonic"]


@dataclass(frozen=True)
class AbsoluteAgreement:
    """ICC(2,1) and ICC(2,k) of an incomplete crossed design.

    Attributes
    ----------
    icc2_1, icc2_1_low, icc2_1_high : float or None
        Reliability of one rating, 0 to 1, and its interval.
    icc2_k, icc2_k_low, icc2_k_high : float or None
        Reliability of the mean of k ratings, and its interval.
    k : float
        Ratings an image.
    reason : str or None
        Why something is None.
    """

    icc2_1: float | None
    icc2_1_low: float | None
    icc2_1_high: float | None
    icc2_k: float | None
    icc2_k_low: float | None
    icc2_k_high: float | None
    k: float
    reason: str | None


def ratings_per_image(n_ratings: NDArray[np.int64], rule: KRule) -> float:
    """The k of ICC(2,k): mean number of ratings of the images that were rated.

    Parameters
    ----------
    n_ratings : numpy.ndarray
        Ratings of each image; images without any do not count.
    rule : {"arithmetic", "harmonic"}
        The harmonic mean is the one for which the mean error variance of image means is (P + E) / k; it is the
        smaller of the two where images were rated unequally often.

    Raises
    ------
    ParameterError
        If the rule is neither.
    DataError
        If no image was rated.
    """
    if rule not in ("arithmetic", "harmonic"):
        raise ParameterError(f"The rule for k must be 'arithmetic' or 'harmonic', got {rule!r}.")
    rated = np.asarray(n_ratings)[np.asarray(n_ratings) > 0].astype(np.float64)
    if not rated.size:
        raise DataError("The number of ratings per image needs rated images, got 0.")
    return float(rated.mean()) if rule == "arithmetic" else float(rated.size / (1 / rated).sum())


def icc_from_components(
    image: float,
    participant: float,
    residual: float,
    covariance: NDArray[np.float64] | None,
    *,
    k: float,
    confidence: float,
) -> AbsoluteAgreement:
    """ICC(2,1) and ICC(2,k) from variance components of a design with crossed images and participants.

    Parameters
    ----------
    image, participant, residual : float
        Variance components I, P, E, at least 0; squared units of the scale.
    covariance : numpy.ndarray or None
        Sampling covariance of (I, P, E), shape (3, 3); None, or NaN in it, gives no interval. A component at its
        bound may have zeros.
    k : float
        Ratings an image, see `ratings_per_image`; at least 1.
    confidence : float
        Level of the intervals, such as .95.

    Returns
    -------
    AbsoluteAgreement
        Value 0 without an interval where I = 0; undefined where all components are 0.

    Raises
    ------
    DataError
        If a component is negative or not finite.
    ParameterError
        If k, confidence or the covariance's shape is out of range.

    Notes
    -----
    ``icc2_1 = I / (I + P + E)``; ``icc2_k = I / (I + (P + E) / k)`` (McGraw & Wong, 1996, case 2A,
    doi:10.1037/1082-989X.1.1.30). Interval by the delta method on the logit, ``log I - log(P + E) + log k``, whose
    variance does not depend on k: ``V_II / I^2 + V_SS / S^2 - 2 V_IS / (I S)`` with S = P + E. psych::ICC(lmer =
    TRUE) takes the number of all raters for k, which is right for a complete design only. Checked against
    `icc_complete` on complete designs, numerical derivatives, and for coverage (tests/metrics/).
    """
    components = np.array([image, participant, residual], dtype=np.float64)
    if not (np.isfinite(components).all() and (components >= 0).all()):
        raise DataError(f"Variance components must be finite and 0 or more, got {components.tolist()!r}.")
    if not k >= 1:
        raise ParameterError(f"k must be at least 1, got {k!r}.")
    require_share(confidence, "confidence")
    error = participant + residual
    if image + error == 0:
        return AbsoluteAgreement(None, None, None, None, None, None, k, "all ratings are the same")
    single, average = image / (image + error), image / (image + error / k)
    reason = _no_interval(image, error, covariance)
    if reason is not None or covariance is None:
        return AbsoluteAgreement(single, None, None, average, None, None, k, reason)
    gradient = np.array([1 / image, -1 / error, -1 / error])
    spread = norm.ppf(1 - (1 - confidence) / 2) * np.sqrt(gradient @ covariance @ gradient)
    ends = [float(expit(logit(value) + sign * spread)) for value in (single, average) for sign in (-1, 1)]
    return AbsoluteAgreement(single, ends[0], ends[1], average, ends[2], ends[3], k, None)


def icc_one_way(
    n_ratings: NDArray[np.int64],
    sums: NDArray[np.float64],
    squares: NDArray[np.float64],
    *,
    k: float,
    confidence: float,
) -> tuple[Intraclass, Intraclass]:
    """ICC(1,1) and ICC(1,k) with any number of ratings an image, from sums: memory does not grow with ratings.

    Parameters
    ----------
    n_ratings, sums, squares : numpy.ndarray
        Number, sum and sum of squares of each image's ratings, shape (n_images,). Images with one rating count
        between images, those with none not at all.
    k : float
        Ratings that the mean is over, see `ratings_per_image`.
    confidence : float
        Level of the intervals, such as .95.

    Returns
    -------
    tuple of Intraclass
        For one rating and for the mean of k. F, df and p are those of the one-way analysis of variance.

    Raises
    ------
    DataError
        If fewer than 2 images were rated, or none twice.

    Notes
    -----
    ``(B - W) / (B + (n0 - 1) W)`` with ``n0 = (N - sum n_i^2 / N) / (images - 1)`` (Donner, 1986,
    doi:10.2307/1403259). Interval of Thomas & Hultquist (1978, doi:10.1214/aos/1176344202): the unweighted
    variance of image means times the harmonic mean of n_i takes the place of B; exact, and that of
    `lib.metrics.icc.icc_complete`, where all n_i are equal. Checked against R: psych::ICC (balanced), aov and the
    formula (tests/reference/agreement.R).
    """
    rated = np.asarray(n_ratings) > 0
    counts = np.asarray(n_ratings)[rated].astype(np.float64)
    total, n_images = float(counts.sum()), counts.size
    if n_images < 2 or total == n_images:
        raise DataError(f"ICC(1) needs 2 images and one rated twice, got {n_images} images and {total:g} ratings.")
    means = sums[rated] / counts
    within = max(float((squares[rated] - counts * means**2).sum()), 0.0) / (total - n_images)
    grand = float(sums[rated].sum()) / total
    between = float((counts * (means - grand) ** 2).sum()) / (n_images - 1)
    degrees = n_images - 1, total - n_images
    if within <= 1e-14 * max(between, 1e-300):
        known, reason = (1.0, "ratings of an image never differ") if between > 0 else (None, "all ratings are the same")
        single = Intraclass("icc1_1", known, None, None, None, *degrees, None, 1, reason)
        return single, averaged(single, k)
    size = (total - float((counts**2).sum()) / total) / (n_images - 1)
    value = (between - within) / (between + (size - 1) * within)
    low, high = _one_way_interval(counts, float(means.var(ddof=1)) / within, degrees, confidence)
    p = float(f_distribution.sf(between / within, *degrees))
    single = Intraclass("icc1_1", value, low, high, between / within, *degrees, p, 1, None)
    return single, averaged(single, k)


def _one_way_interval(
    counts: NDArray[np.float64], ratio: float, degrees: tuple[int, float], confidence: float
) -> Iterator[float]:
    """Ends for one rating, from the variance of image means over that within images."""
    harmonic = counts.size / float((1 / counts).sum())
    level = 1 - (1 - confidence) / 2
    lower = harmonic * ratio / f_distribution.ppf(level, *degrees)
    upper = harmonic * ratio * f_distribution.ppf(level, *degrees[::-1])
    return (float((end - 1) / (end - 1 + harmonic)) for end in (lower, upper))


def _no_interval(image: float, error: float, covariance: NDArray[np.float64] | None) -> str | None:
    """Why there is no interval; None where there is one."""
    if covariance is None:
        return "no covariance of the components was given"
    if covariance.shape != (3, 3):
        raise ParameterError(f"The covariance of three components has shape (3, 3), got {covariance.shape!r}.")
    if not np.isfinite(covariance).all():
        return "the components' covariance is not known"
    if image == 0:
        return "the images' variance is estimated as 0"
    return "participants and residual have no variance" if error == 0 else None

"""Bootstrap over images alone, for figures that no participant's rating enters, or that are fitted to all of them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from lib.metrics.resampling import Resampling, draw_weights, percentile_interval

Numbers = NDArray[np.float64]
Ends = tuple[float | None, float | None]
NO_INTERVAL = (
    "No intervals: the study resamples participants, on whom these figures do not depend or to all of whom they are "
    "fitted. Set `analysis.resample: image` in the study file to get them."
)


def image_draws(statistic: Callable[[Numbers], Numbers], n_images: int, resampling: Resampling) -> Numbers:
    """Compute a statistic in every bootstrap sample of images.

    Parameters
    ----------
    statistic : callable
        Takes weights, shape (samples, n_images), and gives estimates, shape (samples, k); NaN where undefined.
    n_images : int
        Number of images.
    resampling : Resampling
        The study's. With unit `participant` there are no samples, and so no interval: see `NO_INTERVAL`.

    Returns
    -------
    numpy.ndarray
        Shape (draws, k); (0, k) where nothing is drawn.
    """
    if resampling.unit != "image":
        return np.empty((0, statistic(np.ones((1, n_images))).shape[1]))
    return np.concatenate([statistic(weights) for weights in draw_weights(n_images, resampling)])


def ratio(numerator: Numbers, denominator: Numbers) -> Numbers:
    """Element by element, NaN (without a warning) where the denominator is 0."""
    blank = np.full(np.broadcast_shapes(numerator.shape, denominator.shape), np.nan)
    return np.asarray(np.divide(numerator, denominator, out=blank, where=denominator != 0))


def interval_ends(draws: Numbers, confidence: float) -> Ends:
    """Ends of the percentile interval of one estimate's draws, shape (draws,); (None, None) where there is none."""
    return percentile_interval(draws, confidence) or (None, None)


def interval_columns(draws: Numbers, confidence: float, name: str) -> dict[str, float | None]:
    """Ends of the percentile interval as `<name>_low` and `<name>_high`; None where there is none."""
    low, high = interval_ends(draws, confidence)
    return {f"{name}_low": low, f"{name}_high": high}


def sums_within(weights: Numbers, numbers: Numbers, member: Numbers, n: Numbers) -> tuple[Numbers, Numbers]:
    """Sums by group, and sums of squares around the groups' means, in every sample.

    Parameters
    ----------
    weights : numpy.ndarray
        Shape (samples, n_images).
    numbers : numpy.ndarray
        Shape (n_images,) or (samples, n_images), near 0 so that no digits are lost; 0 where an image has none.
    member : numpy.ndarray
        1 where an image is in a group, shape (n_images, n_groups).
    n : numpy.ndarray
        ``weights @ member``, shape (samples, n_groups).

    Returns
    -------
    tuple of numpy.ndarray
        Both of shape (samples, n_groups); squares that are rounding only are 0.
    """
    total = (weights * numbers) @ member
    rest = (weights * numbers**2) @ member - np.nan_to_num(ratio(total**2, n))
    return total, np.where(rest > 1e-12 * np.maximum(n, 1), rest, 0)

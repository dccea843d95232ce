"""Ranks in bootstrap samples."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lib.metrics.image_draws import Numbers


def without_rounding_errors(numbers: Numbers) -> Numbers:
    """Numbers rounded to a trillionth of the largest, so that those which differ by rounding only are ties."""
    largest = float(np.abs(numbers).max(initial=0)) or 1.0
    return np.asarray(np.round(numbers / largest, 12) * largest)


def weighted_ranks(level: NDArray[np.int64], weights: Numbers) -> Numbers:
    """Mid-rank of each image among the drawn ones, in every sample.

    Parameters
    ----------
    level : numpy.ndarray
        Number of each image's value among the distinct values in ascending order, shape (n_images,).
    weights : numpy.ndarray
        How often each image enters each sample, shape (samples, n_images).

    Returns
    -------
    numpy.ndarray
        Shape (samples, n_images), from 1; that of an image that was not drawn means nothing.
    """
    order = np.argsort(level, kind="stable")
    starts = np.flatnonzero(np.diff(level[order], prepend=-1))
    drawn = np.add.reduceat(weights[:, order], starts, axis=1)
    middle = np.cumsum(drawn, axis=1) - (drawn - 1) / 2
    return np.asarray(middle[:, level])

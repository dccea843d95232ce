"""Bootstrap and permutation within strata, such as emotions: for a design whose groups have fixed sizes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lib.errors import DataError, ParameterError
from lib.metrics import resampling as whole
from lib.metrics.image_draws import Numbers
from lib.metrics.resampling import Resampling

Strata = NDArray[np.int64]


def number_strata(labels: pl.Series | None, n: int) -> Strata:
    """Number the strata from 0 in the order of their names; no labels make one stratum of all n images.

    Raises
    ------
    DataError
        If there are not n labels, or one is null.
    """
    if labels is None:
        return np.zeros(n, dtype=np.int64)
    if labels.len() != n or labels.null_count():
        raise DataError(
            f"Every image must have a stratum, got {labels.len() - labels.null_count()!r} of {n!r}. "
            "Leave out the images without one."
        )
    return labels.cast(pl.String).rank("dense").to_numpy().astype(np.int64) - 1


def stratified_weights(strata: Strata, resampling: Resampling) -> Iterator[Numbers]:
    """How often each image enters each bootstrap sample, when every stratum is drawn from by itself.

    Parameters
    ----------
    strata : numpy.ndarray
        Stratum of each image, numbered from 0, shape (n_images,).
    resampling : Resampling
        Gives seed and number of draws.

    Yields
    ------
    numpy.ndarray
        Weights, shape (samples of this block, n_images); over each stratum a row sums to its size. The blocks together
        have `resampling.draws` rows, the same ones whatever the size of a block.

    Raises
    ------
    ParameterError
        If there is no image.

    Notes
    -----
    Resamples what is random in a factorial design (which faces stand for an emotion) and keeps what is not (how many
    do); Efron & Tibshirani (1993, doi:10.1201/9780429246593). A stratum of one image has no spread that could be drawn.
    """
    if strata.size < 1:
        raise ParameterError(f"A bootstrap needs images to draw from, got {strata.size!r}. Leave the interval out.")
    members = [np.flatnonzero(strata == number) for number in range(int(strata.max()) + 1)]
    streams = [np.random.default_rng(seed) for seed in np.random.SeedSequence(resampling.seed).spawn(len(members))]
    size = max(1, whole.BLOCK // strata.size)
    for start in range(0, resampling.draws, size):
        rows = min(size, resampling.draws - start)
        weights = np.empty((rows, strata.size))
        for own, stream in zip(members, streams, strict=True):
            drawn = stream.integers(0, max(own.size, 1), size=(rows, own.size)) + np.arange(rows)[:, None] * own.size
            weights[:, own] = np.bincount(drawn.ravel(), minlength=rows * own.size).reshape(rows, own.size)
        yield weights


def stratified_draws(statistic: Callable[[Numbers], Numbers], strata: Strata, resampling: Resampling) -> Numbers:
    """Compute a statistic in every bootstrap sample of images drawn within strata.

    Parameters
    ----------
    statistic : callable
        Takes weights, shape (samples, n_images), and gives estimates, shape (samples, k); NaN where undefined.
    strata, resampling
        As in `stratified_weights`. With unit `participant` there are no samples, and so no interval: see
        `lib.metrics.image_draws.NO_INTERVAL`.

    Returns
    -------
    numpy.ndarray
        Shape (draws, k); (0, k) where nothing is drawn.
    """
    if resampling.unit != "image" or resampling.draws < 1:
        return np.empty((0, statistic(np.ones((1, strata.size))).shape[1]))
    return np.concatenate([statistic(weights) for weights in stratified_weights(strata, resampling)])


def permuted_places(strata: Strata, draws: int, seed: int) -> Iterator[NDArray[np.int64]]:
    """Random orders of images, each staying within its stratum: `draws` arrays of shape (n_images,).

    Under the hypothesis that what is permuted has nothing to do with the rest given the stratum, all such orders are
    equally likely.
    """
    generator = np.random.default_rng(seed)
    places = np.argsort(strata, kind="stable")
    for _ in range(draws):
        order = np.empty(strata.size, dtype=np.int64)
        order[places] = np.lexsort((generator.random(strata.size), strata))
        yield order

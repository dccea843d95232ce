"""Bootstrap weights and percentile intervals, the same for every statistic of a study."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from lib.errors import ParameterError

BLOCK = 4_000_000  # weights held at a time: 32 MB, whatever the number of units


@dataclass(frozen=True)
class Resampling:
    """How a study's bootstrap intervals are made; every chapter takes it from the study's file.

    Attributes
    ----------
    seed : int
        Seed of all draws; two statistics of the same units see the same draws.
    draws : int
        Number of bootstrap samples.
    unit : {"image", "participant"}
        What is drawn with replacement: images with all their ratings, or participants with all of theirs.
    confidence : float
        Level of the intervals, such as .95.
    """

    seed: int
    draws: int
    unit: Literal["image", "participant"] = "image"
    confidence: float = 0.95


def significance_level(confidence: float) -> float:
    """The level below which a p counts: what `confidence` leaves, without the rounding error of 1 - .95."""
    return round(1 - confidence, 9)


def draw_weights(n_units: int, resampling: Resampling) -> Iterator[NDArray[np.float64]]:
    """How often each unit enters each bootstrap sample, block by block of samples.

    Parameters
    ----------
    n_units : int
        Number of units to draw from, at least 1.
    resampling : Resampling
        Gives seed and number of draws.

    Yields
    ------
    numpy.ndarray
        Weights, shape (samples of this block, n_units); each row sums to n_units. The blocks together have
        `resampling.draws` rows, the same ones whatever the size of a block.

    Raises
    ------
    ParameterError
        If there is no unit to draw.

    Notes
    -----
    A statistic that is a function of sums over units takes one matrix product per block. Draws are those of the
    nonparametric bootstrap (Efron & Tibshirani, 1993, doi:10.1201/9780429246593): multinomial with equal
    probabilities.
    """
    if n_units < 1:
        raise ParameterError(f"A bootstrap needs units to draw from, got {n_units!r}. Leave the interval out.")
    generator = np.random.default_rng(resampling.seed)
    size = max(1, BLOCK // n_units)
    for start in range(0, resampling.draws, size):
        rows = min(size, resampling.draws - start)
        drawn = generator.integers(0, n_units, size=(rows, n_units))
        flat = np.bincount((drawn + np.arange(rows)[:, np.newaxis] * n_units).ravel(), minlength=rows * n_units)
        yield flat.reshape(rows, n_units).astype(np.float64)


def resampled_sums(columns: NDArray[np.float64], resampling: Resampling) -> NDArray[np.float64]:
    """Sums of per-unit figures over every bootstrap sample: shape (n_units, k) in, (draws, k) out; no NaN."""
    return np.concatenate([weights @ columns for weights in draw_weights(len(columns), resampling)])


def percentile_interval(estimates: NDArray[np.float64], confidence: float) -> tuple[float, float] | None:
    """Percentile interval of bootstrap estimates; samples without an estimate (NaN) are left out.

    Parameters
    ----------
    estimates : numpy.ndarray
        One estimate a bootstrap sample, shape (draws,).
    confidence : float
        Such as .95.

    Returns
    -------
    tuple of float or None
        Low and high end; None where fewer than half of the samples have an estimate, for what is left would no
        longer stand for the whole.
    """
    known = estimates[np.isfinite(estimates)]
    if known.size * 2 < estimates.size or known.size == 0:
        return None
    tail = (1 - confidence) / 2
    low, high = np.quantile(known, [tail, 1 - tail])
    return float(low), float(high)


def bootstrap_p(estimates: NDArray[np.float64], null: float = 0.0) -> float | None:
    """Two-sided bootstrap p of "the estimate is `null`": twice the smaller tail, at least 2 / (draws + 1).

    Consistent with `percentile_interval`: p is below .05 where the 95% interval leaves `null` out. None where no
    sample has an estimate.
    """
    known = estimates[np.isfinite(estimates)]
    if known.size == 0:
        return None
    tail = min((known <= null).sum(), (known >= null).sum())
    return float(min(1.0, 2 * (tail + 1) / (known.size + 1)))

"""How close raters come to people on all images and in every bootstrap sample of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lib.errors import DataError
from lib.metrics.image_draws import Numbers, image_draws, ratio
from lib.metrics.resampling import Resampling

VALUE_FIGURES = ("r", "ccc", "mae")
LARGEST = 20_000_000  # numbers held at a time: 160 MB, whatever the number of images and raters
Codes = NDArray[np.int64]


@dataclass(frozen=True)
class Drawn:
    """A figure of several raters.

    Attributes
    ----------
    found : numpy.ndarray
        On all images, shape (n_raters,); NaN = undefined.
    draws : numpy.ndarray
        In every bootstrap sample, the same images for all raters, shape (draws, n_raters); no rows without resampling.
    """

    found: Numbers
    draws: Numbers


def label_closeness(own: Codes, people: Codes, size: int, resampling: Resampling) -> Drawn:
    """Cohen's kappa of each rater's labels with people's most frequent ones.

    Parameters
    ----------
    own : numpy.ndarray
        Number of each rater's label, 0 to size - 1, shape (n_images, n_raters); -1 = none, which is a disagreement.
    people : numpy.ndarray
        The same of what each is compared with, same shape; -1 = no single most frequent label, the image is left out.
    size : int
        Number of labels.
    resampling : Resampling
        The study's; images are drawn.

    Returns
    -------
    Drawn

    Raises
    ------
    DataError
        If the shapes differ.

    Notes
    -----
    ``(p_o - p_e) / (1 - p_e)`` as in `lib.metrics.kappa.cohen_kappa`, from sums over images; equal to it in the tests.
    """
    _require_same(own, people)
    parts = [_kappas(own[:, part], people[:, part], size, resampling) for part in _parts(own, 2 + 2 * size)]
    return Drawn(*(np.concatenate(side, axis=-1) for side in zip(*parts, strict=True)))


def _kappas(own: Codes, people: Codes, size: int, resampling: Resampling) -> tuple[Numbers, Numbers]:
    n_images, raters = own.shape
    known = people >= 0
    kinds = np.arange(size)
    columns = np.concatenate(
        [known[..., None], (known & (own == people))[..., None]]
        + [(known[..., None] & (side[..., None] == kinds)) for side in (own, people)],
        axis=2,
    ).astype(np.float64)

    def kappa(weights: Numbers) -> Numbers:
        sums = (weights @ columns.reshape(n_images, -1)).reshape(len(weights), raters, -1)
        n = sums[..., 0]
        expected = ratio((sums[..., 2 : 2 + size] * sums[..., 2 + size :]).sum(axis=2), n**2)
        return ratio(ratio(sums[..., 1], n) - expected, np.where(expected < 1, 1 - expected, 0.0))

    return kappa(np.ones((1, n_images)))[0], image_draws(kappa, n_images, resampling)


def value_closeness(own: Numbers, people: Numbers, resampling: Resampling) -> dict[str, Drawn]:
    """Pearson's r, Lin's concordance and the mean absolute error of each rater's values with people's means.

    Parameters
    ----------
    own, people : numpy.ndarray
        Values of each rater and the means that it is compared with, shape (n_images, n_raters); NaN = none, the image
        is left out of that rater's figures.
    resampling : Resampling
        The study's; images are drawn.

    Returns
    -------
    dict of str to Drawn
        By `VALUE_FIGURES`.

    Raises
    ------
    DataError
        If the shapes differ.

    Notes
    -----
    Formulas of `lib.metrics.dimensions` and `lib.metrics.correlation` from sums over images; equal to them in the
    tests.
    """
    _require_same(own, people)
    parts = [_values(own[:, part], people[:, part], resampling) for part in _parts(own, 7)]
    found, draws = (np.concatenate(side, axis=-1) for side in zip(*parts, strict=True))
    return {name: Drawn(found[place], draws[:, place]) for place, name in enumerate(VALUE_FIGURES)}


def _values(own: Numbers, people: Numbers, resampling: Resampling) -> tuple[Numbers, Numbers]:
    n_images, raters = own.shape
    known = ~np.isnan(own) & ~np.isnan(people)
    centre = float(people[known].mean()) if known.any() else 0.0
    x, y = (np.where(known, side - centre, 0.0) for side in (own, people))
    columns = np.stack([known.astype(float), x, y, x * x, y * y, x * y, np.abs(x - y)], axis=2)

    def figures(weights: Numbers) -> Numbers:
        sums = (weights @ columns.reshape(n_images, -1)).reshape(len(weights), raters, 7)
        n = sums[..., :1]
        mean = ratio(sums, n)
        spread = [_spread(mean[..., 3 + side], mean[..., 1 + side]) for side in (0, 1)]
        shared = mean[..., 5] - mean[..., 1] * mean[..., 2]
        r = np.clip(ratio(shared, np.sqrt(spread[0] * spread[1])), -1, 1)
        ccc = ratio(2 * shared, spread[0] + spread[1] + (mean[..., 1] - mean[..., 2]) ** 2)
        return np.concatenate([r, ccc, mean[..., 6]], axis=1)

    found = figures(np.ones((1, n_images)))[0].reshape(3, raters)
    return found, image_draws(figures, n_images, resampling).reshape(-1, 3, raters)


def _parts(own: Numbers | Codes, columns: int) -> list[slice]:
    """Raters that are computed together; each part draws the same images anew."""
    step = max(1, LARGEST // max(1, columns * len(own)))
    return [slice(start, start + step) for start in range(0, max(own.shape[1], 1), step)]


def _require_same(own: Numbers | Codes, people: Numbers | Codes) -> None:
    if own.shape != people.shape or own.ndim != 2:
        raise DataError(f"Raters and people must be one table of images, got {own.shape!r} and {people.shape!r}.")


def _spread(square: Numbers, mean: Numbers) -> Numbers:
    """Variance (ddof = 0); what is left of none at all is rounding."""
    spread = square - mean**2
    return np.where(spread > 1e-12 * np.maximum(square, 1e-12), spread, 0.0)

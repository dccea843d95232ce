"""What a machine reaches relative to what a person reaches: ratios with bootstrap intervals over images."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lib.errors import ParameterError
from lib.metrics.resampling import Resampling, percentile_interval, resampled_sums

Values = NDArray[np.float64]
MOMENTS = 6  # sums that a correlation needs: 1, x, y, xx, yy, xy


@dataclass(frozen=True)
class Ratio:
    """A machine's figure over a person's.

    Attributes
    ----------
    machine, person : float or None
        Both figures; None where undefined.
    ratio, low, high : float or None
        Machine over person with its interval; None where either is undefined, or where the person's is not above 0.
    """

    machine: float | None
    person: float | None
    ratio: float | None
    low: float | None
    high: float | None


def mean_ratios(machines: Values, people: Values, resampling: Resampling | None) -> list[Ratio]:
    """Ratio of each machine's mean, such as its absolute error or correctness, to people's mean.

    Parameters
    ----------
    machines : numpy.ndarray
        One figure an image and machine, shape (n_images, n_machines); NaN = none.
    people : numpy.ndarray
        Sum of people's figures and their number in each image, shape (n_images, 2); no NaN.
    resampling : Resampling or None
        How images are drawn; None leaves out the intervals.

    Returns
    -------
    list of Ratio
        One a machine. Each mean is over the images that have the figure; both sides see the same draws of images.

    Raises
    ------
    ParameterError
        If the study resamples participants, whom a machine does not have.
    """
    known = ~np.isnan(machines)
    columns = np.hstack([people, np.where(known, machines, 0.0), known.astype(float)])

    def means(sums: Values) -> tuple[Values, Values]:
        with np.errstate(invalid="ignore", divide="ignore"):
            return sums[:, 2 : 2 + known.shape[1]] / sums[:, 2 + known.shape[1] :], sums[:, :1] / sums[:, 1:2]

    _require_images(resampling)
    found = means(columns.sum(axis=0, keepdims=True))
    drawn = None if resampling is None else means(resampled_sums(columns, resampling))
    return _ratios(found, drawn, resampling)


def correlation_ratios(
    machines: Values, people: Values, person: Values, others: Values, resampling: Resampling | None
) -> list[Ratio]:
    """Ratio of each machine's Pearson correlation with people's mean to that of one person with the others' mean.

    Parameters
    ----------
    machines : numpy.ndarray
        Values, shape (n_images, n_machines); NaN = none.
    people : numpy.ndarray
        People's means, shape (n_images,); NaN = none.
    person, others : numpy.ndarray
        One held-out rating of each image and the mean of the image's others, shape (n_images, n_draws), one column a
        draw of the person; NaN = none. The person's correlation is the mean over draws.
    resampling : Resampling or None
        How images are drawn; None leaves out the intervals.

    Returns
    -------
    list of Ratio
        One a machine.

    Notes
    -----
    A person's single rating is noisy, and so is a machine's single answer: the ratio asks whether the machine follows
    the average person as closely as one more person would, and may exceed 1. The interval holds the draws of the person
    fixed. Checked against numpy.corrcoef on resampled rows in the tests.
    """
    _require_images(resampling)
    n = machines.shape[1]
    first, second = np.hstack([machines, person]), np.hstack([np.repeat(people[:, np.newaxis], n, axis=1), others])
    columns = _moments(first, second)

    def figures(sums: Values) -> tuple[Values, Values]:
        r = _correlations(sums)
        own = r[:, n:]
        known = ~np.isnan(own)
        with np.errstate(invalid="ignore"):
            mean = np.where(known, own, 0.0).sum(axis=1, keepdims=True) / known.sum(axis=1, keepdims=True)
        return r[:, :n], mean

    found = figures(columns.sum(axis=0, keepdims=True))
    drawn = None if resampling is None else figures(resampled_sums(columns, resampling))
    return _ratios(found, drawn, resampling)


def _moments(first: Values, second: Values) -> Values:
    """The terms of six sums for every pair of columns, centred so that no digits are lost; shape (n, 6 k)."""
    known = ~(np.isnan(first) | np.isnan(second))
    n = np.maximum(known.sum(axis=0), 1)
    x, y = np.where(known, first, 0.0), np.where(known, second, 0.0)
    x, y = np.where(known, x - x.sum(axis=0) / n, 0.0), np.where(known, y - y.sum(axis=0) / n, 0.0)
    return np.hstack([known.astype(float), x, y, x * x, y * y, x * y])


def _correlations(sums: Values) -> Values:
    """Pearson's r from sums of moments; NaN where a side is constant or there are fewer than two pairs."""
    n, x, y, xx, yy, xy = np.split(sums, MOMENTS, axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        spread_x, spread_y = xx - x * x / n, yy - y * y / n
        varies = (spread_x > 1e-12 * np.maximum(xx, 1e-300)) & (spread_y > 1e-12 * np.maximum(yy, 1e-300))
        r = (xy - x * y / n) / np.sqrt(spread_x * spread_y)
    return np.where(varies, r, np.nan)


def _ratios(
    found: tuple[Values, Values], drawn: tuple[Values, Values] | None, resampling: Resampling | None
) -> list[Ratio]:
    machines, person = found[0][0], float(found[1][0, 0])
    ratios = []
    for place, machine in enumerate(machines):
        known = not np.isnan(machine) and person > 0
        low: float | None = None
        high: float | None = None
        if known and drawn is not None and resampling is not None:
            with np.errstate(invalid="ignore", divide="ignore"):
                estimates = drawn[0][:, place] / drawn[1][:, 0]
            low, high = percentile_interval(estimates, resampling.confidence) or (None, None)
        ratios.append(Ratio(_number(machine), _number(person), float(machine / person) if known else None, low, high))
    return ratios


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _require_images(resampling: Resampling | None) -> None:
    if resampling is not None and resampling.unit != "image":
        raise ParameterError(
            f"Ratios to a person are resampled by image, got resample: {resampling.unit!r}: a machine has no "
            "participants. Set `analysis.resample: image`, or leave the interval out."
        )

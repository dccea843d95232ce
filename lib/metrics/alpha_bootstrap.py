"""Bootstrap intervals of Krippendorff's alpha, by image or by participant."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from lib.errors import DataError, ParameterError
from lib.metrics.resampling import Resampling, draw_weights, percentile_interval

Level = Literal["nominal", "ordinal", "interval"]
CELLS = 8_000_000  # reweighted cells held at a time


def alpha_interval_by_image(
    counts: NDArray[np.int64], level: Level, resampling: Resampling, values: NDArray[np.float64] | None = None
) -> tuple[float, float] | None:
    """Percentile interval of alpha over bootstrap samples of images.

    Parameters
    ----------
    counts : numpy.ndarray
        Ratings by image and value, shape (n_images, n_values); see `lib.metrics.agreement.krippendorff_alpha`.
    level : {"nominal", "ordinal", "interval"}
        Level of measurement.
    resampling : Resampling
        Seed, draws and confidence.
    values : numpy.ndarray, optional
        The values in ascending order; needed for the interval level.

    Returns
    -------
    tuple of float or None
        Low and high; None where fewer than half of the samples have an alpha.

    Notes
    -----
    An image's coincidences ``(c c' - diag c) / (m - 1)`` add up over images, so a block of samples is one matrix
    product. The ordinal distance depends on the sample's margins and is computed anew in every sample. Images with
    fewer than two ratings do not enter and are not drawn. Checked against alpha of the repeated rows themselves and
    for coverage (tests/metrics/test_alpha_bootstrap.py).
    """
    shared = counts[counts.sum(axis=1) > 1].astype(np.float64)
    if not len(shared):
        return None
    used = shared.sum(axis=0) > 0
    shared, size = shared[:, used], int(used.sum())
    upper = np.triu_indices(size)
    pairs = shared[:, upper[0]] * shared[:, upper[1]]
    pairs[:, upper[0] == upper[1]] -= shared
    pairs /= shared.sum(axis=1, keepdims=True) - 1
    domain = None if values is None else np.asarray(values, dtype=np.float64)[used]
    drawn = [
        alpha_of_coincidences(_symmetric(weights @ pairs, size), level, domain)
        for weights in draw_weights(len(shared), resampling)
    ]
    return percentile_interval(np.concatenate(drawn), resampling.confidence)


def alpha_interval_by_participant(
    cells: NDArray[np.int64],
    participants: NDArray[np.int64],
    shape: tuple[int, int],
    level: Level,
    resampling: Resampling,
    *,
    values: NDArray[np.float64] | None = None,
) -> tuple[float, float] | None:
    """Percentile interval of alpha over bootstrap samples of participants, each with all own ratings.

    Parameters
    ----------
    cells : numpy.ndarray
        Of each rating, ``image * n_values + value`` (positions from 0).
    participants : numpy.ndarray
        Of each rating, the participant's number from 0; each rated an image at most once.
    shape : tuple of int
        Number of images and of values.
    level, resampling, values
        As in `alpha_interval_by_image`.

    Returns
    -------
    tuple of float or None
        Low and high; None where fewer than half of the samples have an alpha.

    Raises
    ------
    DataError
        If the ratings' two arrays differ in length.

    Notes
    -----
    A participant drawn w times counts w times, but is never paired with own copies, whose agreement would be certain:
    with weighted counts c, their sum m and s the sums of squared weights, an image's coincidences are
    ``m (c c' - diag s) / (m^2 - sum s)``, the usual ones where all weights are 1.
    """
    if cells.shape != participants.shape:
        raise DataError(f"Every rating has a cell and a participant, got {cells.size} and {participants.size}.")
    n_images, size = shape
    n_people = int(participants.max()) + 1 if participants.size else 0
    if n_people == 0:
        return None
    belongs = csr_array((np.ones(cells.size), (cells, participants)), shape=(n_images * size, n_people))
    block = max(1, CELLS // (n_images * size))
    drawn = []
    for weights in draw_weights(n_people, resampling):
        for start in range(0, len(weights), block):
            own = weights[start : start + block].T
            counted = (belongs @ own).reshape(n_images, size, -1)
            squared = (belongs @ own**2).reshape(n_images, size, -1)
            drawn.append(alpha_of_coincidences(_reweighted(counted, squared), level, values))
    return percentile_interval(np.concatenate(drawn), resampling.confidence)


def alpha_of_coincidences(
    coincidences: NDArray[np.float64], level: Level, values: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """Alpha of each of a stack of coincidence matrices, NaN where undefined.

    Parameters
    ----------
    coincidences : numpy.ndarray
        Shape (samples, n_values, n_values), symmetric.
    level : {"nominal", "ordinal", "interval"}
        Level of measurement.
    values : numpy.ndarray, optional
        Values in ascending order; needed for the interval level.

    Raises
    ------
    ParameterError
        If the level is none of these, or lacks its values.
    """
    margins = coincidences.sum(axis=2)
    total = margins.sum(axis=1)
    distances = _squared_distances(margins, level, values)
    observed = (coincidences * distances).sum(axis=(1, 2))
    expected = np.einsum("sc,sck,sk->s", margins, np.broadcast_to(distances, coincidences.shape), margins)
    defined = expected > 1e-12 * np.maximum(total, 1) ** 2
    ratio = observed * (total - 1) / np.where(defined, expected, 1.0)
    return np.where(defined, 1 - ratio, np.nan)


def _squared_distances(
    margins: NDArray[np.float64], level: Level, values: NDArray[np.float64] | None
) -> NDArray[np.float64]:
    """Squared distance of every two values, shape (samples or 1, n_values, n_values)."""
    size = margins.shape[1]
    if level == "nominal":
        return (1 - np.eye(size))[np.newaxis]
    if level == "ordinal":
        ranks = np.cumsum(margins, axis=1) - margins / 2
        return (ranks[:, :, np.newaxis] - ranks[:, np.newaxis, :]) ** 2
    if level == "interval" and values is not None:
        return (np.subtract.outer(values, values) ** 2)[np.newaxis]
    raise ParameterError(f"level must be 'nominal', 'ordinal' or, with values, 'interval', got {level!r}.")


def _symmetric(upper: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    """Upper triangles, shape (samples, pairs), as whole matrices."""
    rows, columns = np.triu_indices(size)
    whole = np.empty((len(upper), size, size))
    whole[:, rows, columns] = upper
    whole[:, columns, rows] = upper
    return whole


def _reweighted(counted: NDArray[np.float64], squared: NDArray[np.float64]) -> NDArray[np.float64]:
    """Coincidences of each sample from weighted counts and sums of squared weights (images, values, samples)."""
    total, own = counted.sum(axis=1), squared.sum(axis=1)
    pairs = total**2 - own
    factor = np.where(pairs > 0.5, total / np.where(pairs > 0.5, pairs, 1.0), 0.0)
    scaled = counted * factor[:, np.newaxis, :]
    whole: NDArray[np.float64] = np.matmul(scaled.transpose(2, 1, 0), counted.transpose(2, 0, 1))
    places = np.arange(counted.shape[1])
    whole[:, places, places] -= np.einsum("ivs,is->sv", squared, factor)
    return whole

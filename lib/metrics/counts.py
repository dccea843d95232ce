"""Ratings condensed into an image x value table of counts, from which human baselines follow at any size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lib.errors import DataError
from lib.metrics.checks import require_columns, require_rows, without_nan

Counts = NDArray[np.int64]
SCALE_TOLERANCE = 1e-6


@dataclass(frozen=True)
class RatingCounts:
    """How often each image got each value of one dimension.

    Attributes
    ----------
    dimension : str
        Name of the dimension, for messages.
    image_ids : polars.Series
        All images of the ratings, sorted; also those whose ratings of this dimension are all missing.
    values : numpy.ndarray
        Values of the scale, ascending, shape (n_values,).
    counts : numpy.ndarray
        Integer counts, shape (n_images, n_values).
    n_missing : int
        Ratings left out because this dimension was not answered.
    """

    dimension: str
    image_ids: pl.Series
    values: NDArray[np.float64]
    counts: Counts
    n_missing: int


@dataclass(frozen=True)
class LabelCounts:
    """How often each image got each emotion label.

    Attributes
    ----------
    image_ids : polars.Series
        All images of the ratings, sorted.
    labels : tuple of str
        The labels, in the order given.
    counts : numpy.ndarray
        Integer counts, shape (n_images, n_labels).
    n_missing : int
        Ratings left out because no label was given.
    """

    image_ids: pl.Series
    labels: tuple[str, ...]
    counts: Counts
    n_missing: int


def count_ratings(ratings: pl.DataFrame, dimension: str, values: NDArray[np.float64]) -> RatingCounts:
    """Count the ratings of one dimension by image and value.

    Parameters
    ----------
    ratings : polars.DataFrame
        Columns image_id and `dimension` (null or NaN = not answered).
    dimension : str
        The rated dimension, such as valence.
    values : numpy.ndarray
        Every value of the scale in ascending order, such as 1 ... 9 or -1, -.75 ... 1. Steps may be fractional: a
        rating is matched to the nearest value within a millionth of the smallest step.

    Returns
    -------
    RatingCounts

    Raises
    ------
    DataError
        If no image has a rating, a column is missing, `values` does not ascend, or a rating is not on the scale.

    Notes
    -----
    One `numpy.bincount` over ``image * n_values + value``: linear in the ratings, 72,000 in some milliseconds.
    """
    require_columns(ratings, ["image_id", dimension], "The ratings")
    scale = np.asarray(values, dtype=np.float64)
    if scale.size < 2 or not (np.diff(scale) > 0).all():
        raise DataError(f"A scale must list two or more ascending values, got {scale.tolist()!r}.")
    rated = without_nan(ratings[dimension])
    answered = rated.is_not_null()
    given = rated.filter(answered).to_numpy()
    require_rows(given.size, f"ratings of {dimension}")
    position = np.searchsorted((scale[1:] + scale[:-1]) / 2, given)
    _require_on_scale(ratings.filter(answered), given, scale[position], dimension, scale)
    image_ids, image = _number_images(ratings["image_id"])
    return RatingCounts(
        dimension=dimension,
        image_ids=image_ids,
        values=scale,
        counts=_tabulate(image[answered.to_numpy()], position, (image_ids.len(), scale.size)),
        n_missing=ratings.height - given.size,
    )


def count_labels(ratings: pl.DataFrame, labels: Sequence[str], column: str = "emotion") -> LabelCounts:
    """Count the labels people gave by image.

    Parameters
    ----------
    ratings : polars.DataFrame
        Columns image_id and `column` (null = not answered).
    labels : sequence of str
        Every label people could give.
    column : str
        Column of the labels.

    Returns
    -------
    LabelCounts

    Raises
    ------
    DataError
        If no image has a label, a column is missing, or a label is not one of `labels`.
    """
    require_columns(ratings, ["image_id", column], "The ratings")
    given = ratings[column].cast(pl.String)
    answered = given.is_not_null()
    require_rows(int(answered.sum()), f"ratings of {column}")
    position = given.filter(answered).replace_strict(
        list(labels), list(range(len(labels))), default=len(labels), return_dtype=pl.Int64
    )
    stray = position == len(labels)
    if stray.any():
        raise DataError(
            f"A label in the column {column!r} must be one of {list(labels)!r}, "
            f"got {given.filter(answered).filter(stray)[0]!r}. Correct it, or add it to what people could answer."
        )
    image_ids, image = _number_images(ratings["image_id"])
    return LabelCounts(
        image_ids=image_ids,
        labels=tuple(labels),
        counts=_tabulate(image[answered.to_numpy()], position.to_numpy(), (image_ids.len(), len(labels))),
        n_missing=ratings.height - position.len(),
    )


def _number_images(image_id: pl.Series) -> tuple[pl.Series, Counts]:
    """The distinct images in sorted order, and the position of each row's image among them."""
    names = image_id.cast(pl.String)
    image_ids = names.unique().sort().rename("image_id")
    numbers = names.cast(pl.Enum(image_ids)).to_physical().to_numpy()
    return image_ids, numbers.astype(np.int64)


def _tabulate(row: Counts, column: Counts, shape: tuple[int, int]) -> Counts:
    """Counts of (row, column) pairs as a matrix of the given shape."""
    flat = np.bincount(row * shape[1] + column, minlength=shape[0] * shape[1])
    return flat.reshape(shape).astype(np.int64)


def _require_on_scale(
    ratings: pl.DataFrame,
    given: NDArray[np.float64],
    nearest: NDArray[np.float64],
    dimension: str,
    scale: NDArray[np.float64],
) -> None:
    """Raise `DataError` for the first rating that lies between two values of the scale or outside it."""
    off = np.abs(given - nearest) > SCALE_TOLERANCE * np.diff(scale).min()
    if off.any():
        row = int(np.argmax(off))
        raise DataError(
            f"A rating of {dimension} must be one of {scale.tolist()!r}, got {float(given[row])!r} "
            f"for image {ratings['image_id'][row]!r}. Correct the rating, or the scale of the study."
        )

"""One person held out of every image many times over, as arrays, for figures that are computed in every draw."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lib.metrics.checks import require_columns, require_rows, without_nan
from lib.metrics.image_draws import Numbers, ratio

Codes = NDArray[np.int64]


def held_out_labels(ratings: pl.DataFrame, labels: Sequence[str], draws: int, seed: int) -> tuple[Codes, Codes, Codes]:
    """The label of one rater of every image, and the most frequent label of the image's other raters.

    Parameters
    ----------
    ratings : polars.DataFrame
        One row a rating: image_id, participant_id, emotion (null = not answered).
    labels : sequence of str
        Every label people could give.
    draws, seed : int
        Number of draws, and their seed.

    Returns
    -------
    tuple of numpy.ndarray
        Places in `labels`: everybody's most frequent label, shape (n_images,), then that of the rater and that of the
        others, shape (n_images, draws); -1 = not answered, or several labels are equally frequent. Images are those of
        the ratings in the order of their ids.

    Raises
    ------
    DataError
        If a column is missing or there are no ratings.

    Notes
    -----
    Draws as `lib.metrics.human_null.hold_out` does: every rating of an image is equally likely.
    """
    image, rows = _chosen(ratings, draws, seed)
    places = dict(zip(labels, range(len(labels)), strict=True))
    ordered = ratings.sort("image_id", "participant_id")["emotion"].cast(pl.String)
    code = ordered.replace_strict(places, default=-1, return_dtype=pl.Int64).to_numpy()
    counts = np.zeros((len(rows), len(labels)), dtype=np.int64)
    np.add.at(counts, (image[code >= 0], code[code >= 0]), 1)
    own = code[rows]
    others = np.empty_like(own)
    everyone = np.arange(len(rows))
    for draw in range(draws):
        left = counts.copy()
        answered = own[:, draw] >= 0
        left[everyone[answered], own[answered, draw]] -= 1
        others[:, draw] = _single_mode(left)
    return _single_mode(counts), own, others


def held_out_values(ratings: pl.DataFrame, dimension: str, draws: int, seed: int) -> tuple[Numbers, Numbers, Numbers]:
    """The value that one rater of every image gave, and the mean of the image's other raters.

    Parameters
    ----------
    ratings : polars.DataFrame
        One row a rating: image_id, participant_id and `dimension` (null or NaN = not answered).
    dimension : str
        What was rated.
    draws, seed : int
        As in `held_out_labels`; the same seed draws the same ratings.

    Returns
    -------
    tuple of numpy.ndarray
        Everybody's mean, shape (n_images,), then the rater's value and the others' mean, shape (n_images, draws);
        NaN = not answered, or nobody else did.

    Raises
    ------
    DataError
        If a column is missing or there are no ratings.
    """
    require_columns(ratings, [dimension], "The ratings")
    image, rows = _chosen(ratings, draws, seed)
    value = without_nan(ratings.sort("image_id", "participant_id")[dimension]).fill_null(np.nan).to_numpy()
    known = ~np.isnan(value)
    weights = np.where(known, value, 0.0), known.astype(np.float64)
    total, n = (np.bincount(image, part, minlength=len(rows)).astype(np.float64) for part in weights)
    own = value[rows]
    there = ~np.isnan(own)
    others = ratio(total[:, np.newaxis] - np.where(there, own, 0.0), n[:, np.newaxis] - there)
    return ratio(total, n), own, others


def _chosen(ratings: pl.DataFrame, draws: int, seed: int) -> tuple[Codes, Codes]:
    """Number of each rating's image, ratings being sorted, and the row of the one drawn, shape (n_images, draws)."""
    require_columns(ratings, ["image_id", "participant_id"], "The ratings")
    require_rows(ratings.height, "ratings")
    image = ratings["image_id"].cast(pl.String).sort().rank("dense").to_numpy().astype(np.int64) - 1
    n = np.bincount(image)
    start = np.cumsum(n) - n
    drawn = np.random.default_rng(seed).random((n.size, draws))
    return image, (start[:, np.newaxis] + (drawn * n[:, np.newaxis]).astype(np.int64)).astype(np.int64)


def _single_mode(counts: Codes) -> Codes:
    top = counts.max(axis=1)
    single = (top > 0) & ((counts == top[:, np.newaxis]).sum(axis=1) == 1)
    return np.where(single, counts.argmax(axis=1), -1)

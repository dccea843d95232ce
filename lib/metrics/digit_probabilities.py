"""What a machine held likely when it answered: entropy, expected value and mass of its probabilities."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lib.errors import DataError
from lib.metrics.checks import require_rows
from lib.metrics.image_draws import Numbers, interval_columns, ratio
from lib.metrics.resampling import Resampling
from lib.metrics.strata import number_strata, stratified_draws
from lib.metrics.within_category import members
from lib.metrics.within_tracking import ALL

SLACK = 1e-4  # what sums of probabilities kept in single precision may exceed 1 by
MEANS = {"part": pl.String, "n": pl.Int64} | dict.fromkeys(["mean", "sd", "mean_low", "mean_high"], pl.Float64)


def describe_probabilities(probabilities: Numbers, values: Numbers) -> pl.DataFrame:
    """Entropy, expected value and most probable value of each image's probabilities.

    Parameters
    ----------
    probabilities : numpy.ndarray
        As the model gave them or divided by their sum, shape (n_images, n_values); NaN = not known (a value that is not
        one token), which counts as 0 where others of the image are known.
    values : numpy.ndarray
        The scale's values, shape (n_values,).

    Returns
    -------
    polars.DataFrame
        One row an image in the order given: mass (sum of the probabilities: what the model held likely to be a value of
        the scale at all), entropy (bits, of the probabilities over their sum), entropy_share (of ``log2(n_values)``, 0
        to 1), expected (sum of value times probability), argmax (most probable value; the first of equals), top (its
        probability). Null where nothing is known or the mass is 0.

    Raises
    ------
    DataError
        If the shapes do not fit, there is no image, or probabilities are negative or sum to more than 1.

    Notes
    -----
    ``H = - sum_v p_v log2 p_v`` (Shannon, 1948, doi:10.1002/j.1538-7305.1948.tb01338.x): 0 where one value has all, as
    of a machine that looks its answer up. Entropy above 0 says that a model was not certain, not that it told faces
    apart: that is asked by `lib.metrics.within_tracking`. Checked against scipy.stats.entropy.
    """
    raw, scale = np.asarray(probabilities, dtype=np.float64), np.asarray(values, dtype=np.float64)
    if raw.ndim != 2 or scale.size < 2 or raw.shape[1] != scale.size:
        raise DataError(f"Probabilities need one column a value, got shape {raw.shape!r} and {scale.size!r} values.")
    require_rows(len(raw), "probabilities")
    known = np.nan_to_num(raw)
    mass = known.sum(axis=1)
    if (known < 0).any() or (mass > 1 + SLACK).any():
        row = int(np.argmax((known < 0).any(axis=1) | (mass > 1 + SLACK)))
        raise DataError(
            f"Probabilities must be 0 or more and sum to 1 at most, got {raw[row].tolist()!r} in row {row}."
        )
    shares = ratio(known, mass[:, np.newaxis])
    bits = -(shares * np.log2(np.where(shares > 0, shares, 1.0))).sum(axis=1) + 0.0
    best = known.argmax(axis=1)
    there = mass > 0
    return pl.DataFrame(
        {
            "mass": np.where(there, mass, np.nan),
            "entropy": np.where(there, bits, np.nan),
            "entropy_share": np.where(there, bits / np.log2(scale.size), np.nan),
            "expected": shares @ scale,
            "argmax": np.where(there, scale[best], np.nan),
            "top": shares[np.arange(len(raw)), best],
        }
    ).fill_nan(None)


def means_by_category(values: Numbers, category: pl.Series, resampling: Resampling) -> pl.DataFrame:
    """Mean of a number of each image, such as its entropy, over all images and by category.

    Parameters
    ----------
    values : numpy.ndarray
        Shape (n_images,); NaN = none, left out.
    category : polars.Series
        Category of each image; null = none, left out.
    resampling : Resampling
        The study's; images are drawn within categories. No interval where participants are drawn.

    Returns
    -------
    polars.DataFrame
        part (`all`, then the categories in the order of their names), n, mean, sd (ddof = 1; null where n < 2),
        mean_low, mean_high. `all` is the mean over images.

    Raises
    ------
    DataError
        If the lengths differ or no image has both.
    """
    numbers = np.asarray(values, dtype=np.float64)
    if numbers.size != category.len():
        raise DataError(
            f"Values and categories must be paired image by image, got {numbers.size} and {category.len()}."
        )
    inside = category.is_not_null().to_numpy() & ~np.isnan(numbers)
    require_rows(int(inside.sum()), "images with a category and a value")
    labels, numbers = category.filter(pl.Series(inside)).cast(pl.String), numbers[inside]
    kinds = number_strata(labels, numbers.size)
    member = np.column_stack([np.ones(numbers.size), members(kinds)])
    drawn = stratified_draws(lambda w: ratio((w * numbers) @ member, w @ member), kinds, resampling)
    rows = [
        {"part": name, "n": own.size, "mean": own.mean(), "sd": own.std(ddof=1) if own.size > 1 else None}
        | interval_columns(drawn[:, at], resampling.confidence, "mean")
        for at, name in enumerate((ALL, *labels.unique().sort()))
        for own in [numbers[member[:, at] > 0]]
    ]
    return pl.DataFrame(rows, schema=MEANS)


def probability_of(probabilities: Numbers, place: NDArray[np.int64]) -> Numbers:
    """Probability of one category of each image, such as the intended emotion or people's most frequent one.

    Parameters
    ----------
    probabilities : numpy.ndarray
        Shape (n_images, n_categories); people's shares of labels as well as a machine's probabilities. NaN = not known.
    place : numpy.ndarray
        Column of each image's category; -1 = none.

    Returns
    -------
    numpy.ndarray
        Share of the image's sum, shape (n_images,); NaN where place is -1, or nothing or not this category is known.

    Raises
    ------
    DataError
        If the shapes do not fit or there is no such column.
    """
    table, column = np.asarray(probabilities, dtype=np.float64), np.asarray(place)
    if table.ndim != 2 or column.shape != table.shape[:1] or (column < -1).any() or (column >= table.shape[1]).any():
        raise DataError(f"Each image needs a column of its own, or -1, got shape {table.shape!r} and {column.shape!r}.")
    shares = ratio(table, np.nansum(table, axis=1)[:, np.newaxis])
    return np.where(column >= 0, shares[np.arange(len(table)), column], np.nan)


def distance_of_shares(probabilities: Numbers, people: Numbers) -> pl.DataFrame:
    """How far a machine's probabilities of the categories lie from people's shares, image by image.

    Parameters
    ----------
    probabilities, people : numpy.ndarray
        Probabilities and numbers or shares of people's labels, the same categories in the same order, shape (n_images,
        n_categories); NaN = not known, which counts as 0 where others of the image are known.

    Returns
    -------
    polars.DataFrame
        total_variation (0 to 1: the share that would have to move) and jensen_shannon (bits, 0 to 1); null where a side
        of the image sums to 0.

    Raises
    ------
    DataError
        If the shapes differ.

    Notes
    -----
    ``sum |p - q| / 2`` and ``H((p+q)/2) - (H(p) + H(q)) / 2`` (Lin, 1991, doi:10.1109/18.61115). People's shares of few
    labels vary by chance, which makes both larger. Checked against scipy.special.rel_entr.
    """
    sides = [np.nan_to_num(np.asarray(side, dtype=np.float64)) for side in (probabilities, people)]
    if sides[0].ndim != 2 or sides[0].shape != sides[1].shape:
        raise DataError(f"Both sides must have the same shape, got {sides[0].shape!r} and {sides[1].shape!r}.")
    p, q = (ratio(side, side.sum(axis=1)[:, np.newaxis]) for side in sides)

    def bits(shares: Numbers) -> Numbers:
        return np.asarray(-(shares * np.log2(np.where(shares > 0, shares, 1.0))).sum(axis=1))

    divergence = bits((p + q) / 2) - (bits(p) + bits(q)) / 2
    missing = np.isnan(p).any(axis=1) | np.isnan(q).any(axis=1)
    return pl.DataFrame(
        {
            "total_variation": np.abs(p - q).sum(axis=1) / 2,
            "jensen_shannon": np.where(missing, np.nan, np.clip(divergence, 0.0, 1.0)),
        }
    ).fill_nan(None)

"""A permutation test of two groups of images within strata, such as emotions, of several measures at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lib.errors import DataError, ParameterError
from lib.metrics.checks import finite_or_none
from lib.metrics.image_draws import Numbers, ratio
from lib.metrics.permutation import family_p, permutation_p
from lib.metrics.strata import number_strata, permuted_places

WITHIN = {"measure": pl.String, "n": pl.Int64} | dict.fromkeys(["difference", "z", "p", "p_family"], pl.Float64)
BLOCK = 500


def within_permutation_test(
    values: Numbers, first: NDArray[np.bool_], strata: pl.Series, names: Sequence[str], *, draws: int, seed: int
) -> pl.DataFrame:
    """Whether two groups of images differ on average when each is compared with images of its own stratum only.

    Parameters
    ----------
    values : numpy.ndarray
        One row an image, one column a measure, shape (n_images, k); NaN = none.
    first : numpy.ndarray
        Whether an image is in the first group, shape (n_images,).
    strata : polars.Series
        Each image's stratum.
    names : sequence of str
        Name of each measure.
    draws, seed : int
        Number of random exchanges of labels within strata, and their seed.

    Returns
    -------
    polars.DataFrame
        measure, n (images with a value, in strata where both groups have one), difference (mean over strata of first
        group - other, weighted by ``n1 n2 / (n1 + n2)``, as in a linear model with a term for each stratum), z (its
        distance from 0 in standard deviations over all exchanges), p (two-sided) and p_family (over all measures).
        Null where no stratum has both groups; z and p also where nothing varies within those that have.

    Raises
    ------
    DataError
        If the shapes do not fit, or an image has no stratum.
    ParameterError
        If draws is below 1.

    Notes
    -----
    Exact where labels are exchangeable within strata. z is the first group's sum of values less their stratum's mean,
    over its standard deviation when as many are drawn from each stratum without replacement; measures of unlike spread
    enter the family alike. In the tests p is uniform under the hypothesis, and the difference the linear model's
    coefficient.
    """
    table = np.asarray(values, dtype=np.float64)
    label = np.asarray(first, dtype=np.float64)
    if table.ndim != 2 or table.shape[1] != len(names) or label.shape != table.shape[:1] or not len(table):
        raise DataError(f"A test needs a row an image and a column a measure, got {table.shape!r}, {label.shape!r}.")
    if draws < 1:
        raise ParameterError(f"A permutation test needs one draw or more, got {draws!r}.")
    own = number_strata(strata, len(table))
    orders = permuted_places(own, draws, seed)
    permuted = np.stack([label[order] for order in orders])
    parts = [_statistic(table[:, at], label, permuted, own) for at in range(table.shape[1])]
    counts, differences, observed = (np.array([part[place] for part in parts]) for place in range(3))
    drawn = np.abs(np.stack([part[3] for part in parts], axis=1))
    size = np.abs(observed)
    columns = {
        "difference": differences, "z": observed, "p": permutation_p(size, drawn), "p_family": family_p(size, drawn),
    }  # fmt: skip
    lists = {name: [finite_or_none(value) for value in column] for name, column in columns.items()}
    return pl.DataFrame({"measure": list(names), "n": counts.astype(np.int64)} | lists, schema=WITHIN)


def _statistic(
    values: Numbers, label: Numbers, permuted: Numbers, strata: NDArray[np.int64]
) -> tuple[float, float, float, Numbers]:
    """n, difference, z and the permuted z of one measure."""
    known = ~np.isnan(values)
    member = (strata[known][:, None] == np.arange(strata.max() + 1)).astype(float)
    value, size = values[known], member.sum(axis=0)
    at_least_one, at_least_two = np.maximum(size, 1.0), np.maximum(size - 1, 1.0)
    centred = value - member @ (member.T @ value / at_least_one)
    squares = member.T @ centred**2
    tiny = 1e-24 * float((value**2).sum())

    def compare(rows: Numbers) -> tuple[Numbers, Numbers, Numbers]:
        groups = rows[:, known]
        ones = groups @ member
        weight = ones * (size - ones) / at_least_one
        variance = weight @ (squares / at_least_two)
        total = groups @ centred
        z = ratio(total, np.sqrt(np.where(variance > tiny, variance, 0.0)))
        return z, ratio(total, weight.sum(axis=1)), (weight > 0) @ size

    z, difference, n = compare(label[np.newaxis])
    drawn = np.concatenate([compare(permuted[at : at + BLOCK])[0] for at in range(0, len(permuted), BLOCK)])
    return float(n[0]), float(difference[0]), float(z[0]), drawn

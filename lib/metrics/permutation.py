"""Permutation tests of several measures at once: sign flips for pairs, exchanged labels for groups, max-T over all."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lib.errors import DataError, ParameterError
from lib.metrics.checks import finite_or_none
from lib.metrics.image_draws import Numbers, ratio

TESTS = {"measure": pl.String, "n": pl.Int64} | dict.fromkeys(["difference", "t", "p", "p_family"], pl.Float64)
BLOCK = 2_000_000  # signs or labels held at a time
SAME = 1 - 1e-12  # statistics this close to the observed one count as equal: they differ by rounding only


def permutation_p(observed: Numbers, drawn: Numbers) -> Numbers:
    """P of statistics of which large ones speak against the hypothesis, ``(1 + count) / (1 + draws)``.

    Parameters
    ----------
    observed : numpy.ndarray
        Shape (k,); NaN = undefined.
    drawn : numpy.ndarray
        The same under random permutations, shape (draws, k); NaN never counts.

    Returns
    -------
    numpy.ndarray
        Shape (k,); NaN where observed is. Never 0: the order observed is one of those possible (Phipson & Smyth, 2010,
        doi:10.2202/1544-6115.1585).
    """
    edge = np.where(observed > 0, observed * SAME, observed / SAME)
    reached = (np.where(np.isnan(drawn), -np.inf, drawn) >= edge).sum(axis=0)
    return np.where(np.isnan(observed), np.nan, (1 + reached) / (1 + len(drawn)))


def family_p(observed: Numbers, drawn: Numbers) -> Numbers:
    """P of each statistic against the largest of its family in every permutation: family-wise error by max-T.

    Arguments and result as in `permutation_p`; strong control where the permutations are those of all measures together
    (Westfall & Young, 1993; Nichols & Holmes, 2002, doi:10.1002/hbm.1058).
    """
    largest = np.fmax.reduce(drawn[:, ~np.isnan(observed)], axis=1, initial=-np.inf)
    return permutation_p(observed, np.repeat(largest[:, np.newaxis], observed.size, axis=1))


def paired_permutation_test(differences: Numbers, names: Sequence[str], *, draws: int, seed: int) -> pl.DataFrame:
    """Whether paired differences, such as of two steps on the same images, are 0 on average.

    Parameters
    ----------
    differences : numpy.ndarray
        One row an image, one column a measure (such as a region), shape (n_images, k); NaN = none.
    names : sequence of str
        Name of each measure.
    draws, seed : int
        Number of random sign flips, and their seed.

    Returns
    -------
    polars.DataFrame
        measure, n (differences that there are), difference (their mean), t (mean over its standard error), p
        (two-sided) and p_family (over all measures). Null where fewer than two differences, or none that is not 0; t
        also where all are the same.

    Raises
    ------
    DataError
        If the shapes do not fit.
    ParameterError
        If draws is below 1.

    Notes
    -----
    An image's differences change their sign together, which is as likely as not where pairs are exchangeable: exact for
    differences distributed symmetrically around 0. The statistic is ``|mean| / sqrt(mean square)``, which orders as |t|
    does and is defined where all differences are the same: measures of unlike spread enter the family alike. p is
    uniform under the hypothesis by simulation in the tests.
    """
    table = _table(differences, names, draws)
    known = (~np.isnan(table)).astype(float)
    values = np.where(known > 0, table, 0.0)
    n, squares = known.sum(axis=0), (values**2).sum(axis=0)

    def statistic(signs: Numbers) -> Numbers:
        return ratio(signs @ values, np.sqrt(np.where(n > 1, n * squares, 0.0)))

    generator = np.random.default_rng(seed)
    size = len(table)
    observed = statistic(np.ones((1, size)))[0]
    drawn = _blocks(lambda rows: statistic(generator.choice(np.array([-1.0, 1.0]), (rows, size))), size, draws)
    left = 1 - observed**2
    t = ratio(observed * np.sqrt(np.maximum(n - 1, 0.0)), np.sqrt(np.where(left > 1e-12, left, 0.0)))
    return _frame(names, n, ratio(values.sum(axis=0), n), t, (observed, drawn))


def unpaired_permutation_test(
    values: Numbers, first: NDArray[np.bool_], names: Sequence[str], *, draws: int, seed: int
) -> pl.DataFrame:
    """Whether two groups of images, such as those that a machine got right and wrong, differ on average.

    Parameters
    ----------
    values : numpy.ndarray
        One row an image, one column a measure, shape (n_images, k); NaN = none.
    first : numpy.ndarray
        Whether an image is in the first group, shape (n_images,).
    names : sequence of str
        Name of each measure.
    draws, seed : int
        Number of random exchanges of labels, and their seed.

    Returns
    -------
    polars.DataFrame
        measure, n, difference (mean of the first group - of the other), t (Welch's), p (two-sided) and p_family. Null
        where a group has fewer than two values, or nothing varies; t also where nothing varies within the groups.

    Raises
    ------
    DataError
        If the shapes do not fit.
    ParameterError
        If draws is below 1.

    Notes
    -----
    Labels are exchanged among images, the groups' sizes kept: exact where both groups have one distribution; of Welch's
    t (1947, doi:10.1093/biomet/34.1-2.28) it keeps its level for large groups also where only their means are equal.
    """
    table = _table(values, names, draws)
    if np.asarray(first).shape != table.shape[:1]:
        raise DataError(f"Each image needs a group, got {np.asarray(first).shape!r} for {len(table)!r} images.")
    known = (~np.isnan(table)).astype(float)
    centred = np.where(known > 0, table - np.where(known.any(axis=0), np.nan_to_num(_means(table)), 0.0), 0.0)
    total = known.sum(axis=0), centred.sum(axis=0), (centred**2).sum(axis=0)

    def compare(chosen: Numbers) -> tuple[Numbers, Numbers]:
        own = chosen @ known, chosen @ centred, chosen @ centred**2
        sides = [own, tuple(whole - part for whole, part in zip(total, own, strict=True))]
        means = [ratio(side[1], np.asarray(side[0])) for side in sides]
        errors = [
            ratio(np.maximum(squares - n * mean**2, 0.0), n * np.maximum(n - 1, 0.0))
            for (n, _, squares), mean in zip(sides, means, strict=True)
        ]
        gap, error = means[0] - means[1], errors[0] + errors[1]
        certain = (error <= 1e-24) & (np.abs(gap) > 1e-12)
        return gap, np.where(
            certain, np.copysign(np.inf, gap), ratio(gap, np.sqrt(np.where(error <= 1e-24, 0.0, error)))
        )

    generator = np.random.default_rng(seed)
    label = np.asarray(first, dtype=float)
    gap, observed = compare(label[np.newaxis])
    drawn = _blocks(lambda rows: compare(generator.permuted(np.tile(label, (rows, 1)), axis=1))[1], label.size, draws)
    return _frame(names, total[0], gap[0], np.where(np.isinf(observed[0]), np.nan, observed[0]), (observed[0], drawn))


def _table(values: Numbers, names: Sequence[str], draws: int) -> Numbers:
    table = np.asarray(values, dtype=np.float64)
    if table.ndim != 2 or table.shape[1] != len(names) or not len(table):
        raise DataError(
            f"A test needs one row an image and one column a measure, got {table.shape!r}, {list(names)!r}."
        )
    if draws < 1:
        raise ParameterError(f"A permutation test needs one draw or more, got {draws!r}.")
    return table


def _means(table: Numbers) -> Numbers:
    known = ~np.isnan(table)
    return ratio(np.where(known, table, 0.0).sum(axis=0), known.sum(axis=0) * 1.0)


def _blocks(draw: Callable[[int], Numbers], size: int, draws: int) -> Numbers:
    rows = max(1, BLOCK // max(size, 1))
    return np.concatenate([draw(min(rows, draws - start)) for start in range(0, draws, rows)])


def _frame(
    names: Sequence[str], n: Numbers, gap: Numbers, t: Numbers, statistics: tuple[Numbers, Numbers]
) -> pl.DataFrame:
    size, sizes = (np.abs(statistic) for statistic in statistics)
    columns = {"difference": gap, "t": t, "p": permutation_p(size, sizes), "p_family": family_p(size, sizes)}
    lists = {name: [finite_or_none(value) for value in column] for name, column in columns.items()}
    return pl.DataFrame({"measure": list(names), "n": n.astype(np.int64)} | lists, schema=TESTS)

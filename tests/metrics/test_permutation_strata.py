"""Two groups within strata: against numpy's least squares, and uniform where nothing differs."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from scipy.stats import kstest

from lib.errors import DataError, ParameterError
from lib.metrics.permutation_strata import within_permutation_test

STRATA = pl.Series(["a"] * 12 + ["b"] * 9 + ["c"] * 15 + ["d"] * 4)


def labels(seed: int) -> np.ndarray:
    first = np.random.default_rng(seed).random(40) < np.repeat([0.2, 0.5, 0.7, 0.0], [12, 9, 15, 4])
    first[[0, 12, 21]] = True
    first[[1, 13, 22]] = False
    return first


def test_the_difference_is_the_linear_models():
    first, values = labels(1), np.random.default_rng(2).normal(0, 1, (40, 2))
    values[5, 1] = np.nan
    found = within_permutation_test(values, first, STRATA, ["one", "two"], draws=99, seed=1)
    for at, name in enumerate(("one", "two")):
        known = ~np.isnan(values[:, at])
        dummies = (STRATA.to_numpy()[known, None] == np.array(list("abcd"))).astype(float)
        design = np.column_stack([first[known], dummies])
        coefficient = np.linalg.lstsq(design, values[known, at], rcond=None)[0][0]
        row = found.filter(measure=name).row(0, named=True)
        assert row["difference"] == pytest.approx(coefficient)
        assert row["n"] == 36 - at  # the stratum d has one group only


def test_what_only_the_strata_explain_is_none():
    first = labels(3)
    level = np.repeat([0.0, 3.0, 6.0, 0.0], [12, 9, 15, 4])
    values = (level + np.random.default_rng(4).normal(0, 0.1, 40))[:, None]
    found = within_permutation_test(values, first, STRATA, ["level"], draws=499, seed=1)
    assert abs(values[first].mean() - values[~first].mean()) > 0.5
    assert abs(found["difference"][0]) < 0.1 and found["p"][0] > 0.05
    shifted = within_permutation_test(values + 0.5 * first[:, None], first, STRATA, ["level"], draws=499, seed=1)
    assert shifted["difference"][0] == pytest.approx(found["difference"][0] + 0.5) and shifted["p"][0] == 1 / 500


def test_p_is_uniform_where_nothing_differs():
    first, random = labels(5), np.random.default_rng(6)
    level = np.repeat([0.0, 3.0, 6.0, 9.0], [12, 9, 15, 4])[:, None]
    smallest, single = [], []
    for seed in range(400):
        found = within_permutation_test(
            level + random.exponential(1, (40, 3)), first, STRATA, list("xyz"), draws=99, seed=seed
        )
        single.append(found["p"][0])
        smallest.append(found["p_family"].min())
    assert kstest(single, "uniform").pvalue > 0.001
    assert kstest(smallest, "uniform").pvalue > 0.001


def test_nothing_to_compare_is_null():
    constant = within_permutation_test(np.ones((40, 1)), labels(1), STRATA, ["x"], draws=9, seed=1).row(0, named=True)
    assert (constant["difference"], constant["z"], constant["p"]) == (0.0, None, None)
    apart = STRATA.to_numpy() == "a"
    none = within_permutation_test(np.random.default_rng(1).random((40, 1)), apart, STRATA, ["x"], draws=9, seed=1)
    assert none.row(0) == ("x", 0, None, None, None, None)


def test_what_cannot_be_used_is_named():
    with pytest.raises(DataError, match="a row an image"):
        within_permutation_test(np.ones((3, 2)), np.array([True]), pl.Series(["a"] * 3), ["x", "y"], draws=9, seed=1)
    with pytest.raises(DataError, match="must have a stratum"):
        within_permutation_test(
            np.ones((2, 1)), np.array([True, False]), pl.Series(["a", None]), ["x"], draws=9, seed=1
        )
    with pytest.raises(ParameterError, match="one draw or more"):
        within_permutation_test(np.ones((2, 1)), np.array([True, False]), pl.Series(["a", "a"]), ["x"], draws=0, seed=1)

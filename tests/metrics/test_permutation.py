"""Permutation tests by enumeration, against scipy's t, uniform under the hypothesis by simulation."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy.stats import kstest, ttest_1samp, ttest_ind

from lib.errors import DataError, ParameterError
from lib.metrics.permutation import family_p, paired_permutation_test, permutation_p, unpaired_permutation_test

NAMES = ["eyes", "mouth", "brows"]


def test_p_counts_the_observed_order():
    drawn = np.array([[1.0, 5.0], [2.0, 5.0], [3.0, np.nan]])
    assert permutation_p(np.array([2.0, 9.0]), drawn).tolist() == [0.75, 0.25]
    assert np.isnan(permutation_p(np.array([np.nan]), drawn[:, :1]))
    assert family_p(np.array([2.0, 4.0]), drawn).tolist() == [1.0, 0.75]


def test_sign_flips_by_enumeration():
    values = np.array([0.3, 1.2, -0.4, 0.9, 2.0, 0.1])
    signs = np.array(list(product([-1, 1], repeat=6)))
    exact = (np.abs(signs @ values) >= abs(values.sum()) - 1e-9).mean()
    found = paired_permutation_test(values[:, None], ["eyes"], draws=20_000, seed=1).row(0, named=True)
    assert found["p"] == pytest.approx(exact, abs=0.01) and found["p_family"] == found["p"]
    assert (found["t"], found["difference"]) == (pytest.approx(ttest_1samp(values, 0).statistic), values.mean())


def test_groups_have_welchs_t():
    generator = np.random.default_rng(2)
    values, first = generator.normal(5, [1, 2, 3], (40, 3)), np.arange(40) < 12
    values[3, 0] = np.nan
    found = unpaired_permutation_test(values, first, NAMES, draws=3000, seed=1)
    expected = ttest_ind(values[first], values[~first], equal_var=False, nan_policy="omit")
    assert found["t"].to_list() == pytest.approx(expected.statistic)
    assert found["p"].to_list() == pytest.approx(expected.pvalue, abs=0.05)
    assert found["n"].to_list() == [39, 40, 40]
    assert (found["p_family"] >= found["p"]).all()


def test_an_effect_is_found_where_it_is():
    generator = np.random.default_rng(3)
    differences = generator.normal([0, 1.0, 0], 1, (60, 3))
    paired = paired_permutation_test(differences, NAMES, draws=499, seed=1)
    assert paired["p_family"][1] == 1 / 500 and paired["p_family"][0] > 0.05
    groups = np.where(np.arange(60)[:, None] < 30, differences, differences * [1, -1, 1])
    assert unpaired_permutation_test(groups, np.arange(60) < 30, NAMES, draws=499, seed=1)["p_family"][1] == 1 / 500


def test_what_does_not_vary_is_null_or_certain():
    table = np.column_stack([np.zeros(8), np.full(8, 0.5), [1.0, *[np.nan] * 7]])
    paired = paired_permutation_test(table, NAMES, draws=4000, seed=1)
    assert paired["p"][0] is None and paired["p"][2] is None
    assert paired["t"][1] is None and paired["p"][1] == pytest.approx(2 / 2**8, abs=0.004)
    first = np.arange(8) < 4
    split = np.column_stack([np.zeros(8), first * 1.0, [1.0, *[np.nan] * 6, 2.0]])
    groups = unpaired_permutation_test(split, first, NAMES, draws=4000, seed=1)
    assert groups["p"][0] is None and groups["p"][2] is None
    assert (groups["difference"][1], groups["t"][1]) == (1.0, None)
    assert groups["p"][1] == pytest.approx(2 / 70, abs=0.01)


def test_what_cannot_be_tested_is_named():
    with pytest.raises(DataError, match="one row an image and one column a measure"):
        paired_permutation_test(np.zeros((3, 2)), NAMES, draws=9, seed=1)
    with pytest.raises(DataError, match=r"needs a group, got \(2,\) for 3 images"):
        unpaired_permutation_test(np.zeros((3, 3)), np.ones(2, dtype=bool), NAMES, draws=9, seed=1)
    with pytest.raises(ParameterError, match="one draw or more, got 0"):
        paired_permutation_test(np.zeros((3, 3)), NAMES, draws=0, seed=1)


def test_p_is_uniform_under_the_hypothesis():
    generator, rounds = np.random.default_rng(4), 300
    found = np.empty((rounds, 4))
    first = np.arange(30) < 11
    for seed in range(rounds):
        shared = generator.standard_normal((30, 1))
        values = (shared + generator.standard_normal((30, 3))) ** 3
        for at, table in enumerate((
            paired_permutation_test(values, NAMES, draws=99, seed=seed),
            unpaired_permutation_test(values, first, NAMES, draws=99, seed=seed),
        )):  # fmt: skip
            found[seed, at * 2 : at * 2 + 2] = table["p"][0], table["p_family"].min()
    assert all(kstest(column, "uniform").pvalue > 0.01 for column in found.T)

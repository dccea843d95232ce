"""Dependent correlations against R: cocor and psych (tests/reference/dependent_correlations.R); level and coverage."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kstest

from lib.errors import DataError, ParameterError
from lib.metrics.dependent_correlations import CONSTANT, PERFECT, SAME, TOO_FEW, compare_dependent, dependent_difference

EXPECTED = json.loads((Path(__file__).parents[1] / "reference" / "dependent_correlations_expected.json").read_text())
FIGURES = ("t_williams", "p_williams", "z_steiger", "p_steiger", "z_meng", "p_meng", "low", "high")


@pytest.mark.parametrize("case", EXPECTED["cases"])
def test_tests_and_interval_agree_with_cocor_and_psych(case):
    found = compare_dependent(case["r_first"], case["r_second"], case["r_between"], case["n"], case["confidence"])
    for name in FIGURES:
        assert getattr(found, name) == pytest.approx(case[name], rel=1e-9), name
    assert (found.t_williams, found.p_williams) == (pytest.approx(case["psych_t"]), pytest.approx(case["psych_p"]))
    assert found.df == case["n"] - 3


def test_ratings_give_what_their_correlations_give():
    table = pl.DataFrame(EXPECTED["ratings"])
    gap = pl.DataFrame({name: [*table[name], None if name == "first" else 5.0] for name in table.columns})
    found = dependent_difference(gap["people"], gap["first"], gap["second"], 0.95)
    for name in ("r_first", "r_second", "r_between", *FIGURES):
        assert getattr(found, name) == pytest.approx(EXPECTED["of_ratings"][name], rel=1e-9), name
    assert found.n == 80


@given(st.floats(-0.9, 0.9), st.floats(-0.9, 0.9), st.integers(5, 2000))
def test_sides_can_be_exchanged(first, second, n):
    one, other = (compare_dependent(*pair, first * second, n, 0.9) for pair in ((first, second), (second, first)))
    assert one.t_williams == pytest.approx(-other.t_williams) and one.p_meng == pytest.approx(other.p_meng)
    assert one.low == pytest.approx(-other.high) and one.low <= one.difference <= one.high


def test_what_cannot_be_tested_says_why():
    people, constant = pl.Series([1.0, 2, 4, 3, 5]), pl.Series([2.0] * 5)
    flat = dependent_difference(people, constant, people, 0.95)
    assert (flat.r_first, flat.difference, flat.reason) == (None, None, CONSTANT)
    rated = pl.Series([1.0, 3, 2, 4, 4])
    same = dependent_difference(people, rated, rated * 2 + 1, 0.95)
    assert same.difference == pytest.approx(0) and (same.t_williams, same.low, same.reason) == (None, None, SAME)
    assert dependent_difference(people, people, rated, 0.95).reason == PERFECT
    assert compare_dependent(0.5, 0.2, 0.1, 3, 0.95).reason == TOO_FEW
    with pytest.raises(DataError, match="be possible together"):
        compare_dependent(0.9, -0.9, 0.9, 50, 0.95)
    with pytest.raises(ParameterError, match="confidence must lie between 0 and 1, got 95"):
        compare_dependent(0.5, 0.2, 0.1, 30, 95)
    with pytest.raises(DataError, match="paired row by row"):
        dependent_difference(people, rated[1:], rated, 0.95)


def test_tests_keep_their_level_and_intervals_cover():
    generator, rounds, n = np.random.default_rng(9), 600, 60
    same = np.linalg.cholesky([[1, 0.6, 0.6], [0.6, 1, 0.7], [0.6, 0.7, 1]])
    other = np.linalg.cholesky([[1, 0.7, 0.3], [0.7, 1, 0.4], [0.3, 0.4, 1]])
    p, covered = np.empty((rounds, 3)), 0
    for at in range(rounds):
        r = np.corrcoef(same @ generator.standard_normal((3, n)))
        found = compare_dependent(r[0, 1], r[0, 2], r[1, 2], n, 0.9)
        p[at] = found.p_williams, found.p_steiger, found.p_meng
        r = np.corrcoef(other @ generator.standard_normal((3, n)))
        found = compare_dependent(r[0, 1], r[0, 2], r[1, 2], n, 0.9)
        covered += found.low <= 0.4 <= found.high
    assert all(kstest(column, "uniform").pvalue > 0.01 for column in p.T)
    assert 0.87 < covered / rounds < 0.935

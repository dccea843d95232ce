"""Correlations against R (tests/reference/bland_altman.R), where they are undefined, how often intervals cover."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.errors import DataError
from lib.metrics.correlation import Correlations, correlate_with_people
from lib.metrics.dimensions import compare_with_people

EXPECTED = json.loads((Path(__file__).parents[1] / "reference/bland_altman_expected.json").read_text(encoding="utf-8"))


def _floats(values) -> pl.Series:
    return pl.Series(values, dtype=pl.Float64)


@pytest.mark.parametrize("case", ["all", "few", "sad"])
def test_every_figure_agrees_with_r(pairs, case):
    complete = pairs.drop_nulls()
    own = {"all": pairs, "few": complete[EXPECTED["few"]["rows"]], "sad": complete.filter(pl.col("emotion") == "sad")}
    found = correlate_with_people(own[case]["machine"], own[case]["people_mean"], EXPECTED[case]["confidence"])
    expected = EXPECTED[case]["correlations"]
    assert set(expected) == set(Correlations.__dataclass_fields__) - {"n_excluded"}
    for name, value in expected.items():
        assert getattr(found, name) == pytest.approx(value, rel=1e-9), name


@pytest.mark.parametrize("gap", [None, math.nan])
def test_incomplete_pairs_are_excluded_and_counted(gap):
    found = correlate_with_people(_floats([1, 4, gap, 5, 2]), _floats([2, 2, 3, gap, 1]))
    assert (found.n, found.n_excluded, found.r_low, found.rho_high) == (3, 2, None, None)


def test_a_constant_rater_has_no_correlation_and_no_concordance():
    found = correlate_with_people(_floats([5, 5, 5, 5]), _floats([1, 2, 3, 4]))
    assert (found.r, found.rho, found.ccc, found.ccc_low) == (None, None, 0, None)
    assert correlate_with_people(_floats([5, 5]), _floats([5, 5])).ccc is None
    assert correlate_with_people(_floats([5]), _floats([4])).ccc == 0


def test_perfect_agreement_has_no_width_and_perfect_order_is_not_agreement():
    people = _floats([1, 2, 3, 4, 5])
    same = correlate_with_people(people, people)
    assert (same.rho, same.ccc, same.ccc_low, same.ccc_high) == pytest.approx((1, 1, 1, 1))
    shifted = correlate_with_people(people + 2, people)
    assert (shifted.r, shifted.rho) == pytest.approx((1, 1))
    assert shifted.ccc == 0.5  # 2 var / (2 var + 2^2), var = 2


def test_no_correlation_has_an_interval_of_concordance():
    found = correlate_with_people(_floats([1, 2, 1, 2]), _floats([1, 1, 2, 2]))
    assert (found.r, found.ccc) == (0, 0)
    assert found.ccc_low == pytest.approx(-found.ccc_high) and found.ccc_high > 0


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(10, 90).map(lambda v: v / 10)), min_size=2, max_size=40))
def test_concordance_is_no_larger_than_correlation_and_intervals_enclose(rows):
    own, people = (_floats(side) for side in zip(*rows, strict=True))
    found = correlate_with_people(own, people)
    assert found.r == compare_with_people(own, people).r
    if found.r is not None:
        assert abs(found.ccc) <= abs(found.r) + 1e-12
    for name in ("r", "rho", "ccc"):
        low, high = getattr(found, f"{name}_low"), getattr(found, f"{name}_high")
        assert (low is None) == (high is None)
        assert low is None or -1 <= low <= getattr(found, name) + 1e-12 <= high + 2e-12 <= 1 + 4e-12


def test_nothing_to_correlate_is_named():
    with pytest.raises(DataError, match="No images with both"):
        correlate_with_people(_floats([None]), _floats([3]))


@pytest.mark.slow
@pytest.mark.parametrize("n", [30, 120])
def test_intervals_cover_as_often_as_they_say(n):
    random, rho = np.random.default_rng(n), 0.7
    truth = {"r": rho, "rho": 6 / math.pi * math.asin(rho / 2), "ccc": 2 * rho * 1.5 / (1 + 1.5**2 + 0.5**2)}
    covered = dict.fromkeys(truth, 0)
    for _ in range(1000):
        first, other = random.normal(size=(2, n))
        second = rho * first + math.sqrt(1 - rho**2) * other
        found = correlate_with_people(_floats(0.5 + 1.5 * second), _floats(first))
        for name, value in truth.items():
            covered[name] += getattr(found, f"{name}_low") <= value <= getattr(found, f"{name}_high")
    for name, count in covered.items():
        assert count / 1000 == pytest.approx(0.95, abs=0.022), name

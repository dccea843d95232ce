"""Probabilities of a scale's values against scipy, and responders with known answers."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.special import rel_entr
from scipy.stats import entropy

from lib.errors import DataError
from lib.metrics.digit_probabilities import (
    describe_probabilities,
    distance_of_shares,
    means_by_category,
    probability_of,
)
from lib.metrics.resampling import Resampling

SCALE = np.arange(1.0, 10.0)
HOW = Resampling(seed=1, draws=300)


def test_a_lookup_is_certain():
    found = describe_probabilities(np.eye(9)[[6, 2, 6]], SCALE)
    assert found.rows() == [(1.0, 0.0, 0.0, value, value, 1.0) for value in (7.0, 3.0, 7.0)]


@settings(max_examples=30)
@given(arrays(float, (4, 9), elements=st.floats(0.001, 0.1)))
def test_entropy_and_expected_value_agree_with_scipy(raw):
    found = describe_probabilities(raw, SCALE)
    assert found["entropy"].to_list() == pytest.approx(entropy(raw, base=2, axis=1))
    assert found["entropy_share"].to_list() == pytest.approx(entropy(raw, base=9, axis=1))
    assert found["expected"].to_list() == pytest.approx(np.average(np.tile(SCALE, (4, 1)), axis=1, weights=raw))
    assert found["mass"].to_list() == pytest.approx(raw.sum(axis=1))
    assert (found["top"] >= 1 / 9 - 1e-12).all()


def test_what_is_not_known_is_null():
    raw = np.array([[np.nan] * 9, [0.0] * 9, [0.5, np.nan, 0.25, *[0.0] * 6]])
    found = describe_probabilities(raw, SCALE)
    assert found.row(0) == found.row(1) == (None,) * 6
    assert found.row(2) == pytest.approx((0.75, entropy([2, 1], base=2), entropy([2, 1], base=9), 5 / 3, 1.0, 2 / 3))
    with pytest.raises(DataError, match=r"sum to 1 at most, got .* in row 1"):
        describe_probabilities(np.array([[0.5, 0.5], [0.9, 0.2]]), np.array([1.0, 2.0]))
    with pytest.raises(DataError, match="one column a value"):
        describe_probabilities(raw, SCALE[1:])


def test_means_by_category():
    values = np.array([1.0, 3.0, 2.0, 8.0, np.nan, 5.0])
    found = means_by_category(values, pl.Series(["b", "b", "a", "a", "a", None]), HOW)
    assert found.select("part", "n", "mean").rows() == [("all", 4, 3.5), ("a", 2, 5.0), ("b", 2, 2.0)]
    assert found.filter(part="b").select("sd", "mean_low", "mean_high").row(0) == pytest.approx((2**0.5, 1.0, 3.0))
    with pytest.raises(DataError, match="No images with a category and a value"):
        means_by_category(values * np.nan, pl.Series(["a"] * 6), HOW)


def test_the_probability_of_each_images_category():
    table = np.array([[0.2, 0.2], [0.0, 0.5], [np.nan, np.nan], [0.1, 0.3]])
    found = probability_of(table, np.array([0, 1, 0, -1]))
    assert found[:2].tolist() == [0.5, 1.0] and np.isnan(found[2:]).all()
    with pytest.raises(DataError, match="column of its own"):
        probability_of(table, np.array([0, 1, 2, 0]))


@settings(max_examples=30)
@given(arrays(float, (2, 5, 3), elements=st.floats(0.01, 1)))
def test_distances_agree_with_scipy(sides):
    found = distance_of_shares(*sides)
    shares = sides / sides.sum(axis=2, keepdims=True)
    divergence = rel_entr(shares, shares.mean(axis=0)).sum(axis=(0, 2)) / (2 * np.log(2))
    assert found["jensen_shannon"].to_list() == pytest.approx(divergence, abs=1e-12)
    assert found["total_variation"].to_list() == pytest.approx(np.abs(shares[0] - shares[1]).sum(axis=1) / 2)


def test_distance_ends():
    found = distance_of_shares(np.array([[1.0, 0], [1, 0], [0, 0]]), np.array([[0.0, 9], [3, 0], [1, 1]]))
    assert found.rows() == [(1.0, 1.0), (0.0, 0.0), (None, None)]

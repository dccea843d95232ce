"""Fleiss' kappa against the example of 1971, statsmodels and the formulas in R (tests/reference/agreement.R)."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.inter_rater import fleiss_kappa as statsmodels_kappa

from lib.errors import DataError, ParameterError
from lib.metrics.fleiss import fleiss_kappa

FLEISS = json.loads((Path(__file__).parents[1] / "reference/agreement_expected.json").read_text(encoding="utf-8"))[
    "fleiss"
]


def test_the_example_of_1971_agrees_with_print_and_r():
    found = fleiss_kappa(np.array(FLEISS["equal"]["counts"]), 0.95)
    assert (round(found.observed, 3), round(found.value, 3)) == (0.556, 0.430)
    for name, expected in FLEISS["equal"]["found"].items():
        assert getattr(found, name) == pytest.approx(expected, rel=1e-9), name
    assert (found.n_images, found.labels_min, found.labels_max, found.reason) == (30, 6, 6, None)
    assert found.high - found.value == pytest.approx(1.959963984540054 * found.se, rel=1e-12)


def test_unequal_numbers_of_labels_have_an_interval_but_no_test():
    found = fleiss_kappa(np.array([*FLEISS["uneven"]["counts"], [1, 0, 0, 0, 0], [0] * 5]), 0.95)
    assert found.value == pytest.approx(FLEISS["uneven"]["found"]["value"], rel=1e-9)
    assert found.se == pytest.approx(FLEISS["uneven"]["found"]["se"], rel=1e-9)
    assert (found.se_null, found.z, found.p) == (None, None, None)
    assert (found.n_excluded, found.labels_min, found.labels_max) == (2, 2, 6)
    assert found.reason.startswith("images have unequal numbers")


@given(st.integers(2, 6), st.integers(3, 30), st.integers(0, 10_000))
def test_the_value_is_that_of_statsmodels(labels, images, seed):
    counts = np.random.default_rng(seed).multinomial(labels, [0.5, 0.3, 0.2], size=images)
    if np.count_nonzero(counts.sum(axis=0)) > 1:
        found = fleiss_kappa(counts, 0.95)
        assert found.value == pytest.approx(statsmodels_kappa(counts), rel=1e-9, abs=1e-12)


def test_what_is_undefined_says_why():
    same = fleiss_kappa(np.array([[3, 0], [3, 0]]), 0.95)
    assert (same.value, same.observed, same.reason) == (None, 1.0, "all labels are the same")
    single = fleiss_kappa(np.array([[1, 0], [0, 1]]), 0.95)
    assert (single.value, single.n_excluded, single.reason) == (None, 2, "no image has two labels")
    perfect = fleiss_kappa(np.array([[3, 0], [0, 3], [0, 3]]), 0.95)
    assert (perfect.value, perfect.se, perfect.low) == (1.0, 0.0, None)
    one = fleiss_kappa(np.array([[2, 1]]), 0.95)
    assert (one.se, one.low) == (None, None)


@pytest.mark.parametrize(
    ("counts", "confidence", "error"),
    [(np.array([[1, -1]]), 0.95, DataError), (np.array([1, 2]), 0.95, DataError), (np.eye(2), 1.0, ParameterError)],
)
def test_impossible_input_is_refused(counts, confidence, error):
    with pytest.raises(error, match="got"):
        fleiss_kappa(counts, confidence)


@pytest.mark.slow
@pytest.mark.parametrize("uneven", [False, True])
def test_intervals_cover_at_their_nominal_rate(uneven):
    generator, draws, images = np.random.default_rng(9), 1500, 120
    kinds = np.array([[0.8, 0.15, 0.05], [0.1, 0.85, 0.05], [0.1, 0.2, 0.7]])
    chances = np.array([0.4, 0.4, 0.2])
    shares = chances @ kinds
    truth = (chances @ (kinds**2).sum(axis=1) - (shares**2).sum()) / (1 - (shares**2).sum())
    inside = 0
    for _ in range(draws):
        labels = generator.integers(2, 7, size=images) if uneven else np.full(images, 4)
        found = fleiss_kappa(generator.multinomial(labels, kinds[generator.choice(3, images, p=chances)]), 0.95)
        inside += found.low <= truth <= found.high
    assert inside / draws == pytest.approx(0.95, abs=0.02)


@pytest.mark.slow
def test_the_test_keeps_its_level_without_agreement():
    generator = np.random.default_rng(10)
    counts = generator.multinomial(5, [0.5, 0.3, 0.2], size=(2000, 200))
    assert np.mean([fleiss_kappa(item, 0.95).p < 0.05 for item in counts]) == pytest.approx(0.05, abs=0.02)

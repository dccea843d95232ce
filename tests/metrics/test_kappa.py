"""Kappa against psych::cohen.kappa and the formulas of Fleiss, Cohen & Everitt (tests/reference/agreement.R)."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from lib.errors import DataError, ParameterError
from lib.metrics.categories import score_categories
from lib.metrics.kappa import cohen_kappa, label_table, value_table

KAPPAS = json.loads((Path(__file__).parents[1] / "reference/agreement_expected.json").read_text(encoding="utf-8"))[
    "kappa"
]


@pytest.mark.parametrize("name", list(KAPPAS))
@pytest.mark.parametrize("weights", ["none", "linear", "quadratic"])
def test_value_and_both_standard_errors_agree_with_the_formulas(name, weights):
    expected = KAPPAS[name]["formula"][weights]
    found = cohen_kappa(np.array(KAPPAS[name]["table"]), 0.95, weights)
    for figure in ("n", "value", "se", "se_null", "z", "p"):
        assert getattr(found, figure) == pytest.approx(expected[figure], rel=1e-9), figure
    assert found.reason is None


@pytest.mark.parametrize("name", list(KAPPAS))
def test_kappa_and_its_interval_agree_with_psych(name):
    found = cohen_kappa(np.array(KAPPAS[name]["table"]), 0.95)
    for figure, expected in KAPPAS[name]["psych"]["none"].items():
        assert getattr(found, figure) == pytest.approx(expected, rel=1e-9), figure
    for weights in ("linear", "quadratic"):  # psych's weighted standard errors are not those of 1969: see README.md
        value = cohen_kappa(np.array(KAPPAS[name]["table"]), 0.95, weights).value
        assert value == pytest.approx(KAPPAS[name]["psych"][weights]["value"], rel=1e-9)


def test_kappa_is_that_of_the_scores_also_with_unanswered_images(labelled, emotions):
    table = label_table(labelled["intended"], labelled["predicted"], emotions)
    assert table[:, -1].sum() > 0 == table[-1].sum()
    score = score_categories(labelled["intended"], labelled["predicted"], emotions)
    assert cohen_kappa(table, 0.95).value == pytest.approx(score.kappa, rel=1e-12)


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=2, max_size=60))
def test_kappa_is_scikit_learns_and_symmetric(pairs):
    first, second = np.array(pairs).T
    if len(np.unique(np.array(pairs))) == 1:
        return
    table = np.bincount(first * 5 + second, minlength=25).reshape(5, 5)
    for weights in ("none", "linear", "quadratic"):
        found, turned = cohen_kappa(table, 0.95, weights), cohen_kappa(table.T, 0.95, weights)
        known = None if weights == "none" else weights
        assert found.value == pytest.approx(
            cohen_kappa_score(first, second, labels=range(5), weights=known), rel=1e-9, abs=1e-12
        )
        assert turned.se == pytest.approx(found.se, rel=1e-9, abs=1e-8)
        if found.low is not None:
            assert -1 <= found.low <= found.value <= found.high <= 1


def test_what_is_undefined_says_why():
    one = cohen_kappa(np.array([[7, 0], [0, 0]]), 0.95)
    assert (one.n, one.value, one.reason) == (7, None, "both raters use one and the same category only")
    empty = cohen_kappa(np.zeros((3, 3), dtype=int), 0.95)
    assert (empty.n, empty.value, empty.reason) == (0, None, "no image was labelled by both")
    perfect = cohen_kappa(np.diag([4, 5, 6]), 0.95)
    assert (perfect.value, perfect.se, perfect.low, perfect.high) == (1.0, 0.0, None, None)
    assert perfect.reason == "the standard error is 0"
    assert perfect.p < 1e-6


@pytest.mark.parametrize(
    ("table", "settings", "error", "message"),
    [
        (np.ones((2, 3)), {}, DataError, r"got shape \(2, 3\)"),
        (np.array([[1, -1], [1, 1]]), {}, DataError, "negative counts"),
        (np.eye(2), {"weights": "cubic"}, ParameterError, "got 'cubic'"),
        (np.eye(2), {"confidence": 95}, ParameterError, "got 95"),
    ],
)
def test_impossible_input_is_refused(table, settings, error, message):
    with pytest.raises(error, match=message):
        cohen_kappa(table, **({"confidence": 0.95} | settings))


def test_values_between_the_steps_of_a_scale_have_no_table():
    scale = np.linspace(-1, 1, 9)
    first, second = pl.Series([-1.0, 0.25, None, 1.0]), pl.Series([-0.75, 0.25, 0.5, np.nan])
    table = value_table(first, second, scale)
    assert (table.sum(), table[0, 1], table[5, 5]) == (2, 1, 1)
    assert value_table(first, pl.Series([-0.7, 0.25, 0.5, 1.0]), scale) is None
    with pytest.raises(DataError, match="paired row by row"):
        value_table(first, second.head(2), scale)
    with pytest.raises(DataError, match="paired row by row"):
        label_table(pl.Series(["a"]), pl.Series(["a", "b"]), ["a", "b"])


@pytest.mark.slow
@pytest.mark.parametrize("weights", ["none", "linear", "quadratic"])
def test_intervals_cover_at_their_nominal_rate(weights):
    generator, draws = np.random.default_rng(3), 1500
    shares = np.array(KAPPAS["scale"]["table"], dtype=float)[:6, :6] + 0.5
    shares /= shares.sum()
    truth = cohen_kappa(np.rint(shares * 1e9).astype(np.int64), 0.95, weights).value
    inside = 0
    for table in generator.multinomial(400, shares.ravel(), size=draws):
        found = cohen_kappa(table.reshape(6, 6), 0.95, weights)
        inside += found.low <= truth <= found.high
    assert inside / draws == pytest.approx(0.95, abs=0.02)

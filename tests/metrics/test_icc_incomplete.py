"""Incomplete designs: against complete ones, R's aov and psych (tests/reference/agreement.R), and by coverage."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import approx_fprime
from scipy.special import logit
from scipy.stats import norm

from lib.errors import DataError, ParameterError
from lib.metrics.icc import icc_complete
from lib.metrics.icc_incomplete import icc_from_components, icc_one_way, ratings_per_image

ICC = json.loads((Path(__file__).parents[1] / "reference/agreement_expected.json").read_text(encoding="utf-8"))["icc"]
COVARIANCE = np.array([[0.02, 0.001, -0.0005], [0.001, 0.03, -0.002], [-0.0005, -0.002, 0.004]])


def _components(images, raters, residual, n, k):
    """Components of a complete design and their covariance, from its mean squares."""
    variances = 2 * np.array([images**2 / (n - 1), raters**2 / (k - 1), residual**2 / ((n - 1) * (k - 1))])
    linear = np.array([[1 / k, 0, -1 / k], [0, 1 / n, -1 / n], [0, 0, 1]])
    return linear @ [images, raters, residual], linear @ np.diag(variances) @ linear.T


def test_a_complete_design_has_the_coefficients_of_its_mean_squares():
    found = icc_complete(np.array(ICC["complete"]["scores"]), 0.95)
    parts, covariance = _components(found.images, found.raters, found.residual, 30, 5)
    own = icc_from_components(*parts, covariance, k=5, confidence=0.95)
    assert own.icc2_1 == pytest.approx(found.coefficients["icc2_1"].value, rel=1e-12)
    assert own.icc2_k == pytest.approx(found.coefficients["icc2_k"].value, rel=1e-12)


def test_the_interval_is_the_delta_method_on_the_logit():
    found = icc_from_components(2.0, 0.6, 1.8, COVARIANCE, k=50, confidence=0.9)
    gradient = approx_fprime(np.array([2.0, 0.6, 1.8]), lambda c: logit(c[0] / (c[0] + (c[1] + c[2]) / 50)), 1e-7)
    spread = norm.ppf(0.95) * np.sqrt(gradient @ COVARIANCE @ gradient)
    assert found.icc2_k == pytest.approx(2 / (2 + 2.4 / 50), rel=1e-12)
    assert logit(found.icc2_k_high) - logit(found.icc2_k) == pytest.approx(spread, rel=1e-5)
    assert logit(found.icc2_1) - logit(found.icc2_1_low) == pytest.approx(spread, rel=1e-5)


@pytest.mark.parametrize(
    ("parts", "covariance", "reason"),
    [
        ((0.0, 0.5, 1.0), COVARIANCE, "the images' variance is estimated as 0"),
        ((1.0, 0.0, 0.0), COVARIANCE, "participants and residual have no variance"),
        ((1.0, 0.5, 1.0), COVARIANCE * np.nan, "the components' covariance is not known"),
        ((1.0, 0.5, 1.0), None, "no covariance of the components was given"),
    ],
)
def test_without_an_interval_the_value_stays_and_the_reason_is_said(parts, covariance, reason):
    found = icc_from_components(*parts, covariance, k=10, confidence=0.95)
    assert found.icc2_1 == pytest.approx(parts[0] / sum(parts))
    assert (found.icc2_1_low, found.icc2_k_high, found.reason) == (None, None, reason)


def test_a_participant_variance_at_its_bound_still_has_an_interval():
    fixed = COVARIANCE * np.outer([1, 0, 1], [1, 0, 1])
    found = icc_from_components(1.0, 0.0, 1.0, fixed, k=10, confidence=0.95)
    assert found.icc2_1_low < 0.5 < found.icc2_1_high
    assert found.reason is None


def test_no_variance_at_all_is_undefined():
    found = icc_from_components(0, 0, 0, COVARIANCE, k=10, confidence=0.95)
    assert (found.icc2_1, found.icc2_k, found.reason) == (None, None, "all ratings are the same")


@pytest.mark.parametrize(
    ("parts", "settings", "error", "message"),
    [
        ((-0.1, 1, 1, None), {"k": 5, "confidence": 0.95}, DataError, "got .-0.1"),
        ((1, np.nan, 1, None), {"k": 5, "confidence": 0.95}, DataError, "nan"),
        ((1, 1, 1, None), {"k": 0.5, "confidence": 0.95}, ParameterError, "k must be at least 1, got 0.5"),
        ((1, 1, 1, None), {"k": 5, "confidence": 1}, ParameterError, "got 1"),
        ((1, 1, 1, np.eye(2)), {"k": 5, "confidence": 0.95}, ParameterError, r"got \(2, 2\)"),
    ],
)
def test_impossible_input_is_refused(parts, settings, error, message):
    with pytest.raises(error, match=message):
        icc_from_components(*parts, **settings)


def test_the_rule_for_k_is_the_callers():
    counts = np.array([2, 4, 0, 4])
    assert ratings_per_image(counts, "arithmetic") == pytest.approx(10 / 3)
    assert ratings_per_image(counts, "harmonic") == pytest.approx(3)
    with pytest.raises(ParameterError, match="got 'median'"):
        ratings_per_image(counts, "median")
    with pytest.raises(DataError, match="got 0"):
        ratings_per_image(np.zeros(3, dtype=int), "harmonic")


def _sums(image, value):
    image, value = np.asarray(image), np.asarray(value, dtype=float)
    return np.bincount(image), np.bincount(image, value), np.bincount(image, value**2)


def test_unequal_numbers_of_ratings_agree_with_r():
    expected = ICC["ragged"]["found"]
    image = [place - 1 for place in ICC["ragged"]["image"]]
    single, mean = icc_one_way(*_sums([*image, 13], [*ICC["ragged"]["value"], 4.0]), k=expected["k"], confidence=0.95)
    assert single.df == 12  # one more image, rated once; image 12 not at all
    single, mean = icc_one_way(*_sums(image, ICC["ragged"]["value"]), k=expected["k"], confidence=0.95)
    for name in ("f", "p"):
        assert getattr(single, name) == pytest.approx(expected[name], rel=1e-9)
    assert (single.df, single.df_residual) == (expected["df1"], expected["df2"])
    assert [single.value, single.low, single.high] == pytest.approx(expected["single"], rel=1e-9)
    assert [mean.value, mean.low, mean.high] == pytest.approx(expected["mean"], rel=1e-9)
    assert (mean.kind, mean.k) == ("icc1_k", expected["k"])


@given(st.integers(2, 8))
def test_equal_numbers_of_ratings_give_the_complete_one_way_coefficient(k):
    scores = np.random.default_rng(k).normal(size=(20, k)) + np.arange(20)[:, np.newaxis] / 7
    found = icc_one_way(*_sums(np.repeat(np.arange(20), k), scores.ravel()), k=k, confidence=0.95)
    expected = icc_complete(scores, 0.95).coefficients
    for own, kind in zip(found, ("icc1_1", "icc1_k"), strict=True):
        for name in ("value", "low", "high", "f", "p"):
            assert getattr(own, name) == pytest.approx(getattr(expected[kind], name), rel=1e-7), (kind, name)


def test_one_way_without_variance_says_why():
    clear, _ = icc_one_way(*_sums([0, 0, 1, 1], [3, 3, 5, 5]), k=2, confidence=0.95)
    assert (clear.value, clear.low, clear.reason) == (1.0, None, "ratings of an image never differ")
    same, mean = icc_one_way(*_sums([0, 0, 1, 1], [3, 3, 3, 3]), k=2, confidence=0.95)
    assert (same.value, mean.value, same.reason) == (None, None, "all ratings are the same")
    with pytest.raises(DataError, match="got 2 images and 2 ratings"):
        icc_one_way(*_sums([0, 1], [3, 5]), k=1, confidence=0.95)


@pytest.mark.slow
def test_the_crossed_interval_covers_at_its_nominal_rate():
    generator, n, k, draws = np.random.default_rng(11), 300, 60, 4000
    image, rater, error = 2.0, 0.5, 1.8
    squares = np.stack(
        [
            (error + k * image) * generator.chisquare(n - 1, draws) / (n - 1),
            (error + n * rater) * generator.chisquare(k - 1, draws) / (k - 1),
            error * generator.chisquare((n - 1) * (k - 1), draws) / ((n - 1) * (k - 1)),
        ]
    )
    truth = image / (image + rater + error), image / (image + (rater + error) / k)
    inside = np.zeros(2)
    for row in squares.T:
        parts, covariance = _components(*row, n, k)
        found = icc_from_components(*parts, covariance, k=k, confidence=0.95)
        inside += [
            found.icc2_1_low <= truth[0] <= found.icc2_1_high,
            found.icc2_k_low <= truth[1] <= found.icc2_k_high,
        ]
    assert inside / draws == pytest.approx([0.95, 0.95], abs=0.012)


@pytest.mark.slow
def test_the_one_way_interval_covers_with_unequal_numbers_of_ratings():
    generator, draws = np.random.default_rng(12), 2000
    image = np.repeat(np.arange(60), generator.integers(1, 9, size=60))
    inside = 0
    for _ in range(draws):
        value = generator.normal(size=60)[image] + 1.2 * generator.normal(size=image.size)
        single, _ = icc_one_way(*_sums(image, value), k=4, confidence=0.95)
        inside += single.low <= 1 / (1 + 1.44) <= single.high
    assert inside / draws == pytest.approx(0.95, abs=0.015)

"""CKA against the formulas in feature space, invariances, expectation and level under independence."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from scipy.stats import kstest, ortho_group

from lib.errors import DataError
from lib.metrics.kernel_alignment import CONSTANT, align_layers, linear_cka

GENERATOR = np.random.default_rng(1)
FIRST, SECOND = GENERATOR.normal(0, 1, (40, 6)), GENERATOR.normal(0, 1, (40, 9))
SECOND[:, 0] += FIRST[:, 0] * 2


def in_feature_space(first, second):
    """Kornblith et al. (2019): ||Y'X||^2 / (||X'X|| ||Y'Y||) of centred features."""
    x, y = (side - side.mean(axis=0) for side in (first, second))
    return np.linalg.norm(y.T @ x) ** 2 / (np.linalg.norm(x.T @ x) * np.linalg.norm(y.T @ y))


def unbiased(first, second):
    """Song et al. (2012), equation 5: unbiased HSIC of linear kernels, by their sums."""
    k, other = (side @ side.T for side in (first, second))
    for gram in (k, other):
        np.fill_diagonal(gram, 0)
    n, one = len(k), np.ones(len(k))
    product = np.trace(k @ other) + (one @ k @ one) * (one @ other @ one) / ((n - 1) * (n - 2))
    return (product - 2 * (one @ k @ other @ one) / (n - 2)) / (n * (n - 3))


def test_values_agree_with_feature_space():
    assert linear_cka(FIRST, SECOND) == pytest.approx(in_feature_space(FIRST, SECOND))
    expected = unbiased(FIRST, SECOND) / np.sqrt(unbiased(FIRST, FIRST) * unbiased(SECOND, SECOND))
    assert linear_cka(FIRST, SECOND, debiased=True) == pytest.approx(expected)


@pytest.mark.parametrize("debiased", [False, True])
def test_rotation_and_scale_change_nothing(debiased):
    turned = FIRST @ ortho_group.rvs(6, random_state=1) * 3 + 5
    assert linear_cka(FIRST, turned, debiased=debiased) == pytest.approx(1.0)
    assert linear_cka(turned, SECOND, debiased=debiased) == pytest.approx(linear_cka(FIRST, SECOND, debiased=debiased))
    assert linear_cka(FIRST, np.ones((40, 2)) * 0.1, debiased=debiased) is None


def test_many_unrelated_features_look_alike_unless_debiased():
    generator = np.random.default_rng(2)
    values = np.array([
        [linear_cka(*generator.normal(0, 1, (2, 20, 60)), debiased=debiased) for debiased in (False, True)]
        for _ in range(100)
    ])  # fmt: skip
    assert values[:, 0].mean() > 0.6 and abs(values[:, 1].mean()) < 0.02


def test_layers_are_tested_together():
    category = pl.Series(["a", "b"] * 20)
    kinds = np.tile(np.eye(2) * 5, (20, 1))
    layers = {"kinds": np.hstack([kinds, GENERATOR.normal(0, 1, (40, 2))]), "faces": FIRST, "none": np.ones((40, 1))}
    target = np.hstack([kinds, FIRST[:, :2]])
    whole = align_layers(layers, target, draws=199, seed=1)
    assert whole["cka_debiased"][0] == pytest.approx(linear_cka(layers["kinds"], target, debiased=True), abs=1e-5)
    assert whole["p_family"][0] == 1 / 200
    assert whole.row(2)[1:] == (None, None, None, None, CONSTANT)
    within = align_layers(layers, target, draws=199, seed=1, category=category)
    assert within["p"][0] > 0.05 and within["p_family"][1] == 1 / 200
    lookup = align_layers({"lookup": kinds}, target, draws=9, seed=1, category=category)
    assert lookup["cka"][0] is None and lookup["reason"][0] == CONSTANT


def test_what_cannot_be_used_is_named():
    with pytest.raises(DataError, match="four images or more, got 40 and 39"):
        linear_cka(FIRST, SECOND[1:])
    with pytest.raises(DataError, match="Layer 'short' must have a row an image, got 3"):
        align_layers({"short": FIRST[:3]}, SECOND, draws=9, seed=1)


def test_p_is_uniform_without_relation():
    generator = np.random.default_rng(3)
    category = pl.Series(["a", "b", "c"] * 8)
    kinds = (np.arange(24) % 3)[:, None] * 2.0
    p = [
        align_layers({"layer": kinds + generator.normal(0, 1, (24, 4))}, kinds + generator.normal(0, 1, (24, 2)),
                     draws=39, seed=seed, category=category)["p"][0]
        for seed in range(80)
    ]  # fmt: skip
    assert kstest(p, "uniform").pvalue > 0.01

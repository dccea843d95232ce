"""Covariances in bootstrap samples against numpy on the samples' rows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.metrics.weighted_moments import correlation, covariances, squared_semipartial


@settings(max_examples=30)
@given(st.integers(0, 10_000))
def test_weights_are_repeated_rows(seed):
    generator = np.random.default_rng(seed)
    columns = generator.normal(5, 1, (20, 3))
    member = np.eye(4)[np.arange(20) % 4]
    weights = generator.multinomial(20, np.full(20, 0.05), size=2).astype(float)
    for row, plain, inside in zip(
        weights, covariances(weights, columns), covariances(weights, columns, member), strict=True
    ):
        rows = np.repeat(np.arange(20), row.astype(int))
        assert plain == pytest.approx(np.cov(columns[rows].T, ddof=0), abs=1e-12)
        drawn = columns[rows].copy()
        for group in range(4):
            own = rows % 4 == group
            if own.any():
                drawn[own] -= drawn[own].mean(axis=0)
        assert inside == pytest.approx(drawn.T @ drawn / 20, abs=1e-12)


def test_a_constant_has_no_correlation_and_explains_nothing():
    columns = np.column_stack([np.arange(6.0), np.full(6, 0.1), [1.0, 5, 2, 8, 3, 1]])
    found = covariances(np.ones((1, 6)), columns)
    assert np.isnan(correlation(found, 0, 1)[0])
    assert squared_semipartial(found, 0, 1, 2)[0] == 0
    assert squared_semipartial(found, 0, 2, 1)[0] == pytest.approx(np.corrcoef(columns[:, 0], columns[:, 2])[0, 1] ** 2)
    steps = np.repeat([[0.1], [0.3]], 3, axis=0) * 7
    inside = covariances(np.ones((1, 6)), np.hstack([steps, columns]), np.repeat(np.eye(2), 3, axis=0))
    assert (inside[0, 0] == 0).all()


def test_a_copy_adds_nothing():
    values = np.random.default_rng(1).normal(0, 1, (30, 2))
    columns = np.column_stack([values, 3 - 2 * values[:, 1]])
    assert squared_semipartial(covariances(np.ones((1, 30)), columns), 0, 2, 1)[0] == 0

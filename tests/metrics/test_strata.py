"""Draws and permutations within strata: sizes kept, blocks without influence, coverage by Monte Carlo."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from lib.errors import DataError, ParameterError
from lib.metrics import resampling
from lib.metrics.resampling import Resampling, percentile_interval
from lib.metrics.strata import number_strata, permuted_places, stratified_draws, stratified_weights

STRATA = number_strata(pl.Series(["b", "a", "b", "c", "a", "b"]), 6)


def test_strata_are_numbered_by_name():
    assert STRATA.tolist() == [1, 0, 1, 2, 0, 1]
    assert number_strata(None, 3).tolist() == [0, 0, 0]
    with pytest.raises(DataError, match="must have a stratum, got 1 of 2"):
        number_strata(pl.Series(["a", None]), 2)


def test_every_stratum_keeps_its_size_and_is_drawn_evenly():
    weights = np.concatenate(list(stratified_weights(STRATA, Resampling(seed=1, draws=4000))))
    for stratum, size in enumerate((2, 3, 1)):
        assert (weights[:, stratum == STRATA].sum(axis=1) == size).all()
    assert weights.mean(axis=0) == pytest.approx(np.ones(6), abs=0.05)
    assert weights[:, 1].var() == pytest.approx(0.5, abs=0.05)
    assert abs(np.corrcoef(weights[:, 0], weights[:, 1])[0, 1]) < 0.06


def test_blocks_do_not_change_the_draws(monkeypatch):
    how = Resampling(seed=5, draws=30)
    once = np.concatenate(list(stratified_weights(STRATA, how)))
    monkeypatch.setattr(resampling, "BLOCK", 42)
    parts = list(stratified_weights(STRATA, how))
    assert len(parts) == 5 and (np.concatenate(parts) == once).all()


def test_a_study_that_draws_participants_draws_no_images():
    how = Resampling(seed=1, draws=9, unit="participant")
    assert stratified_draws(lambda weights: weights[:, :2], STRATA, how).shape == (0, 2)
    assert stratified_draws(lambda weights: weights[:, :2], STRATA, replace(how, unit="image")).shape == (9, 2)
    with pytest.raises(ParameterError, match="got 0"):
        next(stratified_weights(np.zeros(0, dtype=np.int64), how))


def test_orders_stay_within_strata_and_reach_all_of_them():
    orders = list(permuted_places(STRATA, 600, seed=2))
    assert all((STRATA[order] == STRATA).all() and sorted(order) == list(range(6)) for order in orders)
    seen, counts = np.unique(orders, axis=0, return_counts=True)
    assert len(seen) == 12 and counts.min() > 25


def test_the_interval_of_a_mean_of_unlike_strata_covers_it():
    generator = np.random.default_rng(3)
    strata = np.repeat([0, 1, 2], 30)
    covered = 0
    for seed in range(300):
        sample = generator.normal(0, 1, 90) + 5.0 * strata
        means = stratified_draws(lambda w, x=sample: w @ x[:, None] / 90, strata, Resampling(seed=seed, draws=300))
        low, high = percentile_interval(means[:, 0], 0.9)
        covered += low <= 5 <= high
    assert 0.85 < covered / 300 < 0.945

import numpy as np
import pytest

from lib.errors import ParameterError
from lib.metrics import resampling
from lib.metrics.resampling import Resampling, bootstrap_p, draw_weights, percentile_interval, significance_level


def all_weights(n_units, how):
    return np.concatenate(list(draw_weights(n_units, how)))


def test_every_sample_draws_as_many_units_as_there_are():
    weights = all_weights(7, Resampling(seed=1, draws=500))
    assert weights.shape == (500, 7)
    assert (weights.sum(axis=1) == 7).all()
    assert weights.mean(axis=0) == pytest.approx(np.ones(7), abs=0.15)


def test_blocks_do_not_change_the_draws(monkeypatch):
    how = Resampling(seed=5, draws=30)
    whole = all_weights(10, how)
    monkeypatch.setattr(resampling, "BLOCK", 70)
    assert len(list(draw_weights(10, how))) == 5
    assert (all_weights(10, how) == whole).all()


def test_an_interval_leaves_out_samples_without_an_estimate():
    estimates = np.append(np.arange(101.0), [np.nan] * 50)
    assert percentile_interval(estimates, 0.9) == pytest.approx((5.0, 95.0))
    assert percentile_interval(np.array([1.0, np.nan, np.nan]), 0.95) is None


def test_the_interval_of_a_mean_covers_it_as_often_as_it_says():
    generator = np.random.default_rng(3)
    covered = 0
    for round_ in range(400):
        sample = generator.normal(5, 2, 60)
        weights = all_weights(60, Resampling(seed=round_, draws=400))
        low, high = percentile_interval(weights @ sample / 60, 0.9)
        covered += low <= 5 <= high
    assert 0.85 < covered / 400 < 0.94


def test_p_agrees_with_the_interval():
    estimates = np.random.default_rng(0).normal(2, 1, 1999)
    low, _ = percentile_interval(estimates, 0.95)
    assert (bootstrap_p(estimates, low - 0.01) < 0.05) and (bootstrap_p(estimates, low + 0.01) > 0.05)
    assert bootstrap_p(np.full(99, 3.0)) == pytest.approx(2 / 100)
    assert bootstrap_p(np.array([np.nan])) is None


def test_nothing_to_draw_is_refused():
    with pytest.raises(ParameterError, match="got 0"):
        next(draw_weights(0, Resampling(seed=1, draws=10)))


def test_a_p_of_exactly_the_level_does_not_count():
    assert 1 - 0.95 > 0.05
    assert significance_level(0.95) == 0.05
    assert significance_level(0.99) == 0.01

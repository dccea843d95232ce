"""The local search: it reaches aims that can be reached, and stays within its bounds."""

from __future__ import annotations

import numpy as np
import pytest

from lib.twin.search import Aim, Aims, CellAims, Moves, approach

N = 300


def _people() -> np.ndarray:
    return np.random.default_rng(5).normal(5, 1, N)


def _moves(low: float = 1, high: float = 9) -> Moves:
    return Moves(np.full(N, low), np.full(N, high), (-1.0, 1.0))


def test_reaches_bias_spread_correlation_and_error_together():
    people = _people()
    aims = Aims({"bias": Aim(-0.6, 0.01), "sd_difference": Aim(1.3, 0.01), "r": Aim(0.7, 0.005)})
    values = approach(np.rint(people), people, aims, _moves(), np.random.default_rng(1))
    difference = values - people
    assert difference.mean() == pytest.approx(-0.6, abs=0.02)
    assert difference.std(ddof=1) == pytest.approx(1.3, abs=0.02)
    assert np.corrcoef(values, people)[0, 1] == pytest.approx(0.7, abs=0.01)
    assert set(values) <= set(range(1, 10))


def test_reaches_mean_error_and_spread():
    people = _people()
    aims = Aims({"machine_mean": Aim(6.0, 0.01), "machine_sd": Aim(2.0, 0.01), "mae": Aim(1.7, 0.01)})
    values = approach(np.rint(people), people, aims, _moves(), np.random.default_rng(2))
    assert values.mean() == pytest.approx(6, abs=0.02)
    assert values.std(ddof=1) == pytest.approx(2, abs=0.02)
    assert np.abs(values - people).mean() == pytest.approx(1.7, abs=0.02)


def test_reaches_bias_and_spread_of_each_group():
    people = _people()
    cell = np.arange(N) % 3
    bias, sd = np.array([-1.0, 0.0, np.nan]), np.array([0.5, 1.5, np.nan])
    aims = Aims({}, (CellAims(cell, bias, sd, 0.02, 0.02),))
    start = np.rint(people)
    values = approach(start, people, aims, _moves(), np.random.default_rng(3))
    for group in (0, 1):
        assert (values - people)[cell == group].mean() == pytest.approx(bias[group], abs=0.03)
        assert values[cell == group].std() == pytest.approx(sd[group], abs=0.05)
    assert values[cell == 2].tolist() == start[cell == 2].tolist()


def test_never_leaves_the_bounds_and_leaves_locked_images_alone():
    people = _people()
    low, high = np.full(N, 3.0), np.full(N, 6.0)
    low[:10] = high[:10] = 5.0
    start = np.clip(np.rint(people), low, high)
    aims = Aims({"bias": Aim(3.0, 0.01)})
    values = approach(start, people, aims, Moves(low, high, (-1.0, 1.0)), np.random.default_rng(4))
    assert (values[:10] == 5).all()
    assert values.min() >= 3
    assert values.max() == 6
    assert start.tolist() == np.clip(np.rint(people), low, high).tolist()


def test_same_random_numbers_same_path():
    people = _people()
    aims = Aims({"bias": Aim(0.5, 0.01)})
    first, second = (
        approach(np.rint(people), people, aims, _moves(), np.random.default_rng(6)).tolist() for _ in range(2)
    )
    assert first == second

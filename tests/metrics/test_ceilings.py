"""Ratios to a person: the figures themselves, and intervals against resampled rows and numpy.corrcoef."""

from __future__ import annotations

import numpy as np
import pytest

from lib.errors import ParameterError
from lib.metrics.ceilings import correlation_ratios, mean_ratios
from lib.metrics.resampling import Resampling, draw_weights

HOW = Resampling(seed=9, draws=300)
N = 40


@pytest.fixture
def random():
    return np.random.default_rng(1)


def samples() -> list[np.ndarray]:
    return [np.repeat(np.arange(N), row.astype(int)) for row in np.concatenate(list(draw_weights(N, HOW)))]


def test_mean_ratios_are_those_of_resampled_images(random):
    machines = random.random((N, 2)) + 0.5
    machines[3, 0] = np.nan
    people = np.column_stack([random.random(N) * 5 + 1, random.integers(1, 6, N)])
    first, second = mean_ratios(machines, people, HOW)
    person = people[:, 0].sum() / people[:, 1].sum()
    assert (first.machine, first.person) == pytest.approx((np.nanmean(machines[:, 0]), person))
    assert second.ratio == pytest.approx(machines[:, 1].mean() / person)
    drawn = [np.nanmean(machines[at, 0]) / (people[at, 0].sum() / people[at, 1].sum()) for at in samples()]
    assert (first.low, first.high) == pytest.approx(np.quantile(drawn, [0.025, 0.975]), rel=1e-9)


def test_correlation_ratios_are_those_of_resampled_images(random):
    people = random.normal(5, 1, N)
    machines = people[:, np.newaxis] + random.normal(0, 1, (N, 2))
    machines[:4, 0] = np.nan
    person, others = people[:, np.newaxis] + random.normal(0, 2, (N, 3)), people[:, np.newaxis] + np.zeros((N, 3))
    person[0, 1] = np.nan

    def r(one: np.ndarray, two: np.ndarray) -> float:
        known = ~np.isnan(one)
        return np.corrcoef(one[known], two[known])[0, 1]

    def ratio(at: np.ndarray, column: int) -> float:
        drawn = [r(person[at, draw], others[at, draw]) for draw in range(3)]
        return r(machines[at, column], people[at]) / np.mean(drawn)

    found = correlation_ratios(machines, people, person, others, HOW)
    for column, item in enumerate(found):
        assert item.ratio == pytest.approx(ratio(np.arange(N), column), rel=1e-9)
        assert item.machine / item.person == pytest.approx(item.ratio)
        expected = np.quantile([ratio(at, column) for at in samples()], [0.025, 0.975])
        assert (item.low, item.high) == pytest.approx(expected, rel=1e-9)


def test_what_is_undefined_is_none(random):
    people = np.column_stack([np.ones(N), np.ones(N)])
    silent = mean_ratios(np.full((N, 1), np.nan), people, HOW)[0]
    assert (silent.machine, silent.person, silent.ratio, silent.low) == (None, 1, None, None)
    assert mean_ratios(np.ones((N, 1)), people * [0, 1], HOW)[0].ratio is None
    assert mean_ratios(np.ones((N, 1)), people * 0, HOW)[0].person is None
    values = random.normal(size=(N, 1))
    constant = correlation_ratios(np.full((N, 1), 5.0), values[:, 0], values, values, HOW)[0]
    assert (constant.machine, constant.ratio, constant.low) == (None, None, None)
    nobody = correlation_ratios(values, values[:, 0], np.empty((N, 0)), np.empty((N, 0)), HOW)[0]
    assert (nobody.machine, nobody.person, nobody.ratio) == (pytest.approx(1), None, None)


def test_no_machines_no_ratios_and_no_resampling_no_interval(random):
    people = np.ones((N, 2))
    assert mean_ratios(np.empty((N, 0)), people, HOW) == []
    plain = mean_ratios(np.ones((N, 1)), people, None)[0]
    assert (plain.ratio, plain.low) == (1, None)


def test_participants_are_refused_with_the_reason():
    how = Resampling(seed=1, draws=100, unit="participant")
    with pytest.raises(ParameterError, match="a machine has no participants"):
        mean_ratios(np.ones((N, 1)), np.ones((N, 2)), how)


@pytest.mark.slow
def test_intervals_of_ratios_cover_as_often_as_they_say(random):
    covered = {"mean": 0, "r": 0}
    r_machine, r_person = 0.8, 0.5
    for round_ in range(1000):
        how = Resampling(seed=round_, draws=300)
        errors = random.exponential(2.0, (100, 1)), random.exponential(1.0, 100)
        item = mean_ratios(errors[0], np.column_stack([errors[1], np.ones(100)]), how)[0]
        covered["mean"] += item.low <= 2 <= item.high
        people, noise = random.normal(size=100), random.normal(size=(2, 100))
        machine, person = (
            (r * people + np.sqrt(1 - r**2) * own)[:, np.newaxis]
            for r, own in zip((r_machine, r_person), noise, strict=True)
        )
        found = correlation_ratios(machine, people, person, people[:, np.newaxis], how)[0]
        covered["r"] += found.low <= r_machine / r_person <= found.high
    for name, count in covered.items():
        assert 0.92 < count / 1000 < 0.98, name

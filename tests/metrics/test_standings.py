"""Ranks of raters whose order is known, of equal ones, and how often the truth is covered."""

from __future__ import annotations

import numpy as np
import pytest

from lib.metrics.closeness import Drawn, value_closeness
from lib.metrics.resampling import Resampling
from lib.metrics.standings import Standing, standing_beside, standings

RESAMPLING = Resampling(5, 300)


def errors(sizes: list[float], seed: int = 0, n: int = 200) -> tuple[np.ndarray, np.ndarray]:
    """Raters whose values lie so far from people's means, on average."""
    random = np.random.default_rng(seed)
    people = np.repeat(random.normal(5, 2, (n, 1)), len(sizes), axis=1)
    return people + random.normal(0, 1, (n, len(sizes))) * sizes, people


def test_a_known_order_is_found_whichever_way_the_measure_points() -> None:
    found = value_closeness(*errors([2.0, 0.3, 1.0]), RESAMPLING)
    for name, highest in (("mae", False), ("r", True)):
        places = standings(found[name], highest_first=highest, confidence=0.95)
        assert [place.rank for place in places] == [3, 1, 2]
        assert (places[1].low, places[1].high, places[1].first) == (1, 1, 1)


def test_raters_that_are_the_same_share_a_rank_in_every_sample() -> None:
    own, people = errors([1.0, 1.0, 3.0])
    own[:, 1] = own[:, 0]
    places = standings(value_closeness(own, people, RESAMPLING)["mae"], highest_first=False, confidence=0.95)
    assert [(place.rank, place.low, place.high) for place in places] == [(1.5, 1.5, 1.5)] * 2 + [(3, 3, 3)]
    assert [place.first for place in places] == [0.5, 0.5, 0]


def test_raters_that_are_equally_good_have_no_certain_order() -> None:
    covered = []
    for seed in range(60):
        found = value_closeness(*errors([1.0, 1.0, 1.0, 3.0], seed, n=80), Resampling(seed, 200))
        places = standings(found["mae"], highest_first=False, confidence=0.95)
        covered.append(all(place.high > place.low for place in places[:3]) and places[3].low == 4)
    assert np.mean(covered) > 0.85


def test_the_best_of_several_is_seldom_denied_its_rank() -> None:
    held = []
    for seed in range(120):
        found = value_closeness(*errors([1.0, 1.15, 1.3], seed, n=100), Resampling(seed, 200))
        places = standings(found["mae"], highest_first=False, confidence=0.95)
        held.append(all(place.low <= rank <= place.high for rank, place in enumerate(places, 1)))
    assert np.mean(held) >= 0.9


def test_raters_without_the_figure_have_no_rank() -> None:
    draws = np.array([[1.0, np.nan, 2.0], [3.0, np.nan, 2.0], [np.nan, np.nan, 1.0]])
    places = standings(Drawn(np.array([1.0, np.nan, 2.0]), draws), highest_first=False, confidence=0.9)
    assert places == [Standing(1, 1, 2, 0.5), Standing(), Standing(2, 1, 2, 0.5)]
    none = Drawn(np.array([np.nan]), np.empty((0, 1)))
    assert standings(none, highest_first=True, confidence=0.9) == [Standing()]
    alone = standings(Drawn(np.array([0.2, 0.1]), np.empty((0, 2))), highest_first=True, confidence=0.9)
    assert alone == [Standing(1), Standing(2)]


def test_where_one_person_would_stand() -> None:
    own, people = errors([0.2, 0.5, 3.0, 3.0])
    machines = value_closeness(own, people, RESAMPLING)["mae"]
    person = value_closeness(*errors([1.0] * 10, seed=9), RESAMPLING)["mae"]
    place = standing_beside(person, machines, highest_first=False, confidence=0.95)
    assert place == Standing(3, 3, 3, 0)
    same = standing_beside(
        Drawn(machines.found[:1], machines.draws[:, :1]), machines, highest_first=False, confidence=0.95
    )
    assert (same.rank, same.low, same.high, same.first) == pytest.approx((1.5, 1.5, 1.5, 1))  # none is closer
    without = Drawn(person.found, np.empty((0, 10)))
    bare = standing_beside(without, Drawn(machines.found, np.empty((0, 4))), highest_first=False, confidence=0.95)
    assert bare == Standing(3)
    nobody = standing_beside(Drawn(np.array([np.nan]), np.empty((0, 1))), machines, highest_first=True, confidence=0.9)
    assert nobody == Standing()

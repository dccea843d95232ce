from __future__ import annotations

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from lib.audit.intervals import EVERYTHING, Interval, mean, rounded, show, total

NUMBERS = st.floats(-1000, 1000, allow_nan=False)
INTERVALS = st.tuples(NUMBERS, NUMBERS).map(lambda ends: Interval(min(ends), max(ends)))
WITHIN = st.floats(0, 1)


def inside(interval, share):
    return min(max(interval.low + share * (interval.high - interval.low), interval.low), interval.high)


@settings(max_examples=1000)
@given(INTERVALS, INTERVALS, WITHIN, WITHIN)
def test_results_hold_whatever_operands_from_the_intervals_give(first, second, a, b):
    x, y = inside(first, a), inside(second, b)
    assert (first + second).holds(x + y)
    assert (first - second).holds(x - y)
    assert (first * second).holds(x * y)
    assert abs(first).holds(abs(x))
    assert first.square().holds(x * x)
    assert (-first).holds(-x)
    assert first.square().root().holds(abs(x))
    if abs(y) > 1e-6:
        assert (first / second).holds(x / y)


@settings(max_examples=1000)
@given(NUMBERS, st.integers(0, 6))
def test_a_rounded_number_stands_for_what_it_was_rounded_from(value, decimals):
    assert rounded(float(f"{value:.{decimals}f}"), decimals).holds(value)


def test_meeting_and_what_lies_in_both():
    assert Interval(0, 1).meets(Interval(1, 2)) and not Interval(0, 1).meets(Interval(1.001, 2))
    assert Interval(0, 3).common(Interval(2, 5)) == Interval(2, 3)
    assert Interval(0, 1).common(Interval(2, 5)) == Interval(0, 1)


def test_dividing_by_what_may_be_zero():
    assert Interval(1, 2) / Interval(-1, 1) == EVERYTHING
    assert Interval(1, 2) / Interval(0, 4) == Interval(0.25, math.inf)


def test_sums_and_means():
    parts = [rounded(0.1, 1), rounded(0.2, 1)]
    assert total(parts) == Interval(0.2, 0.4)
    assert abs(mean(parts).low - 0.1) < 1e-12


def test_numbers_are_shown_plainly():
    assert show(Interval(1.5, math.inf)) == "at least 1.5"
    assert show(Interval(-math.inf, 2)) == "at most 2"
    assert show(EVERYTHING) == "any number"
    assert show(Interval(2, 2)) == "2"
    assert show(-0.00001) == "0"
    assert show(1440) == "1,440"

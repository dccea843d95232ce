from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.asking.bucket import MINUTE, Bucket


def sent(per_minute: float, pauses: list[float]) -> list[float]:
    """When requests go that come after each of `pauses` and wait as long as the bucket says."""
    now, times, bucket = 0.0, [], Bucket(per_minute, 0.0)
    for pause in pauses:
        now += pause
        while (wait := bucket.wait(1, now)) > 0:
            now += wait
        bucket.take(1, now)
        times.append(now)
    return times


@given(st.integers(1, 600), st.lists(st.floats(0, 5), min_size=1, max_size=300))
def test_no_minute_has_more_than_allowed(per_minute, pauses):
    times = sent(per_minute, pauses)
    for first in range(len(times)):
        within = sum(1 for time in times[first:] if time < times[first] + MINUTE - 1e-6)
        assert within <= per_minute


@pytest.mark.parametrize("per_minute", [1, 5, 60, 600])
def test_nearly_all_that_is_allowed_gets_through(per_minute):
    times = sent(per_minute, [0.0] * (10 * per_minute + 1))
    assert times[-1] < 10 * MINUTE / 0.94 + 1


def test_one_request_larger_than_the_bucket_goes_and_is_paid_back():
    bucket = Bucket(1000, 0.0)
    assert bucket.wait(500, 0.0) == 0
    bucket.take(500, 0.0)
    assert bucket.wait(500, 0.0) == pytest.approx(500 / bucket.rate)


def test_corrections_count():
    bucket = Bucket(6000, 0.0)
    bucket.take(300, 0.0)
    assert bucket.wait(300, 0.0) > 0
    bucket.correct(-300)
    assert bucket.wait(300, 0.0) == 0
    bucket.correct(1e9)
    assert bucket.wait(1, 0.0) > 1e6
    bucket.correct(-1e12)
    assert bucket.level == bucket.capacity

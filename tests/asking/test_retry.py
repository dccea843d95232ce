from __future__ import annotations

from random import Random

import pytest

from lib.asking.retry import may_pass, wait_before
from lib.asking.settings import RunSettings
from lib.backends.base import BackendError


def test_waits_are_spread_from_nothing_to_a_bound_that_doubles():
    settings, random = RunSettings(), Random(1)
    for retry, bound in enumerate([1, 2, 4, 8, 16, 32, 60, 60, 60], start=1):
        waits = [wait_before(retry, settings, random) for _ in range(2000)]
        assert 0 <= min(waits) < 0.01 * bound
        assert 0.99 * bound < max(waits) <= bound
        assert sum(waits) / 2000 == pytest.approx(bound / 2, rel=0.05)
    assert wait_before(10**6, settings, random) <= 60


@pytest.mark.parametrize(
    ("error", "passes"),
    [
        (BackendError("rate_limit", ""), True),
        (BackendError("rate_limit", "", retry_after=600), True),
        (BackendError("rate_limit", "", retry_after=601), False),
        (BackendError("server", "", retry_after=1e9), False),
        (BackendError("timeout", ""), True),
        (BackendError("connection", ""), True),
        (BackendError("malformed", ""), True),
        (BackendError("rejected", ""), False),
        (BackendError("unauthorized", ""), False),
    ],
)
def test_what_may_pass(error, passes):
    assert may_pass(error, RunSettings()) == passes

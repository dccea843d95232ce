"""When a question is asked again, and after how long."""

from __future__ import annotations

from random import Random

from lib.asking.settings import RunSettings
from lib.backends.base import RETRIED, BackendError


def may_pass(error: BackendError, settings: RunSettings) -> bool:
    """Whether asking again may help: a failure that passes, and no pause longer than the run's patience."""
    return error.kind in RETRIED and not asks_for_too_much(error, settings)


def asks_for_too_much(error: BackendError, settings: RunSettings) -> bool:
    """Whether the server asks for a longer pause than the run's patience."""
    return error.retry_after is not None and error.retry_after > settings.patience


def wait_before(retry: int, settings: RunSettings, random: Random) -> float:
    """Seconds to wait before retry `retry` (from 1): anything from 0 to a bound that doubles ("full jitter").

    Spread over the whole range, so that questions that failed together do not come back together.
    """
    bound = min(settings.longest_wait, settings.first_wait * 2.0 ** min(retry - 1, 62))
    return random.uniform(0, bound)

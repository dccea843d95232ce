"""How many requests may be on their way at once, and how many (and how many tokens) a minute."""

from __future__ import annotations

import asyncio
from heapq import heappop, heappush
from typing import NamedTuple

from lib.asking.bucket import Bucket
from lib.backends.base import FailureKind

FIRST_LIMIT = 8
FIRST_TOKENS = 1500.0
"""What a question is taken to cost in tokens until the first answers say it."""
WEIGHT = 0.1
FACTORS: dict[FailureKind, float] = {"rate_limit": 0.8, "timeout": 0.5}


class Ticket(NamedTuple):
    """Leave to send one request: the window it belongs to, and the tokens that were set aside for it."""

    window: int
    tokens: float


class Limiter:
    """Leave to send, given in the order of the items.

    The number of requests at once starts at 8 (or the most allowed), climbs by one after each window of as many
    answers as it allows, falls to 0.8 of itself when the server asks for patience and to half when an answer does not
    come in time, and never below 1. A window ends with a reduction: what was sent before it cannot reduce again.

    Requests of one item have the item's place as their order, so that an item that has begun goes before a new one.
    """

    def __init__(
        self, most: int, requests_per_minute: float | None = None, tokens_per_minute: float | None = None
    ) -> None:
        self.most = most
        self.limit = self.lowest = min(FIRST_LIMIT, most)
        self.in_use = 0
        self.tokens_expected = FIRST_TOKENS
        self._loop = asyncio.get_running_loop()
        now = self._loop.time()
        self._requests = Bucket(requests_per_minute, now) if requests_per_minute else None
        self._tokens = Bucket(tokens_per_minute, now) if tokens_per_minute else None
        self._answers_seen = 0
        self._window = 0
        self._successes = 0
        self._resume_at = 0.0
        self._waiting: list[tuple[int, int, asyncio.Future[Ticket]]] = []
        self._entered = 0
        self._wake: asyncio.Handle | None = None

    @property
    def pause(self) -> float:
        """Seconds until requests are sent again, as the server asked for."""
        return max(0.0, self._resume_at - self._loop.time())

    def pause_for(self, seconds: float) -> None:
        """Send nothing to this provider for `seconds`; a longer pause that is on already stands."""
        self._resume_at = max(self._resume_at, self._loop.time() + seconds)

    async def acquire(self, order: int) -> Ticket:
        """Wait for leave to send; the lowest order goes first."""
        if not self._waiting and self.in_use < self.limit and self._seconds_to_wait() <= 0:
            return self._take()
        future: asyncio.Future[Ticket] = self._loop.create_future()
        self._entered += 1
        heappush(self._waiting, (order, self._entered, future))
        self._look(0)
        try:
            return await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled():
                self.release(future.result())
            raise

    def release(self, ticket: Ticket, failed: FailureKind | None = None) -> None:
        """Say that a request has ended without an answer: failed, or (None) given up."""
        self.in_use -= 1
        if failed in FACTORS and ticket.window == self._window:
            self.limit = max(1, int(self.limit * FACTORS[failed]))
            self.lowest = min(self.lowest, self.limit)
            self._window += 1
            self._successes = 0
        self._look(0)

    def answered(self, ticket: Ticket, tokens: int | None) -> None:
        """Say that a request was answered, and how many tokens it took (None: the server did not say)."""
        self.in_use -= 1
        if tokens is not None:
            self._answers_seen += 1
            weight = max(WEIGHT, 1 / self._answers_seen)
            self.tokens_expected += weight * (tokens - self.tokens_expected)
            if self._tokens:
                self._tokens.correct(tokens - ticket.tokens)
        if ticket.window == self._window:
            self._successes += 1
            if self._successes >= self.limit:
                self.limit = min(self.limit + 1, self.most)
                self._successes = 0
        self._look(0)

    def _take(self) -> Ticket:
        self.in_use += 1
        now = self._loop.time()
        if self._requests:
            self._requests.take(1, now)
        if self._tokens:
            self._tokens.take(self.tokens_expected, now)
        return Ticket(self._window, self.tokens_expected)

    def _seconds_to_wait(self) -> float:
        now = self._loop.time()
        wait = self._resume_at - now
        if self._requests:
            wait = max(wait, self._requests.wait(1, now))
        if self._tokens:
            wait = max(wait, self._tokens.wait(self.tokens_expected, now))
        return wait

    def _look(self, seconds: float) -> None:
        """Give leave soon, not at once: the item whose request has just ended may enter its next one before."""
        if self._waiting and (self._wake is None or isinstance(self._wake, asyncio.TimerHandle)):
            if self._wake is not None:
                self._wake.cancel()
            self._wake = self._loop.call_later(seconds, self._give) if seconds > 0 else self._loop.call_soon(self._give)

    def _give(self) -> None:
        self._wake = None
        while self._waiting and self.in_use < self.limit:
            future = self._waiting[0][2]
            if future.done():
                heappop(self._waiting)
                continue
            wait = self._seconds_to_wait()
            if wait > 0:
                self._look(wait)
                return
            heappop(self._waiting)
            future.set_result(self._take())

"""One question asked until it is answered, fails for good, or the run stops."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random
from typing import Any

from lib.asking.limiter import Limiter
from lib.asking.retry import asks_for_too_much, may_pass, wait_before
from lib.asking.settings import RunSettings
from lib.backends.base import Answer, Backend, BackendError
from lib.protocol.question import Picture, Question
from lib.responses.record import now

LAST_MOMENTS = 0.2
"""Seconds."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of a question: an answer, or (`error`) the last failure; `latency` is that of the last attempt."""

    answer: Answer | None
    error: BackendError | None
    attempts: int
    asked_at: str
    latency: float


class Asker:
    """Asks with the run's limits, deadline and retries.

    Attributes
    ----------
    sending : set of asyncio.Task
        The tasks whose request is on its way now; all others can be ended without loss.
    retries : int
        Attempts beyond the first, of all questions.
    paused : float
        Seconds for which the server asked to wait.
    stopped : bool
        Set by the run: a request that fails now is not sent again.
    """

    def __init__(self, backend: Backend, settings: RunSettings, limiter: Limiter) -> None:
        self.backend = backend
        self.settings = settings
        self.limiter = limiter
        self.sending: set[asyncio.Task[Any]] = set()
        self.retries = 0
        self.paused = 0.0
        self.stopped = False
        self._random = Random(settings.seed)
        self._loop = asyncio.get_running_loop()

    async def ask(self, question: Question, picture: Picture | None, order: int) -> Asked:
        """Ask one question; whoever has the lowest order goes first."""
        attempt = 0
        while True:
            attempt += 1
            asked = await self._attempt(question, picture, order, attempt)
            error = asked.error
            if error is None or self.stopped or attempt > self.settings.retries or not may_pass(error, self.settings):
                return asked
            self.retries += 1
            await asyncio.sleep(wait_before(attempt, self.settings, self._random))

    async def _attempt(self, question: Question, picture: Picture | None, order: int, number: int) -> Asked:
        ticket = await self.limiter.acquire(order)
        task = asyncio.current_task()
        assert task is not None
        self.sending.add(task)
        asked_at, start = now(), self._loop.time()
        answer, error = None, None
        try:
            async with self._deadline():
                answer = await self.backend.ask(question, picture)
        except BackendError as problem:
            error = problem
        except TimeoutError:
            error = BackendError("timeout", f"no answer within {self.settings.deadline:g} s")
        finally:
            self.sending.discard(task)
            if answer is not None:
                self.limiter.answered(ticket, _tokens(answer))
            else:
                self.limiter.release(ticket, error.kind if error else None)
        if error is not None and error.retry_after and not asks_for_too_much(error, self.settings):
            before = self.limiter.pause
            self.limiter.pause_for(error.retry_after)
            self.paused += self.limiter.pause - before
        return Asked(answer, error, number, asked_at, self._loop.time() - start)

    @asynccontextmanager
    async def _deadline(self) -> AsyncIterator[None]:
        """End a request whose time is up, but not before what came in time was read.

        The computer may have been too busy (or asleep) to read; so the last moments begin when it looks at the clock.
        """
        async with asyncio.timeout(None) as limit:
            last_moments = self._loop.call_later(
                self.settings.deadline, lambda: limit.reschedule(self._loop.time() + LAST_MOMENTS)
            )
            try:
                yield
            finally:
                last_moments.cancel()


def _tokens(answer: Answer) -> int | None:
    counts = (answer.tokens_in, answer.tokens_out, answer.tokens_thinking)
    return None if counts[0] is None else sum(count or 0 for count in counts)

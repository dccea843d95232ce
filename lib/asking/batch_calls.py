"""Calls to a provider's batches: with deadlines, and again after failures that pass, where that is safe."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from random import Random
from typing import IO, TypeVar

from lib.asking.retry import may_pass, wait_before
from lib.asking.settings import RunSettings
from lib.backends.base import BackendError, BatchBackend

PATIENCE = 60.0
"""Seconds: a provider that asks for a longer pause is asked again by the next step."""
UPLOAD_WITHIN = 3600.0
RETRIES = 4

T = TypeVar("T")


class Calls:
    """Makes calls as a run's settings say."""

    def __init__(self, settings: RunSettings) -> None:
        self._settings = replace(
            settings, patience=min(settings.patience, PATIENCE), retries=min(settings.retries, RETRIES)
        )
        self._random = Random(settings.seed)

    async def __call__(self, call: Callable[[], Awaitable[T]], deadline: float | None = None) -> T:
        """Make a call that changes nothing, again if it fails in a way that may pass.

        Raises
        ------
        BackendError
            The last failure.
        """
        return await self._again(call, deadline or self._settings.deadline, lambda error: True)

    async def upload(self, backend: BatchBackend, lines: IO[bytes]) -> str:
        """Send a file; a file that is sent twice costs nothing."""

        async def send() -> str:
            lines.seek(0)
            return await backend.upload(lines)

        return await self(send, UPLOAD_WITHIN)

    async def create(self, backend: BatchBackend, file: str, reference: str) -> str:
        """Make a batch; again only where the provider said that it was too many, since it then has none."""
        return await self._again(
            lambda: backend.create(file, reference), self._settings.deadline, lambda error: error.kind == "rate_limit"
        )

    async def _again(
        self, call: Callable[[], Awaitable[T]], deadline: float, is_safe: Callable[[BackendError], bool]
    ) -> T:
        attempt = 0
        while True:
            attempt += 1
            try:
                async with asyncio.timeout(deadline):
                    return await call()
            except BackendError as problem:
                error = problem
            except TimeoutError:
                error = BackendError("timeout", f"no answer within {deadline:g} s")
            if attempt > self._settings.retries or not may_pass(error, self._settings) or not is_safe(error):
                raise error
            await asyncio.sleep(error.retry_after or wait_before(attempt, self._settings, self._random))

"""A thread that owns an engine: takes what waits as one batch, and gives each answer to whoever waits for it."""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from lib.errors import BackendUnavailableError, named_line
from lib.local.engine import Engine, Generation, Request, RequestError, StoppedError

TOGETHER = 0.02
"""Seconds that the thread waits for questions that come with the first one: little beside what a question takes."""
MOST = 256


class EngineFailedError(Exception):
    """The engine failed in a way that nobody foresaw, with this batch; other questions may fare better."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A question, and the future of its answer with the loop that it belongs to."""

    request: Request
    answer: asyncio.Future[Generation | RequestError]
    loop: asyncio.AbstractEventLoop

    def give(self, outcome: Generation | RequestError | Exception) -> None:
        """Hand over what came of it; whoever waited may be gone."""
        try:
            self.loop.call_soon_threadsafe(self._set, outcome)
        except RuntimeError:  # the loop has been closed
            return

    def _set(self, outcome: Generation | RequestError | Exception) -> None:
        if self.answer.done():
            return
        if isinstance(outcome, Exception):
            self.answer.set_exception(outcome)
        else:
            self.answer.set_result(outcome)


class Worker:
    """Opens an engine with the first question, in a thread of its own, and closes it there.

    Parameters
    ----------
    open_engine
        Loads the model; raises `BackendUnavailableError` if it cannot be, which then is every question's answer.
    name
        Of the thread.

    Attributes
    ----------
    engine : Engine or None
        Once it is open.
    """

    def __init__(self, open_engine: Callable[[], Engine], name: str) -> None:
        self.engine: Engine | None = None
        self._open = open_engine
        self._queue: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._closing = threading.Event()
        self._failure: BackendUnavailableError | None = None

    async def ask(self, request: Request) -> Generation | RequestError:
        """Wait for the answer to one request.

        Raises
        ------
        BackendUnavailableError
            The model cannot be loaded, or not even one question fits into memory.
        EngineFailedError
            The engine failed in an unforeseen way.
        """
        loop = asyncio.get_running_loop()
        waiting = _Waiting(request, loop.create_future(), loop)
        if not self._thread.is_alive() and not self._closing.is_set():
            self._thread.start()
        self._queue.put(waiting)
        return await waiting.answer

    async def close(self) -> None:
        """Stop between two tokens, free the memory, and wait for that."""
        self._closing.set()
        self._queue.put(None)
        if self._thread.is_alive():
            await asyncio.to_thread(self._thread.join)

    def _work(self) -> None:
        while (batch := self._next()) is not None:
            try:
                self._answer(batch)
            except StoppedError:
                continue
            except BackendUnavailableError as error:
                self._failure = error
                for waiting in batch:
                    waiting.give(error)
            except Exception as error:  # noqa: BLE001, the thread must go on: others wait for it
                why = named_line(error)
                for waiting in batch:
                    waiting.give(EngineFailedError(why))
        if self.engine is not None:
            self.engine.close()
            self.engine = None

    def _next(self) -> list[_Waiting] | None:
        """What waits now, with what comes within a moment; None at the end."""
        first = self._queue.get()
        time.sleep(0 if self._closing.is_set() else TOGETHER)
        batch = []
        item: _Waiting | None = first
        while not self._closing.is_set() and item is not None:
            if not item.answer.cancelled():
                batch.append(item)
            if self._queue.empty() or len(batch) >= MOST:
                return batch
            item = self._queue.get()
        return None

    def _answer(self, batch: list[_Waiting]) -> None:
        if not batch:
            return
        if self._failure is not None:
            raise self._failure
        if self.engine is None:
            self.engine = self._open()

        def stopped() -> bool:
            return self._closing.is_set() or all(waiting.answer.cancelled() for waiting in batch)

        answers = self.engine.generate([waiting.request for waiting in batch], stopped)
        for waiting, answer in zip(batch, answers, strict=True):
            waiting.give(answer)

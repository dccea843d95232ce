"""Asking a machine about all items: in parallel where questions are independent, in order where they are not."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any

from lib.asking.asker import Asker
from lib.asking.endings import Ending, interrupted
from lib.asking.limiter import Limiter
from lib.asking.progress import Progress
from lib.asking.report import RunReport
from lib.asking.settings import RunSettings
from lib.asking.spending import Spending
from lib.asking.stopping import Stop
from lib.asking.tally import Tally
from lib.asking.versions import changed_since, stored_versions
from lib.asking.walker import Walk, Walker
from lib.backends.base import Backend
from lib.protocol.plan import Plan
from lib.protocol.question import Item
from lib.responses.store import Store

BREATH = 0.01
"""Seconds for which stored answers are walked before requests on their way get their turn."""
TICK = 0.5
SPARE = 2
"""Items begun for each request allowed at once, so that one that waits to ask again leaves no request unused."""


async def ask_all(
    plan: Plan,
    items: Sequence[Item],
    repeats: int,
    backend: Backend,
    store: Store,
    *,
    settings: RunSettings | None = None,
    progress: Progress | None = None,
    stop: asyncio.Event | None = None,
) -> RunReport:
    """Ask every open question about `items` and put each answer into the store the moment it is read.

    The steps of one item are asked in order, items side by side, begun in the order given. What the store has is not
    asked; questions alike (two files with the same bytes) are asked once. A question that fails after all retries gets
    a line that says why, its item is left, and the others go on.

    Parameters
    ----------
    plan
        What is asked.
    items
        With hash and path where the plan asks with image.
    repeats
        How often each question is asked.
    backend
        Open and checked (`preflight`); whoever opened it closes it.
    store
        Open for writing.
    settings
        How it is asked.
    progress
        Is told how far the run is, at most twice a second.
    stop
        Set: nothing new is sent, and what is on its way is given `settings.grace` seconds. A `Stop` that is set twice
        ends that, too. The store is whole in any case.

    Returns
    -------
    RunReport
        Also of a run that ended early: `stopped` and `message` say why and how to go on.

    Raises
    ------
    lib.errors.ParameterError
        There is a budget without a price.
    lib.errors.StoreError
        An answer could not be written.
    """
    run = _Run(
        plan, items, repeats, backend, store, settings=settings or RunSettings(), progress=progress, stop=stop
    )  # fmt: skip
    report = await run.run()
    report.versions_stored = await asyncio.to_thread(stored_versions, store.folder)
    report.warnings += changed_since(report)
    return report


class _Run:
    """The workers of one run, and whoever stops them."""

    def __init__(
        self,
        plan: Plan,
        items: Sequence[Item],
        repeats: int,
        backend: Backend,
        store: Store,
        *,
        settings: RunSettings,
        progress: Progress | None,
        stop: asyncio.Event | None,
    ) -> None:
        self._count = len(items) * repeats
        self._units = enumerate((item, repeat) for item in items for repeat in range(repeats))
        self._settings, self._progress, self._stop = settings, progress, stop
        spending = Spending(settings.tariff, settings.budget)
        self._limiter = Limiter(settings.concurrency, settings.requests_per_minute, settings.tokens_per_minute)
        self._asker = Asker(backend, settings, self._limiter)
        self._tally = Tally(plan, self._count, settings, spending)
        self._walker = Walker(
            plan, store, settings, asker=self._asker, spending=spending, tally=self._tally, end=self._end
        )
        self._workers: set[asyncio.Task[None]] = set()
        self._ended = asyncio.Event()
        self._turn = asyncio.Lock()
        self._loop = asyncio.get_running_loop()
        self._breath = self._loop.time() + BREATH

    async def run(self) -> RunReport:
        """Ask until all is asked or the run is ended."""
        self._workers = {
            asyncio.create_task(self._work()) for _ in range(min(self._settings.concurrency * SPARE, self._count))
        }
        if self._stop is not None and self._stop.is_set():
            self._end(interrupted())
        around = {asyncio.create_task(self._watch()), asyncio.create_task(self._tell())}
        try:
            if self._workers:
                await asyncio.wait(self._workers, return_when=asyncio.FIRST_EXCEPTION)
                self._let_go()
                await asyncio.wait(self._workers, timeout=self._settings.grace)
        finally:
            await _end_all(self._workers | around)
        try:
            for task in self._workers:
                if not task.cancelled():
                    task.result()
            self._walker.close()
        finally:
            self._show(ended=True)
        return self._tally.finish(self._limiter, self._asker.retries, self._asker.paused)

    async def _work(self) -> None:
        while (walk := await self._next()) is not None:
            await self._walker.finish(walk)

    async def _next(self) -> Walk | None:
        """The next item with an open question; one worker at a time looks for it, and breathes while it looks."""
        async with self._turn:
            for order, (item, repeat) in self._units:
                if self._asker.stopped:
                    return None
                walk = self._walker.begin(item, repeat, order)
                if self._loop.time() > self._breath:
                    await asyncio.sleep(0)
                    self._breath = self._loop.time() + BREATH
                if walk is not None:
                    return walk
        return None

    def _end(self, ending: Ending) -> None:
        """End the run, for the first reason that is given."""
        if not self._tally.report.stopped:
            self._tally.report.stopped, self._tally.report.message = ending
            self._let_go()
            self._ended.set()

    def _let_go(self) -> None:
        """Send nothing new: end all that is not on its way."""
        self._asker.stopped = True
        for task in self._workers - self._asker.sending - {asyncio.current_task()}:
            task.cancel()

    async def _watch(self) -> None:
        """End the run when it is asked to, and what is on its way when its time is up."""
        if self._stop is not None:
            await _first(self._stop.wait(), self._ended.wait())
            self._end(interrupted())
        await self._ended.wait()
        at_once = self._stop.at_once if isinstance(self._stop, Stop) else asyncio.Event()
        await _first(asyncio.sleep(self._settings.grace), at_once.wait())
        for task in self._workers:
            task.cancel()

    async def _tell(self) -> None:
        while True:
            self._show(ended=False)
            await asyncio.sleep(TICK)

    def _show(self, ended: bool) -> None:
        if self._progress is not None:
            self._progress.show(self._tally.snapshot(self._limiter, self._asker.retries, ended))


async def _first(*waits: Coroutine[Any, Any, Any]) -> None:
    tasks = {asyncio.create_task(wait) for wait in waits}
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        await _end_all(tasks)


async def _end_all(tasks: set[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)

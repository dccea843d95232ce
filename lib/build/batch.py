"""Asking conditions by batches: one step each, or steps until all is answered."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

from lib.asking.batch import SETTLED_AFTER, BatchRun
from lib.asking.batch_report import BatchReport
from lib.asking.settings import run_settings
from lib.asking.stopping import Stop, stopped_by_signals
from lib.backends.registry import open_batches
from lib.build.asking import Inquiry, record_coverage
from lib.build.asking_run import stopped_by_files
from lib.protocol.items import distinct
from lib.responses.batches import open_book
from lib.responses.store import open_store

MINUTE = 60.0


@dataclass(frozen=True)
class BatchOptions:
    """What a run by batches is told.

    `budget` is by condition, `every` the minutes between two steps where it shall `wait`.
    """

    budget: dict[str, float] | None = None
    retry_failed: bool = False
    ignore_batches: bool = False
    wait: bool = False
    every: float = 10.0
    settled_after: float = SETTLED_AFTER


async def ask_by_batches(
    inquiries: Sequence[Inquiry], options: BatchOptions, show: Callable[[Sequence[BatchReport]], None]
) -> tuple[list[BatchReport], bool]:
    """Go one step for each condition, or, with `wait`, one every so often until there is nothing to wait for.

    Parameters
    ----------
    inquiries
        What is asked.
    options
        How.
    show
        Is given the reports of each round.

    Returns
    -------
    tuple of list of BatchReport and bool
        The reports of the last round, and whether it was interrupted.

    Raises
    ------
    RaterError
        No key, server or batches; another process asks the same; or the disk is full. Nothing is lost by it.
    """
    stop = Stop()
    async with AsyncExitStack() as stack:
        stack.enter_context(stopped_by_signals(stop))
        stack.enter_context(stopped_by_files(stop))
        runs = [(inquiry, await _open(inquiry, options, stop, stack)) for inquiry in inquiries]
        while True:
            reports: list[BatchReport] = []
            for inquiry, run in runs:
                report = await _unless_at_once(_step(inquiry, run, options), stop)
                reports += [report] if report else []
                if stop.is_set():
                    break
            show(reports)
            if stop.is_set() or not options.wait or not any(report.goes_on for report in reports):
                return reports, stop.is_set()
            try:
                await asyncio.wait_for(stop.wait(), options.every * MINUTE)
            except TimeoutError:
                continue
            return reports, True


async def _unless_at_once(step: Coroutine[Any, Any, BatchReport], stop: Stop) -> BatchReport | None:
    """Go a step, but break it off where a second Ctrl-C says so: whatever it was doing can be taken up again."""
    going, ending = asyncio.create_task(step), asyncio.create_task(stop.at_once.wait())
    try:
        await asyncio.wait({going, ending}, return_when=asyncio.FIRST_COMPLETED)
        return going.result() if going.done() else None
    finally:
        for task in (going, ending):
            task.cancel()
        await asyncio.gather(going, ending, return_exceptions=True)


async def _open(inquiry: Inquiry, options: BatchOptions, stop: asyncio.Event, stack: AsyncExitStack) -> BatchRun:
    condition = inquiry.condition
    backend = open_batches(condition, inquiry.project.study)
    stack.push_async_callback(backend.close)
    await backend.preflight()
    settings = run_settings(
        inquiry.provider, thinks=condition.thinks, retry_failed=options.retry_failed, tariff=inquiry.tariff,
        budget=options.budget[condition.id] if options.budget else None,
    )  # fmt: skip
    items = distinct(inquiry.items)
    return BatchRun(
        inquiry.plan, items, condition.repeats, backend, settings=settings, stop=stop,
        settled_after=options.settled_after,
    )  # fmt: skip


async def _step(inquiry: Inquiry, run: BatchRun, options: BatchOptions) -> BatchReport:
    project, name = inquiry.project, inquiry.condition.id
    record_coverage(project, name)  # before, too: what a killed step leaves must not pass for all
    try:
        with open_store(project.responses, name) as store, open_book(store.folder) as book:
            return await run.step(store, book, ignore_batches=options.ignore_batches)
    finally:
        record_coverage(project, name)

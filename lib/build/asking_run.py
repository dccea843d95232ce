"""The asking itself, as the cell of `notebooks/inference.ipynb` that does it calls it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

from lib.asking.progress import Progress, ProgressFile
from lib.asking.report import RunReport
from lib.asking.run import ask_all
from lib.asking.settings import run_settings
from lib.asking.stopping import Stop, stopped_by_signals
from lib.asking.versions import stored_versions
from lib.backends.registry import open_backend
from lib.build.asking import Inquiry, count
from lib.build.tracing import tracing_of
from lib.protocol.items import distinct
from lib.responses.batches import read_book
from lib.responses.shard import ALL, Shard
from lib.responses.store import open_store

STOP_VARIABLE = "RATER_STOP_FILES"
LOOK_EVERY = 0.2


async def ask(
    inquiry: Inquiry,
    shard: Shard = ALL,
    *,
    budget: float | None = None,
    retry_failed: bool = False,
    concurrency: int | None = None,
    processes: int = 1,
    answered_before: int | None = None,
    ignore_batches: bool = False,
    record_only: bool = False,
    traces: str | None = None,
    progress: Progress | None = None,
) -> RunReport:
    """Ask what is open; stop in seconds on Ctrl-C, SIGTERM, or when a file named by RATER_STOP_FILES appears.

    Parameters
    ----------
    inquiry, shard
        What is asked, and the part of it that this process holds.
    budget
        What this run may spend.
    retry_failed
        Ask again what was rejected, or answered without a usable value.
    concurrency
        Requests at once; by default the provider's share of this process.
    processes
        How many processes ask the same provider side by side.
    answered_before
        Questions with an answer, where they were counted; for the time left.
    ignore_batches
        Ask also what is with the provider in batches, and pay for it twice.
    record_only
        Ask nothing, and say what is stored: batches brought it.
    traces
        What is kept of what goes on inside the model, as `lib.traces.choosing.parse_choice` reads it; also of answers
        that are stored without.
    progress
        Who is told how far the run is; by default the file that `rater infer` watches.

    Raises
    ------
    RaterError
        No key, server or model; another process asks the same; or the disk is full. Nothing that was answered is lost.
    """
    project, condition = inquiry.project, inquiry.condition
    if record_only:
        return report_of_stored(inquiry)
    settings = run_settings(
        inquiry.provider.shared_by(processes), thinks=inquiry.condition.thinks,
        concurrency=1 if inquiry.one_by_one else concurrency,
        retry_failed=retry_failed, tariff=inquiry.tariff, budget=budget, answered_before=answered_before,
    )  # fmt: skip
    progress = progress or ProgressFile(progress_file(project.inference, condition.id, shard), shard.name)
    tracing = tracing_of(inquiry, traces) if traces else None
    backend = tracing.open_backend() if tracing else open_backend(condition, project.study)
    stop = Stop()
    try:
        with stopped_by_signals(stop), stopped_by_files(stop):
            await backend.preflight()
            with open_store(project.responses, condition.id, shard) as store:
                held = {} if ignore_batches else read_book(store.folder).held()
                settings = replace(settings, in_batches=held.keys())
                asking = partial(
                    ask_all, inquiry.plan, distinct(inquiry.items), condition.repeats, backend, store,
                    progress=progress, stop=stop,
                )  # fmt: skip
                if tracing is not None:
                    return await tracing.run(asking, settings, backend=backend, store=store, shard=shard, stop=stop)
                return await asking(settings=settings)
    finally:
        await backend.close()


def report_of_stored(inquiry: Inquiry) -> RunReport:
    """What is stored, as the report of a run that asks nothing."""
    found, versions = count(inquiry), stored_versions(inquiry.stored.folder)
    return RunReport(
        questions=found.questions, answered_before=found.answered, skipped=found.skipped, rejected=found.rejected,
        in_batches=found.in_batches, behind=found.behind, versions=versions, versions_stored=versions, by_batches=True,
    )  # fmt: skip


def progress_file(inference: Path, condition: str, shard: Shard) -> Path:
    """Where a run writes how far it is."""
    return inference / condition / f"{shard.name}.progress.json"


def stop_files() -> list[Path]:
    """The files whose appearance ends a run."""
    return [Path(name) for name in os.environ.get(STOP_VARIABLE, "").split(os.pathsep) if name]


def now_file(stop: Path) -> Path:
    """The file beside a stop file whose appearance says that a run shall end at once."""
    return stop.with_name(f"{stop.name}.now")


@contextmanager
def stopped_by_files(stop: Stop) -> Iterator[None]:
    """Set `stop` as soon as one of the stop files is there, and again when the one beside it says now."""
    files = stop_files()

    async def look() -> None:
        while not any(path.exists() for path in files):
            await asyncio.sleep(LOOK_EVERY)
        stop.set("file")
        while not any(now_file(path).exists() for path in files):
            await asyncio.sleep(LOOK_EVERY)
        stop.set("file")

    task = asyncio.get_running_loop().create_task(look()) if files else None
    try:
        yield
    finally:
        if task is not None:
            task.cancel()

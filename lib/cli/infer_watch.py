"""Looking on while machines are asked: progress, and what Ctrl-C does."""

from __future__ import annotations

import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import typer

from lib.asking.progress import Snapshot, read_progress, together
from lib.asking.progress_words import plain_line
from lib.build.asking_run import now_file, progress_file
from lib.build.inference import AskOptions, summary_file
from lib.build.inference_jobs import Job, command_for, environment_for
from lib.cli.infer_end import say_how_it_ended
from lib.project import Project

LOOK_EVERY = 0.2
SAY_EVERY = 30.0
TERMINATED_WITHIN = 2.0
"""Seconds that runs have to end by themselves when they shall end at once."""
FINISHING = "Finishing what is on its way, then the run's record. Ctrl-C once more ends at once; all answers are kept."


class Stopping:
    """What Ctrl-C does: once, the runs are asked to finish; again, they are ended."""

    def __init__(self, stop: Path) -> None:
        self.stop = stop
        self.times = 0
        self.process: subprocess.Popen[bytes] | None = None
        self._until = math.inf

    def handle(self, _number: int, _frame: object) -> None:
        """Take one Ctrl-C or SIGTERM."""
        self.times += 1
        self.stop.touch()
        if self.times > 1 and self.process is not None:
            now_file(self.stop).touch()
            self._until = min(self._until, time.monotonic() + TERMINATED_WITHIN)
            os.killpg(self.process.pid, signal.SIGTERM)

    def insist(self) -> None:
        """Kill what was told to end at once and has not; Snakemake waits for its steps, whose answers are all kept."""
        if self.process is not None and time.monotonic() > self._until:
            os.killpg(self.process.pid, signal.SIGKILL)

    @contextmanager
    def signals(self) -> Iterator[None]:
        """Take signals while the block runs."""
        numbers = (signal.SIGINT, signal.SIGTERM)
        before = {number: signal.signal(number, self.handle) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
            self.stop.unlink(missing_ok=True)
            now_file(self.stop).unlink(missing_ok=True)


def run_jobs(project: Project, jobs: Sequence[Job], options: AskOptions, cores: int | None) -> int:
    """Start the runs, show how far they are, and say how they ended; give the exit code.

    0 if every question has its answer, 130 after Ctrl-C, else 1.
    """
    log = project.cache / "logs" / f"infer-{os.getpid()}.log"
    for folder in (log.parent, project.inference):
        folder.mkdir(parents=True, exist_ok=True)
    for job in jobs:
        for file in (progress_file, summary_file):
            file(project.inference, job.condition, job.shard).unlink(missing_ok=True)
    started = time.time()
    stopping = Stopping(project.inference / f"stop-{os.getpid()}")
    with stopping.signals(), log.open("wb") as stream:
        process = subprocess.Popen(
            command_for(project, jobs, options, cores), cwd=project.root, stdin=subprocess.DEVNULL, stdout=stream,
            stderr=subprocess.STDOUT, env=environment_for(project, stopping.stop), start_new_session=True,
        )  # fmt: skip
        stopping.process = process
        _look_on(project, jobs, process, stopping)
    return say_how_it_ended(project, jobs, log, started, interrupted=stopping.times > 0)


def _look_on(project: Project, jobs: Sequence[Job], process: subprocess.Popen[bytes], stopping: Stopping) -> None:
    """Show progress until the runs have ended: live on a terminal, else now and then in a line."""
    files = [progress_file(project.inference, job.condition, job.shard) for job in jobs]
    show = _live() if sys.stdout.isatty() else _in_lines()
    with show as draw:
        while process.poll() is None:
            time.sleep(LOOK_EVERY)
            snapshots = [snapshot for file in files if (snapshot := read_progress(file))]
            draw(snapshots, _hint(stopping, snapshots))
            stopping.insist()


def _hint(stopping: Stopping, snapshots: Sequence[Snapshot]) -> str:
    if stopping.times:
        return FINISHING
    if snapshots and all(snapshot.state == "ended" for snapshot in snapshots):
        return "Writing the run's record ..."
    return (
        "Ctrl-C stops after what is on its way; the same command goes on from there." if snapshots else "Starting ..."
    )


@contextmanager
def _live() -> Iterator[Callable[[Sequence[Snapshot], str], None]]:
    from rich.console import Console, Group
    from rich.live import Live
    from rich.text import Text

    from lib.asking.progress_view import render

    with Live(console=Console(), refresh_per_second=4, transient=True) as live:
        yield lambda snapshots, hint: live.update(Group(*map(render, snapshots), Text(hint, style="dim")))


@contextmanager
def _in_lines() -> Iterator[Callable[[Sequence[Snapshot], str], None]]:
    """A line a condition, however many shards it has: at first, when its state changes, and every half minute."""
    said: dict[str, tuple[float, str]] = {}
    hints: set[str] = set()

    def draw(snapshots: Sequence[Snapshot], hint: str) -> None:
        for snapshot in together(snapshots):
            name, now = snapshot.condition, time.monotonic()
            before = said.get(name)
            if before is None or before[1] != snapshot.state or now - before[0] > SAY_EVERY:
                said[name] = (now, snapshot.state)
                typer.echo(plain_line(snapshot))
        if hint == FINISHING and hint not in hints:
            hints.add(hint)
            typer.echo(hint)

    yield draw

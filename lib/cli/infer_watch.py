"""Looking on while machines are asked: progress, Ctrl-C, and one line at the end for each condition."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import typer

from lib.asking.progress import Snapshot, read_progress
from lib.asking.progress_words import plain_line
from lib.asking.report import RunReport
from lib.asking.walker import REFUSED
from lib.backends.secrets import scrub
from lib.build.asking_run import progress_file
from lib.build.inference import AskOptions, latest_record, read_report, summary_file
from lib.build.inference_jobs import Job, command_for, environment_for
from lib.formats import counted
from lib.project import Project

LOOK_EVERY = 0.2
SAY_EVERY = 30.0
INTERRUPTED = 130
LAST_LINES = 15


class Stopping:
    """What Ctrl-C does: once, the runs are asked to finish; again, they are ended."""

    def __init__(self, stop: Path) -> None:
        self.stop = stop
        self.times = 0
        self.process: subprocess.Popen[bytes] | None = None

    def handle(self, _number: int, _frame: object) -> None:
        """Take one Ctrl-C or SIGTERM."""
        self.times += 1
        self.stop.touch()
        if self.times > 1 and self.process is not None:
            os.killpg(self.process.pid, signal.SIGTERM)

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
    return _say_how_it_ended(project, jobs, log, started, interrupted=stopping.times > 0)


def _look_on(project: Project, jobs: Sequence[Job], process: subprocess.Popen[bytes], stopping: Stopping) -> None:
    """Show progress until the runs have ended: live on a terminal, else now and then in a line."""
    files = [progress_file(project.inference, job.condition, job.shard) for job in jobs]
    show = _live() if sys.stdout.isatty() else _in_lines()
    with show as draw:
        while process.poll() is None:
            time.sleep(LOOK_EVERY)
            snapshots = [snapshot for file in files if (snapshot := read_progress(file))]
            draw(snapshots, _hint(stopping, snapshots))


def _hint(stopping: Stopping, snapshots: Sequence[Snapshot]) -> str:
    if stopping.times:
        return (
            "Finishing what is on its way, then the run's record. Ctrl-C once more ends at once; all answers are kept."
        )
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
    said: dict[str, tuple[float, str]] = {}

    def draw(snapshots: Sequence[Snapshot], _: str) -> None:
        for snapshot in snapshots:
            name, now = f"{snapshot.condition}/{snapshot.shard}", time.monotonic()
            before = said.get(name)
            if before is None or before[1] != snapshot.state or now - before[0] > SAY_EVERY:
                said[name] = (now, snapshot.state)
                typer.echo(plain_line(snapshot))

    yield draw


def _say_how_it_ended(project: Project, jobs: Sequence[Job], log: Path, started: float, *, interrupted: bool) -> int:
    complete, silent = True, False
    for job in jobs:
        report = read_report(project.inference, job.condition, job.shard)
        name = job.condition if job.shard.of == 1 else job.name
        if report is None:
            complete, silent = False, True
            how = "not begun" if interrupted else "ended before it could say how"
            typer.echo(f"{name}: {how}. What was answered is stored; run the same command again to go on.")
            continue
        complete = complete and report.complete and report.stopped is None
        typer.echo(f"{name}: {ending_line(report)}")
        record = latest_record(project.inference, job.condition, job.shard)
        if record.is_file() and record.stat().st_mtime >= started:
            typer.echo(f"  record: {project.relative(record)}")
    if silent and not interrupted:
        typer.echo(_from_log(log, project))
    else:
        log.unlink(missing_ok=True)
    for line in dict.fromkeys(what_next(project, job.condition) for job in jobs if complete):
        typer.echo(line)
    if complete:
        return 0
    return INTERRUPTED if interrupted else 1


def ending_line(report: RunReport) -> str:
    """What a run did, in one line, and how to go on if it is not complete."""
    parts = [f"{report.done:,} of {counted(report.questions, 'question')} done"]
    parts.append(f"{report.answered:,} asked now")
    if report.cost is not None and report.currency:
        parts.append(f"{report.cost:.4f} {report.currency}")
    if report.unpriced and report.currency:
        parts.append(f"{report.unpriced:,} of unknown cost")
    named = ", ".join(f"{n} {kind}" for kind, n in sorted(report.failed.items()))
    if report.failures:
        parts.append(f"{report.failures:,} failed ({named})")
    if report.unparsed:
        parts.append(f"{report.unparsed:,} without a usable value")
    if len(report.versions) > 1:
        parts.append(f"the model changed in mid-run ({', '.join(str(each.model_version) for each in report.versions)})")
    text = "; ".join(parts) + "."
    if report.message:
        return f"{text} {report.message[:1].upper()}{report.message[1:]}"
    if set(report.failed) == {REFUSED}:
        return f"{text} What was refused is asked again with --retry-failed only."
    if report.failures:
        return f"{text} Run the same command again to ask what failed."
    if report.in_batches:
        return f"{text} {report.in_batches:,} are in batches, which the same command with --batch fetches."
    if report.kept:
        return f"{text} {report.kept:,} were refused for good; --retry-failed asks them again."
    return text


def what_next(project: Project, condition: str) -> str:
    """What the answers are good for now, and what is left to do until pages show them."""
    asked = project.asked_about(condition)
    if asked and asked[0] < asked[1]:
        return (
            f"{condition} was asked about {asked[0]:,} of {asked[1]:,} images. Pages take its answers once it was "
            f"asked about all: {project.command(f'infer -m {condition}')}"
        )
    if condition not in project.conditions:
        folder = project.study.files.conditions or "the folder that files.conditions shall name"
        file = project.relative(project.condition_file(condition))
        return f"{condition} is a condition of the library. To see it on pages, copy {file} into {folder}."
    if project.uses_twin:
        return f"{condition} counts on pages once the real ratings are in {project.study.files.ratings}."
    return f"Next: `{project.command('build')}` for the numbers, `{project.command('paper')}` for the pages."


def _from_log(log: Path, project: Project) -> str:
    """What the runs said last: a step's line that it failed, and all up to the next step's line."""
    lines = scrub(log.read_text(encoding="utf-8", errors="replace")).splitlines()
    own, failed = [], False
    for line in lines:
        if line.startswith("  "):
            failed = line.endswith(": failed")
        if failed or line.startswith(("  ", "rater:")):
            own.append(line)
    return "\n".join([*(own or lines)[-LAST_LINES:], f"Full log: {project.relative(log)}"])

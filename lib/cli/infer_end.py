"""How machines' answering ended: a line for each run, what to do about it said once, and what comes next."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

import typer

from lib.asking.endings import sentence
from lib.asking.progress_words import unparsed_words
from lib.asking.report import RunReport
from lib.asking.walker import REJECTED
from lib.backends.secrets import scrub
from lib.build.inference import latest_record, read_report
from lib.build.inference_jobs import Job
from lib.formats import counted
from lib.project import Project

INTERRUPTED = 130
LAST_LINES = 15


def say_how_it_ended(project: Project, jobs: Sequence[Job], log: Path, started: float, *, interrupted: bool) -> int:
    """Say how each run ended, and give the exit code: 0 if all is answered, 130 after Ctrl-C, else 1."""
    complete, silent, goes_on = True, False, interrupted
    for condition in dict.fromkeys(job.condition for job in jobs):
        own = [job for job in jobs if job.condition == condition]
        advice: dict[str, tuple[str, list[str]]] = {}
        for job in own:
            report = read_report(project.inference, job.condition, job.shard)
            name = _name(job)
            if report is None:
                complete, silent, goes_on = False, True, True
                how = "not begun, or ended at once" if interrupted else "ended before it could say how"
                typer.echo(f"{name}: {how}. What was answered is stored.")
                continue
            complete = complete and report.complete and report.stopped is None
            goes_on = goes_on or report.parts.to_ask > 0 or not set(report.failed) <= {REJECTED}
            typer.echo(f"{name}: {ending_line(report)}")
            for line in report.warnings:
                advice.setdefault(line, (line, []))[1].append(job.shard.name)
            todo = what_to_do(report)
            if report.stopped == "budget" and len(jobs) > 1:
                todo += " It is this run's share of --budget, by what each condition and shard may cost."
            advice.setdefault(report.stopped or todo, (todo, []))[1].append(job.shard.name)
        for line, shards in advice.values():
            if line:
                typer.echo(f"  {line}" + ("" if len(shards) == len(own) else f" ({', '.join(shards)})"))
        _say_records(project, own, started)
    if silent and not interrupted:
        typer.echo(_from_log(log, project))
    else:
        log.unlink(missing_ok=True)
    if complete:
        for line in dict.fromkeys(what_next(project, job.condition) for job in jobs):
            typer.echo(line)
        return 0
    if goes_on:
        typer.echo(f"To go on: {same_command()}")
    return INTERRUPTED if interrupted else 1


def same_command() -> str:
    """The command that is running, as it was typed."""
    return shlex.join(["rater", *sys.argv[1:]])


def ending_line(report: RunReport) -> str:
    """What a run did, in counts that add up to all its questions."""
    parts = report.parts
    text = f"{parts.done_words()}, {report.answered:,} answered now"
    left = parts.left_out_words(report.failed)
    if parts.to_ask:
        left.append(f"{parts.to_ask:,} not yet asked")
    said = [text, *([f"left: {', '.join(left)}"] if left else [])]
    if report.unparsed:
        said.append(unparsed_words(report.unparsed))
    if report.cost is not None and report.currency:
        said.append(f"{report.cost:.4f} {report.currency}")
    if report.unpriced and report.currency:
        said.append(f"{counted(report.unpriced, 'answer')} of unknown cost")
    return f"{'; '.join(said)}."


def what_to_do(report: RunReport) -> str:
    """Why a run is not complete, if it is not, and what mends that; empty if there is nothing to do."""
    if report.stopped == "interrupted":
        return "Interrupted; what is answered is stored."
    if report.message:
        return f"{report.message[:1].upper()}{report.message[1:]}"
    if set(report.failed) == {REJECTED}:
        why = report.last_failure.get(REJECTED)
        return (
            f"{f'Rejected: {sentence(why)} ' if why else ''}What was rejected is asked again with --retry-failed only."
        )
    if report.failures:
        kind, why = next((each for each in report.last_failure.items() if each[0] != REJECTED), ("", ""))
        return f"The last failure ({kind}): {sentence(why)} Run the same command again to ask what failed."
    left = [
        (report.in_batches, "The same command with --batch fetches what is in batches."),
        (report.rejected, "What was rejected before is asked again with --retry-failed only."),
        (report.unparsed, "--retry-failed asks again what had no usable value."),
    ]
    return next((words for count, words in left if count), "")


def _name(job: Job) -> str:
    return job.condition if job.shard.of == 1 else f"{job.condition} {job.shard.name}"


def _say_records(project: Project, jobs: Sequence[Job], started: float) -> None:
    records = [latest_record(project.inference, job.condition, job.shard) for job in jobs]
    fresh = [record for record in records if record.is_file() and record.stat().st_mtime >= started]
    if len(fresh) == 1:
        typer.echo(f"  Record: {project.relative(fresh[0])}")
    elif fresh:
        typer.echo(f"  Records: {', '.join(one.name for one in fresh)} in {project.relative(fresh[0].parent)}")


def what_next(project: Project, condition: str) -> str:
    """What the answers are good for now, and what is left to do until pages show them."""
    if project.known.variant(condition):
        return f"{condition} is a variant for the ablation {condition.split('.')[-2]}; no page shows it by itself."
    asked = project.asked_about(condition)
    if asked and asked[0] < asked[1]:
        return (
            f"{condition} was asked about {asked[0]:,} of {asked[1]:,} images. Pages take its answers once it was "
            f"asked about all: {project.command(f'infer -m {condition}')}"
        )
    if condition not in project.known.own_files:
        folder = project.study.files.conditions or "the folder that files.conditions shall name"
        file = project.relative(project.known.files(condition)[-1])
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

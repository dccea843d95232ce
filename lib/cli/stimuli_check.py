"""`rater stimuli check`: whether a classifier sees in a set of faces what they were made to show."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lib.cli.options import StudyOption
from lib.formats import counted

if TYPE_CHECKING:
    from lib.asking.progress import Snapshot
    from lib.build.asking import Inquiry
    from lib.stimuli.check import ManipulationCheck

INTERRUPTED = 130
DEFAULT = "face-api-drawn"


def check(
    condition: Annotated[
        str, typer.Option("--model", "-m", help="A classifier's condition; the default was installed with the project.")
    ] = DEFAULT,
    *,
    study: StudyOption = None,
    images: Annotated[
        Path | None, typer.Option("--images", help="Manifest or folder; default: what the study file names.")
    ] = None,
    by: Annotated[
        list[str] | None, typer.Option("--by", help="One more column of the manifest to group by; several times.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Folder of tables and page; default: in the cache.")] = None,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Ask again about images that the classifier could not read.")
    ] = False,
) -> None:
    """Ask a classifier about every image, and write how often it names the intended emotion, by group, with intervals.

    It is no evidence about people. Answers are kept as those of `rater infer`: the same command goes on where it was
    stopped, and asks nothing twice.
    """
    from lib.build.asking import count
    from lib.build.stimuli_check import checked, prepare_check, write_check
    from lib.build.stimuli_report import images_of
    from lib.project import open_project

    project = open_project(study)
    source = images_of(project, images)
    inquiry, frame = prepare_check(project, condition, source, by or [])
    counts = count(inquiry, retry_failed=retry_failed)
    if counts.to_ask:
        of = f"{counts.to_ask:,} of {counted(counts.questions, 'image')}"
        typer.echo(f"{inquiry.condition.name} is asked about {of}.")
        _ask(inquiry, retry_failed=retry_failed)
    found = checked(inquiry, frame, by or [])
    _say(found)
    folder = source if source.is_dir() else source.parent
    *_, page = write_check(found, folder, out or project.cache / "stimuli" / "check" / condition)
    typer.echo(f"Page: {page}; tables beside it.")


def _ask(inquiry: Inquiry, *, retry_failed: bool) -> None:
    """Ask what is open; leave with an exit code where the run did not come to its end."""
    from lib.build.stimuli_check import ask_check
    from lib.cli.stimuli_progress import counting

    with counting("asked") as told:

        class Told:
            def show(self, snapshot: Snapshot) -> None:
                told(snapshot.done, snapshot.total)

        report = asyncio.run(ask_check(inquiry, retry_failed=retry_failed, progress=Told()))
    if report.failures:
        named = ", ".join(f"{number} {kind}" for kind, number in sorted(report.failed.items()))
        typer.echo(f"{counted(report.failures, 'image')} failed ({named}): {next(iter(report.last_failure.values()))}")
    if report.stopped is not None:
        typer.echo(f"{report.done:,} of {counted(report.questions, 'image')} have an answer; the same command goes on.")
        if report.message:
            typer.echo(report.message)
        raise typer.Exit(INTERRUPTED if report.stopped == "interrupted" else 1)


def _say(found: ManipulationCheck) -> None:
    from lib.cli.stimuli_report import console, table_of
    from lib.stimuli.check_page import group_heads, group_rows, headline, worst_heads, worst_rows

    shown = console()
    shown.print(headline(found), markup=False)
    for by in found.accuracy["by"].unique(maintain_order=True)[1:]:
        own = found.accuracy.filter(found.accuracy["by"] == by)
        shown.print(table_of("", group_heads(by, found.confidence), group_rows(own)))
    shown.print(table_of("Recognised least", worst_heads(found), worst_rows(found)))

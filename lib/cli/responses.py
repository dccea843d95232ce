"""`rater responses`: look after the answers that are stored."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lib.cli.options import StudyOption
from lib.formats import counted

if TYPE_CHECKING:
    from lib.responses.upkeep import Rewritten

app = typer.Typer(help="Check, compact, export, prune and import stored answers.", no_args_is_help=True)

ConditionOption = Annotated[str, typer.Option("--condition", "-m", help="Id of the condition.")]
AllConditionsOption = Annotated[
    list[str] | None,
    typer.Option("--condition", "-m", help="Id of a condition; default: all with answers.", show_default=False),
]
SetAsideOption = Annotated[
    bool, typer.Option("--set-aside", help="Move lines that cannot be used to a file beside, instead of stopping.")
]


@app.command("check")
def check(condition: AllConditionsOption = None, study: StudyOption = None) -> None:
    """Say what is stored and what is wrong with it; exit code 1 if there are lines that cannot be used."""
    from lib.project import open_project
    from lib.responses.check import check_condition, stored_conditions
    from lib.responses.report import CURE

    folder = open_project(study).responses
    names = condition or stored_conditions(folder)
    if not names:
        typer.echo(_nothing_stored(folder), err=True)
    sound = True
    for name in names:
        found = check_condition(folder, name)
        for line in found.words():
            typer.echo(line)
        for finding in found.report.findings():
            typer.echo(f"  {finding}", err=True)
        sound = sound and found.report.fault_count == 0
    if not sound:
        typer.echo(CURE, err=True)
        raise typer.Exit(1)


@app.command("compact")
def compact(
    condition: ConditionOption,
    study: StudyOption = None,
    discard: Annotated[bool, typer.Option("--discard", help="Keep no copy of the files as they were.")] = False,
    set_aside: SetAsideOption = False,
) -> None:
    """Leave one line a question, the one that stands; the files as they were stay beside as .before-compact."""
    from lib.project import open_project
    from lib.responses.upkeep import compact as compact_lines

    done = compact_lines(open_project(study).responses, condition, discard=discard, set_aside=set_aside)
    _say(condition, done, "replaced by later ones")


@app.command("export")
def export(
    condition: AllConditionsOption = None,
    study: StudyOption = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Folder for <condition>.parquet; default: export/responses/ in the cache."),
    ] = None,
) -> None:
    """Write every stored line as one row of a Parquet table, replaced ones flagged."""
    from lib.project import open_project
    from lib.responses.check import stored_conditions
    from lib.responses.report import CURE, StoreReport
    from lib.responses.table import responses_table, write_table

    project = open_project(study)
    names = condition or stored_conditions(project.responses)
    if not names:
        typer.echo(_nothing_stored(project.responses), err=True)
    faulty = False
    for name in names:
        report = StoreReport()
        table = responses_table(project.responses, name, report)
        path = write_table(table, (out or project.cache / "export/responses") / f"{name}.parquet")
        typer.echo(f"{path}: {counted(table.height, 'line')}, {table['superseded'].sum():,} replaced by later ones")
        for finding in report.findings():
            typer.echo(f"  not in the table: {finding}", err=True)
        faulty = faulty or report.fault_count > 0
    if faulty:
        typer.echo(CURE, err=True)


@app.command("prune")
def prune(
    condition: ConditionOption,
    study: StudyOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be taken out, and stop there.")] = False,
) -> None:
    """Take out answers to questions that the study does not ask any more: other images, prompts, settings.

    They are kept in <shard>.pruned.jsonl. Try --dry-run first.
    """
    from lib.build.stored import present_questions
    from lib.project import open_project
    from lib.responses.upkeep import prune as prune_lines

    project = open_project(study)
    described = project.condition(condition)
    done = prune_lines(project.responses, condition, lambda: present_questions(project, described), dry_run=dry_run)
    _say(condition, done, "of questions that the study does not ask", tried=dry_run)
    for warning in done.report.warnings() if dry_run else ():
        typer.echo(f"  {warning}", err=True)


@app.command("import")
def import_predictions(
    file: Annotated[Path, typer.Argument(help="For example the laboratory's gpt-4o-mini_predictions.json.")],
    condition: ConditionOption,
    study: StudyOption = None,
) -> None:
    """Take over predictions that another program wrote, as answers of a condition.

    Where the study's images are there, they are stored as if the condition had asked. Where they are not, the
    condition's table of predictions is written instead. Nothing that is there is ever replaced.
    """
    from lib.build.stored import import_file
    from lib.project import open_project

    project = open_project(study)
    for line in import_file(project, project.condition(condition), file):
        typer.echo(line)


def _nothing_stored(folder: Path) -> str:
    return f"{folder}: holds no answers yet. Ask a machine: rater infer -m CONDITION"


def _say(condition: str, done: Rewritten, reason: str, *, tried: bool = False) -> None:
    removed = f"{done.removed:,} taken out, {reason}" if done.removed else f"none {reason}"
    typer.echo(f"{condition}: {counted(done.kept, 'line')} {'would be ' if tried else ''}kept, {removed}")
    if done.blank:
        typer.echo(f"  {counted(done.blank, 'blank line')} taken out")
    if done.set_aside:
        typer.echo(f"  {counted(done.set_aside, 'line')} that cannot be used set aside")
    for tail in done.report.tails:
        typer.echo(f"  {tail}")
    if done.copies:
        typer.echo(f"  kept beside: {', '.join(done.copies)}")

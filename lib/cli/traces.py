"""`rater traces`: what was kept of models' insides, and whether it is whole and belongs to stored answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from lib.cli.options import StudyOption
from lib.formats import counted

if TYPE_CHECKING:
    from pathlib import Path

    from lib.asking.forecast import Forecast
    from lib.build.asking import Inquiry
    from lib.project import Project

app = typer.Typer(help="Traces of models that run on this machine: list, check.", no_args_is_help=True)
ConditionsOption = Annotated[
    list[str] | None,
    typer.Option("--condition", "-m", help="Id of a condition; default: all with traces.", show_default=False),
]
MOST_FAULTS = 20


@app.command("list")
def list_(condition: ConditionsOption = None, study: StudyOption = None) -> None:
    """Say what is kept of which conditions: answers, arrays, models' versions, bytes."""
    from lib.project import open_project
    from lib.traces.disk import size_text
    from lib.traces.reading import read_manifest

    project = open_project(study)
    folder, names = _traced(project, condition)
    for name in names:
        table = read_manifest(folder, name)
        typer.echo(
            f"{name}: {counted(table['image_id'].n_unique(), 'image')}, {size_text(float(table['bytes'].sum()))}"
        )
        for (kind, version), part in table.sort("kind").group_by("kind", "model_version", maintain_order=True):
            typer.echo(
                f"  {kind}: {counted(part['key'].n_unique(), 'answer')}, {size_text(float(part['bytes'].sum()))}; "
                f"{part['arrays'][0] or 'not given by this model'}; {version}"
            )


@app.command("check")
def check(condition: ConditionsOption = None, study: StudyOption = None) -> None:
    """Read every trace and hold it against its hash and the stored answer; exit code 1 if one is not sound."""
    from lib.project import open_project
    from lib.responses.store import read_store
    from lib.traces.checking import check_traces, digests

    project = open_project(study)
    folder, names = _traced(project, condition)
    whole = True
    for name in names:
        sound, faults = check_traces(folder, name, digests(read_store(project.responses, name)))
        typer.echo(f"{name}: {counted(sound, 'trace')} sound, {len(faults):,} not")
        for fault in faults[:MOST_FAULTS]:
            typer.echo(f"  {fault.kind}: {f'{fault.file} {fault.step}'.strip()}: {fault.message}", err=True)
        if len(faults) > MOST_FAULTS:
            typer.echo(f"  and {len(faults) - MOST_FAULTS:,} more", err=True)
        if any(fault.kind in {"missing", "damaged", "outdated"} for fault in faults):
            typer.echo(f"  {project.command(f'infer -m {name} --traces KINDS')} makes those anew, without new answers.")
        if any(fault.kind in {"orphan", "unlisted"} for fault in faults):
            typer.echo("  What is an orphan or unlisted belongs to no answer, and is never read; it can be deleted.")
        whole = whole and not faults
    if not whole:
        raise typer.Exit(1)


def show_traces(inquiries: Sequence[Inquiry], forecasts: Sequence[Forecast], text: str) -> list[Inquiry]:
    """Print what traces will take, and give the inquiries with something to ask or to trace.

    Raises
    ------
    lib.errors.RaterError
        One of them cannot be traced, or the disk will not hold what is to come.
    """
    from lib.build.tracing import tracing_of
    from lib.traces.disk import free_bytes, size_text

    tracings = [tracing_of(inquiry, text) for inquiry in inquiries]
    open_ones, needed = [], 0
    for tracing, each in zip(tracings, forecasts, strict=True):
        again = len(tracing.untraced(tracing.inquiry.stored, thorough=False))
        size, how = tracing.bytes_a_question()
        tracing.refuse_if_full(each.count.to_ask + again, needed)
        needed += size * (each.count.to_ask + again)
        if not each.count.to_ask + again:
            continue
        open_ones.append(tracing.inquiry)
        typer.echo(
            f"{each.condition}: traces ({', '.join(tracing.choice.kinds)}) of {counted(each.count.to_ask, 'question')} "
            f"to ask and {again:,} answered before: {size_text(size * (each.count.to_ask + again))}, "
            f"{size_text(size)} each {how}; {size_text(free_bytes(tracing.folder))} are free."
        )
    return open_ones


def _traced(project: Project, conditions: list[str] | None) -> tuple[Path, list[str]]:
    """The folder of traces, and the conditions that are meant."""
    folder = project.cache / "traces"
    names = conditions or sorted(path.name for path in folder.glob("*") if path.is_dir())
    if not names:
        typer.echo(f"{project.relative(folder)}: holds no traces. Keep some: rater infer -m CONDITION --traces all")
    return folder, names

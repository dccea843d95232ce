"""`rater stimuli report`: what a study's images are, and what should be mended before anybody rates them."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lib.cli.options import StudyOption
from lib.formats import ABSENT, capitalised, counted

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from lib.stimuli.design_report import DesignReport

PIPE_WIDTH = 120
SAY_EVERY = 200
SHOWN = 20


def report(
    study: StudyOption = None,
    images: Annotated[
        Path | None, typer.Option("--images", help="Manifest or folder; default: what the study file names.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Folder of tables and page; default: in the cache.")] = None,
    cores: Annotated[int | None, typer.Option("--cores", "-j", min=1, help="Images decoded at once.")] = None,
) -> None:
    """Look at every image: cells, missing and broken files, duplicates, ways of storing, brightness by group.

    Prints a summary and writes tidy tables and one page. Exit code 1 if an image is missing or cannot be decoded.
    """
    from lib.build.stimuli_report import images_of, look_at_design, write_report
    from lib.project import open_project

    project = open_project(study)
    source = images_of(project, images)
    found = look_at_design(source, project.study, cores, _tell)
    _say(found)
    *_, page = write_report(found, out or project.cache / "stimuli")
    typer.echo(f"Page: {page}; tables beside it.")
    if found.serious:
        typer.echo(f"{counted(found.serious, 'image')} cannot be shown to anybody; see findings.csv.")
        raise typer.Exit(1)


def _tell(number: int) -> None:
    if number % SAY_EVERY == 0:
        typer.echo(f"{number:,} images looked at", err=True)


def _say(found: DesignReport) -> None:
    from lib.stimuli.brightness import HEADS, side_by_side
    from lib.stimuli.design_report import KINDS
    from lib.stimuli.report_page import pivoted_cells

    shown = console()
    shown.print(f"{counted(found.images.height, 'image')} in {found.folder}", markup=False)
    cells = pivoted_cells(found.cells)
    shown.print(table_of("Cells", cells.columns, cells.iter_rows()))
    if found.brightness.height:
        shown.print(table_of("Brightness", HEADS, side_by_side(found.brightness)))
    for warning in found.warnings:
        shown.print(capitalised(warning), markup=False)
    for kind, number in found.counts().items():
        shown.print(f"{number:,} {kind}: {KINDS[kind]}", markup=False)
    for image_id, kind, detail in found.findings.head(SHOWN).iter_rows():
        shown.print(f"  {image_id}: {kind}: {detail}", markup=False)
    if found.findings.height > SHOWN:
        shown.print(f"  and {found.findings.height - SHOWN:,} more")


def console() -> Console:
    """Where summaries are printed: as wide as the terminal, or as a file is best read."""
    from rich.console import Console

    return Console(highlight=False, width=None if sys.stdout.isatty() else PIPE_WIDTH)


def table_of(title: str, heads: Iterable[str], rows: Iterable[Sequence[object]]) -> Table:
    """A table of a summary; None is a dash, and every text is printed as it is."""
    from rich.box import SIMPLE_HEAD
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for head in heads:
        table.add_column(escape(head), overflow="fold")
    for row in rows:
        table.add_row(*(ABSENT if value is None else escape(str(value)) for value in row))
    return table

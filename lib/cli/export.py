"""`rater export`: tables and answers as Excel workbooks, figures as files."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from lib.cli.options import StudyOption
from lib.errors import ParameterError
from lib.formats import counted
from lib.project import open_project

OutOption = Annotated[
    Path | None, typer.Option("--out", help="Folder for the files; default: export/ in the cache.", show_default=False)
]
OnlyOption = Annotated[
    list[str] | None,
    typer.Option("--only", help="statistics, answers or figures; may be repeated.", show_default=False),
]


def export(study: StudyOption = None, out: OutOption = None, only: OnlyOption = None) -> None:
    """Write comprehensive_stats.xlsx, inference_results.xlsx and every machine's figures from the built cache."""
    from lib.build.export import PARTS, export_files

    for name in only or []:
        if name not in PARTS:
            raise ParameterError(f"--only: got {name!r}, which is none of {', '.join(PARTS)}.")
    started = time.monotonic()
    project = open_project(study)
    if project.simulated_note:
        typer.echo("SIMULATED data: every sheet of notes and every figure says so.")
    folder = out or project.cache / "export"
    files = export_files(project, folder, only or PARTS, lambda line: typer.echo(f"  {line}", err=True))
    typer.echo(f"{folder}: {counted(len(files), 'file')} ({time.monotonic() - started:.1f} s)")

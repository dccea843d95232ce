"""`rater audit FILE`: whether the numbers of a table of printed statistics can all be true of one data set."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lib.errors import RaterError
from lib.files import write_text
from lib.formats import counted

if TYPE_CHECKING:
    from lib.audit.audit import Audit

CONTRADICTIONS, FAULTY = 1, 2


class Format(StrEnum):
    """How the audit is written."""

    TEXT = "text"
    CSV = "csv"
    JSON = "json"


def audit(
    file: Annotated[Path, typer.Argument(help="CSV or Parquet, one row a printed number: id, statistic, printed, ...")],
    form: Annotated[Format, typer.Option("--format", help="Text to read, or a table of all tests.")] = Format.TEXT,
    out: Annotated[Path | None, typer.Option("--out", help="Write there instead of to the screen.")] = None,
) -> None:
    """Hold printed statistics against each other, without any data.

    Exit code 0: nothing contradicts; 1: some numbers cannot all be true; 2: FILE cannot be read as such a table.
    docs/audit.md has the format and every test with its arithmetic. Nothing but FILE is read.
    """
    try:
        failed = _audited(file, form, out)
    except RaterError as error:
        typer.echo(f"rater: {error}", err=True)
        raise typer.Exit(FAULTY) from error
    if failed:
        raise typer.Exit(CONTRADICTIONS)


def _audited(file: Path, form: Format, out: Path | None) -> bool:
    from lib.audit.audit import audit as hold_against_each_other
    from lib.audit.report import text_report
    from lib.contracts.published import read_published

    done = hold_against_each_other(read_published(file))
    written = {Format.TEXT: lambda: text_report(done, file.name), Format.CSV: lambda: done.table().write_csv()}
    text = _json(done, file) if form is Format.JSON else written[form]()
    if out is None:
        typer.echo(text, nl=False)
    else:
        write_text(out, text)
        typer.echo(f"{out}: {counted(len(done.findings), 'test')}, {len(done.failures):,} failed.")
    return bool(done.failures)


def _json(done: Audit, file: Path) -> str:
    content = {
        "file": file.name,
        "numbers": len(done.rows),
        "tests": len(done.findings),
        "failed": len(done.failures),
        "summary": done.summary().to_dicts(),
        "findings": done.table().to_dicts(),
    }
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"

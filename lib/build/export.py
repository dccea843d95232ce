"""`rater export`: the study's tables and answers as Excel workbooks, its figures as files."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from lib.build.analyze import Analysis, Say, compute_sections
from lib.build.answers_book import write_answers
from lib.build.chapters import current_commit
from lib.build.figure_files import write_figures
from lib.build.workbook import NAME_LENGTH, Workbook, sheet_name, write_workbook
from lib.files import sha256_file
from lib.project import Project
from lib.sections.columns import define
from lib.sections.registry import SECTIONS, Section, Table
from lib.study_data import StudyData

STATISTICS = "comprehensive_stats.xlsx"

FORMATS = {"scales": dict.fromkeys(("low", "high", "step"), "General")}
PARTS = ("statistics", "answers", "figures")
KEYS = "Keys of results.json that hold the same numbers are described in docs/results.md, section by section."


def export_files(project: Project, folder: Path, parts: Sequence[str], say: Say) -> list[Path]:
    """Write the chosen parts from the built cache.

    Parameters
    ----------
    project
        Its cache must hold checked data (`rater build`).
    folder
        Where the files go; files of the same names are replaced, others are left alone.
    parts
        Of `PARTS`.
    say
        Is told about progress.

    Returns
    -------
    list of Path
        The files.
    """
    data = StudyData(project)
    written: list[Path] = []
    if "statistics" in parts:
        analysis = compute_sections(data, SECTIONS, say)
        written.append(write_statistics(folder / STATISTICS, project, data, analysis))
    if "answers" in parts:
        written += write_answers(folder, data, say)
    if "figures" in parts:
        written += write_figures(folder / "figures", data, say)
    return written


def write_statistics(path: Path, project: Project, data: StudyData, analysis: Analysis) -> Path:
    """Write `comprehensive_stats.xlsx`: a sheet of notes, then one sheet for each table of every section."""
    sheets = numbered_sheets(SECTIONS)

    def fill(book: Workbook) -> None:
        lines, styles = _notes(project, data, analysis, sheets)
        book.notes("Notes", lines, styles, [30, 34, 12, 100])
        for name, (_, table) in sheets.items():
            if table.name in analysis.tables:
                book.table(name, analysis.tables[table.name], FORMATS.get(table.name))

    return write_workbook(path, fill)


def numbered_sheets(sections: Sequence[Section]) -> dict[str, tuple[Section, Table]]:
    """Names of the sheets in order: numbers from 01, but a table that documents refer to by number keeps its own."""
    tables = [(section, table) for section in sections for table in section.tables]
    kept = {table.sheet_number for _, table in tables if table.sheet_number}
    free = (number for number in range(1, len(tables) + len(kept) + 100) if number not in kept)
    named = {}
    for section, table in tables:
        number = table.sheet_number or next(free)
        named[number] = (f"{number:02d}_{table.sheet or sheet_name(table.name)}"[:NAME_LENGTH], section, table)
    return {name: (section, table) for _, (name, section, table) in sorted(named.items())}


def _notes(
    project: Project, data: StudyData, analysis: Analysis, sheets: dict[str, tuple[Section, Table]]
) -> tuple[list[list[str | int]], dict[int, str]]:
    lines: list[list[str | int]] = [[f"Statistics of the study {data.study.id}"]]
    styles = {0: "title"}

    def add(cells: list[str | int], style: str = "text") -> None:
        styles[len(lines)] = style
        lines.append(cells)

    if data.simulated_note:
        add([f"SIMULATED. {data.simulated_note}"], "alarm")
    else:
        add(["Computed from the study's real data."])
    study_sha = sha256_file(project.study_file)
    add(["Study", f"{data.study.title}"])
    add(["Study file", f"{project.relative(project.study_file)}, SHA-256 {study_sha}"])
    add(["Written", time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime())])
    add(["Commit", current_commit(project.root)])
    add(
        [
            "Cells",
            "Numbers are unrounded; the format shows fewer decimals. An empty cell is undefined or not asked for.",
        ]
    )
    add(["Keys", KEYS])
    add(["Sheet", "Table", "Rows", "What a row holds"], "heading")
    for name, (section, table) in sheets.items():
        frame = analysis.tables.get(table.name)
        rows = "refused" if frame is None else frame.height
        reason = analysis.empty.get(table.name) or analysis.refused.get(section.name)
        add([name, table.name, rows, f"{table.title}. Empty: {reason}" if reason else table.title])
    add(["Column", "In tables", "", "Definition"], "heading")
    for (column, definition), names in _columns(data, analysis.tables).items():
        add([column, ", ".join(names), "", definition])
    add(["Input", "", "", "SHA-256"], "heading")
    for name, sha in sorted(data.inputs.items()):
        add([name, "", "", sha])
    return lines, styles


def _columns(data: StudyData, tables: dict[str, pl.DataFrame]) -> dict[tuple[str, str], list[str]]:
    """Column and definition -> the tables that have it in this meaning."""
    found: dict[tuple[str, str], list[str]] = {}
    for name, frame in tables.items():
        for column in frame.columns:
            found.setdefault((column, define(column, data.study, name)), []).append(name)
    return dict(sorted(found.items()))

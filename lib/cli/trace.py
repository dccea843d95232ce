"""`rater trace KEY`: from a number to the notebook cell, the inputs and the environment that made it."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from lib.cli.options import StudyOption
from lib.contracts.yaml_files import nearest
from lib.errors import DataError, MissingFileError, ParameterError
from lib.formats import counted
from lib.project import Project, open_project
from lib.results import POSITION, Entry, load_results, variable_name

ANSWERS = re.compile(r"responses/([^/]+)/[^/]+\.jsonl$")
WRITTEN_POSITION = re.compile(r"(?:\.?\[(\d+)\]|\.(\d+))(?=\.[^.]+$)")


def trace(
    key: Annotated[
        str | None, typer.Argument(help="For example conditions.gemini-2.5-flash.kappa or human.valence.loo_mae.")
    ] = None,
    *,
    study: StudyOption = None,
    packages: Annotated[bool, typer.Option("--packages", help="List every installed package too.")] = False,
    image: Annotated[str | None, typer.Option("--image", help="Follow the prediction of this image instead.")] = None,
    condition: Annotated[str | None, typer.Option("-m", "--condition", help="Whose prediction it is.")] = None,
    repeat: Annotated[int, typer.Option(min=0, help="Of which repeat.")] = 0,
) -> None:
    """Follow a number back: value, notebook and cell, where it is printed, inputs with hashes, packages, commit.

    With --image and -m: follow a machine's prediction of one image back to its raw answers, and how they were read.
    A cell of a list of rows is named by the row's position from 0, as in conditions.gemma3-4b.valence.anova.0.f
    (or, quoted, '...anova.[0].f'); the name of the list alone lists its rows.
    """
    project = open_project(study)
    if image is not None or condition is not None:
        if key is not None or image is None or condition is None:
            raise ParameterError(
                "trace: name a number, or an image and a condition: rater trace --image ID -m CONDITION"
            )
        from lib.cli.trace_answers import trace_answers

        trace_answers(project, image, condition, repeat)
        return
    if key is None:
        raise ParameterError(
            "trace: name a number, for example conditions.gpt-4o-mini.kappa, or --image ID -m CONDITION"
        )
    chapter, entry = find_entry(project, key)
    record = json.loads((project.cache / f"provenance/{chapter}.json").read_text(encoding="utf-8"))
    typer.echo(f"{entry.key} = {entry.value!r}, printed as {entry.text}")
    row = _row(entry, load_results(project.cache / f"results/{chapter}.json")[0].values())
    if row:
        typer.echo(f"Row: {row}")
    if record["simulated"]:
        typer.echo("SIMULATED: computed from the project's twin, not from people or models.")
    typer.echo(f"\nNotebook {record['notebook']} (SHA-256 {record['notebook_sha256']})")
    typer.echo(_cell(project.cache / f"notebooks/{chapter}.ipynb", entry.cell))
    printed = [line for document in project.study.documents for line in _uses(project, document, variable_name(entry))]
    typer.echo("\nIn the text of\n" + ("\n".join(f"  {line}" for line in printed) or "  no document's prose"))
    shown = [line for document in project.study.documents for line in _embeds(project, document, chapter)]
    typer.echo(
        "Tables and figures of the notebook that computed it (it need not stand in each; other notebooks may show it)\n"
        + ("\n".join(f"  {line}" for line in shown) or "  in no document")
    )
    typer.echo("\nComputed by")
    for path in _metrics(project, chapter):
        typer.echo(f"  {path}")
    typer.echo("Computed from what the notebook read")
    for name, sha in record["inputs"].items():
        typer.echo(f"  {name} (SHA-256 {sha})")
        for source, source_sha in _sources(project.root / name).items():
            typer.echo(f"    made from {source} (SHA-256 {source_sha})")
            answered = ANSWERS.search(source)
            if answered:
                typer.echo(f"      its raw answers: rater trace --image ID -m {answered[1]}")
    typer.echo(f"\nStudy file {record['study']} (SHA-256 {record['study_sha256']})")
    typer.echo(f"Commit {record['commit']}, run {record['started']} in {record['seconds']} s")
    typer.echo(f"Python {record['python']} on {record['system']}, lock SHA-256 {record['lock_sha256']}")
    versions = [f"{name} {version}" for name, version in record["packages"].items()]
    typer.echo(f"Packages {', '.join(versions)}" if packages else f"{len(versions)} packages; --packages lists them")


def find_entry(project: Project, key: str) -> tuple[str, Entry]:
    """Find the chapter and entry of a key, written as in `results.json` or as in a document.

    Raises
    ------
    MissingFileError
        Nothing was built yet.
    DataError
        No chapter records the key; the nearest keys are offered.
    """
    files = sorted((project.cache / "results").glob("*.json"))
    if not files:
        raise MissingFileError(f"{project.relative(project.cache)}/results: holds no results. Run `rater build` first.")
    chapters: dict[str, dict[str, Entry]] = {path.stem: load_results(path)[0] for path in files}
    positioned = WRITTEN_POSITION.sub(lambda found: f".[{found[1] or found[2]}]", key)
    for wanted in dict.fromkeys((key, positioned)):
        for chapter, entries in chapters.items():
            for entry in entries.values():
                if wanted in (entry.key, variable_name(entry)):
                    return chapter, entry
    known = [known for entries in chapters.values() for known in entries]
    below = [name for name in known if name.startswith(f"{key}.")]
    if f"{key}.[0]" in {name.rpartition(".")[0] for name in below}:
        raise DataError(_rows_of(key, [entry for entries in chapters.values() for entry in entries.values()]))
    if below:
        raise DataError(
            f"{key}: is a group of {counted(len(below), 'number')}; name one of them, for example {below[0]}."
        )
    raise DataError(
        f"{key}: no chapter records this number{_nearest_key(key, known)}. All keys are in cache/results.json."
    )


def _nearest_key(key: str, known: list[str]) -> str:
    """The nearest key; else the key whose last part is nearest, as in `kappaa` for `conditions.gpt-4o-mini.kappa`."""
    if hint := nearest(key, known):
        return hint
    last = {name.rpartition(".")[2]: name for name in reversed(known)}
    match = difflib.get_close_matches(key.rpartition(".")[2], list(last), n=1)
    return f" (did you mean {match[0]!r}, as in {last[match[0]]!r}?)" if match else ""


def _rows_of(key: str, entries: Iterable[Entry]) -> str:
    """What to write instead of the name of a list of rows: every row with what names it."""
    first: dict[str, Entry] = {}
    beneath = [entry for entry in entries if entry.key.startswith(f"{key}.[")]
    for entry in beneath:
        if not isinstance(entry.value, str):
            first.setdefault(entry.path[-2], entry)
    rows = [
        f"  {key}.{position.strip('[]')}.{entry.path[-1]} ({_row(entry, beneath)})" for position, entry in first.items()
    ]
    return "\n".join([f"{key}: is a list of {counted(len(first), 'row')}; name a cell of one, for example", *rows])


def _row(entry: Entry, entries: Iterable[Entry]) -> str:
    """What names the row that an entry is a cell of (its texts, else its position); empty where it is of none."""
    if len(entry.path) < 2 or not POSITION.fullmatch(entry.path[-2]):
        return ""
    named = [
        f"{other.path[-1]} {other.value}"
        for other in entries
        if other.path[:-1] == entry.path[:-1] and isinstance(other.value, str) and other.value
    ]
    return ", ".join(named) or f"at position {entry.path[-2].strip('[]')}"


def _embeds(project: Project, document: str, chapter: str) -> list[str]:
    path = project.root / document
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    mark = f"notebooks/{chapter}.ipynb#"
    found = [
        (number, line.partition(mark)[2].partition(" ")[0]) for number, line in enumerate(lines, 1) if mark in line
    ]
    return [f"{document}, line {number}: {label}" for number, label in found]


def _metrics(project: Project, chapter: str) -> list[str]:
    from lib.build.closure import imported_modules, notebook_code, source_files

    source = project.root / f"notebooks/{chapter}.ipynb"
    if not source.is_file():
        return []
    files = source_files(imported_modules(notebook_code(source)), project.root)
    names = [project.relative(path) for path in files]
    return [name for name in names if name.startswith("lib/metrics/") and not name.endswith("__init__.py")]


def _sources(path: Path) -> dict[str, str]:
    from lib.build.data import read_sources

    return read_sources(path) if path.suffix == ".parquet" and path.is_file() else {}


def _cell(path: Path, count: int | None) -> str:
    import nbformat

    notebook: Any = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    for index, cell in enumerate(notebook.cells):
        if cell.cell_type == "code" and cell.execution_count == count and count is not None:
            lines = cell.source.splitlines()
            own = [line for line in lines if not line.startswith(("from ", "import ")) or line.endswith("(")]
            source = "\n".join(f"    {line}" for line in own).strip("\n ")
            source = f"    {source}" + (
                f"\n    ({counted(len(lines) - len(own), 'import')} left out)" if lines != own else ""
            )
            return f"Cell {index} (run as number {count}, id {cell.get('id', 'none')})\n{source}"
    return "Its cell is not known."


def _uses(project: Project, document: str, variable: str) -> list[str]:
    path = project.root / document
    if not path.is_file():
        return []
    lines = path.read_text(encoding="utf-8").splitlines()
    return [f"{document}, line {number}" for number, line in enumerate(lines, 1) if f"var {variable} " in line]

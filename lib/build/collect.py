"""Putting the chapters' numbers together, and the small texts that documents include."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

import yaml

from lib.build.filling import how_to_fill
from lib.files import write_json, write_text
from lib.formats import ABSENT
from lib.project import Project
from lib.results import Entry, load_results, nest, variable_name

OF_MACHINES = ("claims.", "conditions.", "effects.", "fleiss.", "hybrid.", "model_size.", "pairs.", "repeats.")
VARIABLE = re.compile(r"\{\{<\s*var\s+(\S+)\s*>\}\}")
COMMAND = re.compile(r"rater infer -m [^\s;]+(?: --study [^\s;]+)?|\S+\.csv")
BANNER = """::: {.callout-warning}
## Simulated data

SAID
:::
"""
TWIN = """Whatever is computed from ratings and predictions on this page comes from **simulated** ones (the project's
twin), made so that recomputed figures come out near the published ones. They stand in until the real ratings are at
`RATINGS`. No statement here about ratings or predictions is a finding about people or models."""


def collect(project: Project, chapters: Sequence[str]) -> None:
    """Write `cache/results.json`, `_variables.yml` and `cache/includes/` from the chapters' results and provenance.

    Raises
    ------
    BuildError
        Two chapters recorded the same key.
    """
    entries = [entry for chapter in chapters for entry in _entries(project, chapter).values()]
    write_json(project.cache / "results.json", nest(entries))
    named = _named(project)
    variables = nest([*entries, *_absent(project, named, entries)], text=True)
    texts = yaml.safe_dump(variables, allow_unicode=True, sort_keys=True, width=10_000)
    write_text(project.home / "_variables.yml", "# Made by the build from cache/results; do not edit.\n" + texts)
    includes = project.cache / "includes"
    write_text(includes / "banner.md", _banner(project) + "\n")
    write_text(includes / "missing.md", _missing(project) + "\n")
    write_text(includes / "provenance.md", _provenance(project, chapters, named, entries) + "\n")


def _banner(project: Project) -> str:
    if project.uses_twin:
        return BANNER.replace("SAID", TWIN.replace("RATINGS", project.study.files.ratings))
    return BANNER.replace("SAID", project.study.simulated) if project.study.simulated else ""


def _entries(project: Project, chapter: str) -> dict[str, Entry]:
    return load_results(project.cache / f"results/{chapter}.json")[0]


def _missing(project: Project) -> str:
    missing = [item for name, item in project.conditions.items() if name not in project.available]
    if not missing:
        return ""
    lines = [f"- {item.name}: {_as_code(how_to_fill(project, item.id))}" for item in missing]
    return "Conditions without predictions, which are therefore not reported:\n\n" + "\n".join(lines)


def _as_code(text: str) -> str:
    return COMMAND.sub(lambda found: f"`{found[0]}`", text)


def _provenance(project: Project, chapters: Sequence[str], named: set[str], numbers: Sequence[Entry]) -> str:
    records = {name: _record(project, name) for name in chapters}
    first = records[chapters[0]]
    warnings = json.loads((project.cache / "data/warnings.json").read_text(encoding="utf-8"))
    inputs = sorted({item for record in records.values() for item in record["inputs"].items()})
    runs = [
        [f"`{item['notebook']}`", _short(item["notebook_sha256"]), item["started"], _short(item["commit"])]
        for item in records.values()
    ]
    reads = [
        [f"`{name}`", _short(sha), ", ".join(chapter for chapter in chapters if name in records[chapter]["inputs"])]
        for name, sha in inputs
    ]
    parts = [
        f"Study file `{first['study']}` (SHA-256 {_short(first['study_sha256'])}), commit {_short(first['commit'])}, "
        f"Python {first['python']} on {first['system']}, "
        f"locked environment `requirements.lock` (SHA-256 {_short(first['lock_sha256'])}).",
        *(f"Warning about the data: {warning}." for warning in warnings),
        "## Notebooks {#sec-notebooks}",
        _table(["Notebook", "SHA-256", "Run", "Commit"], runs),
        "## Inputs {#sec-inputs}",
        _table(["File", "SHA-256", "Read by"], reads),
        "## Numbers in the text {#sec-numbers}",
        _printed(named, numbers),
        "## Packages {#sec-packages}",
        ", ".join(f"{name} {version}" for name, version in first["packages"].items()) + ".",
    ]
    return "\n\n".join(parts)


def _named(project: Project) -> set[str]:
    pages = [project.root / name for name in project.study.documents]
    return set(VARIABLE.findall("".join(page.read_text(encoding="utf-8") for page in pages if page.is_file())))


def _absent(project: Project, named: set[str], entries: Sequence[Entry]) -> list[Entry]:
    """Stand-ins for what a document names but no chapter can compute while conditions have no predictions."""
    if len(project.available) == len(project.conditions):
        return []
    unknown = sorted(named - {variable_name(entry) for entry in entries})
    return [Entry(tuple(name.split(".")), None, ABSENT, None) for name in unknown if name.startswith(OF_MACHINES)]


def _printed(used: set[str], numbers: Sequence[Entry]) -> str:
    rows = [
        [f"`{entry.key}`", entry.text, f"`{entry.chapter}`", str(entry.cell)]
        for entry in numbers
        if variable_name(entry) in used
    ]
    return _table(["Key", "As printed", "Notebook", "Run as cell"], sorted(rows)) if rows else "No document prints any."


def _record(project: Project, chapter: str) -> dict[str, Any]:
    record: dict[str, Any] = json.loads((project.cache / f"provenance/{chapter}.json").read_text(encoding="utf-8"))
    return record


def _short(sha: str) -> str:
    return f"`{sha[:12]}`"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    escaped = [[cell.replace("|", "\\|") for cell in row] for row in rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in [head, ["---"] * len(head), *escaped])

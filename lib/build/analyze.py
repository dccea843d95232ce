"""`rater analyze`: every section's tables and numbers for any study's files, without notebooks."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl
import yaml

from lib.build.chapters import installed_packages
from lib.build.outputs import Outputs
from lib.chapters.lacking import lacking
from lib.contracts.condition import Condition
from lib.contracts.study import Study
from lib.errors import BuildError, DataError, RaterError
from lib.formats import counted
from lib.results import Entry, Results, nest
from lib.sections.registry import SECTIONS, Section, Table
from lib.study_data import CheckedStudy, StudyData

SIMULATED = "simulated_"
Say = Callable[[str], None]


@dataclass
class Analysis:
    """What the sections computed.

    Attributes
    ----------
    tables : dict of str to polars.DataFrame
        The tidy tables by name.
    entries : list of Entry
        The numbers of `results.json`.
    empty : dict of str to str
        Why a table has no rows.
    refused : dict of str to str
        What a section that could not be computed says about it.
    seconds : dict of str to float
        How long each section took.
    """

    tables: dict[str, pl.DataFrame] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    empty: dict[str, str] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    def add(self, results: Results) -> None:
        """Take the numbers of one section; two sections may record one key, but not two values of it.

        Raises
        ------
        BuildError
            They disagree.
        """
        known = {entry.key: entry.value for entry in self.entries}
        for entry in results.entries.values():
            if entry.key not in known:
                self.entries.append(entry)
            elif known[entry.key] != entry.value:
                raise BuildError(f"{entry.key}: got {known[entry.key]!r}, then {entry.value!r} in {results.chapter}.")

    def numbers(self, *, simulated: bool) -> dict[str, Any]:
        """The content of `results.json`."""
        return nest(self.entries) | ({"simulated": True} if simulated else {})


def choose_sections(names: Sequence[str]) -> tuple[Section, ...]:
    """The sections of these names in the paper's order; all where none is named.

    Raises
    ------
    DataError
        A name is no section's.
    """
    known = [section.name for section in SECTIONS]
    for name in names:
        if name not in known:
            raise DataError(f"--only: got {name!r}, which is none of {', '.join(known)}.")
    return tuple(section for section in SECTIONS if not names or section.name in names)


def compute_sections(data: StudyData, sections: Sequence[Section], say: Say) -> Analysis:
    """Compute sections one after the other; one that refuses this study is noted, and the others go on."""
    analysis = Analysis()
    for section in sections:
        started = time.monotonic()
        results = Results(section.name)
        try:
            frames = section.compute(data, results)
        except RaterError as error:
            analysis.refused[section.name] = str(error)
            say(f"{section.name}: refused: {error}")
            continue
        for table in section.tables:
            frame = analysis.tables[table.name] = frames[table.name]
            if frame.is_empty():
                analysis.empty[table.name] = _why_empty(data, table)
        analysis.add(results)
        analysis.seconds[section.name] = round(time.monotonic() - started, 3)
        say(f"{section.name}: {counted(len(frames), 'table')}, {counted(len(results.entries), 'number')} "
            f"({analysis.seconds[section.name]:.1f} s)")  # fmt: skip
    return analysis


def write_analysis(outputs: Outputs, checked: CheckedStudy, analysis: Analysis, study_text: str) -> None:
    """Write tables, `results.json`, the study file and a record of it all; each file whole or not at all."""
    mark = SIMULATED if checked.simulated_note else ""
    for name, frame in analysis.tables.items():
        outputs.table(f"tables/{mark}{name}", frame)
    outputs.json("results.json", analysis.numbers(simulated=checked.simulated_note is not None))
    outputs.text("study.yaml", study_text)
    for name, condition in checked.conditions.items():
        outputs.text(f"conditions/{name}.yaml", condition_text(condition))
    outputs.finish(
        {
            "simulated": checked.simulated_note is not None,
            "inputs": dict(checked.inputs),
            "empty_tables": analysis.empty,
            "refused_sections": analysis.refused,
            "seconds": analysis.seconds,
            "packages": installed_packages(),
            "written": time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime()),
        }
    )


def study_text(study: Study, remarks: Sequence[str]) -> str:
    """A study as the text of its file, with remarks as comments on top."""
    head = "".join(f"# {remark}\n" for remark in remarks)
    return head + _yaml(study.model_dump(mode="json", exclude_none=True, exclude_defaults=False))


def condition_text(condition: Condition) -> str:
    """A condition as the text of its file."""
    return _yaml(condition.model_dump(mode="json", exclude_none=True) | _unset(condition))


def _unset(condition: Condition) -> dict[str, Any]:
    """Null is a choice of its own for the temperature: it leaves the setting to the backend."""
    decoding = condition.decoding.model_dump(mode="json", exclude_none=True)
    return {"decoding": decoding | {"temperature": condition.decoding.temperature}}


def _yaml(content: object) -> str:
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=110)


def _why_empty(data: StudyData, table: Table) -> str:
    missing = lacking(data, *table.needs)
    return f"this study has no {missing.what}. {missing.cure}" if missing else table.otherwise

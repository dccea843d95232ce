"""Labels that are likely slips of the pen: without a study file every label that stands in the data is a category."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from lib.contracts.table_files import ROW
from lib.errors import DataError
from lib.formats import counted

RARE = 0.01
NEAR = 0.75
MOST_NAMED = 10
LIST_THEM = "or list the categories (emotion.categories, emotion.people_also) in a study file given with --study"


@dataclass(frozen=True)
class LabelColumn:
    """The labels of one file: the path, a table with `ROW`, and the column; whether a machine gave them."""

    path: Path
    table: pl.DataFrame
    column: str
    machine: bool = False


@dataclass(frozen=True)
class _Given:
    label: str
    count: int
    path: Path
    row: int
    column: str
    machines: int
    by_others: bool

    @property
    def said(self) -> str:
        """Where it is and how often, for a sentence."""
        return f"{self.path}: row {self.row}, column {self.column!r}: got {self.label!r}, given {_times(self.count)}"


def check_labels(columns: Sequence[LabelColumn]) -> tuple[str, ...]:
    """What is doubtful about the labels, one remark each.

    A label is rare if it was given once, or makes up less than `RARE` of all labels. A rare label that is near to a
    common one (difflib ratio of at least `NEAR`), or that one machine alone gave, is doubtful: it may be a category of
    its own, so it is named and kept.

    Raises
    ------
    DataError
        Two labels differ only by capitals and spaces: these are surely not two categories.
    """
    given = _given(columns)
    _refuse_alike(given)
    total = sum(one.count for one in given)
    rare = [one for one in given if one.count == 1 or one.count < RARE * total]
    common = {one.label.casefold(): one.label for one in given if one not in rare}
    remarks = []
    for one in rare:
        near = difflib.get_close_matches(one.label.casefold(), list(common), n=1, cutoff=NEAR)
        alone = one.machines == 1 and not one.by_others
        if near or alone:
            doubt = f"which is near {common[near[0]]!r}" if near else "and by one machine alone"
            remarks.append(f"{one.said}, {doubt}; it counts as a category of its own. Correct it, {LIST_THEM}.")
    more = len(remarks) - MOST_NAMED
    return (*remarks[:MOST_NAMED], *([f"and {counted(more, 'doubtful label')} more like these."] if more > 0 else []))


def _refuse_alike(given: Sequence[_Given]) -> None:
    spelt: dict[str, list[_Given]] = {}
    for one in given:
        spelt.setdefault("".join(one.label.casefold().split()), []).append(one)
    lines = []
    for same in spelt.values():
        usual, *others = sorted(same, key=lambda one: -one.count)
        lines += [
            f"  {other.said}, but {usual.label!r} {_times(usual.count)}: only capitals or spaces differ"
            for other in others
        ]
    if lines:
        raise DataError(
            "\n".join(["emotion: one label is written in two ways", *lines[:MOST_NAMED]])
            + f"\nWrite it alike in every file, {LIST_THEM}. Nothing was changed."
        )


def _given(columns: Sequence[LabelColumn]) -> list[_Given]:
    """Every label with its count and first place, in order of first appearance."""
    found: dict[str, _Given] = {}
    for source in columns:
        machine = pl.col("condition") if source.machine and "condition" in source.table.columns else pl.lit("")
        counts = (
            source.table.filter(pl.col(source.column).is_not_null())
            .group_by(source.column, maintain_order=True)
            .agg(pl.len().alias("n"), pl.col(ROW).first(), machine.n_unique().alias("machines"))
        )
        for label, count, row, machines in counts.select(source.column, "n", ROW, "machines").iter_rows():
            now = _Given(label, count, source.path, row, source.column, machines * source.machine, not source.machine)
            before = found.get(label)
            found[label] = now if before is None else _together(before, now)
    return list(found.values())


def _together(one: _Given, other: _Given) -> _Given:
    return _Given(
        one.label, one.count + other.count, one.path, one.row, one.column, one.machines + other.machines,
        one.by_others or other.by_others,
    )  # fmt: skip


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"

"""Collecting what is wrong with a table, so that a user sees all of it at once and by row, column and value."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from lib.contracts.study import Scale
from lib.contracts.table_files import ROW
from lib.contracts.yaml_files import nearest
from lib.errors import DataError

SHOWN = 10


@dataclass
class Problems:
    """What is wrong with one file; `raise_any` ends the reading if anything is."""

    path: Path
    lines: list[tuple[int, str]] = field(default_factory=list)
    count: int = 0

    def add(self, table: pl.DataFrame, fault: pl.Expr, column: str, say: str) -> None:
        """Note each row where `fault` holds; `say` follows the value, for example `is outside 1 to 9`."""
        bad = table.filter(fault.fill_null(False))
        self.count += bad.height
        for row, value in bad.head(SHOWN).select(ROW, column).iter_rows():
            self.lines.append((row, f"row {row}, column {column!r}: got {value!r}, {say}"))

    def add_unknown(self, table: pl.DataFrame, column: str, known: list[str], what: str) -> None:
        """Note each value of `column` that is not `known`, offering the nearest one."""
        bad = table.filter(pl.col(column).is_not_null() & ~pl.col(column).is_in(known))
        self.count += bad.height
        for row, value in (
            bad.unique(column, keep="first", maintain_order=True).head(SHOWN).select(ROW, column).iter_rows()
        ):
            times = bad.filter(pl.col(column) == value).height
            also = f", and {times - 1} more like it" if times > 1 else ""
            said = f"row {row}, column {column!r}: got {value!r}, which is not {what}{nearest(value, known)}{also}"
            self.lines.append((row, said))

    def raise_any(self, cure: str) -> None:
        """Raise DataError with what was noted, in the order of the rows, if anything was."""
        if self.count:
            shown = "\n".join(f"  {line}" for _, line in sorted(self.lines)[: 2 * SHOWN])
            raise DataError(f"{self.path}: {self.count} fault(s)\n{shown}\n{cure} Nothing was changed.")


def parse_number(table: pl.DataFrame, column: str, scale: Scale, problems: Problems, *, stepwise: bool) -> pl.DataFrame:
    """Turn a text column into numbers on `scale`, noting each cell that is none.

    With `stepwise` (people) only the scale's steps are allowed, otherwise (machines) any value from low to high.
    """
    numbers = table.with_columns(pl.col(column).cast(pl.Float64, strict=False).alias("__number__"))
    number = pl.col("__number__")
    ends = f"{scale.low:g} to {scale.high:g}"
    unreadable = pl.col(column).is_not_null() & (number.is_null() | ~number.is_finite())
    problems.add(numbers, unreadable, column, f"which is not a number from {ends}")
    outside = number.is_finite() & ((number < scale.low) | (number > scale.high))
    problems.add(numbers, outside, column, f"which is outside {ends}")
    if stepwise:
        steps = (number - scale.low) / scale.step
        between = number.is_finite() & ~outside & ((steps - steps.round()).abs() > 1e-6)
        problems.add(numbers, between, column, f"which is between the steps of {scale.step:g}")
    return numbers.with_columns(number.alias(column)).drop("__number__")

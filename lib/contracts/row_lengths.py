"""Rows of a CSV file with more or fewer cells than its header, which quick readers refuse or fill."""

from __future__ import annotations

import csv
from pathlib import Path

import polars as pl

from lib.errors import DataError

BLOCK = 1 << 24


def check_row_lengths(path: Path, delimiter: str, table: pl.DataFrame) -> None:
    """Refuse a file with a row of too few cells, which the quick reader filled with nulls.

    Only a row whose last cell is null can be short; then the delimiters of the whole file are counted, and only where
    that does not settle it (quotes, blank lines, a short row) is each row taken apart.

    Raises
    ------
    DataError
        By the first such row, its cells and the header's.
    """
    if table.width > 1 and table[:, -1].null_count() and not _surely_even(path, delimiter, table):
        refuse_wrong_lengths(path, delimiter)


def refuse_wrong_lengths(path: Path, delimiter: str) -> None:
    """Take each row apart; refuse the file if one has not as many cells as the header. Blank rows are let through.

    Raises
    ------
    DataError
        By the first such row, its cells and the header's.
    """
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = csv.reader(stream, delimiter=delimiter)
        header: list[str] = []
        wrong, first = 0, (0, 0)
        try:
            header = next(rows, [])
            for number, cells in enumerate(rows, 2):
                if cells and len(cells) != len(header):
                    wrong, first = wrong + 1, first if wrong else (number, len(cells))
        except UnicodeDecodeError:  # no text, or in another encoding: its lines are no rows
            return
        except csv.Error:  # a cell beyond the module's limit: what was found until there is said
            pass
    if wrong:
        also = f", and {wrong - 1:,} more rows of a wrong length" if wrong > 1 else ""
        names = ", ".join(name.strip() or "(no heading)" for name in header)
        mark = "a tab" if delimiter == "\t" else repr(delimiter)
        raise DataError(
            f"{path}: row {first[0]}: got {first[1]} cells, but the header in row 1 has {len(header)} ({names}){also}. "
            f"Give every row as many cells as the header, empty ones too; put text with {mark} in it in double quotes."
        )


def _surely_even(path: Path, delimiter: str, table: pl.DataFrame) -> bool:
    """Whether there are no quotes, and as many delimiters as rows of the header's length have."""
    found, mark = 0, delimiter.encode()
    with path.open("rb") as stream:
        while block := stream.read(BLOCK):
            if b'"' in block:
                return False
            found += block.count(mark)
    return found == (table.height + 1) * (table.width - 1)

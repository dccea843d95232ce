"""Reading a table as people save it: CSV from R, Excel (byte-order mark, semicolons, tabs) or Parquet."""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Sequence
from pathlib import Path

import polars as pl
from polars.exceptions import PolarsError

from lib.contracts.row_lengths import check_row_lengths, refuse_wrong_lengths
from lib.contracts.yaml_files import nearest
from lib.errors import DataError, MissingFileError

SNIFFED_BYTES = 64 * 1024
DELIMITERS = ",;\t"
ROW = "__row__"


def read_table(path: Path, required: list[str], cure: str, optional: list[str] | None = None) -> pl.DataFrame:
    """Read a CSV or Parquet file as text columns plus `ROW`: the file's line (CSV) or the row from 1 (Parquet).

    Cells are stripped; an empty cell, `NA`, `NaN` or `null` becomes null. Where cells are not parted by
    commas (Excel in many countries), a decimal comma is read as a point. Other columns are
    dropped. A column that is not there under its name is looked for in other spelling: `plain_name`.

    Parameters
    ----------
    path
        The file; `.parquet` is read as Parquet, everything else as CSV with comma, semicolon or tab.
    required, optional
        Columns that must, or may, be there.
    cure
        What the user can do when the file is missing; ends the message.

    Returns
    -------
    polars.DataFrame
        Columns `ROW` (Int64), then the required and the present optional ones as strings.

    Raises
    ------
    MissingFileError
        There is no such file.
    DataError
        The file is empty, not a table, not UTF-8, or lacks a column, or two could be it.
    """
    table = _read(path, cure)
    table = table.rename(spelt_otherwise(path, table.columns, [*required, *(optional or [])]))
    if table.height == 0:
        raise DataError(f"{path}: has no rows. Fill it with {', '.join(required)}.")
    missing = [name for name in required if name not in table.columns]
    if missing:
        hints = ", ".join(f"{name!r}{nearest(name, table.columns)}" for name in missing)
        raise DataError(
            f"{path}: row 1: column {hints} is missing; the file has {', '.join(table.columns)}. Rename or add it."
        )
    kept = required + [name for name in optional or [] if name in table.columns]
    return _as_text(path, table, kept)


def read_whole_table(path: Path, cure: str) -> pl.DataFrame:
    """Read all columns of a file, whatever they are called, in the manner of `read_table`; it may have no rows.

    Columns without a heading are left out; `columns_without_heading` tells which.

    Raises
    ------
    MissingFileError, DataError
        There is no such file, or it is no table.
    """
    table = _read(path, cure)
    unnamed = columns_without_heading(path)
    return _as_text(path, table, [name for number, name in enumerate(table.columns, 1) if number not in unnamed])


def columns_without_heading(path: Path) -> list[int]:
    """The columns, counted from 1, of a CSV file whose cell in row 1 is empty; none of a Parquet file."""
    return [number for number, name in enumerate(headings(path), 1) if not name and path.suffix != ".parquet"]


def headings(path: Path) -> list[str]:
    """The headings of a file that was read before, without reading its rows."""
    if path.suffix == ".parquet":
        return list(pl.read_parquet_schema(path))
    with path.open("rb") as stream:
        head = stream.read(SNIFFED_BYTES)
    return [name.strip() for name in _header(head, _delimiter(head))]


def plain_name(heading: str) -> str:
    """A heading in small letters, with `_` in place of spaces: `Skin tone` is `skin_tone`."""
    return re.sub(r"\s+", "_", heading.strip().lower())


def spelt_otherwise(path: Path, columns: Sequence[str], wanted: Collection[str]) -> dict[str, str]:
    """The columns that stand in the file in another spelling, with the name that they are wanted by.

    Raises
    ------
    DataError
        Two columns could be the one that is wanted, and neither is spelt so.
    """
    found: dict[str, str] = {}
    for column in columns:
        name = plain_name(column)
        if name in columns or name not in wanted:
            continue
        if name in found.values():
            first = next(other for other in found if found[other] == name)
            raise DataError(f"{path}: row 1: columns {first!r} and {column!r} could both be {name}. Rename one.")
        found[column] = name
    return found


def in_plain_names(path: Path, table: pl.DataFrame) -> pl.DataFrame:
    """The whole table with `plain_name` of every heading.

    Raises
    ------
    DataError
        Two headings come to the same.
    """
    names: dict[str, str] = {}
    for column in table.columns:
        name = plain_name(column)
        if name in names:
            raise DataError(
                f"{path}: row 1: columns {names[name]!r} and {column!r} differ only by capitals or spaces. Rename one, "
                "or take it away."
            )
        names[name] = column
    return table.rename({column: name for name, column in names.items()})


def _read(path: Path, cure: str) -> pl.DataFrame:
    if not path.is_file():
        raise MissingFileError(f"{path}: there is no such file. {cure}")
    return _read_parquet(path) if path.suffix == ".parquet" else _read_csv(path)


def _as_text(path: Path, table: pl.DataFrame, kept: list[str]) -> pl.DataFrame:
    first_row = 1 if path.suffix == ".parquet" else 2
    return table.select(
        (pl.int_range(pl.len(), dtype=pl.Int64) + first_row).alias(ROW),
        *(_cell(name) for name in kept),
    )


def _cell(name: str) -> pl.Expr:
    text = pl.col(name).cast(pl.String).str.strip_chars()
    return pl.when(text.is_in(["", "NA", "NaN", "nan", "null", "None"])).then(None).otherwise(text).alias(name)


def _read_parquet(path: Path) -> pl.DataFrame:
    try:
        return pl.read_parquet(path)
    except (PolarsError, OSError) as error:
        raise DataError(
            f"{path}: not readable as Parquet ({error}). Save it again from the program that made it."
        ) from error


def _read_csv(path: Path) -> pl.DataFrame:
    with path.open("rb") as stream:
        head = stream.read(SNIFFED_BYTES)
    if not head.strip():
        raise DataError(f"{path}: is empty. Save the table into it again.")
    delimiter = _delimiter(head)
    try:
        table = pl.read_csv(path, separator=delimiter, infer_schema=False, truncate_ragged_lines=False)
    except PolarsError as error:
        refuse_wrong_lengths(path, delimiter)
        raise DataError(
            f"{path}: not readable as CSV ({str(error).splitlines()[0]}). "
            "Save it as CSV UTF-8, every row with as many cells as the header."
        ) from error
    check_row_lengths(path, delimiter, table)
    if delimiter != ",":
        table = table.with_columns(pl.all().str.replace(r"^(\s*-?\d*),(\d+\s*)$", "${1}.${2}"))
    names = {name: name.strip().removeprefix("\ufeff") or name for name in table.columns}
    twice = [name for name in names.values() if list(names.values()).count(name) > 1]
    if twice:
        raise DataError(f"{path}: row 1: got two columns called {twice[0]!r}. Rename one, or take it away.")
    return table.rename(names)


def _delimiter(head: bytes) -> str:
    cells = {delimiter: len(_header(head, delimiter)) for delimiter in DELIMITERS}
    return max(cells, key=lambda delimiter: cells[delimiter])


def _header(head: bytes, delimiter: str) -> list[str]:
    first = head.decode("utf-8-sig", errors="replace").splitlines()[0]
    return next(csv.reader([first], delimiter=delimiter), [])

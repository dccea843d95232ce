"""Excel workbooks of tidy tables: typed cells, number formats by the kind of statistic, and nothing that can run."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import polars as pl
import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from lib.errors import BuildError
from lib.files import write_aside
from lib.formats import BOUNDED, PERCENT, capitalised

P_VALUE, CORRELATION, THREE, PERCENTAGE, COUNT, TWO = (
    '[<0.001]"< .001";.000', ".000", "0.000", '0.0"%"', "#,##0", "0.00"
)  # fmt: skip
NAME_LENGTH = 31
MOST_ROWS = 1_048_575
WIDEST = 48
STATISTICS = {
    "f",
    "t",
    "z",
    "chi2",
    "df",
    "df_residual",
    "statistic",
    "chi2_corrected",
    "chi2_yates",
    "sum_of_squares",
    "reml",
}
# Shares and correlations that only workbooks show under these names.
SHARES = {"alpha", "inside", "people_inside", "majority_agreement", "shapiro_w", "rank_biserial"}
# Columns that are in the unit of the estimate to their left.
OF_ESTIMATE = {"low", "high", "se", "difference", "person"}
TEXT_LENGTH = 32_767
# No cell may become a formula, a link or a number because its text looks like one.
LITERAL = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


class Workbook:
    """One workbook in the making; every sheet but the notes is one tidy table with a frozen, filtered header."""

    def __init__(self, path: Path) -> None:
        self._book = xlsxwriter.Workbook(path, LITERAL)
        bold = {"bold": True, "bottom": 1, "bg_color": "#EDEDED", "text_wrap": True, "valign": "top"}
        self._header = self._book.add_format(bold)
        self._plain = self._book.add_format({"text_wrap": True, "valign": "top"})
        self._styles = {
            "title": self._book.add_format({"bold": True, "font_size": 14}),
            "alarm": self._book.add_format({"bold": True, "font_color": "#C00000", "font_size": 12}),
            "heading": self._book.add_format({"bold": True, "top": 1}),
            "text": self._plain,
        }
        self._numbers: dict[str, Format] = {}
        self._names: set[str] = set()

    def table(self, name: str, frame: pl.DataFrame, formats: Mapping[str, str] | None = None) -> None:
        """Add a sheet with one tidy table.

        Parameters
        ----------
        name
            Of the sheet, at most 31 characters, unlike the others in more than capital letters.
        frame
            Numbers unrounded; a null is an empty cell.
        formats
            Column -> Excel number format, where `number_formats` would not choose well.

        Raises
        ------
        BuildError
            Excel has no room for the rows.
        """
        if frame.height > MOST_ROWS:
            raise BuildError(
                f"{name}: got {frame.height:,} rows, but a sheet holds {MOST_ROWS:,}. Use `rater analyze`."
            )
        sheet = self._add(name)
        chosen_formats = number_formats(frame) | dict(formats or {})
        for place, column in enumerate(frame.columns):
            series = frame[column]
            chosen = chosen_formats[column]
            style = self._number(chosen) if chosen else None
            sheet.write_string(0, place, column, self._header)
            for row, value in enumerate(series.to_list(), start=1):
                write_cell(sheet, row, place, value, style)
            sheet.set_column(place, place, _width(column, series, chosen))
        sheet.freeze_panes(1, 0)
        if frame.width:
            sheet.autofilter(0, 0, max(frame.height, 1), frame.width - 1)

    def notes(
        self, name: str, lines: Sequence[Sequence[str | int]], styles: Mapping[int, str], widths: Sequence[int]
    ) -> None:
        """Add a sheet of text and counts: rows of cells in the style `title`, `alarm`, `heading` or `text`."""
        sheet = self._add(name)
        for place, width in enumerate(widths):
            sheet.set_column(place, place, width)
        for row, cells in enumerate(lines):
            for place, cell in enumerate(cells):
                write_cell(sheet, row, place, cell, self._styles[styles.get(row, "text")], text_style=True)

    def close(self) -> None:
        """Write the file."""
        self._book.close()

    def _add(self, name: str) -> Worksheet:
        if len(name) > NAME_LENGTH or name.casefold() in self._names:
            raise BuildError(f"{name}: cannot be the name of a sheet: longer than {NAME_LENGTH} characters, or taken.")
        self._names.add(name.casefold())
        return self._book.add_worksheet(name)

    def _number(self, number: str) -> Format:
        if number not in self._numbers:
            self._numbers[number] = self._book.add_format({"num_format": number})
        return self._numbers[number]


def write_workbook(path: Path, fill: Callable[[Workbook], None]) -> Path:
    """Let `fill` add sheets to a new workbook; the file is there whole or not at all."""

    def write(temporary: Path) -> None:
        book = Workbook(temporary)
        fill(book)
        book.close()

    return write_aside(path, write)


def number_formats(frame: pl.DataFrame) -> dict[str, str | None]:
    """The Excel number format of each column; ends and standard errors have as many decimals as their estimate."""
    formats: dict[str, str | None] = {}
    estimate = THREE
    for column in frame.columns:
        own = number_format(column, frame[column].dtype)
        if own is not None and column in OF_ESTIMATE and frame[column].dtype.is_float():
            own = estimate
        elif own in (CORRELATION, THREE, PERCENTAGE):
            estimate = own
        formats[column] = own
    return formats


def number_format(column: str, kind: pl.DataType) -> str | None:
    """The Excel number format of a column by the name of its statistic, as `lib.formats` has it; None for text.

    Examples
    --------
    >>> [number_format(name, pl.Float64()) for name in ("p_adjusted", "kappa_low", "bias")]
    ['[<0.001]"< .001";.000', '.000', '0.000']
    """
    if not kind.is_numeric():
        return None
    if column == "p" or column.startswith("p_") or column.endswith("_p") or "_p_" in column:
        return P_VALUE
    name = column.removesuffix("_low").removesuffix("_high").removesuffix("_se")
    if kind.is_integer():
        return COUNT
    if name in PERCENT or name.endswith("_percent"):
        return PERCENTAGE
    if name in BOUNDED | SHARES or name.endswith(("_share", "_rate", "_accuracy")) or name.startswith("accuracy_"):
        return CORRELATION
    return TWO if name.removesuffix("_units") in STATISTICS else THREE


def write_cell(
    sheet: Worksheet, row: int, column: int, value: object, style: Format | None = None, *, text_style: bool = False
) -> None:
    """Write one value as what it is: text is never read as a formula; what is undefined is left empty.

    `style` is that of numbers, with `text_style` of text too.
    """
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value)
    elif isinstance(value, int | float):
        sheet.write_number(row, column, value, style)
    else:
        sheet.write_string(row, column, str(value)[:TEXT_LENGTH], style if text_style else None)


def sheet_name(name: str) -> str:
    """A table's name as the name of a sheet: `accuracy_by_emotion` is `Accuracy_By_Emotion`."""
    return "_".join(capitalised(part) for part in name.split("_"))[:NAME_LENGTH]


def _width(column: str, series: pl.Series, number: str | None) -> float:
    """Wide enough for the header with its filter arrow and for the cells, as far as that is reasonable."""
    texts = ["" if value is None else str(value) for value in series] if number is None else ["00,000.00"]
    longest = max(map(len, texts), default=0)
    return float(min(WIDEST, max(len(column) + 3, longest + 1)))

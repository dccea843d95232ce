from __future__ import annotations

from pathlib import Path

import openpyxl
import polars as pl
import pytest

from lib.build.workbook import MOST_ROWS, number_format, number_formats, sheet_name, write_workbook
from lib.errors import BuildError

FRAME = pl.DataFrame(
    {
        "condition": ["=1+1", "http://example.org", "007"],
        "kappa": [0.8531234567890123, None, float("nan")],
        "p_adjusted": [0.0000004, 0.5, None],
        "n": [1440, 2, 3],
        "singular": [True, False, None],
    }
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    def fill(book):
        book.notes("Notes", [["Title"], ["=2+2", "text", 12]], {0: "title"}, [20, 20])
        book.table("01_Table", FRAME)

    return write_workbook(tmp_path / "book.xlsx", fill)


def test_text_stays_text_and_numbers_are_not_rounded(path: Path) -> None:
    sheet = openpyxl.load_workbook(path)["01_Table"]
    assert [sheet.cell(row, 1).value for row in (2, 3, 4)] == ["=1+1", "http://example.org", "007"]
    assert {sheet.cell(row, 1).data_type for row in (2, 3, 4)} == {"s"} and sheet["A3"].hyperlink is None
    assert sheet["B2"].value == 0.8531234567890123
    assert (sheet["D2"].value, sheet["E2"].value) == (1440, True)
    notes = openpyxl.load_workbook(path)["Notes"]
    assert (notes["A2"].data_type, notes["C2"].data_type, notes["C2"].value) == ("s", "n", 12)


def test_what_is_undefined_is_an_empty_cell(path: Path) -> None:
    sheet = openpyxl.load_workbook(path)["01_Table"]
    assert [sheet[cell].value for cell in ("B3", "B4", "C4", "E4")] == [None] * 4


def test_headers_are_frozen_bold_and_filtered(path: Path) -> None:
    book = openpyxl.load_workbook(path)
    sheet = book["01_Table"]
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A2", "A1:E4")
    assert sheet["A1"].font.bold and book["Notes"]["A1"].font.bold
    assert (sheet["B2"].number_format, sheet["D2"].number_format) == (".000", "#,##0")
    assert sheet["C2"].number_format == '[<0.001]"< .001";.000'


@pytest.mark.parametrize(
    ("column", "kind", "expected"),
    [
        ("p", pl.Float64(), '[<0.001]"< .001";.000'),
        ("shapiro_p", pl.Float64(), '[<0.001]"< .001";.000'),
        ("kappa_low", pl.Float64(), ".000"),
        ("accuracy_percent", pl.Float64(), '0.0"%"'),
        ("f", pl.Float64(), "0.00"),
        ("f_units", pl.Float64(), "0.00"),
        ("accuracy_a", pl.Float64(), ".000"),
        ("accuracy_p_adjusted", pl.Float64(), '[<0.001]"< .001";.000'),
        ("bias", pl.Float64(), "0.000"),
        ("n", pl.Int64(), "#,##0"),
        ("condition", pl.String(), None),
    ],
)
def test_formats_follow_the_statistic(column: str, kind: pl.DataType, expected: str | None) -> None:
    assert number_format(column, kind) == expected


@pytest.mark.parametrize(
    ("estimate", "expected"), [("alpha", ".000"), ("kappa", ".000"), ("ratio", "0.000"), ("estimate", "0.000")]
)
def test_ends_and_errors_look_like_their_estimate(estimate: str, expected: str) -> None:
    frame = pl.DataFrame({"n": [9], estimate: [0.5], "se": [0.1], "df": [3.0], "t": [5.0], "low": [0.3], "high": [0.7]})
    formats = number_formats(frame)
    assert [formats[name] for name in (estimate, "se", "low", "high")] == [expected] * 4
    assert (formats["n"], formats["df"], formats["t"]) == ("#,##0", "0.00", "0.00")


def test_names_and_sizes_that_excel_cannot_hold_are_refused(tmp_path: Path) -> None:
    assert sheet_name("accuracy_by_emotion") == "Accuracy_By_Emotion"
    for name in ("x" * 32, "notes"):
        with pytest.raises(BuildError, match="cannot be the name of a sheet"):
            write_workbook(
                tmp_path / "b.xlsx", lambda book, name=name: (book.notes("Notes", [], {}, []), book.table(name, FRAME))
            )
    tall = pl.DataFrame({"n": range(MOST_ROWS + 1)})
    with pytest.raises(BuildError, match=r"got 1,048,576 rows, but a sheet holds 1,048,575"):
        write_workbook(tmp_path / "b.xlsx", lambda book: book.table("tall", tall))
    assert not (tmp_path / "b.xlsx").exists()

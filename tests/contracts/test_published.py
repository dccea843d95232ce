from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.contracts.printed import PrintedNumber, parse_printed
from lib.contracts.published import STATISTICS, UNITS, read_published
from lib.errors import DataError, MissingFileError

ROOT = Path(__file__).parents[2]
HEAD = "id,statistic,printed"


def read(tmp_path: Path, rows: str, head: str = HEAD) -> pl.DataFrame:
    path = tmp_path / "printed.csv"
    path.write_text(f"{head}\n{rows}", encoding="utf-8")
    return read_published(path)


@pytest.mark.parametrize(
    ("text", "value", "decimals", "relation", "unit"),
    [
        ("0.899", 0.899, 3, "=", None),
        (".950", 0.95, 3, "=", None),
        ("1.000", 1.0, 3, "=", None),
        ("< .001***", 0.001, 3, "<", None),
        ("<.05", 0.05, 2, "<", None),
        (".022*", 0.022, 3, "=", None),
        ("−1.28", -1.28, 2, "=", None),
        ("-0.332", -0.332, 3, "=", None),
        ("–.126", -0.126, 3, "=", None),
        ("+0.40", 0.4, 2, "=", None),
        ("1.26×", 1.26, 2, "=", "times"),
        ("2.43x", 2.43, 2, "=", "times"),
        ("2.7-fold", 2.7, 1, "=", "times"),
        ("99.2%", 99.2, 1, "=", "percent"),
        ("+8.1%p", 8.1, 1, "=", "percentage_points"),
        ("1,440", 1440.0, 0, "=", None),
        ("72,000", 72000.0, 0, "=", None),
        ("~199", 199.0, 0, "~", None),
        ("≤ 0.05", 0.05, 2, "<=", None),
        (">= 3", 3.0, 0, ">=", None),
        ("0", 0.0, 0, "=", None),
    ],
)
def test_numbers_are_read_as_documents_print_them(
    text: str, value: float, decimals: int, relation: str, unit: str | None
) -> None:
    assert parse_printed(text) == PrintedNumber(value, decimals, relation, unit)


@pytest.mark.parametrize("text", ["", ".", "-", "n.s.", ".535–.671", "1,44", "1.2.3", "12,34.5", "4.18 (2.35)", "1e-3"])
def test_anything_else_is_no_printed_number(text: str) -> None:
    assert parse_printed(text) is None


@given(st.floats(-1e6, 1e6), st.integers(0, 5))
def test_what_python_prints_is_read_back(number: float, decimals: int) -> None:
    text = f"{number:,.{decimals}f}"
    parsed = parse_printed(text)
    assert parsed is not None
    assert (parsed.value, parsed.decimals) == (float(text.replace(",", "")), decimals)


def test_the_least_table_gets_all_columns(tmp_path: Path) -> None:
    frame = read(tmp_path, "a,kappa,.50\nb,p,< .001\nc,confusion,71.1%\n")
    assert frame["value"].to_list() == [0.5, 0.001, 71.1]
    assert frame["decimals"].to_list() == [2, 3, 1]
    assert frame["relation"].to_list() == ["=", "<", "="]
    assert frame["unit"].to_list() == [None, None, "percent"]
    assert frame["row"].to_list() == [2, 3, 4]
    assert frame["n"].dtype == pl.Int64 and frame["scale_low"].dtype == pl.Float64
    assert frame["subject"].to_list() == [None] * 3


def test_decimals_that_a_spreadsheet_has_cut_can_be_given(tmp_path: Path) -> None:
    frame = read(tmp_path, "a,kappa,0.5,3\n", f"{HEAD},decimals")
    assert frame["decimals"].to_list() == [3]


def test_a_range_is_two_rows_that_name_their_ends(tmp_path: Path) -> None:
    frame = read(tmp_path, "a,kappa,.535,lowest\nb,kappa,.671,highest\n", f"{HEAD},relation")
    assert frame["relation"].to_list() == ["lowest", "highest"]


def test_semicolons_and_decimal_commas_are_read(tmp_path: Path) -> None:
    frame = read(tmp_path, "a;kappa;0,50\n", "id;statistic;printed")
    assert frame["value"].to_list() == [0.5]


@pytest.mark.parametrize(
    ("head", "row", "says"),
    [
        (HEAD, "a,kapa,.5", r"row 2, column 'statistic': got 'kapa', which is not .* \(did you mean 'kappa'\?\)"),
        (HEAD, "a,kappa,n.s.", r"row 2, column 'printed': got 'n.s.', which is not one printed number"),
        (HEAD, "a,kappa,", r"row 2, column 'printed': got None, every printed statistic needs one"),
        (HEAD, ",kappa,.5", r"row 2, column 'id': got None"),
        (HEAD, "a,kappa,.5\na,kappa,.6", r"row 3, column 'id': got 'a', which stands above"),
        (f"{HEAD},decimals", "a,kappa,.500,2", r"column 'decimals': got 2, fewer than `printed` shows"),
        (f"{HEAD},decimals", "a,kappa,.500,many", r"column 'decimals': got 'many', which is not a whole number from 0"),
        (f"{HEAD},n", "a,kappa,.5,0", r"column 'n': got '0', which is not a whole number from 1"),
        (f"{HEAD},categories", "a,kappa,.5,1", r"column 'categories': got '1', which is not a whole number from 2"),
        (f"{HEAD},relation", "a,p,< .001,>", r"column 'relation': got '>', but `printed` says another"),
        (f"{HEAD},relation", "a,p,.001,about", r"column 'relation': got 'about', which is not a known relation"),
        (f"{HEAD},unit", "a,kappa,.5,percents", r"column 'unit': got 'percents', .* \(did you mean 'percent'\?\)"),
        (
            f"{HEAD},unit",
            "a,confusion,71.1%,points",
            r"column 'unit': got 'points', but `printed` is written in another",
        ),
        (f"{HEAD},superseded_by", "a1,kappa,.5,a2", r"column 'superseded_by': got 'a2', which is not the id of a row"),
        (f"{HEAD},superseded_by", "a,kappa,.5,a", r"column 'superseded_by': got 'a', which is the row itself"),
        (f"{HEAD},result,not_computable", "a,kappa,.5,x.y,why", r"column 'result': got 'x.y', but `not_computable`"),
        (f"{HEAD},scale_low,scale_high", "a,mean,5,9,1", r"column 'scale_low': got 9.0, not below `scale_high`"),
        (f"{HEAD},scale_low", "a,mean,5,one", r"column 'scale_low': got 'one', not a number"),
    ],
)
def test_a_bad_row_is_named_by_row_column_and_value(tmp_path: Path, head: str, row: str, says: str) -> None:
    with pytest.raises(DataError, match=says):
        read(tmp_path, row + "\n", head)


def test_a_missing_file_or_column_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match="one row a printed statistic"):
        read_published(tmp_path / "none.csv")
    with pytest.raises(DataError, match=r"column 'printed' \(did you mean 'print'\?\) is missing"):
        read(tmp_path, "a,kappa,.5\n", "id,statistic,print")


def test_every_word_of_the_format_is_explained_where_people_look(tmp_path: Path) -> None:
    text = (ROOT / "data/published/README.md").read_text(encoding="utf-8")
    frame = read(tmp_path, "a,kappa,.5\n")
    for word in [*STATISTICS, *UNITS, *(name for name in frame.columns if name not in {"row", "value"})]:
        assert f"`{word}`" in text, word

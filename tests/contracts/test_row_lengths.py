from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from lib.contracts import row_lengths
from lib.contracts.table_files import columns_without_heading, read_table, read_whole_table
from lib.errors import DataError


def write(folder: Path, text: str) -> Path:
    path = folder / "t.csv"
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,b,c\n1,2,3\n1,2,3,4\n", r"row 3: got 4 cells, but the header in row 1 has 3 \(a, b, c\)\. Give every row"),
        ("a;b;c\n1;2\n1;2;3\n", r"row 2: got 2 cells, .* has 3 .* put text with ';' in it in double quotes\."),
        ("a,b,c\n1,2,\n1\n1,2\n", r"row 3: got 1 cells, .*, and 1 more rows of a wrong length\."),
        ('a,b,c\n"x, y",2,3\n"x, y",2\n', r"row 3: got 2 cells"),
        ("a\tb\n1\t2\t3\n", r"row 2: got 3 cells, .*text with a tab"),
        ("a,b\n1\n1,2,3\n", r"row 2: got 1 cells, .* 1 more rows"),
    ],
)
def test_a_row_of_another_length_is_told(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(DataError, match=r"t\.csv: " + said):
        read_table(write(tmp_path, text), ["a"], "Cure.")


@pytest.mark.parametrize(
    "text", ["a,b\n1,\n,\n", 'a,b\n"x, y",\n"1\n2",\n', "a,b\n1,2\n\n3,\n", "a\n1\n\n", "a,b\r\n1,\r\n", "a,b\n1,"]
)
def test_empty_cells_and_blank_rows_are_no_short_rows(tmp_path: Path, text: str) -> None:
    assert read_whole_table(write(tmp_path, text), "Cure.").height >= 1


def test_what_is_no_text_has_no_rows(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(b"PK\x03\x04" + bytes(range(256)))
    with pytest.raises(DataError, match="not readable as CSV"):
        read_whole_table(tmp_path / "t.csv", "Cure.")


def test_rows_are_taken_apart_only_where_need_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError("slow")

    monkeypatch.setattr(row_lengths, "refuse_wrong_lengths", never)
    monkeypatch.setattr(row_lengths, "BLOCK", 5)
    read_whole_table(write(tmp_path, "a,b,c\n1,2,3\n,,\n1,,\n"), "Cure.")
    read_whole_table(write(tmp_path, 'a,b\n"x, y",1\n'), "Cure.")
    with pytest.raises(AssertionError, match="slow"):
        read_whole_table(write(tmp_path, "a,b\n1,2\n1\n"), "Cure.")


def test_headings_that_differ_by_spaces_only_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"row 1: got two columns called 'a'\. Rename one"):
        read_whole_table(write(tmp_path, "a,a ,b\n1,2,3\n"), "Cure.")


def test_columns_without_heading_are_left_out_and_can_be_told(tmp_path: Path) -> None:
    path = write(tmp_path, '"",a,, \n1,2,3,4\n')
    assert columns_without_heading(path) == [1, 3, 4]
    assert read_whole_table(path, "Cure.").columns == ["__row__", "a"]
    pl.DataFrame({"a": [1]}).write_parquet(tmp_path / "t.parquet")
    assert columns_without_heading(tmp_path / "t.parquet") == []

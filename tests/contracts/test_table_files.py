from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.contracts.table_files import ROW, in_plain_names, read_table, read_whole_table
from lib.errors import DataError, MissingFileError

CURE = "Put it there."


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_text(text, encoding=encoding)
    return path


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_reads_what_excel_saves(tmp_path: Path, separator: str, encoding: str) -> None:
    path = write(tmp_path / "t.csv", f"image_id{separator}valence\r\nx{separator}3\r\ny{separator}\r\n", encoding)
    table = read_table(path, ["image_id", "valence"], CURE)
    assert table.rows() == [(2, "x", "3"), (3, "y", None)]


def test_decimal_comma_is_a_point_where_cells_are_parted_by_semicolons(tmp_path: Path) -> None:
    table = read_table(write(tmp_path / "t.csv", "a;b\nx;-0,25\n"), ["a", "b"], CURE)
    assert table["b"].to_list() == ["-0.25"]


def test_quoted_commas_stay(tmp_path: Path) -> None:
    table = read_table(write(tmp_path / "t.csv", 'a,b\n"x, y",1\n'), ["a", "b"], CURE)
    assert table["a"].to_list() == ["x, y"]


def test_missing_file_tells_the_cure(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match=r"t\.csv: there is no such file\. Put it there\."):
        read_table(tmp_path / "t.csv", ["a"], CURE)


@pytest.mark.parametrize("text", ["", "  \n", "a,b\n"])
def test_empty_file_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(DataError, match=r"is empty|has no rows"):
        read_table(write(tmp_path / "t.csv", text), ["a", "b"], CURE)


def test_missing_column_offers_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"column 'valence' \(did you mean 'Valenz'\?\) is missing"):
        read_table(write(tmp_path / "t.csv", "image_id,Valenz\nx,1\n"), ["image_id", "valence"], CURE)


def test_another_spelling_of_a_column_is_read_if_it_is_the_only_one(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", "Image ID,Skin  tone,Arousal,arousal\nx,2,3,4\n")
    table = read_table(path, ["image_id", "arousal"], CURE, optional=["skin_tone"])
    assert table.rows() == [(2, "x", "4", "2")]
    with pytest.raises(DataError, match=r"row 1: columns 'Arousal' and 'AROUSAL' could both be arousal"):
        read_table(write(tmp_path / "t.csv", "Arousal,AROUSAL\n1,2\n"), ["arousal"], CURE)
    path = write(tmp_path / "t.csv", "Arousal,arousal\n1,2\n")
    with pytest.raises(DataError, match=r"row 1: columns 'Arousal' and 'arousal' differ only by capitals or spaces"):
        in_plain_names(path, read_whole_table(path, CURE))


@pytest.mark.parametrize(
    ("name", "content"),
    [("t.csv", b"a,b\n1\n1,2,3\n"), ("t.csv", b"\xff\xfe\x00garbage\x00\n\x80\x81"), ("t.parquet", b"not parquet")],
)
def test_what_is_no_table_is_refused_by_name(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(DataError, match=name):
        read_table(path, ["a", "b"], CURE)


def test_parquet_and_csv_give_the_same(tmp_path: Path) -> None:
    frame = pl.DataFrame({"image_id": ["x", "y"], "valence": [3, None]})
    frame.write_parquet(tmp_path / "t.parquet")
    frame.write_csv(tmp_path / "t.csv")
    one, two = (read_table(tmp_path / f"t.{kind}", ["image_id", "valence"], CURE) for kind in ("parquet", "csv"))
    assert one.drop(ROW).equals(two.drop(ROW))
    assert one[ROW].to_list() == [1, 2]


cell = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=8)


@settings(max_examples=150)
@given(rows=st.lists(st.tuples(cell, cell), min_size=1, max_size=6), separator=st.sampled_from(",;\t"))
def test_any_text_comes_back_or_is_null(
    rows: list[tuple[str, str]], separator: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("csv") / "t.csv"
    pl.DataFrame(rows, schema=["a", "b"], orient="row").write_csv(path, separator=separator, quote_style="always")
    table = read_table(path, ["a", "b"], CURE)
    for (a, _), got in zip(rows, table["a"].to_list(), strict=True):
        assert got is None or got == a.strip() or got.replace(".", ",") == a.strip()

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from lib.build.outputs import RECORD, Outputs
from lib.errors import BuildError

FRAME = pl.DataFrame({"x": [0.1 + 0.2, None]})


def test_an_earlier_analysis_is_replaced_whole(tmp_path: Path) -> None:
    first = Outputs(tmp_path / "out")
    first.table("tables/old", FRAME)
    first.json("results.json", {"a": 1})
    first.finish({"simulated": False})
    (tmp_path / "out/notes.txt").write_text("mine")
    second = Outputs(tmp_path / "out")
    second.table("tables/new", FRAME)
    second.finish({"simulated": False})
    kept = {path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*") if path.is_file()}
    assert kept == {"tables/new.csv", "tables/new.parquet", RECORD, "notes.txt"}
    assert json.loads((tmp_path / "out" / RECORD).read_text())["files"] == ["tables/new.csv", "tables/new.parquet"]


def test_tables_are_not_rounded(tmp_path: Path) -> None:
    outputs = Outputs(tmp_path)
    outputs.table("t", FRAME)
    assert (tmp_path / "t.csv").read_text() == "x\n0.30000000000000004\n\n"
    assert pl.read_parquet(tmp_path / "t.parquet").equals(FRAME)


def test_another_folder_is_not_written_into_by_accident(tmp_path: Path) -> None:
    (tmp_path / "thesis.docx").write_text("years of work")
    with pytest.raises(BuildError, match=r"is not empty and no earlier analysis.*--overwrite"):
        Outputs(tmp_path)
    outputs = Outputs(tmp_path, overwrite=True)
    outputs.text("study.yaml", "a: 1\n")
    outputs.finish({})
    assert (tmp_path / "thesis.docx").read_text() == "years of work"
    with pytest.raises(BuildError, match="is a file"):
        Outputs(tmp_path / "thesis.docx")

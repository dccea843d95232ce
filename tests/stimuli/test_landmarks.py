"""Regions from landmarks: boxes worked out by hand from a face whose points are easy to place."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from lib.cli.main import app
from lib.contracts.regions import read_regions
from lib.errors import DataError, MissingFileError
from lib.stimuli.landmarks import boxes_of, read_landmarks


def face() -> np.ndarray:
    """Jaw a V from (10, 40) to (90, 40) with its tip at (50, 120); outer corners of the eyes 60 apart: margin 3."""
    points = np.zeros((68, 2))
    down = 40 + 10 * (8 - np.abs(np.arange(17) - 8))
    points[:17] = np.column_stack([10 + 5 * np.arange(17), down])
    points[17:22] = [(18, 32), (24, 30), (30, 29), (36, 30), (42, 32)]
    points[22:27] = [(58, 32), (64, 30), (70, 29), (76, 30), (82, 32)]
    points[27:31] = [(50, 42), (50, 50), (50, 58), (50, 66)]
    points[31:36] = [(42, 70), (46, 72), (50, 73), (54, 72), (58, 70)]
    points[36:42] = [(20, 45), (26, 41), (34, 41), (40, 45), (34, 48), (26, 48)]
    points[42:48] = [(60, 45), (66, 41), (74, 41), (80, 45), (74, 48), (66, 48)]
    points[48:55] = [(35, 90), (40, 87), (46, 85), (50, 86), (54, 85), (60, 87), (65, 90)]
    points[55:60] = [(60, 95), (54, 98), (50, 99), (46, 98), (40, 95)]
    points[60:] = [(38, 90), (46, 89), (50, 89), (54, 89), (62, 90), (54, 92), (50, 93), (46, 92)]
    return points


BY_HAND = {
    "right_eye": (17, 38, 43, 51), "left_eye": (57, 38, 83, 51), "right_brow": (15, 26, 45, 35),
    "left_brow": (55, 26, 85, 35), "nose": (42, 42, 58, 73), "mouth": (35, 85, 65, 99), "face": (10, 29, 90, 120),
}  # fmt: skip


def row(points: np.ndarray) -> dict[str, float]:
    return {f"x_{n}": float(x) for n, (x, _) in enumerate(points)} | {
        f"y_{n}": float(y) for n, (_, y) in enumerate(points)
    }


def test_boxes_are_those_worked_out_by_hand() -> None:
    found = boxes_of(face())
    assert found.keys() == BY_HAND.keys()
    for name, box in BY_HAND.items():
        assert found[name] == pytest.approx(box), name


def test_the_command_writes_what_a_study_reads(tmp_path: Path) -> None:
    rows = [
        {"file": "set one/AF01.jpg", "success": 1, **row(face())},
        {"file": "AF02.jpg", "success": 0, **row(face() * 0)},
    ]
    pl.DataFrame(rows).write_csv(tmp_path / "landmarks.csv")
    for name in ("regions.csv", "regions.parquet"):
        out = tmp_path / "made" / name
        said = CliRunner().invoke(
            app, ["stimuli", "regions", "--landmarks", str(tmp_path / "landmarks.csv"), "--out", str(out)]
        )
        assert said.exit_code == 0, said.output
        assert "7 regions of 1 image." in said.output and "No face was found in 1 image: AF02" in said.output
        read = read_regions(out, {"AF01": (100, 200), "AF02": (100, 200)})
        mouth = read.filter(region="mouth").row(0, named=True)
        assert mouth["image_id"] == "AF01" and mouth["x"] == pytest.approx([0.35, 0.65, 0.65, 0.35])
        assert mouth["y"] == pytest.approx([0.425, 0.425, 0.495, 0.495])


def test_openface_writes_a_file_an_image_with_spaces_after_commas(tmp_path: Path) -> None:
    for name in ("AF01", "AM02"):
        cells = {"face": 0, "confidence": 0.98, **row(face())}
        text = ", ".join(cells) + "\n" + ", ".join(map(str, cells.values())) + "\n"
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    found = read_landmarks(tmp_path)
    assert found.images == 2 and found.without == ()
    assert found.regions.filter(image_id="AM02", region="nose").row(0)[2:] == BY_HAND["nose"]


def test_what_is_wrong_is_named_with_its_row(tmp_path: Path) -> None:
    path = tmp_path / "landmarks.csv"
    whole = {"image_id": "AF01", **row(face())}
    pl.DataFrame([whole, whole]).write_csv(path)
    with pytest.raises(DataError, match=r"row 3, column 'image_id': got 'AF01', which has several faces"):
        read_landmarks(path)
    pl.DataFrame([whole, whole | {"image_id": "AF02", "x_5": None}]).write_csv(path)
    with pytest.raises(DataError, match=r"row 3, column 'x_5': got None, which is not a number"):
        read_landmarks(path)
    pl.DataFrame([row(face())]).write_csv(path)
    with pytest.raises(DataError, match="column 'image_id' \\(or 'file'\\) is missing"):
        read_landmarks(path)
    pl.DataFrame([{"image_id": "AF01", "x_0": 1.0}]).write_csv(path)
    with pytest.raises(DataError, match="column 'x_1'"):
        read_landmarks(path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(MissingFileError, match="holds no CSV"):
        read_landmarks(tmp_path / "empty")

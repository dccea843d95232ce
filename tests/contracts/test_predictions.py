from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from lib.contracts.condition import Condition, read_conditions
from lib.contracts.predictions import read_predictions
from lib.contracts.study import Study, read_study
from lib.errors import DataError

ROOT = Path(__file__).parents[2]
IMAGES = ["BM01_Ang", "BM01_Hap"]


@pytest.fixture(scope="module")
def study() -> Study:
    return read_study(ROOT / "params/study.yaml")


@pytest.fixture(scope="module")
def conditions() -> dict[str, Condition]:
    return read_conditions(ROOT / "params/conditions")


def read(tmp_path: Path, text: str, condition: Condition, study: Study) -> pl.DataFrame:
    path = tmp_path / f"{condition.id}.csv"
    path.write_text(text, encoding="utf-8")
    return read_predictions(path, condition, study, IMAGES)


def test_an_unparsed_step_makes_the_prediction_invalid(
    tmp_path: Path, study: Study, conditions: dict[str, Condition]
) -> None:
    text = "image_id,emotion,valence,arousal,thinking_tokens\nBM01_Hap,,7,6,120\nBM01_Ang,angry,2.5,6,90\n"
    frame = read(tmp_path, text, conditions["gemini-2.5-flash"], study)
    assert frame.rows() == [
        ("gemini-2.5-flash", "BM01_Ang", 0, "angry", 2.5, 6.0, True, 90),
        ("gemini-2.5-flash", "BM01_Hap", 0, None, 7.0, 6.0, False, 120),
    ]


def test_what_a_classifier_is_not_asked_for_is_no_failure(
    tmp_path: Path, study: Study, conditions: dict[str, Condition]
) -> None:
    frame = read(tmp_path, "image_id,emotion\nBM01_Hap,happy\n", conditions["posterv2"], study)
    assert frame.rows() == [("posterv2", "BM01_Hap", 0, "happy", None, None, True, None)]


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("BM01_Hap,surprised,5,5,0", r"got 'surprised', which is not one of"),
        ("BM01_Hap,happy,9.01,5,0", r"got '9.01', which is outside 1 to 9"),
        ("BM02_Hap,happy,9,5,0", r"got 'BM02_Hap', which is not an image of the study"),
        ("BM01_Hap,happy,9,5,x", r"column 'repeat': got 'x', which is not a whole number"),
        (
            "BM01_Hap,happy,9,5,0\nBM01_Hap,happy,9,5,0",
            r"row 3, column 'image_id': got 'BM01_Hap', which was answered before",
        ),
    ],
)
def test_a_bad_row_is_named(
    tmp_path: Path, study: Study, conditions: dict[str, Condition], row: str, says: str
) -> None:
    with pytest.raises(DataError, match=says):
        read(tmp_path, f"image_id,emotion,valence,arousal,repeat\n{row}\n", conditions["gpt-4o-mini"], study)


def test_another_conditions_file_is_refused(tmp_path: Path, study: Study, conditions: dict[str, Condition]) -> None:
    text = "condition,image_id,emotion,valence,arousal\ngemma3-4b,BM01_Hap,happy,8,6\n"
    with pytest.raises(DataError, match=r"got 'gemma3-4b', which is not the condition of this file, gpt-4o-mini"):
        read(tmp_path, text, conditions["gpt-4o-mini"], study)

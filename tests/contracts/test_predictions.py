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
        ("gemini-2.5-flash", "BM01_Ang", 0, "angry", 2.5, 6.0, True, 90, None, None, None),
        ("gemini-2.5-flash", "BM01_Hap", 0, None, 7.0, 6.0, False, 120, None, None, None),
    ]


def test_what_a_classifier_is_not_asked_for_is_no_failure(
    tmp_path: Path, study: Study, conditions: dict[str, Condition]
) -> None:
    frame = read(tmp_path, "image_id,emotion\nBM01_Hap,happy\n", conditions["posterv2"], study)
    assert frame.rows() == [("posterv2", "BM01_Hap", 0, "happy", None, None, True, None, None, None, None)]


def test_a_machine_that_was_told_the_emotion_is_valid_without_one(
    tmp_path: Path, study: Study, conditions: dict[str, Condition]
) -> None:
    told = conditions["gemma3-12b"].model_copy(update={"strategy": "text_only", "steps": ("valence", "arousal")})
    text = "image_id,emotion,valence,arousal,thinking_tokens_valence\nBM01_Hap,angry,7,6,4\nBM01_Ang,,,6,\n"
    frame = read(tmp_path, text, told, study)
    assert frame.select("image_id", "emotion", "valence", "arousal", "valid").rows() == [
        ("BM01_Ang", None, None, 6.0, False),
        ("BM01_Hap", None, 7.0, 6.0, True),
    ]
    assert read(tmp_path, "image_id,valence,arousal\nBM01_Hap,7,6\n", told, study)["valid"].to_list() == [True]


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


STEPS = "thinking_tokens_emotion,thinking_tokens_valence,thinking_tokens_arousal"


def test_thinking_tokens_are_the_sum_of_their_steps_where_all_are_known(
    tmp_path: Path, study: Study, conditions: dict[str, Condition]
) -> None:
    text = f"image_id,emotion,valence,arousal,{STEPS}\nBM01_Hap,happy,7,6,10,20,30\nBM01_Ang,angry,2,6,10,,30\n"
    frame = read(tmp_path, text, conditions["gemini-2.5-flash"], study)
    assert frame.select("thinking_tokens", *STEPS.split(",")).rows() == [(None, 10, None, 30), (60, 10, 20, 30)]


def test_a_sum_of_tokens_that_disagrees_with_its_steps_is_named(
    tmp_path: Path, study: Study, conditions: dict[str, Condition]
) -> None:
    text = f"image_id,emotion,valence,arousal,thinking_tokens,{STEPS}\nBM01_Ang,angry,2,6,60,10,20,30\n"
    assert read(tmp_path, text, conditions["gemini-2.5-flash"], study)["thinking_tokens"].to_list() == [60]
    wrong = text.replace(",60,", ",61,")
    with pytest.raises(DataError, match=r"row 2, column 'thinking_tokens': got 61, which is not the sum of thinking_"):
        read(tmp_path, wrong, conditions["gemini-2.5-flash"], study)


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        ("x", r"'thinking_tokens_valence': got 'x', which is not a whole number from 0"),
        ("-1", r"got '-1', which is not"),
    ],
)
def test_a_steps_tokens_are_whole_numbers(
    tmp_path: Path, study: Study, conditions: dict[str, Condition], cell: str, says: str
) -> None:
    text = f"image_id,emotion,valence,arousal,thinking_tokens_valence\nBM01_Hap,happy,7,6,{cell}\n"
    with pytest.raises(DataError, match=says):
        read(tmp_path, text, conditions["gemini-2.5-flash"], study)


def test_one_question_has_no_steps_of_its_own(tmp_path: Path, study: Study, conditions: dict[str, Condition]) -> None:
    text = "image_id,emotion,valence,arousal,thinking_tokens_valence\nBM01_Hap,happy,7,6,{}\n"
    empty = read(tmp_path, text.format(""), conditions["qwen3-vl-4b-thinking"], study)
    assert empty["thinking_tokens_valence"].to_list() == [None]
    with pytest.raises(
        DataError, match=r"column 'thinking_tokens_valence': got 12, but the condition has no such step"
    ):
        read(tmp_path, text.format("12"), conditions["qwen3-vl-4b-thinking"], study)

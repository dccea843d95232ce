from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lib.errors import DataError, MissingFileError
from lib.responses.foreign import Foreign, ForeignFile, match_image, plain_name, read_foreign

STEPS = ("emotion", "valence", "arousal")
VALUES = {"emotion": "happy", "valence": 7.0, "arousal": 5.0}


def read(tmp_path: Path, content: Any) -> ForeignFile:
    path = tmp_path / "m_predictions.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return read_foreign(path, STEPS)


@pytest.mark.parametrize(
    "content",
    [
        [{"image_id": "BM01_Ang", "emotion": "happy", "valence": 7, "arousal": 5}],
        {"BM01_Ang": {"emotion": "happy", "valence": 7, "arousal": 5.0}},
        {"model": "m", "predictions": [{"Image": "BM01_Ang", "Emotion": "happy", "Valence": 7, "Arousal": 5}]},
        {"results": {"BM01_Ang": {"prediction": {"emotion": "happy", "valence": 7, "arousal": 5}}}},
        {"image_id": "BM01_Ang", "predicted_emotion": "happy", "valence_pred": 7, "arousal_rating": 5},
        {"BM01_Ang": [{"emotion": "happy", "valence": 7, "arousal": 5}]},
    ],
)
def test_shapes_that_such_a_file_may_have(tmp_path: Path, content: Any) -> None:
    assert read(tmp_path, content).records == [Foreign("BM01_Ang", 0, VALUES, {})]


def test_one_object_a_line(tmp_path: Path) -> None:
    lines = [json.dumps({"image": name, "emotion": "sad"}) for name in ("a", "b")]
    assert [record.image for record in read(tmp_path, "\ufeff" + "\n\n".join(lines) + "\n").records] == ["a", "b"]
    with pytest.raises(DataError, match="line 2: not readable as JSON"):
        read(tmp_path, lines[0] + "\n{oops\n")


@pytest.mark.parametrize(
    "fields",
    [
        {"raw_emotion": "Happy!", "raw_valence": "7"},
        {"emotion_raw": "Happy!", "valence_response": "7"},
        {"raw_responses": {"emotion": "Happy!", "valence": "7"}},
        {"raw": {"Emotion": "Happy!", "valence": "7", "other": 3}},
    ],
)
def test_raw_texts_by_step(tmp_path: Path, fields: dict[str, Any]) -> None:
    found = read(tmp_path, [{"image_id": "a", **fields}])
    assert found.records[0].texts == {"emotion": "Happy!", "valence": "7"} and not found.unrecognised


def test_a_raw_text_of_everything(tmp_path: Path) -> None:
    record = read(tmp_path, [{"image_id": "a", "raw_response": '{"emotion": "sad"}', "repeat": 2}]).records[0]
    assert (record.whole, record.repeat) == ('{"emotion": "sad"}', 2)


def test_what_is_not_recognised_is_said(tmp_path: Path) -> None:
    content = [
        {"image_id": "a", "emotion": "sad", "confidence": 0.4, "time": 3},
        {"emotion": "sad", "time": 3},
        7,
    ]
    found = read(tmp_path, {"model": "m", "data": content})
    assert found.unrecognised == {"time": 2, "confidence": 1, "model": 1}
    assert found.recognised == {"emotion": 2, "image_id": 1} and found.nameless == 2


def test_values_that_are_none(tmp_path: Path) -> None:
    text = '[{"image_id": 3, "emotion": 5, "valence": NaN, "arousal": true, "repeat": -1}]'
    assert read(tmp_path, text).records == [Foreign("3", 0, {"emotion": "5", "valence": None, "arousal": None}, {})]
    record = read(tmp_path, [{"image_id": "a", "valence": "7", "arousal": [1], "repeat": True}]).records[0]
    assert record.values == {"emotion": None, "valence": "7", "arousal": None} and record.repeat == 0


@pytest.mark.parametrize("content", ["", "{", "[]", "7", "[1, 2]", '{"a": 3}', "[" * 100_000, '[{"emotion": "sad"}]'])
def test_what_holds_no_predictions_is_refused_with_what_is_expected(tmp_path: Path, content: str) -> None:
    with pytest.raises(DataError, match="expected a list of objects"):
        read(tmp_path, content)


def test_a_file_that_is_not_there_or_no_text(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError):
        read_foreign(tmp_path / "none.json", STEPS)
    (tmp_path / "image.json").write_bytes(b"\xff\xd8\xff")
    with pytest.raises(DataError, match="not readable as text"):
        read_foreign(tmp_path / "image.json", STEPS)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["image_id", "emotion", "valence", "raw", "repeat", "predictions", "x"]), inner
        )
    ),
    max_leaves=12,
)


@given(JSON)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_json_is_read_or_refused(tmp_path: Path, content: Any) -> None:
    try:
        found = read(tmp_path, content)
    except DataError:
        return
    for record in found.records:
        assert record.image.strip() and set(record.values) == set(STEPS) and record.repeat >= 0
        assert all(isinstance(text, str) for text in record.texts.values())


def test_images_are_found_by_name_file_name_or_path() -> None:
    known = {"BM01_Ang": "BM01_Ang", "scan 7.png": "face-7"}
    for name in ("BM01_Ang", "BM01_Ang.png", "images/Black Man/BM01_Ang.PNG", "C:\\faces\\BM01_Ang.png"):
        assert match_image(name, known) == "BM01_Ang"
    assert match_image("old/scan 7.png", known) == "face-7" and match_image("scan 7", known) is None
    assert [plain_name(name) for name in ("a/b/c.d.png", "c.d", "x\\y.JPG")] == ["c.d", "c.d", "y"]

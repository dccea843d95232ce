from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lib.errors import DataError, MissingFileError
from lib.traces.checking import check_traces, sound_keys
from lib.traces.files import write_part
from lib.traces.manifest import append, line_for, standing_lines, text_digest
from lib.traces.naming import manifest_file, trace_file
from lib.traces.parts import Part
from lib.traces.reading import hidden_states, read_hidden, read_manifest

SAID = text_digest("happy", "stop")
ANSWERS = {f"key-{image}-{step}": SAID for image in "ab" for step in ("emotion", "valence")}


def write(home: Path, image: str, step: str, **changes: Any) -> Path:
    about = {
        "key": f"key-{image}-{step}", "step": step, "text_sha256": SAID, "model_version": "m@1", "device": "cpu",
        "layers": [0, 3], **changes,
    }  # fmt: skip
    part = Part({"last": np.full((2, 4), ord(image), np.float16)}, about)
    path = trace_file(home, "c", "hidden", image)
    size = write_part(path, step, part)
    append(home, "c", "1of2", line_for(home, "hidden", part, size, condition="c", image_id=image, repeat=0))
    return path


@pytest.fixture
def home(tmp_path: Path) -> Path:
    for image in "ab":
        for step in ("emotion", "valence"):
            write(tmp_path, image, step)
    return tmp_path


def faults(home: Path, answers: dict[str, str] | None = None) -> dict[str, str]:
    return {f"{fault.file} {fault.step}": fault.kind for fault in check_traces(home, "c", answers or ANSWERS)[1]}


def test_sound_traces_have_no_faults(home: Path) -> None:
    assert check_traces(home, "c", ANSWERS) == (4, [])
    assert sound_keys(home, "c", ANSWERS) == {(key, "hidden") for key in ANSWERS}


def test_each_fault_is_told_apart(home: Path) -> None:
    path = trace_file(home, "c", "hidden", "a")
    left = {key: SAID for key in ANSWERS if key != "key-b-emotion"} | {"key-b-valence": text_digest("sad", "stop")}
    assert faults(home, left) == {"c_hidden_b.npz emotion": "orphan", "c_hidden_b.npz valence": "outdated"}
    path.write_bytes(path.read_bytes()[:-30])
    assert faults(home) == {"c_hidden_a.npz emotion": "damaged", "c_hidden_a.npz valence": "damaged"}
    assert sound_keys(home, "c", ANSWERS) == {("key-b-emotion", "hidden"), ("key-b-valence", "hidden")}
    path.unlink()
    assert faults(home) == {"c_hidden_a.npz emotion": "missing", "c_hidden_a.npz valence": "missing"}
    trace_file(home, "c", "hidden", "stray", 1).parent.mkdir()
    write_part(trace_file(home, "c", "hidden", "stray", 1), "emotion", Part())
    write_part(trace_file(home, "c", "hidden", "b"), "arousal", Part())
    assert faults(home)["repeat-1/c_hidden_stray.npz "] == "unlisted"
    assert faults(home)["c_hidden_b.npz arousal"] == "unlisted"


def test_a_file_that_another_took_the_place_of_is_found(home: Path) -> None:
    trace_file(home, "c", "hidden", "a").replace(trace_file(home, "c", "hidden", "b"))
    assert faults(home)["c_hidden_b.npz emotion"] == "damaged"


def test_a_trace_of_a_new_key_takes_the_place_of_the_old_one(home: Path) -> None:
    write(home, "a", "emotion", key="new")
    answers = ANSWERS | {"new": SAID}
    assert check_traces(home, "c", answers) == (4, [])
    assert ("key-a-emotion", "hidden") not in sound_keys(home, "c", answers)


def test_half_a_line_of_a_killed_run_costs_that_line_alone(home: Path) -> None:
    path = manifest_file(home, "c", "1of2")
    data = path.read_bytes()
    path.write_bytes(data[:-20])
    assert len(standing_lines(home, "c")) == 3
    assert sound_keys(home, "c", ANSWERS) == {(key, "hidden") for key in ANSWERS if key != "key-b-valence"}
    write(home, "b", "valence")
    assert check_traces(home, "c", ANSWERS) == (4, [])


def test_a_manifest_that_names_files_elsewhere_is_not_followed(home: Path) -> None:
    path = manifest_file(home, "c", "1of2")
    path.write_bytes(path.read_bytes().replace(b'"c_hidden_a.npz"', b'"../c/c_hidden_a.npz"'))
    assert set(faults(home).values()) == {"damaged", "unlisted"}


def test_the_manifest_is_a_table(home: Path) -> None:
    table = read_manifest(home, "c")
    assert table["image_id"].to_list() == ["a", "a", "b", "b"] and table["step"].to_list()[:2] == ["emotion", "valence"]
    assert table["arrays"].unique().to_list() == ["last <f2 2x4"] and table["bytes"].min() > 0
    assert read_manifest(home, "none").is_empty()


def test_states_of_all_images_are_a_matrix(home: Path) -> None:
    ids, states = hidden_states(home, "c", "emotion", 3)
    assert ids == ["a", "b"] and states.tolist() == [[97.0] * 4, [98.0] * 4]
    assert np.isnan(hidden_states(home, "c", "emotion", 3, pooled="image")[1]).all()
    assert read_hidden(home, "c", "a", "emotion").layers == (0, 3)
    with pytest.raises(DataError, match=r"layer: got 2, but a has \(0, 3\)"):
        hidden_states(home, "c", "emotion", 2)
    with pytest.raises(MissingFileError, match=r"has no hidden of step 'arousal'\. Trace it: rater infer -m c"):
        hidden_states(home, "c", "arousal", 2)

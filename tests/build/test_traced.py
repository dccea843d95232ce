"""From traces to what chapters read: what is missing, damaged or of another answer is left out and said."""

from __future__ import annotations

import hashlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl
import pytest
from responses_support import key_of, response

from lib.build.traced import gather_traces, standing_traces, traced_files
from lib.errors import ParameterError
from lib.project import Project
from lib.responses.store import open_store
from lib.study_data import StudyData, traced_name
from lib.traces.choosing import ways_to_write
from lib.traces.files import write_part
from lib.traces.manifest import append, line_for, text_digest
from lib.traces.naming import trace_file
from lib.traces.parts import Part

WHO = "machine"
CATEGORIES = ("happy", "sad")
VALUES = ("1", "2", "3")


def logits_part(share: tuple[float, ...], piece: str) -> Part:
    words = np.log(np.array([[*share, *(0.05,) * 8]], np.float32))
    about = {
        "generated": [0], "pieces": [piece], "answer_from": 0, "texts": {"0": "x"}, "values": list(VALUES),
        "starts": [way for word in CATEGORIES for way in ways_to_write(word)],
        "word_ids": [5, 6, 7, 10, 11, 12, 13, 20, 21, 22, 23],
    }  # fmt: skip
    tokens = np.zeros((1, 2), np.int32)
    return Part({"ids": tokens, "log_probabilities": np.log(np.full((1, 2), 0.25, np.float32)), "words": words}, about)


def hidden_part(value: float) -> Part:
    states = np.array([[0, 0, 0], [value, 1, 2]], np.float16)
    return Part({"last": states, "image": states + 1}, {"layers": [0, 4]})


class Traced:
    """A project with stored answers and traces of them."""

    def __init__(self, root: Path) -> None:
        self.cache = root / "cache"
        self.folder = self.cache / "traces"
        condition = SimpleNamespace(dimensions=("valence", "arousal"))
        self.project: Any = SimpleNamespace(
            cache=self.cache, responses=root / "responses", uses_twin=False, conditions={WHO: condition, "other": None},
            study=SimpleNamespace(emotion=SimpleNamespace(categories=CATEGORIES)), condition=lambda _: condition,
            stored_answers=lambda name: sorted((root / "responses" / name).glob("*.jsonl")),
            relative=lambda path: path.relative_to(root).as_posix(), command=lambda words: f"rater {words}",
        )  # fmt: skip

    def answer(self, number: int, text: str = "2") -> str:
        with open_store(self.project.responses, WHO) as store:
            store.append(response(number, condition=WHO, text=text, finish_reason="stop"))
        return key_of(number)

    def trace(
        self, number: int, kind: str, image: str, step: str, part: Part, text: str = "2", repeat: int = 0
    ) -> Path:
        said = {"key": key_of(number), "step": step, "text_sha256": text_digest(text, "stop")}
        whole = Part(part.arrays, {**part.about, **said, "model_version": "m@1", "device": "cpu"})
        path = trace_file(self.folder, WHO, kind, image, repeat)
        size = write_part(path, step, whole)
        line = line_for(self.folder, kind, whole, size, condition=WHO, image_id=image, repeat=repeat)
        append(self.folder, WHO, "all", line)
        return path

    def read(self, kind: str) -> tuple[list[str], pl.DataFrame]:
        said = gather_traces(self.project, WHO, kind)
        return said, pl.read_parquet(self.cache / traced_name(WHO, kind))


@pytest.fixture
def traced(tmp_path: Path) -> Traced:
    made = Traced(tmp_path)
    for number in range(4):
        made.answer(number)
    made.trace(0, "logits", "a", "emotion", logits_part((0.1, 0.1, 0.1), "happy"))
    made.trace(1, "logits", "a", "valence", logits_part((0.1, 0.3, 0.2), "2"))
    made.trace(2, "logits", "b", "valence", logits_part((0.5, 0.25, 0.25), "1"))
    made.trace(3, "logits", "b", "valence", logits_part((0.1, 0.1, 0.8), "3"), repeat=1)
    made.trace(1, "hidden", "a", "valence", hidden_part(7))
    return made


def test_logits_become_probabilities_of_every_answer(traced: Traced) -> None:
    said, found = traced.read("logits")
    assert said == []
    rows = found.filter(pl.col("image_id") == "a", pl.col("step") == "valence")
    assert rows["value"].to_list() == list(VALUES) and rows["shared"].to_list() == [False] * 3
    assert rows["probability"].to_list() == pytest.approx([1 / 6, 1 / 2, 1 / 3], rel=1e-6)
    assert rows["raw"].to_list() == pytest.approx([0.1, 0.3, 0.2]) and rows["mass"][0] == pytest.approx(0.6)
    named = found.filter(pl.col("step") == "emotion")
    assert named["value"].to_list() == list(CATEGORIES) and named["probability"].to_list() == [0.5, 0.5]
    assert found.group_by("image_id", "repeat", "step").len().sort("image_id", "repeat", "step").rows() == [
        ("a", 0, "emotion", 2), ("a", 0, "valence", 3), ("b", 0, "valence", 3), ("b", 1, "valence", 3),
    ]  # fmt: skip


def test_an_answer_with_all_dimensions_counts_for_each(traced: Traced) -> None:
    part = logits_part((0.1, 0.3, 0.2), "2")
    later = logits_part((0.6, 0.2, 0.2), "1")
    three = {name: np.concatenate([part.arrays[name]] * 2 + [later.arrays[name]]) for name in part.arrays}
    pieces = {"generated": [0, 0, 0], "pieces": ["2", ",", " 1"]}
    traced.answer(9)
    traced.trace(9, "logits", "c", "all", Part(three, part.about | pieces))
    found = traced.read("logits")[1].filter(pl.col("image_id") == "c")
    assert found["step"].to_list() == ["valence"] * 3 + ["arousal"] * 3
    assert found["probability"].to_list() == pytest.approx([1 / 6, 1 / 2, 1 / 3, 0.6, 0.2, 0.2], rel=1e-6)


def test_hidden_states_keep_their_layers(traced: Traced) -> None:
    _, found = traced.read("hidden")
    assert found.select("image_id", "repeat", "step", "pooled", "layer").rows() == [
        ("a", 0, "valence", pooled, layer) for pooled in ("last", "image") for layer in (0, 4)
    ]
    assert found["vector"].to_list() == [[0, 0, 0], [7, 1, 2], [1, 1, 1], [8, 2, 3]]
    assert found.schema["vector"] == pl.List(pl.Float32)


def test_a_trace_that_is_gone_damaged_or_of_another_answer_is_left_out_and_said(traced: Traced) -> None:
    trace_file(traced.folder, WHO, "logits", "a").write_bytes(b"PK no more")
    said, found = traced.read("logits")
    assert found["image_id"].unique().to_list() == ["b"]
    assert said[0].startswith("2 traces (logits) are missing, damaged or of answers that were given anew")
    assert said[0].endswith(f"rater infer -m {WHO} --traces logits")
    trace_file(traced.folder, WHO, "logits", "b", 1).unlink()
    traced.answer(2, "3")
    said, found = traced.read("logits")
    assert found.is_empty() and "image_id" in found.columns and said[0].startswith("4 traces")


def test_a_replaced_trace_is_what_counts(traced: Traced) -> None:
    before = standing_traces(traced.project, WHO, "logits"), standing_traces(traced.project, WHO, "hidden")
    assert standing_traces(traced.project, WHO, "logits") == before[0]
    traced.trace(2, "logits", "b", "valence", logits_part((0.2, 0.2, 0.6), "1"))
    assert standing_traces(traced.project, WHO, "logits") != before[0]
    assert standing_traces(traced.project, WHO, "hidden") == before[1]
    found = traced.read("logits")[1].filter(pl.col("image_id") == "b", pl.col("repeat") == 0)
    assert found["probability"].to_list() == pytest.approx([0.2, 0.2, 0.6], rel=1e-6)
    changed = standing_traces(traced.project, WHO, "logits")
    trace_file(traced.folder, WHO, "logits", "b").unlink()
    assert standing_traces(traced.project, WHO, "logits") != changed


def test_a_trace_that_the_model_did_not_give_has_no_rows(traced: Traced) -> None:
    traced.answer(5)
    traced.trace(5, "hidden", "b", "valence", Part({}, {"lacking": "the answer has no tokens"}))
    said, found = traced.read("hidden")
    assert said == [] and found["image_id"].unique().to_list() == ["a"]


def test_only_what_was_traced_is_made_and_nothing_beside_simulated_answers(traced: Traced) -> None:
    files = traced_files(traced.project)
    assert files["logits"] == [traced_name(WHO, "logits")] and files["hidden"] == [traced_name(WHO, "hidden")]
    traced.project.uses_twin = True
    assert not any(traced_files(traced.project).values())
    with pytest.raises(ParameterError, match="kind: got 'vision'; chapters read attention, logits, hidden"):
        gather_traces(traced.project, WHO, "vision")


def test_a_chapter_reads_frames_with_their_hashes(traced: Traced, monkeypatch: pytest.MonkeyPatch) -> None:
    traced.read("logits")
    (traced.folder / "other").mkdir()
    (traced.folder / "other/other_hidden_a.npz").write_bytes(b"")
    for name, kind in ((WHO, "hidden"), ("other", "hidden")):
        gather_traces(traced.project, name, kind)
    source = Project(traced.cache.parent, traced.cache.parent / "params/study.yaml")
    for name in ("uses_twin", "conditions", "study"):
        value = getattr(traced.project, name)
        monkeypatch.setattr(Project, name, property(lambda _, value=value: value))
    data = StudyData(source)
    assert set(data.traced("logits")) == {WHO} and set(data.traced("hidden")) == {WHO}, "an empty frame is no trace"
    assert data.traced("attention") == {}
    path = traced.cache / traced_name(WHO, "logits")
    assert data.inputs[f"cache/{traced_name(WHO, 'logits')}"] == hashlib.sha256(path.read_bytes()).hexdigest()

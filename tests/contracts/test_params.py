from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from lib.contracts.condition import Condition, describe_unknown, read_conditions
from lib.contracts.study import Study, read_study
from lib.errors import MissingFileError, ParameterError

ROOT = Path(__file__).parents[2]
PAPER = {
    "gemini-2.5-flash", "gemini-2.5-flash-nothink", "gpt-4o-mini", "qwen3-vl-4b-thinking", "llama-3.2-11b-vision",
    "gemma3-4b", "gemma3-12b", "gemma3-27b", "posterv2", "mobilevit", "efficientnet-b0", "beit", "emonet",
}  # fmt: skip


def test_the_papers_thirteen_conditions_are_there() -> None:
    conditions = read_conditions(ROOT / "params/conditions")
    assert set(conditions) == PAPER
    # Supplement v10.8, Table S4: who was asked in three steps, who at once; who was allowed to think.
    carried = {"gemini-2.5-flash", "gemini-2.5-flash-nothink", "gpt-4o-mini", "llama-3.2-11b-vision"}
    assert {name for name, item in conditions.items() if item.strategy == "context_carry"} == carried
    assert {name for name, item in conditions.items() if item.thinks} == {"gemini-2.5-flash", "qwen3-vl-4b-thinking"}
    assert conditions["qwen3-vl-4b-thinking"].thinking.budget == 1024
    assert {name for name, item in conditions.items() if item.dimensions == ()} == {"posterv2", "beit"}


def condition_file(folder: Path, name: str, **changes: object) -> Path:
    content = yaml.safe_load((ROOT / "params/conditions/gpt-4o-mini.yaml").read_text(encoding="utf-8"))
    path = folder / f"{name}.yaml"
    path.write_text(yaml.safe_dump(content | {"id": name} | changes), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"modle": "x"}, r"m\.yaml: 1 fault\(s\)\n  modle: unknown key 'modle' \(did you mean 'model'\?\)"),
        (
            {"decoding": {"temprature": 0}},
            r"decoding\.temprature: unknown key 'temprature' \(did you mean 'temperature'\?\)",
        ),
        ({"decoding": {"temperature": 3}}, r"decoding\.temperature: .*; got 3"),
        ({"strategy": "classifier"}, r"a classifier has no prompts"),
        ({"thinking": {"mode": "budget"}}, r"needs a budget above 0"),
        ({"strategy": "text_only"}, r"asked for it: write the other steps, as in steps: \[valence, arousal\]$"),
        ({"steps": ["valence", "emotion"]}, r"the first step is emotion"),
        ({"steps": ["emotion", "valence", "valence"]}, r"a step is listed twice"),
        ({"label_from": "beit"}, r"only a machine that is told the emotion takes it from somewhere"),
        ({"strategy": "text_only", "steps": ["valence"], "label_from": "m"}, r"cannot take its labels from itself"),
        ({"id": "../escape"}, r"an id is made of small letters"),
        ({"id": "other"}, r"id: got 'other', but the file is named m\.yaml\. Rename it other\.yaml"),
    ],
)
def test_a_faulty_condition_file_is_explained(tmp_path: Path, changes: dict[str, object], says: str) -> None:
    condition_file(tmp_path, "m", **changes)
    with pytest.raises(ParameterError, match=says):
        read_conditions(tmp_path)


def test_two_conditions_with_one_id_are_refused(tmp_path: Path) -> None:
    condition_file(tmp_path, "m")
    condition_file(tmp_path, "n", id="m")
    with pytest.raises(ParameterError, match=r"n\.yaml: id: got 'm', which .*m\.yaml has already"):
        read_conditions(tmp_path)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("id: a\nid: b\n", "the key 'id' is given twice"),
        ("- 1\n", "expected keys and values"),
        ("a: [", "not readable as YAML"),
        ("id: a\n", r"title: is missing; add it"),
    ],
)
def test_a_faulty_study_file_is_explained(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "study.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ParameterError, match=says):
        read_study(path)


def test_an_absent_study_file_is_explained(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match="there is no such file"):
        read_study(tmp_path / "study.yaml")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"files": {"ratings": "../ratings.csv"}}, "stay inside it"),
        ({"files": {"ratings": "/ratings.csv"}}, "relative to the project"),
        (
            {"dimensions": {"valence": {"low": 1, "high": 9, "step": 3, "low_label": "a", "high_label": "b"}}},
            "whole number of steps",
        ),
        ({"factors": {"emotion": {"label": "E"}}}, "cannot be the name of a column"),
        ({"factors": {"valence": {"label": "V"}}}, "both a factor and a dimension"),
        ({"emotion": {"categories": ["a", "b", "a"]}}, "listed twice"),
        (
            {"dimensions": {"label": {"low": 1, "high": 9, "low_label": "a", "high_label": "b"}}},
            "'label' has a meaning of its own in prompts",
        ),
    ],
)
def test_a_study_that_makes_no_sense_is_refused(tmp_path: Path, change: dict[str, object], says: str) -> None:
    content = yaml.safe_load((ROOT / "params/study.yaml").read_text(encoding="utf-8")) | change
    path = tmp_path / "study.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    with pytest.raises(ParameterError, match=says):
        read_study(path)


@pytest.mark.parametrize("name", ["study", "example", "affectnet-c25"])
def test_the_study_files_that_come_along_are_valid(name: str) -> None:
    study = read_study(ROOT / f"params/{name}.yaml")
    assert (study.stand_in == "twin") == (name == "study")


def test_scale_values_are_the_steps(small_study: Study) -> None:
    assert small_study.dimensions["arousal"].values.tolist() == [0, 0.25, 0.5, 0.75, 1]
    assert small_study.dimensions["valence"].values.tolist() == [-3, -2, -1, 0, 1, 2, 3]


def test_decoding_is_what_the_documents_say() -> None:
    # Changes v5 to v6, section 3.3; supplement v10.8, S6.1 to S6.3. No document names a limit of tokens.
    conditions = read_conditions(ROOT / "params/conditions")
    said = {
        name: {"thinking": item.thinking.model_dump(exclude_none=True), **item.decoding.model_dump(exclude_none=True)}
        for name, item in conditions.items()
        if item.kind == "vlm"
    }
    assert said.pop("gpt-4o-mini") == {
        "thinking": {"mode": "off"},
        "temperature": 0,
        "seed": 42,
        "image_detail": "high",
    }
    gemini = {"temperature": 0, "media_resolution": "medium"}
    assert said.pop("gemini-2.5-flash") == {"thinking": {"mode": "dynamic"}, "include_thoughts": True, **gemini}
    assert said.pop("gemini-2.5-flash-nothink") == {"thinking": {"mode": "off", "budget": 0}, **gemini}
    assert said.pop("qwen3-vl-4b-thinking") == {
        "thinking": {"mode": "budget", "budget": 1024}, "temperature": 0, "repetition_penalty": 1.5,
    }  # fmt: skip
    assert all(item == {"thinking": {"mode": "off"}, "temperature": 0} for item in said.values()) and len(said) == 4


def test_conditions_never_change() -> None:
    condition = read_conditions(ROOT / "params/conditions")["beit"]
    with pytest.raises(ValueError, match="frozen"):
        condition.model = "other"  # type: ignore[misc]
    assert isinstance(condition, Condition)


def test_pairs_name_two_different_conditions(tmp_path: Path) -> None:
    text = (ROOT / "params/study.yaml").read_text(encoding="utf-8")
    pairs = read_study(ROOT / "params/study.yaml").analysis.pairs
    assert (pairs["gemini"].first, pairs["gemini"].second) == ("gemini-2.5-flash", "gemini-2.5-flash-nothink")
    path = tmp_path / "study.yaml"
    path.write_text(text.replace("second: gemini-2.5-flash-nothink", "second: gemini-2.5-flash"), encoding="utf-8")
    with pytest.raises(ParameterError, match=r"analysis\.pairs\.gemini: a pair compares two different conditions"):
        read_study(path)


def test_a_machine_of_which_only_the_answers_are_known_needs_no_prompts() -> None:
    unknown = describe_unknown("model-x", ("valence",))
    assert (unknown.kind, unknown.strategy, unknown.steps) == ("machine", "unknown", ("emotion", "valence"))
    assert (unknown.thinks, unknown.decoding.temperature) == (False, None)
    with pytest.raises(ValueError, match="nor has an unknown strategy"):
        Condition.model_validate(unknown.model_dump() | {"prompts": "json"})

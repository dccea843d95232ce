"""The targets file: strict, complete, and its choices consistent with what is published."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from lib.errors import MissingFileError, ParameterError
from lib.twin.design import EMOTIONS
from lib.twin.targets import TwinTargets, read_targets

CONDITIONS = {
    "gemini-2.5-flash",
    "gemini-2.5-flash-nothink",
    "gpt-4o-mini",
    "qwen3-vl-4b-thinking",
    "llama-3.2-11b-vision",
    "gemma3-4b",
    "gemma3-12b",
    "gemma3-27b",
    "posterv2",
    "mobilevit",
    "efficientnet-b0",
    "beit",
    "emonet",
}


def _with(targets_path: Path, tmp_path: Path, **changes: object) -> Path:
    content = yaml.safe_load(targets_path.read_text(encoding="utf-8")) | changes
    path = tmp_path / "targets.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path


def test_all_thirteen_conditions_are_there(targets: TwinTargets):
    assert set(targets.choices.answers) == CONDITIONS
    assert {target.condition for target in targets.targets} == CONDITIONS | {"human"}


def test_figures_are_those_of_the_documents(targets: TwinTargets):
    assert targets.value("human.valence.alpha_ordinal") == 0.471
    assert targets.value("gemma3-4b.confusion.sad.neutral") == 0.711
    assert targets.value("gemini-2.5-flash.valence.bias") == -1.280
    assert targets.value("mobilevit.arousal.mae") == 1.864
    assert targets.value("qwen3-vl-4b-thinking.thinking_tokens.wrong") == 3959
    sources = {target.key: targets.sources[target.source] for target in targets.aimed.values()}
    assert (sources["posterv2.accuracy"].version, sources["posterv2.accuracy"].place) == ("v10", "Table S1")
    assert (sources["beit.emotion_accuracy.sad"].version, sources["beit.emotion_accuracy.sad"].place) == (
        "v6",
        "Table 2",
    )


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_chosen_answers_add_up_to_the_images_of_the_emotion(targets: TwinTargets, emotion: str):
    for condition, rows in targets.choices.answers.items():
        assert sum(rows[emotion].values()) == 240, condition
    assert sum(targets.choices.people_labels[emotion].values()) == pytest.approx(1)


def test_every_contradicted_figure_is_without_tolerance_and_explained(targets: TwinTargets):
    contradicted = [target for target in targets.targets if target.standing == "contradicted"]
    assert contradicted
    assert all(target.tolerance is None for target in contradicted)
    assert all(one.arithmetic and one.kept for one in targets.contradictions)


def test_unknown_figure_is_an_error(targets: TwinTargets):
    with pytest.raises(ParameterError, match=r"'human\.valence\.median'"):
        targets.value("human.valence.median")
    assert targets.find("human.valence.median") is None


def test_missing_file(tmp_path: Path):
    with pytest.raises(MissingFileError):
        read_targets(tmp_path / "nothing.yaml")


def test_misspelt_key_is_named(targets_path: Path, tmp_path: Path):
    target = {"source": "v5-t3", "condition": "human", "quantity": "mean", "value": 1, "tolerence": 0.1}
    with pytest.raises(ParameterError, match="tolerence"):
        read_targets(_with(targets_path, tmp_path, targets=[target]))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"source": "v4"}, "'v4'"),
        ({"tolerance": None}, "needs a tolerance"),
        ({"quantity": "median"}, "quantity"),
        ({"tolerance": -0.1}, "tolerance"),
    ],
)
def test_a_target_that_cannot_be_used_is_refused(targets_path: Path, tmp_path: Path, change: dict, message: str):
    target = {"source": "v5-t3", "condition": "human", "quantity": "mean", "value": 1, "tolerance": 0.1} | change
    with pytest.raises(ParameterError, match=message):
        read_targets(_with(targets_path, tmp_path, targets=[target]))


def test_the_same_figure_twice_is_refused(targets_path: Path, tmp_path: Path):
    target = {"source": "v5-t3", "condition": "human", "quantity": "mean", "value": 1, "tolerance": 0.1}
    with pytest.raises(ParameterError, match="same key"):
        read_targets(_with(targets_path, tmp_path, targets=[target, target]))

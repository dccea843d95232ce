"""What a condition, a study and a prompt set have to have in common before anything is asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from protocol_support import make_condition, make_study

from lib.contracts.prompts import read_prompts
from lib.errors import ParameterError
from lib.project import open_project
from lib.protocol.plan import Plan

ROOT = Path(__file__).parents[2]
STEPS = {"emotion": "One of {categories}?", "valence": "{emotion}: {valence_number}?", "arousal": "{valence}?"}


def refusal(folder: Path, content: dict[str, Any], study: dict[str, Any] | None = None, **condition: Any) -> str:
    path = folder / "own.yaml"
    path.write_text(yaml.safe_dump({"id": "own", "source": "a test", **content}), encoding="utf-8")
    with pytest.raises(ParameterError) as caught:
        Plan(make_study(**(study or {})), make_condition(prompts="own", **condition), read_prompts(folder, "own"))
    message = str(caught.value)
    assert message.startswith(str(path)) or condition.get("strategy") == "classifier"
    return message.removeprefix(f"{path}: ")


def test_a_step_without_a_template_is_named(tmp_path: Path) -> None:
    steps = {name: STEPS[name] for name in ("emotion", "valence")}
    assert refusal(tmp_path, {"steps": steps}) == (
        "steps.arousal: is missing, but the condition machine asks for arousal. Add this template."
    )


def test_an_unknown_placeholder_is_named_with_the_one_that_was_meant(tmp_path: Path) -> None:
    message = refusal(tmp_path, {"steps": {**STEPS, "valence": "From {valense_low}?"}})
    assert message.startswith("steps.valence: unknown placeholder 'valense_low' (did you mean 'valence_low'?); known: ")


def test_an_answer_that_is_not_there_yet_cannot_be_repeated(tmp_path: Path) -> None:
    message = refusal(tmp_path, {"steps": {**STEPS, "valence": "{arousal}?"}})
    assert message.startswith("steps.valence: repeats the answer {arousal}, which the condition machine has not asked")
    message = refusal(tmp_path, {"steps": STEPS}, steps=("emotion", "arousal"))
    assert message.startswith("steps.arousal: repeats the answer {valence}")


def test_without_context_needs_its_own_templates(tmp_path: Path) -> None:
    asking = {"asking": {"unparsed": "without_context"}}
    message = refusal(tmp_path, {"steps": STEPS}, asking)
    assert message.startswith("without_context.valence: is missing")
    both = {"valence": "How {emotion}?", "arousal": "How?"}
    message = refusal(tmp_path, {"steps": STEPS, "without_context": both}, asking)
    assert message.startswith("without_context.valence: repeats the answer {emotion}")


def test_the_single_question_names_all_it_asks_for(tmp_path: Path) -> None:
    assert refusal(tmp_path, {"steps": STEPS}, strategy="json_single").startswith("single: is missing")
    message = refusal(tmp_path, {"single": "emotion and valence?"}, strategy="json_single")
    assert message.startswith("single: does not name 'arousal', which the condition machine asks for.")
    message = refusal(tmp_path, {"single": "emotion, valence, arousal of {emotion}?"}, strategy="json_single")
    assert message.startswith("single: repeats the answer {emotion}")


def test_the_label_is_for_questions_without_image(tmp_path: Path) -> None:
    message = refusal(tmp_path, {"steps": {**STEPS, "valence": "{label}?"}})
    assert message.startswith("steps.valence: unknown placeholder 'label'")
    told = {"valence": "{label}?", "arousal": "{emotion}?"}
    message = refusal(tmp_path, {"text_only": told}, strategy="text_only", steps=("valence", "arousal"))
    assert message.startswith("text_only.arousal: repeats the answer {emotion}")


def test_only_what_the_study_asks_machines_for_can_be_asked() -> None:
    prompts = read_prompts(ROOT / "params/prompts", "json")
    with pytest.raises(ParameterError, match=r"machine: steps: got 'dominance', but the study asked asks machines for"):
        Plan(make_study(), make_condition(steps=("emotion", "dominance")), prompts)
    with pytest.raises(ParameterError, match=r"strategy: got 'classifier', which asks nothing"):
        Plan(make_study(), make_condition(strategy="classifier", prompts=None), prompts)


def test_every_condition_that_is_asked_has_its_templates() -> None:
    project = open_project("params/study.yaml", ROOT)
    asked = [item for item in (*project.conditions.values(), *project.known.library.values()) if item.prompts]
    assert len(asked) >= 8 + 5
    for unparsed in ("skip", "without_context"):
        study = project.study.model_copy(update={"asking": make_study(asking={"unparsed": unparsed}).asking})
        for condition in asked:
            plan = Plan(study, condition, project.prompts(str(condition.prompts)))
            assert plan.longest_prompts()


def test_ready_conditions_are_not_the_papers() -> None:
    project = open_project("params/study.yaml", ROOT)
    assert not set(project.known.library) & set(project.conditions)
    assert project.condition("qwen3.5-4b").model == "qwen3.5:4b"
    assert project.condition("gpt-4o-mini") is project.conditions["gpt-4o-mini"]
    for name in ("qwen3.5-4b", "gpt-4o-mini"):
        assert all(path.is_file() for path in project.known.files(name))
    with pytest.raises(ParameterError, match=r"got 'qwen3\.5-4', which there is not \(did you mean 'qwen3\.5-4b'\?\)"):
        project.condition("qwen3.5-4")
    # Section 4.1c of the laboratory's pipeline: model and strategy of each Ollama condition.
    table = {
        ("qwen3.5:4b", "context_carry"), ("qwen3.5:4b", "json_single"), ("gemma3:4b", "json_single"),
        ("qwen3.5:8b", "json_single"), ("gemma3:12b", "json_single"), ("qwen2.5vl:7b", "json_single"),
    }  # fmt: skip
    every = [*project.conditions.values(), *project.known.library.values()]
    assert table <= {(item.model, item.strategy) for item in every if item.backend == "ollama"}

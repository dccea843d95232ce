"""The laboratory's wording, held against the supplement's text, and what a prompt set may say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from lib.contracts.prompts import PromptSet, fill, placeholders, printed_number, read_prompts
from lib.contracts.study import Study, read_study
from lib.errors import ParameterError

ROOT = Path(__file__).parents[2]
# Supplement v10.8, S2.1 to S2.3, copied as printed, but for curly quotes, which are straight here.
S21 = {
    "emotion": """What is the facial expression in this image?
Choose one from: happy, sad, angry, fear, disgust, neutral.
Respond with ONLY a JSON object: {"emotion": "<your answer>"}""",
    "valence": """You identified this face as {emotion}.
How pleasant is this facial expression?
Rate from 1 to 9 where 1 is very unpleasant and 9 is very pleasant.
Respond with ONLY a JSON object: {"valence": <integer 1-9>}""",
    "arousal": """You identified this face as {emotion} with pleasantness {valence} out of 9.
How intense or activated is the emotion in this face?
Rate from 1 to 9 where 1 is very calm and 9 is very excited.
Respond with ONLY a JSON object: {"arousal": <integer 1-9>}""",
}
S22 = """Analyze the facial expression in this image.

Respond with ONLY a JSON object (no other text):
{"emotion": "<one of: happy, sad, angry, fear, disgust, neutral>", "valence": <integer 1-9, 1=very unpleasant, \
9=very pleasant>, "arousal": <integer 1-9, 1=very calm, 9=very excited>}"""
S23 = {
    "emotion": """What is the facial expression in this image?
Choose one from: happy, sad, angry, fear, disgust, neutral. Answer with a single word only.""",
    "valence": """You identified this face as {emotion}.
How pleasant is this facial expression?
Rate from 1 to 9 where 1 is very unpleasant and 9 is very pleasant.
Answer with a single number only.""",
    "arousal": """You identified this face as {emotion} with pleasantness {valence} out of 9.
How intense or activated is the emotion in this face?
Rate from 1 to 9 where 1 is very calm and 9 is very excited.
Answer with a single number only.""",
}


@pytest.fixture(scope="module")
def study() -> Study:
    return read_study(ROOT / "params/study.yaml")


@pytest.mark.parametrize(("name", "printed"), [("json", S21), ("plain", S23)])
def test_steps_are_word_for_word(study: Study, name: str, printed: dict[str, str]) -> None:
    prompts = read_prompts(ROOT / "params/prompts", name)
    assert {step: fill(text, study) for step, text in prompts.steps.items()} == printed


def test_the_single_question_is_word_for_word(study: Study) -> None:
    prompts = read_prompts(ROOT / "params/prompts", "json")
    assert prompts.single is not None
    assert fill(prompts.single, study) == S22
    assert read_prompts(ROOT / "params/prompts", "plain").single is None


@pytest.mark.parametrize("name", ["json", "plain"])
def test_what_the_project_added_keeps_the_words(study: Study, name: str) -> None:
    prompts = read_prompts(ROOT / "params/prompts", name)
    for step in ("valence", "arousal"):
        _, question = fill(prompts.steps[step], study).split("\n", 1)
        assert fill(prompts.without_context[step], study) == question
        assert fill(prompts.text_only[step], study) == f"The facial expression is {{label}}.\n{question}"
    head = (ROOT / f"params/prompts/{name}.yaml").read_text(encoding="utf-8").split("id:")[0]
    assert "`without_context` and `text_only` are this project's" in head


def test_other_scales_are_asked_for_as_they_are() -> None:
    study = read_study(ROOT / "params/affectnet-c25.yaml")
    prompts = read_prompts(ROOT / "params/prompts", "json")
    assert fill(prompts.steps["valence"], study).splitlines()[2:] == [
        "Rate from -1 to 1 where -1 is unpleasant and 1 is pleasant.",
        'Respond with ONLY a JSON object: {"valence": <number from -1 to 1>}',
    ]


@pytest.mark.parametrize(
    ("number", "printed"),
    [(7.0, "7"), (7.5, "7.5"), (0.25, "0.25"), (-1, "-1"), (-0.0, "0"), (1e6, "1000000"), (1 / 3, "0.333333")],
)
def test_numbers_are_printed_as_people_write_them(number: float, printed: str) -> None:
    assert printed_number(number) == printed


def test_placeholders_are_names() -> None:
    assert placeholders('{emotion} {{"a": 1}} {emotion} {valence}') == ("emotion", "valence")


@pytest.mark.parametrize(
    ("template", "says"),
    [
        ('{"valence": 1}', r"steps: valence: a placeholder is a name in braces and nothing else, got \{\"valence\"\}"),
        ("{emotion.__class__}", "a placeholder is a name in braces"),
        ("{emotion[0]}", "a placeholder is a name in braces"),
        ("{valence:.2f}", "a placeholder is a name in braces"),
        ("{valence!r}", "a placeholder is a name in braces"),
        ("{}", "a placeholder is a name in braces"),
        ("a } b", r"double the braces that belong to the text: \{\{ and \}\}"),
        ("a { b", "double the braces"),
    ],
)
def test_a_template_that_cannot_be_read_is_explained(tmp_path: Path, template: str, says: str) -> None:
    path = write(tmp_path, steps={"emotion": "?", "valence": template})
    with pytest.raises(ParameterError, match=says) as caught:
        read_prompts(tmp_path, "own")
    assert str(caught.value).startswith(str(path))


def write(folder: Path, **content: Any) -> Path:
    path = folder / "own.yaml"
    path.write_text(yaml.safe_dump({"id": "own", "source": "a test", **content}), encoding="utf-8")
    return path


def test_a_faulty_single_question_is_explained(tmp_path: Path) -> None:
    write(tmp_path, single='{"emotion": 1}')
    with pytest.raises(ParameterError, match=r"single: a placeholder is a name in braces"):
        read_prompts(tmp_path, "own")


def test_steps_begin_with_emotion_and_sets_are_named_after_their_file(tmp_path: Path) -> None:
    path = write(tmp_path, steps={"valence": "?"})
    with pytest.raises(ParameterError, match="has a template for the step emotion"):
        read_prompts(tmp_path, "own")
    path.rename(tmp_path / "other.yaml")
    write(tmp_path, text_only={"valence": "{label}?"})
    (tmp_path / "own.yaml").rename(tmp_path / "other.yaml")
    with pytest.raises(ParameterError, match=r"id: got 'own', but the file is named other\.yaml"):
        read_prompts(tmp_path, "other")


def test_a_set_of_ones_own_works_by_name(tmp_path: Path, study: Study) -> None:
    path = write(tmp_path, steps={"emotion": "Welche? {categories}"})
    prompts = read_prompts(tmp_path, "own")
    assert (prompts.file, fill(prompts.steps["emotion"], study)[:12]) == (str(path), "Welche? happ")
    assert PromptSet(id="x", source="y").file == "x.yaml"


def test_an_answer_is_data_and_never_a_template() -> None:
    study = read_study(ROOT / "params/study.yaml")
    assert "as {categories}." in fill("as {emotion}.", study, {"emotion": "{categories}"})


def test_an_unknown_placeholder_is_refused() -> None:
    with pytest.raises(ParameterError, match="unknown placeholder 'mood'"):
        fill("{mood}", read_study(ROOT / "params/study.yaml"))

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from stimuli_support import EMOTIONS, ROOT

from lib.errors import MissingFileError, ParameterError
from lib.stimuli.transformation import FOLDER, Transformation, read_transformation

SMALL: dict[str, Any] = {
    "id": "small", "source": "test", "model": "m", "prompt": "Show {emotion}: {expression}.",
    "expressions": {"happy": "a smile", "surprised": "raised brows"},
}  # fmt: skip


def small(**changes: Any) -> Transformation:
    return Transformation.model_validate(SMALL | changes)


def test_the_paper_s_transformation_makes_its_five_emotions_with_the_laboratory_s_codes() -> None:
    found = read_transformation(ROOT / FOLDER, "five-emotions")
    assert found.emotions == EMOTIONS
    assert [found.code(name) for name in ("neutral", *EMOTIONS)] == ["Neu", "Ang", "Dis", "Fea", "Hap", "Sad"]
    prompts = [found.prompt_for(name) for name in EMOTIONS]
    assert len(set(prompts)) == len(EMOTIONS)
    assert all(f"({name}): {found.expressions[name]}" in prompt for name, prompt in zip(EMOTIONS, prompts, strict=True))


def test_only_what_is_set_is_sent_and_everything_that_is_sent_is_part_of_the_key() -> None:
    assert small().generation() == {"responseModalities": ["IMAGE"]}
    full = small(temperature=0.5, top_p=0.9, seed=7, aspect_ratio="3:4", image_size="1K")
    assert full.generation() == {
        "responseModalities": ["IMAGE"], "temperature": 0.5, "topP": 0.9, "seed": 7,
        "imageConfig": {"aspectRatio": "3:4", "imageSize": "1K"},
    }  # fmt: skip
    changes = ({}, {"temperature": 0.5}, {"seed": 7}, {"aspect_ratio": "3:4"}, {"image_size": "1K"}, {"model": "n"})
    assert len({small(**change).settings() for change in changes}) == len(changes)
    assert small(checks={"faces": 2}, source="x").settings() == small().settings()


def test_other_emotions_have_codes_too() -> None:
    assert small().code("surprised") == "Sur"
    assert small(codes={"surprised": "Spr", "neutral": "Nes"}).code("neutral") == "Nes"


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"prompt": "Show {emotoin}"}, "unknown placeholder 'emotoin' (did you mean 'emotion'?)"),
        ({"prompt": "Show {emotion"}, "double the braces"),
        ({"expressions": {"neutral": "x", "happy": "y"}}, "'neutral' is what the base faces show"),
        ({"codes": {"proud": "Pro"}}, "'proud' is none of the emotions"),
        ({"codes": {"happy": "Surp"}}, "a code is three letters, got 'Surp'"),
        ({"codes": {"happy": "../"}}, "a code is three letters, got '../'"),
        ({"expressions": {"sad": "x", "sadistic": "y"}}, "'sad' and 'sadistic' would both be 'Sad'"),
        ({"aspect_ratio": "wide"}, "aspect_ratio"),
        ({"modle": "x"}, "did you mean 'model'?"),
    ],
)
def test_a_faulty_file_is_refused_by_its_key(tmp_path: Path, changes: dict[str, Any], says: str) -> None:
    import yaml

    (tmp_path / "small.yaml").write_text(yaml.safe_dump(SMALL | changes))
    with pytest.raises(ParameterError) as refused:
        read_transformation(tmp_path, "small")
    assert says in str(refused.value) and "small.yaml" in str(refused.value)


def test_a_file_is_named_after_its_id(tmp_path: Path) -> None:
    (tmp_path / "other.yaml").write_text((ROOT / FOLDER / "five-emotions.yaml").read_text())
    with pytest.raises(ParameterError, match=r"id: got 'five-emotions', but the file is named other\.yaml"):
        read_transformation(tmp_path, "other")
    with pytest.raises(MissingFileError):
        read_transformation(tmp_path, "none")

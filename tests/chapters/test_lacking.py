from __future__ import annotations

import pytest

from lib.chapters.lacking import lacking
from lib.errors import ParameterError
from lib.study_data import StudyData


def test_what_is_there_lacks_nothing(lab_project) -> None:
    needs = [
        "conditions", "context carry", "machines", "vlm", "fer", "intended", "human-null",
        "groups", "factor race", "dimension valence",
        "dimensions two", "rated", "rated arousal", "thinking tokens", "pairs", "twin",
    ]  # fmt: skip
    assert lacking(StudyData(lab_project), *needs) is None


@pytest.mark.parametrize(
    ("need", "cure"),
    [
        ("conditions", "files.conditions"), ("context carry", "files.conditions"),
        ("machines", "files.predictions"), ("fer", "files.predictions"), ("intended", "emotion.intended"),
        ("groups", "factors"), ("factor race", "factors"), ("dimension arousal", "dimensions"),
        ("dimensions two", "dimensions"),
        ("rated", "files.predictions"), ("thinking tokens", "thinking_tokens"),
        ("steps", "thinking_tokens_<step>"), ("pairs", "analysis.pairs"), ("twin", "real ratings"),
    ],
)  # fmt: skip
def test_what_is_not_there_is_named_with_its_cure(bare_project, need: str, cure: str) -> None:
    note = lacking(StudyData(bare_project), "dimension valence", need)
    assert note is not None
    assert cure in note.cure
    assert note._repr_markdown_() == f"*Not available: this study has no {note.what}. {note.cure}*"


def test_an_unknown_need_is_an_error(bare_project) -> None:
    with pytest.raises(ParameterError, match="got 'machnes'"):
        lacking(StudyData(bare_project), "machnes")

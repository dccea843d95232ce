from __future__ import annotations

import polars as pl
from tests_support import CONDITION, SMALL_STUDY

from lib.contracts.condition import Condition
from lib.contracts.study import Study
from lib.responses.predictions import ANSWERS_SCHEMA
from lib.results import Results
from lib.sections.responses import responses_section
from lib.study_data import CheckedStudy, StudyData, answers_name, predictions_name, spent_name


def study_data(*answered: str) -> StudyData:
    study = Study.model_validate(SMALL_STUDY)
    conditions = {name: Condition.model_validate({"id": name, **CONDITION}) for name in ("b-machine", "a-machine")}
    frames = {predictions_name(name): pl.DataFrame() for name in conditions}
    for name in answered:
        row = dict.fromkeys(ANSWERS_SCHEMA) | {
            "condition": name, "step": "emotion", "state": "answered", "stage": "json", "flags": [], "cost": 0.5,
            "currency": "USD",
        }  # fmt: skip
        frames[answers_name(name)] = pl.DataFrame([row], schema=ANSWERS_SCHEMA)
        frames[spent_name(name)] = pl.DataFrame({"condition": [name], "currency": ["USD"], "spent": [0.75]})
    return StudyData(CheckedStudy(study, conditions, frames))


def test_only_conditions_with_stored_answers_are_counted() -> None:
    results = Results("responses")
    frames = responses_section(study_data("a-machine"), results)
    assert frames["answer_stages"]["condition"].to_list() == ["a-machine"]
    assert results.entries["conditions.a-machine.answers.emotion.rate_json"].value == 1
    assert results.entries["conditions.a-machine.answers.emotion.cost"].value == 0.5
    assert results.entries["conditions.a-machine.spent.USD"].value == 0.75  # a replaced answer was paid for, too
    assert not [key for key in results.entries if "b-machine" in key]


def test_without_any_there_are_columns_and_no_numbers() -> None:
    results = Results("responses")
    frames = responses_section(study_data(), results)
    assert all(frame.is_empty() and frame.columns for frame in frames.values())
    assert results.entries == {}

from __future__ import annotations

from typing import Any

import pytest
from fer_support import classifier_condition
from pydantic import ValidationError


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"classifier": {"labels": ["happy", "Happy"]}}, "a label is listed twice"),
        ({"classifier": {"mapping": {"hapy": "drop"}}}, "'hapy' is none of the labels"),
        ({"classifier": {"values": {"valence": {}}, "derived": ["valence"]}}, "so it is not derived"),
        ({"classifier": {"coordinates": {"valence": {"happy": 1}}}}, "but valence is not in derived"),
        (
            {"classifier": {"derived": ["valence"], "coordinates": {"valence": {"hapy": 1}}}},
            r"coordinates.valence: 'hapy' is none of the labels",
        ),
        (
            {"classifier": {"derived": ["valence"], "coordinates": {"valence": {"happy": 7}}}},
            "less than or equal to 1",
        ),
        ({"steps": ["emotion", "valence"]}, "valence is neither among classifier.values nor in classifier.derived"),
        ({"strategy": "context_carry", "prompts": "json"}, "only the strategy classifier has a section classifier"),
        ({"classifier": {"input": {"size": [4, 32]}}}, "from 8 to 2048 pixels"),
        ({"classifier": {"input": {"size": [32, 32], "std": [0, 1, 1]}}}, "std divides"),
        ({"classifier": {"input": {"size": [32, 32], "colour": "grey", "mean": [1, 1, 1]}}}, "has one channel"),
        (
            {"classifier": {"input": {"size": [32, 32], "box": [0.8, 0.2, 0.2, 0.8]}}},
            "a box is .left, top, right, bottom",
        ),
        ({"classifier": {"input": {"size": [32, 32], "box": [0, 0, 100, 100]}}}, "in shares from 0 to 1"),
        ({"classifier": {"values": {"valence": {"low": 1, "high": 1}}}}, "low must be below high"),
        ({"classifier": {"sha256": "ABC"}}, "String should match"),
        ({"classifier": {"package": "../fer"}}, "String should match"),
        ({"classifier": {"threads": 0}}, "greater than or equal to 1"),
    ],
)
def test_a_classifier_that_makes_no_sense_is_refused(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        classifier_condition(**changes)


def test_a_condition_asks_with_prompts_or_a_classifier() -> None:
    condition = classifier_condition()
    assert condition.asks
    assert not condition.model_copy(update={"classifier": None}).asks

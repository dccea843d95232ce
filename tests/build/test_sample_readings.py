"""Where in an answer a value was given, and what was likely there."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lib.build.sample_readings import readings_of, readings_of_outputs, readings_of_top
from lib.contracts.study import Study
from lib.project import open_project
from lib.traces.choosing import ways_to_write
from lib.traces.probabilities import Logits

STUDY: Study = open_project("params/drawn.yaml").study
VALUES = tuple("123456789")
STARTS = tuple(way for word in STUDY.emotion.categories for way in ways_to_write(word))


def logits(pieces: list[str], likely: dict[int, dict[str, float]], answer_from: int = 0) -> Logits:
    """An answer of tokens; `likely` says what had which probability at some of them."""
    names = (*VALUES, *STARTS)
    chances = np.full((len(pieces), len(names)), 1e-9)
    for at, said in likely.items():
        for word, chance in said.items():
            chances[at, names.index(word)] = chance
    order = np.argsort(-chances, axis=1, kind="stable")
    logs = np.log(chances).astype(np.float32)
    return Logits(
        "k", order.astype(np.int32), np.take_along_axis(logs, order, 1), logs, names, len(VALUES),
        tuple(range(len(names))), tuple(range(len(pieces))), tuple(pieces), answer_from, dict(enumerate(names)),
    )  # fmt: skip


def test_a_rating_is_looked_up_at_the_number_that_counts_and_not_at_the_scales_ends() -> None:
    came = logits(["On", " ", "1", " to ", "9", ": ", "7"], {2: {"1": 1.0}, 6: {"7": 0.6, "8": 0.2}})
    (reading,) = readings_of(came, "valence", {"valence": 7.0}, STUDY)
    assert dict(reading.bars)["7"] == pytest.approx(0.75, abs=1e-6) and reading.mass == pytest.approx(0.8, abs=1e-6)
    assert reading.expected == pytest.approx(7.25, abs=1e-5) and reading.said == "7"
    assert [word for word, _ in reading.words[:2]] == ["7", "8"]


def test_an_answer_in_json_is_read_value_by_value() -> None:
    pieces = ['{"', "emotion", '": "', "happy", '", "', "arousal", '": ', "5", ', "', "valence", '": ', "5", "}"]
    came = logits(pieces, {3: {"happy": 0.9, "sad": 0.1}, 7: {"5": 0.5, "6": 0.5}, 11: {"5": 1.0}})
    found = readings_of(came, "all", {"emotion": "happy", "valence": 5.0, "arousal": 5.0}, STUDY)
    assert [one.name for one in found] == ["emotion", "valence", "arousal"]
    assert dict(found[0].bars)["happy"] == pytest.approx(0.9, abs=1e-6) and found[0].expected is None
    assert found[1].expected == pytest.approx(5, abs=1e-5) and found[2].expected == pytest.approx(5.5, abs=1e-5)


def test_a_value_that_no_single_token_gave_has_no_bars() -> None:
    came = logits(["5", ".", "5"], {0: {"5": 0.7, "6": 0.3}})
    (reading,) = readings_of(came, "valence", {"valence": 5.5}, STUDY)
    assert not reading.bars and reading.expected is None and reading.words[0][0] == "5"
    (several,) = readings_of(came, "all", {"valence": None}, STUDY)
    assert not several.bars and not several.words
    (none,) = readings_of(logits(["I", " pass"], {}), "emotion", {"emotion": None}, STUDY)
    assert none.said is None and len(none.bars) == 6


def test_thinking_is_passed_over() -> None:
    came = logits(["<think>", "sad", "</think>", " Happy"], {1: {"sad": 1.0}, 3: {" Happy": 0.8, " Sad": 0.2}}, 3)
    (reading,) = readings_of(came, "emotion", {"emotion": "happy"}, STUDY)
    assert dict(reading.bars)["happy"] == pytest.approx(0.8, abs=1e-6)


def test_what_is_no_classifiers_output_and_no_word_gives_nothing() -> None:
    values: dict[str, Any] = {"emotion": "happy"}
    assert readings_of_outputs("happy", values, {}) == [] == readings_of_outputs('{"labels": 3}', values, {})
    assert [one.words for one in readings_of_top([[("", -0.1)], [("joy", np.log(0.5))]], values)] == [
        [("joy", pytest.approx(0.5))]
    ]

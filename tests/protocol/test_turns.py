from __future__ import annotations

from pathlib import Path

from protocol_support import make_condition, make_study

from lib.contracts.prompts import read_prompts
from lib.protocol.plan import Plan
from lib.protocol.question import Stored
from lib.protocol.turns import SHORT, Turns

HAPPY = '{"emotion": "happy"}'


def make_turns() -> Turns:
    prompts = read_prompts(Path(__file__).parents[2] / "params/prompts", "json")
    return Plan(make_study(), make_condition(), prompts).turns


def test_equal_answers_lead_to_one_turn_however_they_are_worded() -> None:
    turns = make_turns()
    start = turns.first(None)
    (one, after_one), (other, after_other) = (
        turns.after(start, Stored(HAPPY)),
        turns.after(start, Stored("Happy.", "stop")),
    )
    assert one.values == other.values == {"emotion": "happy"}
    assert after_one is after_other
    assert turns.after(start, Stored("sad"))[1] is not after_one


def test_a_long_answer_is_read_alike_and_not_kept() -> None:
    turns = make_turns()
    start = turns.first(None)
    long = Stored(HAPPY + " " * SHORT)
    (one, after_one), (other, after_other) = turns.after(start, long), turns.after(start, long)
    assert one == other and one is not other
    assert after_one is after_other is turns.after(start, Stored(HAPPY))[1]


def test_what_cannot_be_asked_is_passed_with_its_reason_and_the_end_has_no_question() -> None:
    turns = make_turns()
    _, end = turns.after(turns.first(None), Stored("I cannot tell."))
    assert end.step is None
    assert end.passed == (("valence", "emotion was not parsed"), ("arousal", "emotion was not parsed"))

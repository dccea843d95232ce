"""What holds for every text: no exception, nothing outside the scale or the list, and time in proportion to length."""

from __future__ import annotations

import gc
import json
import time
from collections.abc import Callable
from itertools import cycle
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from parsing_answers import ANSWERS, ENDS, PIECES, mutated, wrong

from lib.contracts.study import Study, read_study
from lib.protocol.parsing import LONGEST, parse_answer

ROOT = Path(__file__).parents[2]
PAPER = read_study(ROOT / "params/study.yaml")
OTHER = read_study(ROOT / "params/affectnet-c25.yaml")
ALL = ("emotion", "valence", "arousal")
ASKED = [(ALL, PAPER), (("emotion",), PAPER), (("valence",), PAPER), (("valence",), OTHER), (("emotion",), OTHER)]

any_text = st.text(st.characters(), max_size=80) | st.lists(
    st.sampled_from(PIECES + ANSWERS) | st.text(st.characters(), max_size=4), max_size=10
).map("".join)
asked_of = st.sampled_from(ASKED)
ends = st.sampled_from(ENDS)
members = st.dictionaries(
    st.sampled_from([*ALL, "Emotion", "answer", "rating", "x"]),
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.sampled_from(PIECES + ANSWERS),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["value", *ALL]), inner),
        max_leaves=6,
    ),
    max_size=4,
)


@settings(max_examples=600)
@given(any_text, asked_of, ends, st.none() | any_text)
def test_every_text_has_an_outcome(text: str, asked: tuple, end: str | None, refusal: str | None) -> None:
    wanted, study = asked
    parsed = parse_answer(text, wanted, study, finish_reason=end, refusal=refusal)
    assert wrong(parsed, wanted, study) is None
    assert parse_answer(text, wanted, study, finish_reason=end, refusal=refusal) == parsed


@settings(max_examples=300)
@given(members, asked_of, ends)
def test_every_json_has_an_outcome(data: dict, asked: tuple, end: str | None) -> None:
    wanted, study = asked
    assert wrong(parse_answer(json.dumps(data), wanted, study, finish_reason=end), wanted, study) is None


@settings(max_examples=300)
@given(st.sampled_from(ANSWERS), asked_of, st.text(" \n\t", max_size=5), st.text(" \n\t", max_size=5))
def test_blanks_around_an_answer_change_nothing(text: str, asked: tuple, before: str, after: str) -> None:
    assert parse_answer(before + text + after, *asked) == parse_answer(text, *asked)


@pytest.mark.parametrize("text", [text for text in ANSWERS if "```" not in text and text])
@pytest.mark.parametrize("asked", ASKED)
def test_a_fence_around_an_answer_changes_no_value(text: str, asked: tuple) -> None:
    bare, fenced = parse_answer(text, *asked), parse_answer(f"```json\n{text}\n```", *asked)
    assert (fenced.values, fenced.reason) == (bare.values, bare.reason)


@settings(max_examples=200)
@given(st.sampled_from(PAPER.emotion.categories), st.floats(1, 9), st.integers(1, 9))
def test_what_was_asked_for_is_read_as_it_is(emotion: str, valence: float, arousal: int) -> None:
    text = f'{{"emotion": "{emotion}", "valence": {valence!r}, "arousal": {arousal}}}'
    parsed = parse_answer(text, ALL, PAPER)
    assert parsed.values == {"emotion": emotion, "valence": valence, "arousal": arousal}
    assert (parsed.stage, parsed.reason) == ("json", None)


@settings(max_examples=200)
@given(st.floats(allow_nan=False, allow_infinity=False, width=32), asked_of)
def test_any_number_is_clamped_to_the_scale(number: float, asked: tuple) -> None:
    study = asked[1]
    scale = study.dimensions["valence"]
    parsed = parse_answer(f'{{"valence": {number!r}}}', ("valence",), study)
    assert parsed.values["valence"] == min(max(number, scale.low), scale.high)
    assert ("clamped" in parsed.flags) == (not scale.low <= number <= scale.high)


@pytest.mark.slow
def test_100_000_mutated_answers_hold_what_must_hold() -> None:
    asked = cycle([*ASKED, (ALL, OTHER)])
    for text, (wanted, study), end in zip(mutated(20260222, 100_000), asked, cycle(ENDS), strict=False):
        parsed = parse_answer(text, wanted, study, finish_reason=end)
        assert wrong(parsed, wanted, study) is None, (text, wanted, study.id, end, parsed)


REPEATED = [
    *(
        "a",
        "7",
        " ",
        "\n",
        "[",
        "{",
        '{"a":',
        "emotion: ",
        "valence: 7 ",
        "happy ",
        "not ",
        "```",
        "```json\n",
        "<think>",
    ),
    *("<think></think>", "'", '"', "1-", "1.", "1,", "7 or ", "seven ", "rate ", "I am ", "answer: ", "**", "**a** "),
    *("e\u0301\u0323", "\u05b0\u05bc", "행복", "\ud800", "\0", 'emotion"* ', "<|", "1 to 9 ", "- ", "( ", "valence ("),
    *("hap", "٧", "kann ich ", "1 (", "{}", "7/9 ", "1. a\n2. ", "happy, sad, ", "\\", "neither happy, ", "|", "~~~"),
    *("valence    ", "-", "emotion emotion "),
]
ONCE = ["emotion", "emotion: ", "I am ", "kann ", "{", "hap", "7", "rating ", "```", "7 or ", "valence is ", "answer"]
LONG = LONGEST // 4
WORTH_A_LOOK = 0.05


def seconds(text: str, wanted: tuple[str, ...], study: Study = PAPER) -> float:
    """Processor time, the collector of garbage (which looks at all that other tests left behind) kept out."""
    gc.collect()
    gc.disable()
    try:
        began = time.process_time()
        parsed = parse_answer(text, wanted, study)
        taken = time.process_time() - began
    finally:
        gc.enable()
    assert wrong(parsed, wanted, study) is None
    return taken


@pytest.mark.slow
@pytest.mark.parametrize("wanted", [("emotion",), ("valence",), ALL], ids=["emotion", "valence", "all"])
def test_time_is_in_proportion_to_length(wanted: tuple[str, ...]) -> None:
    """Eight times the length takes 8 times as long, not 64 times."""
    makers: list[Callable[[int], str]] = [
        lambda length, piece=piece: piece * (length // len(piece)) for piece in REPEATED
    ]
    makers += [
        lambda length, begin=begin, filling=filling: begin + filling * length + "x"
        for begin in ONCE
        for filling in " a"
    ]
    for make in makers:
        long = seconds(make(LONG), wanted)
        if long > WORTH_A_LOOK:
            long = min(long, *(seconds(make(LONG), wanted) for _ in range(2)))
            short = min(seconds(make(LONG // 8), wanted) for _ in range(3))
            assert long < 24 * short, make(30)


@pytest.mark.parametrize("piece", ["a", "7", "[", '{"a":', "<think>", "<think></think>", " ", "e\u0301\u0323", "```"])
def test_ten_megabytes_are_no_trouble(piece: str) -> None:
    assert seconds(piece * (10_000_000 // len(piece)), ("valence",)) < 5


def test_what_is_too_long_is_no_answer() -> None:
    assert parse_answer("happy " * LONGEST, ("emotion",), PAPER).reason == "too_long"
    thoughtful = f"<think>{'hm ' * LONGEST}</think>happy"
    assert parse_answer(thoughtful, ("emotion",), PAPER).values == {"emotion": "happy"}


def test_deep_nesting_does_not_exhaust_the_stack() -> None:
    for depth in (63, 64, 65, 1_000, 40_000):
        for text in ("[" * depth + "]" * depth, '{"a":' * depth + "7" + "}" * depth, "[" * depth):
            assert parse_answer(text, ("valence",), PAPER).values == {"valence": None}

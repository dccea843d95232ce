"""A grammar of what machines put around a value: sound wrappers are read as the value, spoiled ones never as another.

Hypothesis crosses the pieces, so that families of answers are tried and not only the examples of the document. Two
files of answers stand beside it: chatty ones, written by hand in the manner of machines, and misleading ones.
"""

from __future__ import annotations

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from lib.contracts.study import read_study
from lib.protocol.parsing import parse_answer

FOLDER = Path(__file__).parent
PAPER = read_study(FOLDER.parents[1] / "params/study.yaml")
ALL = ("emotion", "valence", "arousal")
EMOTIONS = {
    "happy": "happiness", "sad": "sadness", "angry": "anger", "fear": "fear", "disgust": "disgust",
    "neutral": "neutral",
}  # fmt: skip
OPENINGS = [
    "", "", "", "Sure! ", "Sure, here is my answer: ", "Okay. ", "Certainly! ", "Thank you for the image. ",
    "Based on the image, ", "Looking at the image, ", "Given the raised cheeks and the open mouth, ",
    "The eyes are wide open. ", "The person is looking at the camera with her mouth slightly open. ", "Overall, ",
    "What is the facial expression in this image? ", "You identified this face as a face. ",
    "1. The mouth is open.\n2. The brows are raised.\n", "The corners of the mouth are visible.\n\n",
]  # fmt: skip
SAID = [
    "{v}", "{v}", "**{v}**", '"{v}"', "the answer is {v}", "my answer is {v}", "the emotion is {v}", "emotion: {v}",
    "the facial expression is {v}", "the facial expression in this image is **{v}**", "I would say {v}",
    "I'd say {v}", "I would choose {v}", "the person appears to be {v}", "the woman looks very {v}",
    "this is a {v} face", "the emotion expressed by the person is {v}", "Answer: {v}", "final answer: **{v}**",
    "I'd classify this face as {v}", "the image shows a person with a {v} expression", "\\boxed{{{v}}}",
    "Expression: {v}", "Label: {v}", "the expression is best described as {v}", '{{"emotion": "{v}"}}',
    '```json\n{{"emotion": "{v}"}}\n```',
]  # fmt: skip
RATED = [
    "{v}", "{v}", "**{v}**", "{v}/9", "{v} out of 9", "the answer is {v}", "my rating is {v}", "I would rate it {v}",
    "I would rate it a {v} out of 9", "I'd say {v}", "I'd give it a {v}", "Rating: {v}", "Rating: **{v}/9**",
    "Valence: {v}", "Valence (1-9): {v}", "the pleasantness of this facial expression is {v}",
    "I would rate the pleasantness as {v}", "on a scale from 1 to 9, I would rate it {v}",
    "I would rate it {v} on a scale of 1 to 9", "Score: {v}", "\\boxed{{{v}}}", "a rating of {v}",
    "Pleasantness: {v}", '{{"valence": {v}}}', '{{"valence": "{v}/9"}}', '```\n{{"valence": {v}}}\n```',
    "on the 9-point scale, I would choose {v}", "approximately {v}",
]  # fmt: skip
CLOSINGS = [
    "", "", "", ".", "!", ".\n", ". The mouth is wide open and the brows are raised.",
    ". There are two raised corners.", "\n\nThe person looks straight at the camera.", ", because the mouth is open",
    ", as the brows are raised.", " (the mouth is open)", ". I hope this helps!",
    ". Let me know if you need anything else.", "\n\nReasoning: her gaze.", " – the lips are parted",
    ". There is no visible tension around the eyes.", ", with a closed mouth.", " since she squints.",
    "\n\n**Explanation:**\n* **Eyes:** They are open.\n* **Mouth:** It is closed.",
]  # fmt: skip
SPOILED_BEFORE = [
    "not ", "Not: ", "never ", "For example, ", "For example: ", "E.g. ", "Example: ", "You said ", "You said: ",
    "If she smiled, ", "If asked by a friend: ", "Unless I am wrong, ", "Previously: ", "Previous answer: ",
    "Options: ", "The options are ", "Ignore: ", "The wrong answer is ", "Wrong answer: ", "Anything but ",
    "Instead of ", "Far from ", "It could be ", "It might be ", "It should not be ", "I would not say ",
    "I doubt that it is ", "People say ", "They told me ", "The caption says ", "Format: ", "The opposite of ",
    "Less than ", "Other than ", "Person 2: ", "The other person is ", "Don't say ", "~~", "!", "≠ ", "❌ ", "Is it ",
    "Suppose it were ", "Pretend it is ", "Template: ", "Reversed: ", "No longer ", "Hardly ", "un",
    "Second choice: ",
]  # fmt: skip
SPOILED_AFTER = [
    "?", "? No.", "? Not really.", " is wrong", " is not right.", " would be wrong.", ": false", " = false", " -> no",
    " (wrong)", ". No.", ". No, wait.", ". Wait, no.", ". Scratch that.", ". Just kidding.", ". That is wrong.",
    ". That's not it.", "... or not", ". I take that back.", ". Never mind.", ". Sorry, that was a mistake.",
    ". On second thought, no.", " or not", ", not really", "\nNo.", "\n\nI change my mind.", "\n\nActually, no.",
    ". This is only an example.", " ❌", " if she smiled", " unless she lies", ". You said so.", ". Ignore that.",
    "less", "ish", "~~", ", but that is false", ", or so you said", "\n// not", ". Correction follows.",
]  # fmt: skip
CORRECTED = [
    ". No, {w}", ". No wait, {w}", ". Wait: {w}", ". Actually, {w}", ". Correction: {w}", "\nCorrection: {w}",
    ". I mean {w}", " or {w}", "... no, {w}", "\nor {w}", "\n// or {w}", " -> {w}", ", {w}", "; {w}", " / {w}",
    "/{w}", " and {w}", "\n\nI change my mind: {w}", "\n{w}", ". On second thought: {w}", ". Sorry, {w}", " ({w})",
    ". Better: {w}", ". {w}", " maybe {w}", "\u200b{w}", ". Or rather {w}",
]  # fmt: skip
OTHER_SCALE_AFTER = [
    "/10", " / 100", " out of 10", " out of 100", " points out of 100", " of 10", " on a scale from 1 to 5",
    " on a 1-10 scale", "%", " on a scale of 0-10", " on a ten-point scale", " percent", " stars", " (scale 1-10)",
    " (out of 10)", " (max 10)", " (1-10)", ", where 10 is the maximum", " on a reversed scale",
    " with 10 being the best", ",000", ".000", "-11-22", ":30", " people", " years", " people are visible",
    " years old", "th", "x", "²",
]  # fmt: skip
OTHER_SCALE_BEFORE = [
    "On a 1-10 scale: ", "On a scale of 1 to 10, ", "On a scale from 0 to 100: ", "Out of 10: ", "Rating (1-10): ",
    "Valence (0-10): ", "On a ten-point scale, ", "Number of people: ", "Age: ", "Confidence: ", "1) ", "2026-11-",
    "Image ", "Step ", "Page ", "Arousal: ", "At 10:", "Using a reversed scale, ", "$1,", "More than ", "At least ",
    "> ", "v", "AU", "Question ", "There are ",
]  # fmt: skip
values = st.sampled_from(sorted(EMOTIONS))
ratings = st.integers(1, 9)


def emotion(text: str) -> str | float | None:
    return parse_answer(text, ("emotion",), PAPER).values["emotion"]


def valence(text: str) -> str | float | None:
    return parse_answer(text, ("valence",), PAPER).values["valence"]


NUMBERED = "1. The mouth is open.\n2. The brows are raised.\n"
"""After which a line that begins with `7.` is an item of the list."""
GLUED = {"{v}", "the answer is {v}", "I'd say {v}", "Answer: {v}", "I would rate it {v}", "Rating: {v}", "Valence: {v}"}


@settings(max_examples=300)
@given(values, st.sampled_from(OPENINGS), st.sampled_from(SAID), st.sampled_from(CLOSINGS))
def test_a_category_in_sound_wrappers_is_read(value: str, opening: str, said: str, closing: str) -> None:
    assert emotion(opening + said.format(v=value) + closing) == value


@settings(max_examples=300)
@given(ratings, st.sampled_from(OPENINGS), st.sampled_from(RATED), st.sampled_from(CLOSINGS))
def test_a_number_in_sound_wrappers_is_read(value: int, opening: str, said: str, closing: str) -> None:
    opening = "" if opening == NUMBERED and said == "{v}" else opening
    assert valence(opening + said.format(v=value) + closing) == value


@settings(max_examples=200)
@given(values, ratings, st.sampled_from(SPOILED_BEFORE), st.sampled_from(CLOSINGS))
def test_what_is_spoiled_before_is_not_read(value: str, number: int, spoiler: str, closing: str) -> None:
    assert emotion(f"{spoiler}{value}{closing}") is None
    assert valence(f"{spoiler}{number}{closing}") is None


@settings(max_examples=300)
@given(
    values,
    ratings,
    st.sampled_from(OPENINGS),
    st.sampled_from(SAID),
    st.sampled_from(RATED),
    st.sampled_from(SPOILED_AFTER),
)
def test_what_is_spoiled_after_is_not_read(
    value: str, number: int, opening: str, said: str, rated: str, spoiler: str
) -> None:
    assert emotion(opening + said.format(v=value) + spoiler) is None
    assert valence(opening + rated.format(v=number) + spoiler) is None


@settings(max_examples=300)
@given(
    st.permutations(sorted(EMOTIONS)), st.permutations(range(2, 9)), st.sampled_from(OPENINGS), st.sampled_from(SAID),
    st.sampled_from(RATED), st.sampled_from(CORRECTED),
)  # fmt: skip
def test_of_two_values_none_is_read(
    two: list[str], numbers: list[int], opening: str, said: str, rated: str, correction: str
) -> None:
    assert emotion(opening + said.format(v=two[0]) + correction.format(w=two[1])) is None
    assert valence(opening + rated.format(v=numbers[0]) + correction.format(w=numbers[1])) is None


@settings(max_examples=200)
@given(ratings, st.sampled_from(OPENINGS), st.sampled_from(sorted(GLUED)), st.sampled_from(OTHER_SCALE_AFTER))
def test_a_number_on_another_scale_or_of_something_else_is_not_read(
    value: int, opening: str, said: str, after: str
) -> None:
    assert valence(opening + said.format(v=value) + after) is None


@settings(max_examples=100)
@given(st.integers(2, 9), st.sampled_from(OTHER_SCALE_BEFORE), st.sampled_from(CLOSINGS))
def test_a_number_is_not_read_after_another_scale_or_thing(value: int, before: str, closing: str) -> None:
    assert valence(f"{before}{value}{closing}") is None


def answers(name: str) -> list[tuple[str, str]]:
    """The answers of a file: what is asked or expected, a tab, the answer with `\\n` for a line break."""
    lines = (FOLDER / f"test_parsing_{name}.txt").read_text(encoding="utf-8").splitlines()
    pairs = (line.partition("\t") for line in lines if line and not line.startswith("##"))
    return [(first, text.replace("\\n", "\n").replace("\\u200b", "\u200b")) for first, _, text in pairs]


def test_chatty_answers_are_read() -> None:
    chatty = answers("chatty")
    missed = []
    for value, text in chatty:
        expected = value.split(",")
        wanted = ALL if len(expected) == 3 else ("valence",) if value.isdigit() else ("emotion",)
        read = [
            f"{said:g}" if isinstance(said, float) else said
            for said in parse_answer(text, wanted, PAPER).values.values()
        ]
        if read != expected:
            missed.append((text, read))
    assert len(chatty) > 300
    assert missed == []


def test_misleading_answers_are_not_read() -> None:
    misleading = answers("misleading")
    read = [
        (text, parsed) for step, text in misleading if (parsed := parse_answer(text, (step,), PAPER)).reason is None
    ]
    assert len(misleading) > 800
    assert read == []

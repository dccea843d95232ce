"""What a machine held likely where it gave an answer: each category, each rating, and the likeliest words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec
import numpy as np

from lib.contracts.study import Study
from lib.protocol.classifier import Outputs
from lib.protocol.question import ALL_STEPS
from lib.traces.probabilities import Logits, category_probabilities, scale_probabilities

TOP_WORDS = 5
EMOTION = "emotion"
Value = str | float | None


@dataclass(frozen=True, slots=True)
class Reading:
    """What stood behind one value of an answer.

    Attributes
    ----------
    name : str
        `emotion`, or the dimension.
    said : str or None
        The value, as the bars name it.
    bars : list of (str, float)
        Probability of each category, or of each value of the scale, among themselves; empty where it is not known.
    expected : float or None
        Mean of the scale's values by probability.
    mass : float or None
        What the model gave to all of `bars` together; the rest went to other words.
    words : list of (str, float)
        Likeliest tokens at that place of the answer, likeliest first, with their probabilities.
    own : bool
        Whether the bars are labels of the machine's own, and no categories of the study.
    """

    name: str
    said: str | None
    bars: list[tuple[str, float]]
    expected: float | None = None
    mass: float | None = None
    words: list[tuple[str, float]] = field(default_factory=list)
    own: bool = False


def readings_of(logits: Logits, step: str, values: Mapping[str, Value], study: Study) -> list[Reading]:
    """What a traced model held likely where it gave the values of one answer.

    A rating is looked up where the answer names it: at the first number that is one token and the value that was read
    (behind the dimension's name, where the answer holds several values). A category is looked up at the token with
    which its name begins. A value that is not found there has the likeliest words of the answer's first token alone.

    Parameters
    ----------
    logits
        Of the answer.
    step
        Its step; `all` for everything at once.
    values
        What the answer was read as.
    study
        With its categories and scales.
    """
    return [_reading(logits, step, name, value, study) for name, value in values.items()]


def readings_of_outputs(text: str, values: Mapping[str, Value], becomes: Mapping[str, str]) -> list[Reading]:
    """Probabilities of a classifier's own labels, from its raw outputs; nothing where the text is none such.

    The picked one is the likeliest of those that become (`ClassifierReader.becomes`) the category that was read.
    """
    try:
        outputs = msgspec.json.decode(text, type=Outputs)
    except msgspec.DecodeError:
        return []
    bars = sorted(outputs.labels.items(), key=lambda bar: -bar[1])
    said = next((label for label, _ in bars if becomes.get(label) == values.get(EMOTION)), None)
    return [Reading(EMOTION, said, bars, own=True)]


def readings_of_top(top: Sequence[Sequence[tuple[str, float]]], values: Mapping[str, Value]) -> list[Reading]:
    """The likeliest words of an answer's first token, as a server gave them with their natural logarithms."""
    first = next((row for row in top if row and row[0][0].strip()), [])
    words = [(word, float(np.exp(value))) for word, value in first[:TOP_WORDS]]
    return [Reading(name, _shown(value), [], words=words) for name, value in list(values.items())[:1]]


def _reading(logits: Logits, step: str, name: str, value: Value, study: Study) -> Reading:
    several = step == ALL_STEPS
    if name == EMOTION:
        at = _place_of_word(logits, str(value)) if value is not None else None
        return _category(logits, name, value, study, logits.first_token if at is None and not several else at)
    at = _place_of_number(logits, value, name if several else "")
    if at is None:
        return Reading(name, _shown(value), [], words=[] if several else _words(logits, logits.first_token))
    scale, frame = study.dimensions[name], scale_probabilities(logits, at)
    frame = frame.filter(frame["value"].is_between(scale.low, scale.high), frame["raw"].is_not_null())
    mass = float(frame["raw"].sum())
    bars = [(f"{number:g}", raw / mass) for number, raw in frame.select("value", "raw").iter_rows()] if mass else []
    expected = sum(float(label) * share for label, share in bars) if bars else None
    return Reading(name, _shown(value), bars, expected, mass, _words(logits, at))


def _category(logits: Logits, name: str, value: Value, study: Study, at: int | None) -> Reading:
    if at is None:
        return Reading(name, _shown(value), [])
    frame = category_probabilities(logits, study.emotion.categories, at)
    known = not frame["shared"].any() and frame["probability"].null_count() == 0
    bars = list(frame.select("category", "probability").iter_rows()) if known else []
    mass = float(frame["raw"].sum()) if known else None
    return Reading(name, _shown(value), bars, None, mass, _words(logits, at))


def _words(logits: Logits, at: int | None) -> list[tuple[str, float]]:
    if at is None:
        return []
    ids, chances = logits.ids[at, :TOP_WORDS].tolist(), np.exp(logits.log_probabilities[at, :TOP_WORDS]).tolist()
    return [(logits.texts[number], chance) for number, chance in zip(ids, chances, strict=True)]


def _place_of_number(logits: Logits, value: Value, behind: str) -> int | None:
    """The first token that is the value, behind a name."""
    if value is None:
        return None
    starts = dict(_starts(logits))
    begin = max(0, _text(logits).find(behind))
    return next(
        (at for at in logits.rating_tokens if starts[at] >= begin and logits.pieces[at].strip() == _shown(value)), None
    )


def _place_of_word(logits: Logits, word: str) -> int | None:
    """The token with which the word begins; None where the word is not there, or begins within a token."""
    place = _text(logits).lower().find(word.lower())
    for at, start in _starts(logits):
        piece = logits.pieces[at]
        if place >= 0 and start + len(piece) - len(piece.lstrip()) == place and piece.strip():
            return at
    return None


def _text(logits: Logits) -> str:
    return "".join(logits.pieces[logits.answer_from :])


def _starts(logits: Logits) -> Iterator[tuple[int, int]]:
    """Each token of the answer, and where in its text it begins."""
    start = 0
    for at in range(logits.answer_from, len(logits.pieces)):
        yield at, start
        start += len(logits.pieces[at])


def _shown(value: Value) -> str | None:
    return value if value is None or isinstance(value, str) else f"{value:g}"

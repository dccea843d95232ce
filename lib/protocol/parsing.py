"""From the text of an answer to a category and values on the scales, or to the reason why there are none.

The cascade of supplement v10.8, S2.4: JSON as it stands, JSON in a Markdown fence, regular expressions. What becomes of
which kind of answer is listed in `docs/parsing.md`, whose examples the tests run. Where an answer can be read in two
ways it is not read at all: a missing value is seen in every table, a wrong one in none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from lib.contracts.study import Study
from lib.protocol.parsing_categories import Categories
from lib.protocol.parsing_json import decode
from lib.protocol.parsing_numbers import Numbers
from lib.protocol.parsing_objects import Objects
from lib.protocol.parsing_prose import OBJECT, Prose
from lib.protocol.parsing_text import (
    ORDINARY,
    Ending,
    Reading,
    ending,
    plain,
    sounds_refused,
    with_fences_as,
    without_fences,
    without_thinking,
)

Stage = Literal["json", "fence", "regex", "none"]
STAGES: dict[Stage, str] = {
    "json": "the answer is a JSON object or array",
    "fence": "a Markdown fence in the answer holds one",
    "regex": "regular expressions found the value in other text",
    "none": "no step has a value",
}
FLAGS = {
    "array": "the value stood in a JSON array",
    "clamped": "the number was outside the scale and was set to its nearer end",
    "decimal": "the number lies between two steps of the scale and was kept",
    "digits": "the answer had digits of another script",
    "nested": "the value stood in a JSON object within the object",
    "number_word": "the number, or its sign, was a word",
    "other_key": "the value stood under a key that was not asked for, and could be meant for no other step",
    "quotes": 'the answer had quotation marks other than "',
    "thinking_removed": "thinking was cut out of the answer",
    "three_letters": "the word is no form of the category, but begins with the same three letters",
}
REASONS = {
    "doubtful": "a value stands there, but what stands around it does not clearly give it as the answer",
    "empty": "nothing but blanks, or nothing but thinking",
    "missing_key": "the answer speaks of other things, but not of what was asked for",
    "negated": "categories are only named in order to deny them",
    "no_answer": "nothing in the answer can be told to be the answer",
    "other_scale": "the number is on another scale, such as 7/10",
    "refusal": "the server or the machine declined, and nothing could be read",
    "several_candidates": "more than one category or number could be meant",
    "too_long": "more than 100,000 characters without the thinking",
    "truncated": "the answer reached its longest length before it came to the value",
    "unfinished_thinking": "the thinking was begun and not closed",
    "unknown_category": "a word that is no category of the study for machines",
    "unusable_value": "something else than a category or number stands where the value belongs",
}
LONGEST = 100_000
"""Characters: what is longer, without its thinking, is a machine that repeats itself, and no answer."""
_CUT_KEY = re.compile(r"[,{]\s*\"[^\"\n]{0,40}$")
_CERTAIN = frozenset({"several_candidates", "empty", "unfinished_thinking"})


@dataclass(frozen=True, slots=True)
class Parsed:
    """What an answer says.

    Attributes
    ----------
    values : dict
        For every wanted step a category of the study, a number from low to high of the step's scale, or None.
    stage : str
        Which stage of the cascade gave the values; `none` where no step has a value.
    flags : tuple of str
        What was done to the answer on the way, such as `clamped`; sorted, and of the steps that have values.
    reason : str or None
        Why a step has no value (the first such step); None where all have one.
    """

    values: dict[str, str | float | None]
    stage: Stage
    flags: tuple[str, ...] = ()
    reason: str | None = None


def parse_answer(
    text: str, wanted: tuple[str, ...], study: Study, *, finish_reason: str | None = None, refusal: str | None = None
) -> Parsed:
    """Read an answer. Pure, and total: no text raises, and the time is linear in its length.

    Parameters
    ----------
    text : str
        The answer as the server gave it, without thinking that the server set apart.
    wanted : tuple of str
        The steps that the question asked for: `emotion`, or names of the study's dimensions.
    study : Study
        Its categories for machines and its scales; labels that only people may give are unknown categories here.
    finish_reason, refusal : str or None
        What the server said of the answer's end, and of a refusal.
    """
    return _reader(study).parse(text, wanted, ending(finish_reason, refusal))


_READERS: dict[int, tuple[Study, _Reader]] = {}


def _reader(study: Study) -> _Reader:
    """The reader of a study; studies never change, and one that is kept here keeps its identity."""
    kept = _READERS.get(id(study))
    if kept is None or kept[0] is not study:
        if len(_READERS) >= 64:
            _READERS.clear()
        kept = _READERS[id(study)] = (study, _Reader(study))
    return kept[1]


class _Reader:
    """Everything of a study that reading answers needs, made ready once."""

    def __init__(self, study: Study) -> None:
        self.categories = Categories(study.emotion.categories, study.emotion.people_also)
        self.numbers = {name: Numbers(scale) for name, scale in study.dimensions.items()}
        self.prose = Prose(self.categories, self.numbers)
        self.objects = Objects(self.categories, self.numbers, self.prose)
        self.plainest: dict[str, dict[str, str | float]] = {"emotion": self.categories.plainest()}
        self.plainest |= {name: numbers.plainest() for name, numbers in self.numbers.items()}

    def parse(self, text: str, wanted: tuple[str, ...], end: Ending) -> Parsed:
        text = text.strip()
        if len(wanted) == 1 and end is ORDINARY:
            value = self.plainest[wanted[0]].get(text)
            if value is not None:
                return Parsed({wanted[0]: value}, "regex")
        data = decode(text) if len(text) <= LONGEST else None
        if data is not None:
            return _conclude(text, self.objects.read(data, wanted), "json", (), end)
        answer, thought, unfinished = without_thinking(text)
        answer = answer.strip()
        flags: tuple[str, ...] = ("thinking_removed",) if thought else ()
        if unfinished or len(answer) > LONGEST:
            reason = "unfinished_thinking" if unfinished else "too_long"
            return _conclude("", dict.fromkeys(wanted, Reading(None, reason)), "none", flags, end)
        answer, more = plain(answer)
        answer = answer.strip()
        if not answer:
            return _conclude("", dict.fromkeys(wanted, Reading(None, "empty")), "none", flags, end)
        readings, stage = self._cascade(answer, wanted, end)
        return _conclude(answer, readings, stage, flags + more, end)

    def _cascade(self, text: str, wanted: tuple[str, ...], end: Ending) -> tuple[dict[str, Reading], Stage]:
        data = decode(text) or (decode(text.replace("'", '"')) if '"' not in text else None)
        if data is not None:
            return self.objects.read(data, wanted), "json"
        text = text.replace(OBJECT, " ")
        if end.cut_short:
            text = _CUT_KEY.sub("", text)
        plainly = not (end.refused or sounds_refused(text) or (end.cut_short and wanted == ("emotion",)))
        stage: Stage = "regex"
        objects: list[dict[str, Reading]] = []
        if "```" in text or "~~~" in text:
            around, insides = with_fences_as(OBJECT, text, lambda inside: decode(inside) is not None)
            if insides:
                text, stage = around, "fence"
                objects = [self.objects.read(decode(inside) or (), wanted) for inside in insides]
            else:
                text = without_fences(text).strip()
        if not objects:
            begin, after = text.find("{"), text.rfind("}") + 1
            data = decode(text[begin:after]) if 0 <= begin < after else None
            if data is not None:
                objects = [self.objects.read(data, wanted)]
                text = f"{text[:begin]}{OBJECT}{text[after:]}"
        if objects and text.strip() == OBJECT:
            return objects[0], stage
        readings = self.prose.read(text.lower(), wanted, plainly, objects)
        return self._without_cut_number(text, readings) if end.cut_short else readings, stage

    def _without_cut_number(self, text: str, readings: dict[str, Reading]) -> dict[str, Reading]:
        """Drop a number with which a cut-off answer ends, where it could have had more digits: 7 of 75."""
        last = next((step for step in reversed(readings) if readings[step].value is not None), None)
        if last is None or last == "emotion" or not text[-1:].isdigit():
            return readings
        value = readings[last].value
        ends_so = text[-20:].lstrip("-").endswith(f"{abs(float(value or 0)):g}")
        if ends_so and self.numbers[last].may_go_on(float(value or 0)):
            return readings | {last: Reading(None, "truncated")}
        return readings


def _conclude(text: str, readings: dict[str, Reading], stage: Stage, flags: tuple[str, ...], end: Ending) -> Parsed:
    """Values, flags of what was used, and the reason of the first step without value, as far as the end tells it."""
    values = {step: reading.value for step, reading in readings.items()}
    read = [reading for reading in readings.values() if reading.value is not None]
    for reading in read:
        flags += reading.flags
    used = tuple(sorted(set(flags))) if flags else flags
    if len(read) == len(readings):
        return Parsed(values, stage, used)
    reason = next(reading.reason for reading in readings.values() if reading.value is None)
    if not read and end.refused:
        reason = "refusal"
    elif end.cut_short and stage != "json" and reason != "unfinished_thinking":
        reason = "truncated"
    elif not read and reason not in _CERTAIN and sounds_refused(text):
        reason = "refusal"
    return Parsed(values, stage if read else "none", used, reason)

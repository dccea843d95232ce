"""The regular-expression fallback: explicit patterns first, then `key: value` pairs, then plain answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import zip_longest

from lib.protocol.parsing_categories import Categories
from lib.protocol.parsing_numbers import Numbers
from lib.protocol.parsing_text import NOTHING, SEVERAL, UNUSABLE, Reading, agree

_ANSWER = re.compile(
    r"\banswer[\"'`*_]*+(?:\s(?:is|would\sbe)\b|\s?[:=])[\s:=\"'`*_]*+(?P<said>[^\n]{1,160})"
    r"|\\boxed\{(?:\\text\{)?(?P<boxed>[^{}\n]{1,80})\}|<answer>(?P<tagged>[^<]{1,160})"
)
_LIKE_EMOTION = re.compile(
    r"(?<!\w)(?:expression|label|category|class|classification|prediction|response|result)[\"'`*_]*+"
    r"(?:\s?[:=]|\s(?:is|would\sbe|appears\sto\sbe|seems\sto\sbe)\b)[\s:=\"'`*_]*+(?P<said>[^\n]{1,160})"
)
_BOLD = re.compile(r"\*\*([^*\n]{1,80})\*\*|__([^_\n]{1,80})__")
_POINTER = re.compile(
    r"[\"'`*_\\]*+(?:\s?\((?P<noted>[^()\n]{0,60})\))?[\"'`*_\\]*+(?:\s(?:rating|score|level|value|label)\b)?[\"'`*_\\]*+"
    r"(?:\s*+(?P<sign>[:=|]|->|=>)[\s:=|\"'`*_>\\]*+"
    r"|\s(?P<verb>(?:shown\s|expressed\s|displayed\s|conveyed\s|depicted\s)?"
    r"(?:is|was|would\sbe|(?:appears|seems)\sto\sbe))\b\s?)?"
)
_CUT = re.compile(r"[\"(;{}|\n]|\.(?=\s|$)|\s-+\s")
_SENTENCE_END = re.compile(r"\.(?=\s|$)")
_NULL = re.compile(r"(?:null|none|nan|true|false|n/?a|-?inf(?:inity)?)\b")
_PHRASE = 160
_MANY = 4


class Prose:
    """Reads texts that are no JSON for one study."""

    def __init__(self, categories: Categories, numbers: dict[str, Numbers]) -> None:
        self.categories = categories
        self.numbers = numbers
        steps = sorted(("emotion", *numbers), key=len, reverse=True)
        self._steps = {_letters(step): step for step in steps}
        names = "|".join(r"[\s_-]?".join(map(re.escape, step.split("_"))) for step in steps)
        self._key = re.compile(rf"(?<![^\W_])(?:{names})(?![^\W_])")

    def read(self, text: str, wanted: tuple[str, ...], plainly: bool) -> dict[str, Reading]:
        """Read all wanted steps; `plainly` says that the words of a sentence may be taken for the answer, too."""
        pairs, others = self.pairs(text, wanted)
        if len(wanted) == 1:
            return {wanted[0]: self._alone(text, wanted[0], pairs[wanted[0]], others, plainly)}
        return {step: agree(found) if found else Reading(None, "missing_key") for step, found in pairs.items()}

    def _alone(
        self, text: str, step: str, pairs: list[Reading], others: list[tuple[int, int]], plainly: bool
    ) -> Reading:
        explicit: tuple[Callable[[], Iterable[Reading]], ...] = (
            lambda: self._said(_ANSWER, text, step),
            lambda: pairs,
            lambda: self._said(_LIKE_EMOTION, text, step) if step == "emotion" else (),
            lambda: _usable(self._whole(found[1] or found[2], step) for found in _BOLD.finditer(text)),
        )
        for readings in explicit:
            reading = agree(_few(readings()))
            if reading is not NOTHING:
                return reading
        if others:
            text = _without(text, others)
            if not re.search(r"\w", text):
                return Reading(None, "missing_key")
        reading = self._plain(text.strip(), step, plainly)
        return Reading(None, "missing_key") if others and reading is NOTHING else reading

    def _plain(self, text: str, step: str, plainly: bool) -> Reading:
        if step != "emotion":
            return self.numbers[step].read(text, plainly)
        head, _, last = text.rpartition("\n")
        if head:
            first = head.partition("\n")[0]
            reading = agree(_few(_usable(map(self.categories.whole, (first, last)))))
            if reading is not NOTHING:
                return reading
        if plainly or not re.search(r"\s", text):
            left = self.categories.without_offer(text)
            return SEVERAL if left != text and not re.search(r"\w", left) else self.categories.read(left)
        return NOTHING

    def _whole(self, text: str, step: str) -> Reading:
        return self.categories.whole(text) if step == "emotion" else self.numbers[step].whole(text)

    def _phrase(self, phrase: str, step: str, pointed: bool) -> Reading:
        """Read what follows a key; without a colon or a verb only a number that comes at once counts."""
        if phrase[:1] == "<":
            return NOTHING
        if step != "emotion":
            return self.numbers[step].read(phrase, pointed)
        cut = _CUT.search(phrase)
        return self.categories.read(phrase[: cut.start()] if cut else phrase)

    def _said(self, pattern: re.Pattern[str], text: str, step: str) -> Iterator[Reading]:
        for found in pattern.finditer(text):
            yield self._phrase(next(filter(None, found.groups()), "").strip(), step, pointed=True)

    def pairs(self, text: str, wanted: tuple[str, ...]) -> tuple[dict[str, list[Reading]], list[tuple[int, int]]]:
        """Give the readings of every wanted step by its key, and where the pairs of other steps stand."""
        readings: dict[str, list[Reading]] = {step: [] for step in wanted}
        others: list[tuple[int, int]] = []
        keys = list(self._key.finditer(text))
        for key, following in zip_longest(keys, keys[1:]):
            step = self._steps[_letters(key[0])]
            pointer = _POINTER.match(text, key.end())
            assert pointer is not None
            end = min(following.start() if following else len(text), pointer.end() + _PHRASE)
            phrase = text[pointer.end() : max(end, pointer.end())].partition("\n")[0]
            if step not in readings:
                others += self._other(key, step, pointer, phrase)
            elif len(readings[step]) <= _MANY:
                readings[step] = _few([*readings[step], *self._pair(phrase, step, pointer)])
        return readings, others

    def _other(self, key: re.Match[str], step: str, pointer: re.Match[str], phrase: str) -> list[tuple[int, int]]:
        """Where the pair of a step stands that was not asked for; nowhere if its name only occurs."""
        if pointer["sign"] is None and pointer["verb"] is None:
            number = self.numbers[step].read(phrase, anywhere=False) if step != "emotion" else NOTHING
            if number.reason == NOTHING.reason:
                return []
        cut = _SENTENCE_END.search(phrase)
        return [(key.start(), pointer.end() + (cut.start() if cut else len(phrase)))]

    def _pair(self, phrase: str, step: str, pointer: re.Match[str]) -> list[Reading]:
        sign = pointer["sign"] is not None
        if step == "emotion" and not sign and phrase.lstrip()[:2] == "- ":
            sign, phrase = True, phrase.lstrip()[2:]
        if sign and _NULL.match(phrase):
            reading = self._phrase(phrase, step, pointed=True)
            return [UNUSABLE if reading.value is None else reading]
        noted = [] if sign or pointer["noted"] is None else [self._whole(pointer["noted"], step)]
        if noted and noted[0].value is not None:
            return noted
        if step == "emotion" and not (sign or pointer["verb"]):
            return []
        reading = self._phrase(phrase, step, pointed=sign)
        usable = reading.value is not None or reading.reason == "several_candidates"
        return [reading] if sign or usable else []


def _letters(key: str) -> str:
    return re.sub(r"[\s_-]", "", key.casefold())


def _usable(readings: Iterable[Reading]) -> Iterator[Reading]:
    return (reading for reading in readings if reading.value is not None)


def _few(readings: Iterable[Reading]) -> list[Reading]:
    """The first different readings, enough to see whether they agree."""
    different: dict[Reading, None] = {}
    for reading in readings:
        different[reading] = None
        if len(different) > _MANY:
            break
    return list(different)


def _without(text: str, spans: list[tuple[int, int]]) -> str:
    kept, position = [], 0
    for start, end in spans:
        kept.append(text[position : max(start, position)])
        position = max(position, end)
    return " ".join([*kept, text[position:]])

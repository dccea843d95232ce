"""The regular-expression fallback: which of the values that an answer's sentences name is given as the answer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from operator import itemgetter
from typing import NamedTuple

from lib.protocol.parsing_categories import Categories
from lib.protocol.parsing_clauses import EXPLICIT, LINE, LOOSE, Clauses, Place
from lib.protocol.parsing_numbers import Numbers
from lib.protocol.parsing_scales import OWN
from lib.protocol.parsing_sentences import Sentence, sentences, tidy
from lib.protocol.parsing_text import (
    DOUBTFUL,
    MISSING,
    NEGATED,
    NOTHING,
    OTHER_SCALE,
    SEVERAL,
    UNKNOWN,
    Mention,
    Reading,
    agree,
)

OBJECT = "\ue000"
"""Stands for a JSON object that was read before, in the text around it."""
_SAYING = re.compile(r"[^\W_]")
_BACKGROUND = re.compile(
    r"\b(?:background|backdrop|lighting|light|setting|scene|surroundings?|environment|colou?rs?|clothing|clothes|tones?|wall)\b"
    r"[^,;:]{0,20}$|\(\s*secondary\b[^()]{0,20}$"
)
_FORMAT = re.compile(
    r"\b(?:example|e\.?g|instance|template|sample|placeholder|format|wrong|incorrect|hypothetical\w*|told|said)\b"
)


class Given(NamedTuple):
    """One place of an answer: the sentence and the place in it, what it says, and how firmly."""

    sentence: int
    reading: Reading | None
    level: int | None
    """None: not given as the answer."""
    denied: bool = False
    aside: bool = False
    """It is said of the background, or second to the answer."""


class _Asked(NamedTuple):
    alone: bool
    plainly: bool
    objects: list[dict[str, Reading]]


class Prose:
    """Reads texts that are no JSON, or what stands around it, for one study."""

    def __init__(self, categories: Categories, numbers: dict[str, Numbers]) -> None:
        self.categories = categories
        self.numbers = numbers
        self.clauses = Clauses(tuple(numbers))
        names = "|".join(map(re.escape, ("emotion", *numbers)))
        self._pair = re.compile(
            rf"(?:-\s)?[*_]{{0,2}}(?P<name>{names})[*_]{{0,2}}:[*_]{{0,2}}\s?"
            r"(?P<said>[a-z]{2,20}|[0-9]{1,3})[*_]{0,2}(?:[,;]\s|\.?\n|\.?$)"
        )

    def read(
        self, text: str, wanted: tuple[str, ...], plainly: bool, given: list[dict[str, Reading]] | None = None
    ) -> dict[str, Reading]:
        """Read all wanted steps of a text in small letters.

        `plainly` says that the words of a sentence may be taken for the answer, too; `given` are the readings of the
        objects that stand in the text as `OBJECT`.
        """
        plain = None if given else self._plain(text, wanted)
        if plain is not None:
            return plain
        text = tidy(text)
        asked = _Asked(len(wanted) == 1, plainly, given or [])
        split: dict[str, list[Sentence]] = {}
        readings = {}
        for step in wanted:
            own = self.categories.without_offer(text) if step == "emotion" else self.numbers[step].scale.without(text)
            if own not in split:
                split[own] = sentences(own)
            readings[step] = self._step(own, split[own], step, asked)
            if readings[step] is NOTHING and own != text and not _SAYING.search(own.replace(OWN, " ")):
                readings[step] = SEVERAL
        return readings

    def _plain(self, text: str, wanted: tuple[str, ...]) -> dict[str, Reading] | None:
        """Read a text that is a value and nothing else, or that names all wanted steps with theirs."""
        if len(wanted) == 1:
            whole = self._whole(text, wanted[0])
            if whole is not None:
                return {wanted[0]: whole}
        return None if "\n\n" in text else self._pairs(text, wanted)

    def _whole(self, text: str, step: str) -> Reading | None:
        return self.categories.whole(text) if step == "emotion" else self.numbers[step].whole(text.strip())

    def _pairs(self, text: str, wanted: tuple[str, ...]) -> dict[str, Reading] | None:
        """Read a text that is nothing but names of all wanted steps, each with a colon and a plain value."""
        readings: dict[str, Reading] = {}
        position = 0
        while position < len(text):
            pair = self._pair.match(text, position)
            if pair is None or pair["name"] in readings:
                return None
            step, said = pair["name"], pair["said"]
            reading = self._whole(said, step)
            if reading is None or reading.value is None:
                return None
            readings[step] = reading
            position = pair.end()
        return {step: readings[step] for step in wanted} if readings.keys() >= set(wanted) else None

    def value(self, text: str, step: str) -> Reading:
        """Read a text that stands where a step's value belongs."""
        whole = self._whole(text, step)
        return whole if whole is not None else self.read(text.lower(), (step,), plainly=True)[step]

    def _step(self, text: str, parts: list[Sentence], step: str, asked: _Asked) -> Reading:
        alone, objects = asked.alone, asked.objects
        places, foreign = self._places(parts, step, alone, iter([one[step] for one in objects]))
        if step != "emotion" and places and self.numbers[step].scale.is_another_in(text):
            return OTHER_SCALE
        reading = _weigh(parts, places, asked.plainly)
        if reading is NOTHING or (not alone and all(place.level is None for place in places)):
            if foreign or not alone:
                return MISSING
            words = [word for part in parts for word in part.words]
            if step == "emotion" and 0 < len(words) <= 3 and not any(part.asks or part.spoiled for part in parts):
                return UNKNOWN
        return reading

    def _places(
        self, parts: list[Sentence], step: str, alone: bool, objects: Iterator[Reading]
    ) -> tuple[list[Given], bool]:
        """Every place that names a value of the step, and whether other steps have theirs."""
        places: list[Given] = []
        foreign = False
        for number, part in enumerate(parts):
            mentions = self._mentions(part, step, objects)
            keys = self.clauses.keys(part)
            foreign = foreign or any(key.step != step and key.points for key in keys)
            begin, doubted = 0, False
            for rank, mention in enumerate(mentions):
                is_object = part.body.startswith(OBJECT, mention.start)
                key = None if is_object else self.clauses.key_before(keys, mention.start, step)
                if (key is None or key.step == step) and mention.reading is not MISSING:
                    level = None
                    if not mention.denied and (alone or key is not None or is_object):
                        following = mentions[rank + 1] if rank + 1 < len(mentions) else None
                        before = parts[number - 1] if number else None
                        number_asked = step != "emotion" and not is_object
                        place = Place(part, before, mention, following, begin, key, number_asked, is_object)
                        level = self.clauses.level(place, keys)
                    if level is not None and rank and doubted and not _SAYING.search(part.body, begin, mention.start):
                        level = None
                    doubted = level is None and not mention.denied
                    aside = level is None and _is_aside(part.body, mention)
                    places.append(Given(number, mention.reading, level, mention.denied, aside))
                begin = mention.end
        return places, foreign

    def _mentions(self, part: Sentence, step: str, objects: Iterator[Reading]) -> list[Mention]:
        body = part.body
        lexer = self.categories if step == "emotion" else self.numbers[step]
        if lexer.key not in part.found:
            part.found[lexer.key] = lexer.mentions(body)
        found: list[Mention] = part.found[lexer.key]
        if OBJECT not in body:
            return found
        places = (place for place, letter in enumerate(body) if letter == OBJECT)
        return sorted([*found, *(Mention(at, at + 1, next(objects, MISSING)) for at in places)], key=itemgetter(0))


def _is_aside(body: str, mention: Mention) -> bool:
    return _BACKGROUND.search(body, max(0, mention.start - 60), mention.start) is not None


def _weigh(parts: list[Sentence], places: list[Given], plainly: bool) -> Reading:
    """One reading of all places: the firmest ones, unless others speak against them or a sentence takes them back."""
    live = [place for place in places if not place.denied]
    said = [place for place in live if place.level is not None and (plainly or place.level > 0)]
    if not said:
        return _unsaid(live, bool(places), plainly)
    top = max(place.level or 0 for place in said)
    chosen = [place for place in said if place.level == top]
    reading = agree(list(dict.fromkeys(place.reading for place in chosen if place.reading is not None)))
    if reading.value is None:
        return reading
    given_in = {place.sentence for place in chosen}
    first = min(given_in)
    for place in places:
        same = place.reading is not None and place.reading.value == reading.value
        before = top == EXPLICIT and place.sentence < first and (place.level is None or place.denied)
        if same == place.denied and not (before or (place.aside and top > LOOSE)):
            return SEVERAL
    return DOUBTFUL if _is_noisy(parts, given_in, first, top) else reading


def _unsaid(live: list[Given], denied: bool, plainly: bool) -> Reading:
    readings = {place.reading for place in live if not place.aside}
    if len(readings) > 1 and plainly:
        return SEVERAL
    if readings:
        reading = readings.pop()
        return reading if reading is not None and reading.value is None else DOUBTFUL if plainly else NOTHING
    return NEGATED if denied and not live else NOTHING


def _is_noisy(parts: list[Sentence], given_in: set[int], first: int, top: int) -> bool:
    """Whether a sentence beside those that give the value leaves open whether it is the answer."""
    for number, part in enumerate(parts):
        if number in given_in:
            continue
        if number > first or top == LOOSE:
            noisy = not part.quiet and not (number < first and (part.to_you or (part.asks and not part.spoiled)))
        elif top == LINE:
            noisy = part.spoiled and not part.quiet and not part.to_you
        else:
            noisy = number == first - 1 and _FORMAT.search(part.body) is not None
        if noisy:
            return True
    return False

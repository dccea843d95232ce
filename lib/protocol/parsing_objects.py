"""Readings of JSON objects and arrays: the values at their keys, beside which nothing takes them back."""

from __future__ import annotations

from typing import Any

from lib.protocol.parsing_categories import Categories
from lib.protocol.parsing_json import Pairs, beside, find, inside, is_rival, is_scale, takes_back
from lib.protocol.parsing_numbers import Numbers
from lib.protocol.parsing_prose import Prose
from lib.protocol.parsing_text import (
    DOUBTFUL,
    MISSING,
    OTHER_SCALE,
    SEVERAL,
    UNUSABLE,
    Reading,
    agree,
    plain,
)

_WITHOUT = frozenset({"no_answer", "missing_key"})


class Objects:
    """Reads decoded objects for one study."""

    def __init__(self, categories: Categories, numbers: dict[str, Numbers], prose: Prose) -> None:
        self.categories = categories
        self.numbers = numbers
        self.prose = prose
        self.steps = frozenset({"emotion", *numbers})

    def read(self, data: Pairs | list[Any], wanted: tuple[str, ...]) -> dict[str, Reading]:
        """Read all wanted steps of a decoded object or array."""
        readings = {}
        aside = beside(data, self.steps)
        for step in wanted:
            found = find(data, step, self.steps, len(wanted) == 1)
            if found is None:
                readings[step] = MISSING
                continue
            given = [self._value(value, step) for value in found.values]
            reading = given[0] if len(given) == 1 else agree(given)
            if aside and reading.value is not None:
                reading = self._beside(reading, aside, step, not found.flags)
            readings[step] = reading._replace(flags=reading.flags + found.flags) if found.flags else reading
        return readings

    def _beside(self, reading: Reading, aside: list[tuple[str, Any]], step: str, asked: bool) -> Reading:
        """What is left of a reading beside the other members of its object."""
        for name, value in aside:
            if step != "emotion" and is_scale(name) and not self.numbers[step].scale.is_stated(name, value):
                return OTHER_SCALE
            if takes_back(name, value):
                return DOUBTFUL
            named = self.categories.whole(name.replace("_", " ")) if step == "emotion" else None
            other = named is not None and named.value not in {None, reading.value if value else None}
            rival = is_rival(name, step, asked) and self._value(value, step).value not in {None, reading.value}
            if other or rival:
                return SEVERAL
        return reading

    def _value(self, value: object, step: str, deeper: bool = True) -> Reading:
        if isinstance(value, str):
            text, flags = (value, ()) if value.isascii() else plain(value)
            reading = self.prose.value(text, step)
            if reading.reason in _WITHOUT:
                return UNUSABLE
            return reading._replace(flags=reading.flags + flags) if flags else reading
        if isinstance(value, float) and step != "emotion":
            return self.numbers[step].take(value)
        if not deeper or not isinstance(value, (tuple, list)):
            return UNUSABLE
        if isinstance(value, list):
            reading = agree([self._value(element, step, deeper=False) for element in value] or [UNUSABLE])
            return reading._replace(flags=(*reading.flags, "array"))
        telling, aside = inside(value, step)
        elements = [self._value(element, step, deeper=False) for element in telling]
        reading = agree([element for element in elements if element.value is not None] or [UNUSABLE])
        reading = self._beside(reading, aside, step, True) if reading.value is not None else reading
        return reading._replace(flags=(*reading.flags, "nested"))

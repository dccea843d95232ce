"""Templates made ready: the study's words are put in once, and only answers remain to be filled in."""

from __future__ import annotations

import math
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from lib.contracts.prompts import printed_number
from lib.contracts.study import Study


@dataclass(frozen=True, slots=True)
class Template:
    """A text with gaps: `texts` has one piece more than `needs`, which names the answer that goes into each gap."""

    texts: tuple[str, ...]
    needs: tuple[str, ...]

    def render(self, printed: Sequence[str]) -> str:
        """Put one printed answer into each gap; what it contains is never read as a template."""
        parts = [self.texts[0]]
        for answer, text in zip(printed, self.texts[1:], strict=True):
            parts += (answer, text)
        return "".join(parts).strip()


def make_template(text: str, words: Mapping[str, str]) -> Template:
    """Put the study's words into a template's text; every other placeholder becomes a gap."""
    texts, needs = [""], []
    for literal, name, _, _ in string.Formatter().parse(text):
        texts[-1] += literal
        if name is None:
            continue
        if name in words:
            texts[-1] += words[name]
        else:
            needs.append(name)
            texts.append("")
    return Template(tuple(texts), tuple(needs))


class Printer:
    """Prints answers for later prompts, and nothing that is not one of the study's categories or on its scale."""

    def __init__(self, study: Study) -> None:
        self._categories = study.emotion.categories
        self._bounds = {name: (study.dimensions[name].low, study.dimensions[name].high) for name in study.dimensions}
        self.printed = lru_cache(maxsize=1 << 12)(self._printed)

    def _printed(self, step: str, value: str | float) -> str:
        """Print one answer: a category as it is, a number as a person writes it.

        Raises
        ------
        ValueError
            The value is none that the study knows; a parser that gives one is faulty.
        """
        if step == "emotion":
            if isinstance(value, str) and value in self._categories:
                return value
        elif isinstance(value, int | float) and math.isfinite(value):
            low, high = self._bounds[step]
            if low <= value <= high:
                return printed_number(value)
        raise ValueError(f"{step}: {value!r} is no answer of this study")

    def widest(self, step: str) -> str:
        """The longest answer to a step that is usual, for forecasts."""
        if step == "emotion":
            return max(self._categories, key=len)
        return max((printed_number(bound) for bound in self._bounds[step]), key=len)

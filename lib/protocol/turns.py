"""What is asked next after the same answers: worked out once, since most walks through a plan take the same turns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from lib.protocol.parsing import Parsed
from lib.protocol.question import Stored, key_part
from lib.protocol.templates import Printer, Template

KEPT = 1 << 14
SHORT = 200
"""Answers up to this length are worked out once, and kept."""


@dataclass(frozen=True, slots=True)
class Step:
    """One question of a strategy.

    Attributes
    ----------
    name : str
        `emotion`, a dimension, or `all` where one question asks for everything.
    wanted : tuple of str
        What its answer is read for.
    template : Template
        The question; its gaps are earlier answers, or what a machine is told.
    needs : tuple of str
        The earlier answers that the question repeats.
    without_context : Template or None
        The question where an answer that it needs could not be parsed; None skips the step then.
    """

    name: str
    wanted: tuple[str, ...]
    template: Template
    needs: tuple[str, ...]
    without_context: Template | None


@dataclass(frozen=True, slots=True, eq=False)
class Turn:
    """The question that comes after certain answers, for whatever image; equal only to itself.

    Attributes
    ----------
    number : int
        The step's place in the plan; the number of steps at the end.
    step : Step or None
        What is asked; None at the end.
    prompt : str
        The question in full.
    key_part : bytes
        What its keys are made of beside settings, image and repeat.
    with_context : bool
        False where an earlier answer could not be parsed and the step is asked without it.
    passed : tuple of (str, str)
        Steps that are not asked, between the last answer and this question, each with the reason.
    printed : Mapping of str to str
        The answers so far as later questions repeat them.
    """

    number: int
    step: Step | None
    prompt: str
    key_part: bytes
    with_context: bool
    passed: tuple[tuple[str, str], ...]
    printed: Mapping[str, str]


class Turns:
    """The turns of one plan.

    Parameters
    ----------
    steps, printer
        Of the plan.
    read
        Reads an answer to a step.
    told
        The gap of the templates for the emotion that a machine is told.
    """

    def __init__(
        self, steps: tuple[Step, ...], printer: Printer, read: Callable[[Step, Stored], Parsed], *, told: str
    ) -> None:
        self._steps, self._printer, self._read, self._told = steps, printer, read, told
        self.first = lru_cache(maxsize=KEPT)(self._first)
        self._after_short = lru_cache(maxsize=KEPT)(self._after)
        self._turn = lru_cache(maxsize=KEPT)(self._make)

    def after(self, turn: Turn, answer: Stored) -> tuple[Parsed, Turn]:
        """Read the answer to a turn's question; give what was read, and the next turn."""
        return (self._after_short if len(answer.text) <= SHORT else self._after)(turn, answer)

    def _first(self, label: str | None) -> Turn:
        """The first turn about an image, or about what a machine is told."""
        return self._turn(0, () if label is None else ((self._told, self._printer.printed("emotion", label)),))

    def _after(self, turn: Turn, answer: Stored) -> tuple[Parsed, Turn]:
        assert turn.step is not None
        parsed = self._read(turn.step, answer)
        printed = dict(turn.printed)
        for name, value in parsed.values.items():
            if value is not None:
                printed[name] = self._printer.printed(name, value)
        number = turn.number + 1
        return parsed, self._turn(number, tuple(printed.items()) if number < len(self._steps) else ())

    def _make(self, number: int, answers: tuple[tuple[str, str], ...]) -> Turn:
        printed, passed = dict(answers), list[tuple[str, str]]()
        for place, step in enumerate(self._steps[number:], start=number):
            lacking = next((need for need in step.template.needs if need not in printed), None)
            template = step.template if lacking is None else step.without_context
            if template is None:
                passed.append((step.name, f"{lacking} was not parsed"))
                continue
            prompt = template.render([printed[need] for need in template.needs])
            part = key_part(prompt, step.name)
            return Turn(place, step, prompt, part, lacking is None, tuple(passed), printed)
        return Turn(len(self._steps), None, "", b"", True, tuple(passed), printed)

"""The one mechanism of asking: walk a strategy with what is already answered, and give the next open question.

The runner asks that question, keeps the answer and walks on; a forecast counts what is open; predictions are read from
the outcomes. The stored text is what counts and is read anew by every walk, and nothing but a parsed category or number
of it goes into a later prompt.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from lib.contracts.prompts import LABEL
from lib.protocol.parsing import Parsed, parse_answer
from lib.protocol.plan import Plan, Step
from lib.protocol.question import Item, Question, question_key

NO_LABEL = "the image has no label to ask about"


class Stored(NamedTuple):
    """What is kept of an answer that reading it needs."""

    text: str
    finish_reason: str | None = None
    refusal: str | None = None


Lookup = Callable[[str], Stored | None]
"""Gives the stored answer of a key; None where there is none, or only a failure."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one step.

    `key` and `parsed` are None where the step was not asked, and `skipped` then says why. `with_context` is false
    where an earlier answer could not be parsed and the step was asked without it.
    """

    step: str
    key: str | None
    parsed: Parsed | None
    skipped: str | None = None
    with_context: bool = True


@dataclass(frozen=True, slots=True)
class Replayed:
    """The steps that are done, in order, and the question that is open now; None if all is done."""

    outcomes: list[Outcome]
    pending: Question | None

    @property
    def values(self) -> dict[str, str | float | None]:
        """All parsed answers by step; a step that was skipped, or is still open, is not in it."""
        return {
            step: value
            for outcome in self.outcomes
            if outcome.parsed is not None
            for step, value in outcome.parsed.values.items()
        }


def replay(plan: Plan, item: Item, repeat: int, lookup: Lookup) -> Replayed:
    """Walk the plan's steps for one item and repeat as far as answers are known.

    Parameters
    ----------
    plan
        What is asked.
    item
        The image; its `sha256` must be known if the plan asks with image, its `label` if without.
    repeat
        Which asking of the same questions this is, from 0.
    lookup
        Gives stored answers by key.

    Returns
    -------
    Replayed
        Pure: the same plan, content and answers give the same outcomes and the same open question.
    """
    outcomes: list[Outcome] = []
    if plan.with_image:
        if item.sha256 is None:
            raise ValueError(f"{item.image_id}: a question with image needs the image's hash")
        printed: dict[str, str] = {}
    elif item.label is None:
        return Replayed([Outcome(step.name, None, None, NO_LABEL) for step in plan.steps], None)
    else:
        printed = {LABEL: plan.printer.printed("emotion", item.label)}
    image = item.sha256 if plan.with_image else None
    for step in plan.steps:
        missing = next((need for need in step.needs if need not in printed), None)
        template = step.template if missing is None else step.without_context
        if template is None:
            outcomes.append(Outcome(step.name, None, None, f"{missing} was not parsed"))
            continue
        prompt = template.render(printed)
        key = question_key(plan.settings, image, prompt, step.name, repeat)
        stored = lookup(key)
        if stored is None:
            return Replayed(outcomes, Question(item, step.name, repeat, prompt, key, plan.with_image))
        parsed = _read(plan, step, stored)
        outcomes.append(Outcome(step.name, key, parsed, None, missing is None))
        for name, value in parsed.values.items():
            if value is not None:
                printed[name] = plan.printer.printed(name, value)
    return Replayed(outcomes, None)


def worst_case(plan: Plan, item: Item, repeat: int, after: Question) -> int:
    """How many questions about this item and repeat may still follow the open question `after`."""
    names = [step.name for step in plan.steps]
    return len(names) - names.index(after.step) - 1


def _read(plan: Plan, step: Step, stored: Stored) -> Parsed:
    text, finish_reason, refusal = stored
    return parse_answer(text, step.wanted, plan.study, finish_reason=finish_reason, refusal=refusal)

"""The one mechanism of asking: walk a strategy with what is already answered, and give the next open question.

The runner asks that question, keeps the answer and walks on; a forecast counts what is open; predictions are read from
the outcomes. The stored text is what counts and is read anew by every walk, and nothing but a parsed category or number
of it goes into a later prompt.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from lib.protocol.parsing import Parsed
from lib.protocol.plan import Plan
from lib.protocol.question import Item, Question, finish_key, key_end
from lib.protocol.question import Stored as Stored  # noqa: PLC0414, for those who import it from here

NO_LABEL = "the image has no label to ask about"


Lookup = Callable[[str], Stored | None]
"""Gives the stored answer of a key; None where there is none, or only a failure."""


class Outcome(msgspec.Struct, frozen=True, gc=False):
    """What came of one step.

    `key` and `parsed` are None where the step was not asked, and `skipped` then says why. `with_context` is false
    where an earlier answer could not be parsed and the step was asked without it. Equal answers share one `parsed`:
    read it, never change it.
    """

    step: str
    key: str | None
    parsed: Parsed | None
    skipped: str | None = None
    with_context: bool = True


class Replayed(msgspec.Struct, frozen=True, gc=False):
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
        The image; its `sha256` must be known if the plan asks with image, its `label` if the machine is told it.
    repeat
        Which asking of the same questions this is, from 0.
    lookup
        Gives stored answers by key.

    Returns
    -------
    Replayed
        Pure: the same plan, content and answers give the same outcomes and the same open question.
    """
    if plan.with_image and item.sha256 is None:
        raise ValueError(f"{item.image_id}: a question with image needs the image's hash")
    if plan.told and item.label is None:
        return Replayed([Outcome(step.name, None, None, NO_LABEL) for step in plan.steps], None)
    begun, end = plan.begin_key(item.sha256 if plan.with_image else None), key_end(repeat)
    outcomes: list[Outcome] = []
    turn, after = plan.turns.first(item.label), plan.turns.after
    while True:
        if turn.passed:
            outcomes += [Outcome(name, None, None, reason) for name, reason in turn.passed]
        step = turn.step
        if step is None:
            return Replayed(outcomes, None)
        key = finish_key(begun, turn.key_part, end)
        stored = lookup(key)
        if stored is None:
            return Replayed(outcomes, Question(item, step.name, repeat, turn.prompt, key, plan.with_image))
        with_context = turn.with_context
        parsed, turn = after(turn, stored)
        outcomes.append(Outcome(step.name, key, parsed, None, with_context))


def worst_case(plan: Plan, item: Item, repeat: int, after: Question) -> int:
    """How many questions about this item and repeat may still follow the open question `after`."""
    names = [step.name for step in plan.steps]
    return len(names) - names.index(after.step) - 1

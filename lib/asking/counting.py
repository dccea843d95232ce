"""How many questions asking will take, found by replaying what is stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, field

from lib.asking.parts import Parts
from lib.asking.renewing import replay_of_use
from lib.protocol.plan import Plan
from lib.protocol.question import Item, Question
from lib.protocol.replay import Lookup, replay, worst_case


@dataclass(slots=True)
class Count:
    """Questions of a condition, counted by replaying what is stored.

    Attributes
    ----------
    images : int
        Images that are asked about.
    questions, answered, skipped, rejected, in_batches, behind : int
        As in `lib.asking.parts.Parts`.
    open : int
        Questions that can be asked now.
    following : int
        Those that may follow them, or the ones in batches where the run is one by batches; fewer are asked where an
        answer cannot be parsed.
    steps, held : Counter of str
        Questions to ask, and questions in batches, by step.
    items : list of Item
        Those that have a question to ask, now or later, or one in batches.
    """

    images: int = 0
    questions: int = 0
    answered: int = 0
    skipped: int = 0
    open: int = 0
    following: int = 0
    rejected: int = 0
    in_batches: int = 0
    behind: int = 0
    steps: Counter[str] = field(default_factory=Counter)
    held: Counter[str] = field(default_factory=Counter)
    items: list[Item] = field(default_factory=list)

    @property
    def to_ask(self) -> int:
        """How many questions will be asked if every answer can be parsed: the most that can be."""
        return self.open + self.following

    @property
    def parts(self) -> Parts:
        """The questions by what becomes of them."""
        return Parts(
            self.questions, answered=self.answered, skipped=self.skipped, rejected=self.rejected,
            in_batches=self.in_batches, behind=self.behind,
        )  # fmt: skip


def count_questions(
    plan: Plan,
    items: Sequence[Item],
    repeats: Sequence[int],
    lookup: Lookup,
    rejected: Callable[[Question], bool] = lambda _: False,
    *,
    retry_failed: bool = False,
    held: Container[str] = frozenset(),
    batch: bool = False,
) -> Count:
    """Count the questions of a condition by replay, asking nothing.

    Parameters
    ----------
    plan, items, repeats, lookup
        As the run will walk them.
    rejected
        Whether the server rejected an open question; it is not asked again without `retry_failed`.
    retry_failed
        Count as open what was rejected, or answered without a usable value.
    held
        Questions that are with the provider in batches, by key; they are not open.
    batch
        Whether the run is one by batches, which goes on from them.
    """
    names = [step.name for step in plan.steps]
    count = Count(images=len(items), questions=len(items) * len(repeats) * len(names))
    for item in items:
        before = count.to_ask + count.in_batches
        for repeat in repeats:
            done = (replay_of_use if retry_failed else replay)(plan, item, repeat, lookup)
            answered = sum(outcome.key is not None for outcome in done.outcomes)
            count.answered += answered
            count.skipped += len(done.outcomes) - answered
            if done.pending is None:
                continue
            follow = worst_case(plan, item, repeat, done.pending)
            if done.pending.key in held:
                count.in_batches += 1
                count.held[done.pending.step] += 1
                count.following += follow if batch else 0
                count.behind += 0 if batch else follow
                count.steps.update(names[len(names) - follow :] if batch else ())
                continue
            if not retry_failed and rejected(done.pending):
                count.rejected += 1
                count.behind += follow
                continue
            count.open += 1
            count.following += follow
            count.steps.update(names[len(names) - follow - 1 :])
        if count.to_ask + count.in_batches > before:
            count.items.append(item)
    return count

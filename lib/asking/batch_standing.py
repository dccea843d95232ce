"""How far a condition is that is asked by batches: found by replay, as in every run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from lib.asking.renewing import replay_of_use
from lib.asking.walker import REJECTED
from lib.protocol.plan import Plan
from lib.protocol.question import Item, Question, Stored
from lib.protocol.replay import Lookup, Replayed, replay, worst_case
from lib.responses.record import Failure

MOST_TRIES = 4
"""Batches that a question may be in before it is left."""


@dataclass(slots=True)
class Standing:
    """Questions of a condition, by what is to happen to them.

    Attributes
    ----------
    answered, skipped, rejected, given_up, behind : int
        As in `lib.asking.parts.Parts`.
    waiting : int
        Those that are with the provider.
    pending : list of Question
        Those that can be handed in now, in the order of asking.
    following : int
        Those that may follow the ones that wait or are pending.
    """

    answered: int = 0
    skipped: int = 0
    rejected: int = 0
    given_up: int = 0
    behind: int = 0
    waiting: int = 0
    pending: list[Question] = field(default_factory=list)
    following: int = 0


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of questions.

    Attributes
    ----------
    lookup, failure : callable
        The store's.
    held : mapping of str to bool
        Questions that are with the provider; by key, whether they were answered before and are renewed.
    tries : mapping of str to int
        In how many batches each question has been.
    retry_failed : bool
        Ask again what was rejected, given up, or answered without a usable value.
    renewed : set of str
        Questions that this run has handed in, and will not hand in again because of `retry_failed`.
    """

    lookup: Lookup
    failure: Callable[[str], Failure | None]
    held: Mapping[str, bool]
    tries: Mapping[str, int]
    retry_failed: bool
    renewed: set[str]


def stand(plan: Plan, items: Iterable[Item], repeats: Sequence[int], known: Known) -> Standing:
    """Replay all items; questions alike are pending once."""
    standing, seen = Standing(), set[str]()
    for item in items:
        for repeat in repeats:
            _sort(plan, (item, repeat), known, standing, seen)
    return standing


def _sort(plan: Plan, unit: tuple[Item, int], known: Known, standing: Standing, seen: set[str]) -> None:
    item, repeat = unit
    done = _replayed(plan, item, repeat, known)
    answered = sum(outcome.key is not None for outcome in done.outcomes)
    standing.answered += answered
    standing.skipped += len(done.outcomes) - answered
    question = done.pending
    if question is None:
        return
    follow = worst_case(plan, item, repeat, question)
    again = known.retry_failed and question.key not in known.renewed
    failure = known.failure(question.key)
    if question.key in known.held:
        standing.waiting += 1
        standing.following += follow
    elif failure is not None and failure.kind == REJECTED and not again:
        standing.rejected += 1
        standing.behind += follow
    elif known.tries.get(question.key, 0) >= MOST_TRIES and not again:
        standing.given_up += 1
        standing.behind += follow
    else:
        standing.following += follow
        if question.key not in seen:
            seen.add(question.key)
            standing.pending.append(question)


def _replayed(plan: Plan, item: Item, repeat: int, known: Known) -> Replayed:
    """Walk as far as answers are known, and up to what is being renewed."""

    def lookup(key: str) -> Stored | None:
        return None if known.held.get(key) else known.lookup(key)

    if not known.retry_failed:
        return replay(plan, item, repeat, lookup)
    return replay_of_use(plan, item, repeat, lookup, renewed=known.renewed)

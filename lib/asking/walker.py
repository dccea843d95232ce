"""One item after the other walked through the plan's steps: what is stored is met, what is open is asked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from lib.asking.asker import Asked, Asker
from lib.asking.endings import Ending, after_failure, out_of_money, too_many_failures
from lib.asking.pictures import Pictures
from lib.asking.records import answer_line, failure_line
from lib.asking.renewing import is_empty, replay_of_use
from lib.asking.settings import RunSettings
from lib.asking.spending import Spending
from lib.asking.tally import Tally
from lib.backends.base import Answer
from lib.errors import DataError
from lib.protocol.plan import Plan
from lib.protocol.question import Item, Picture, Question
from lib.protocol.replay import Lookup, Replayed, Stored, replay, worst_case
from lib.responses.record import Response, now
from lib.responses.store import Store

REJECTED = "rejected"
NO_PICTURE = "picture"


@dataclass(slots=True)
class Walk:
    """One item in one repeat, as far as it is known; `order` is its place among all."""

    item: Item
    repeat: int
    order: int
    replayed: Replayed
    picture: Picture | None = None
    failed: bool = False


class Walker:
    """Walks items through the plan.

    Parameters
    ----------
    plan, store, settings, asker, spending, tally
        Of the run.
    end
        Ends the run; called at most once for each reason.
    """

    def __init__(
        self,
        plan: Plan,
        store: Store,
        settings: RunSettings,
        *,
        asker: Asker,
        spending: Spending,
        tally: Tally,
        end: Callable[[Ending], None],
    ) -> None:
        self._plan, self._store, self._settings = plan, store, settings
        self._asker, self._spending, self._tally, self._end = asker, spending, tally, end
        self._pictures = Pictures(plan.longest_side)
        self._asking: dict[str, asyncio.Event] = {}
        self._failed: set[str] = set()
        self._withheld: list[Response] = []
        self._masked: set[str] = set()
        self._renewed: set[str] = set()

    def begin(self, item: Item, repeat: int, order: int) -> Walk | None:
        """Meet what is stored; None if nothing is to be asked."""
        walk = Walk(item, repeat, order, self._replay(item, repeat, self._lookup))
        self._tally.met(walk.replayed.outcomes)
        return walk if self._question(walk) is not None else None

    async def finish(self, walk: Walk) -> None:
        """Ask what is open, one question after the other, until all is known, one fails, or the run stops."""
        held = False
        try:
            while not self._asker.stopped and (question := self._question(walk)) is not None:
                if await self._known_by_now(question):
                    self._go_on(walk, self._replay(walk.item, walk.repeat, self._lookup), None)
                    continue
                self._asking[question.key] = asyncio.Event()
                try:
                    if question.with_image and not held:
                        held = True
                        walk.picture = await self._pictures.hold(walk.item)
                    self._take(walk, question, await self._asker.ask(question, walk.picture, walk.order))
                except DataError as error:
                    walk.failed = True
                    self._fail(question, NO_PICTURE, str(error), now(), 0)
                finally:
                    self._asking.pop(question.key).set()
        finally:
            if held:
                self._pictures.let_go(walk.item)

    async def _known_by_now(self, question: Question) -> bool:
        """Wait for who asks the same about an image that is the same; whether it was answered since it was met."""
        asking = self._asking.get(question.key)
        if asking is not None:
            await asking.wait()
        return asking is not None or self._lookup(question.key) is not None

    def close(self) -> None:
        """Write what was withheld, unless nothing tells that the machine can be asked as it was."""
        report = self._tally.report
        if report.answered + report.answered_before and report.stopped != "failures":
            self._write_withheld()
        elif self._withheld and not report.stopped:
            self._end(too_many_failures(REJECTED, report.last_failure[REJECTED], self._tally.failed_in_a_row))

    def _question(self, walk: Walk) -> Question | None:
        """The question to ask next; None, and counted, if there is none."""
        question = walk.replayed.pending
        if question is None:
            self._tally.complete()
            return None
        behind = worst_case(self._plan, walk.item, walk.repeat, question)
        failure = self._store.failure(question.key)
        if question.key in self._failed:
            if not walk.failed:  # another walk's question alike has failed, and was counted
                behind += 1
        elif question.key in self._settings.in_batches:
            self._tally.in_batch()
        elif failure is not None and failure.kind == REJECTED and not self._settings.retry_failed:
            self._tally.rejected()
        else:
            return question
        self._tally.left(behind)
        return None

    def _take(self, walk: Walk, question: Question, asked: Asked) -> None:
        """Keep what came of a question before anything else happens."""
        if asked.answer is not None:
            self._keep(walk, question, asked, asked.answer)
            return
        error = asked.error
        assert error is not None
        ending = after_failure(error, self._settings)
        if ending is not None:
            self._end(ending)
        elif not self._asker.stopped:
            walk.failed = True
            self._fail(question, error.kind, error.message, asked.asked_at, asked.attempts)

    def _keep(self, walk: Walk, question: Question, asked: Asked, answer: Answer) -> None:
        cost = self._spending.add(answer)
        fresh = Stored(answer.text, answer.finish_reason, answer.refusal)
        self._masked.discard(question.key)
        if self._settings.retry_failed:
            self._renewed.add(question.key)
        parsed = None
        try:
            lookup = self._lookup
            replayed = self._replay(walk.item, walk.repeat, lambda key: fresh if key == question.key else lookup(key))
            parsed = next(outcome.parsed for outcome in replayed.outcomes if outcome.key == question.key)
        finally:  # an answer is paid for: it is kept even if reading it fails in a way that nobody foresaw
            self._store.append(
                answer_line(
                    self._plan, question, answer, parsed, asked_at=asked.asked_at, latency=asked.latency,
                    attempts=asked.attempts, cost=cost, currency=self._spending.currency,
                )
            )  # fmt: skip
        self._tally.answered(answer, asked.asked_at, unparsed=is_empty(parsed))
        if self._settings.kept is not None:
            self._settings.kept(question, answer)
        self._write_withheld()
        self._go_on(walk, replayed, question.key)
        if (ending := out_of_money(self._spending)) is not None:
            self._end(ending)

    def _fail(self, question: Question, kind: str, message: str, asked_at: str, attempts: int) -> None:
        """Write why a question failed; what the server refuses for good waits until it has answered another one.

        Else a mistaken setting would mark question after question as not to be asked again.
        """
        line = failure_line(self._plan, question, kind, message, asked_at=asked_at, attempts=attempts)
        self._failed.add(question.key)
        self._tally.failed(kind, message)
        if kind == REJECTED:
            self._withheld.append(line)
        else:
            self._store.append(line)
        if self._tally.failed_in_a_row >= self._settings.in_a_row:
            self._end(too_many_failures(kind, message, self._tally.failed_in_a_row))

    def _write_withheld(self) -> None:
        while self._withheld:
            self._store.append(self._withheld.pop(0))

    def _go_on(self, walk: Walk, replayed: Replayed, fresh: str | None) -> None:
        self._tally.met(replayed.outcomes[len(walk.replayed.outcomes) :], fresh)
        walk.replayed = replayed

    def _lookup(self, key: str) -> Stored | None:
        return None if key in self._masked else self._store.lookup(key)

    def _replay(self, item: Item, repeat: int, lookup: Lookup) -> Replayed:
        """Walk as far as answers are known; with `retry_failed` only as far as they are of use, or renewed."""
        if not self._settings.retry_failed:
            return replay(self._plan, item, repeat, lookup)
        return replay_of_use(self._plan, item, repeat, lookup, masked=self._masked, renewed=self._renewed)

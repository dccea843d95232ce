"""Taking the answers of a batch that has ended into the store, each once, however often this is begun."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import msgspec

from lib.asking.batch_report import BatchReport
from lib.asking.money import Tariff
from lib.asking.records import answer_line, failure_line
from lib.asking.walker import REJECTED
from lib.backends.base import Answer, BackendError, BatchState
from lib.protocol.plan import Plan
from lib.protocol.question import Item, Question
from lib.protocol.replay import Stored
from lib.responses.batch_lines import Fetched, Fetching, Intent, Request
from lib.responses.batches import Batch, Book
from lib.responses.record import Response, now
from lib.responses.report import StoreReport
from lib.responses.standing import read_lines
from lib.responses.store import Store, shard_files

Outcomes = Mapping[str, Answer | BackendError]


class Taking:
    """Takes one batch after the other.

    Parameters
    ----------
    plan
        For reading what came, where a question is still one of the plan's.
    store, book
        Open for writing.
    tariff
        What answers cost.
    report
        Where all is counted.
    """

    def __init__(self, plan: Plan, store: Store, book: Book, tariff: Tariff | None, report: BatchReport) -> None:
        self._plan, self._store, self._book, self._tariff, self._report = plan, store, book, tariff, report
        self._steps = {step.name: step for step in plan.steps}

    def take(self, batch: Batch, state: BatchState, outcomes: Outcomes) -> Decimal:
        """Store what came, answers before failures, then write down that this batch is done; give what it cost.

        A batch of which nothing but refusals came, for a machine that never answered, is taken for a mistaken setting:
        its refusals are not stored, since they would mark every question as not to be asked again.
        """
        intent, tries = batch.intent, self._book.tries()
        taken = self._taken_before(intent) if batch.fetching else set[str]()
        if not batch.fetching:
            self._book.write(Fetching(reference=intent.reference, time=now()))
        cost, beside, beside_cost, failures = Decimal(0), 0, Decimal(0), list[tuple[Request, BackendError]]()
        answered = 0
        for request in intent.requests:
            outcome = outcomes.get(request.key)
            if isinstance(outcome, BackendError):
                failures.append((request, outcome))
            elif outcome is not None:
                answered += 1
                spent = self._tariff.answer_cost(outcome, batch=True) if self._tariff else None
                self._count(spent)
                cost += spent or 0
                if request.key in taken:
                    self._report.fetched += 1
                elif not intent.renews and self._store.lookup(request.key) is not None:
                    beside, beside_cost = beside + 1, beside_cost + (spent or 0)
                else:
                    self._keep(intent, request, outcome, spent, tries[request.key] + 1)
        stored = sum(request.key in taken for request, _ in failures)
        stored += self._fail(intent, [each for each in failures if each[0].key not in taken], tries, answered + stored)
        self._store.flush()
        self._report.beside += beside
        self._book.write(
            Fetched(
                reference=intent.reference, time=now(), status=state.status, answered=answered, failed=stored,
                missing=len(intent.requests) - answered - len(failures), beside=beside,
                beside_cost=float(beside_cost) or None, message=state.message, queue_limit=state.queue_limit,
            )
        )  # fmt: skip
        return cost

    def _keep(self, intent: Intent, request: Request, answer: Answer, cost: Decimal | None, attempts: int) -> None:
        step, parsed = self._steps.get(request.step), None
        try:
            if step is not None:
                parsed = self._plan.read(step, Stored(answer.text, answer.finish_reason, answer.refusal))
        finally:  # an answer is paid for: it is kept even if reading it fails in a way that nobody foresaw
            line = answer_line(
                self._plan, question_of(intent, request), answer, parsed, asked_at=intent.time, attempts=attempts,
                cost=None if cost is None else float(cost), currency=self._tariff.currency if self._tariff else None,
                mode="batch",
            )  # fmt: skip
            self._store.append(_of_its_time(line, intent))
        self._report.fetched += 1

    def _fail(
        self, intent: Intent, failures: list[tuple[Request, BackendError]], tries: Mapping[str, int], answered: int
    ) -> int:
        """Store why questions failed, unless they have an answer or all failed in a way that no answer can."""
        if not failures:
            return 0
        for _, error in failures:
            self._report.failed[error.kind] += 1
        last = failures[-1][1]
        silly = {error.kind for _, error in failures} <= {REJECTED, "unauthorized"}
        if silly and not answered and not self._store.report.answers:
            self._report.problems.append(
                f"All {len(failures):,} questions of a batch were refused: {last.message} "
                "Check model, decoding and key, then run the same command again."
            )
            self._report.passing = False
            return 0
        stored = 0
        for request, error in failures:
            if error.kind == "unauthorized" or self._store.lookup(request.key) is not None:
                continue
            line = failure_line(
                self._plan, question_of(intent, request), error.kind, error.message, asked_at=intent.time,
                attempts=tries.get(request.key, 0) + 1, mode="batch",
            )  # fmt: skip
            self._store.append(_of_its_time(line, intent))
            stored += 1
        return stored

    def _count(self, cost: Decimal | None) -> None:
        if cost is None:
            self._report.unpriced += 1
        else:
            self._report.cost = (self._report.cost or Decimal(0)) + cost

    def _taken_before(self, intent: Intent) -> set[str]:
        """The questions of a batch that a fetch had stored before it broke off: their lines name the batch's time."""
        report, found = StoreReport(), set[str]()
        for path in shard_files(self._store.folder).values():
            for line in read_lines(path, self._store.condition, report):
                if line.response.mode == "batch" and line.response.asked_at == intent.time:
                    found.add(line.response.key)
        return found


def question_of(intent: Intent, request: Request) -> Question:
    """A question as it was handed in, whatever the study's files say by now."""
    item = Item(request.image_id, sha256=request.image_sha256)
    with_image = request.image_sha256 is not None
    return Question(item, request.step, request.repeat, intent.prompts[request.prompt], request.key, with_image)


def _of_its_time(line: Response, intent: Intent) -> Response:
    if (line.backend, line.model) == (intent.backend, intent.model):
        return line
    return msgspec.structs.replace(line, backend=intent.backend, model=intent.model)

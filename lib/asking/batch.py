"""Asking by batches: one step fetches what has ended and hands in what can be asked now, and never waits.

The steps of one image are asked one after the other as in every run, each in a batch of its own; those of different
images may share one. The store is the same, and so are the questions: their keys, bodies and readings.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal

from lib.asking.batch_calls import Calls
from lib.asking.batch_handing import QUEUE_SHARE, Allowance, Handing, Price
from lib.asking.batch_money import Purse, prices_of
from lib.asking.batch_report import BatchReport
from lib.asking.batch_standing import Known, Standing, stand
from lib.asking.batch_taking import Taking
from lib.asking.settings import RunSettings
from lib.backends.base import BackendError, BatchBackend, BatchState
from lib.protocol.plan import Plan
from lib.protocol.question import Item
from lib.responses.batch_lines import Fetched, Submitted, Void
from lib.responses.batches import Batch, Book
from lib.responses.record import now
from lib.responses.store import Store

SETTLED_AFTER = 120.0
"""Seconds after which a batch that the provider does not list was never made."""
NEVER_MADE = "the provider has no such batch"


class BatchRun:
    """A condition that is asked by batches, step by step.

    Parameters
    ----------
    plan, items, repeats
        What is asked.
    backend
        Open and checked; whoever opened it closes it.
    settings
        As for live runs. The budget is held against what is in open batches at most by the forecast, those of earlier
        runs included, what this run hands in, and what of all that turned out to cost. What earlier runs fetched does
        not count.
    stop
        Set: a step ends as soon as what it is doing is written down.
    settled_after
        Seconds after which a batch that the provider does not list counts as never made.
    """

    def __init__(
        self, plan: Plan, items: Sequence[Item], repeats: int, backend: BatchBackend, *,
        settings: RunSettings | None = None, stop: asyncio.Event | None = None, settled_after: float = SETTLED_AFTER,
    ) -> None:  # fmt: skip
        self._plan, self._items, self._repeats, self._backend = plan, items, range(repeats), backend
        self._settings, self._stop = settings or RunSettings(), stop or asyncio.Event()
        self._settled_after = settled_after
        self._calls = Calls(self._settings)
        self._renewed: set[str] = set()
        self._purse = Purse(self._settings.budget)

    async def step(self, store: Store, book: Book, *, ignore_batches: bool = False) -> BatchReport:
        """Go one step: settle, fetch, hand in.

        Parameters
        ----------
        store, book
            Of the condition, open for writing.
        ignore_batches
            Go on without batches that the provider does not know, and without lines of the book that cannot be read:
            what was in them is asked again, and paid for again if the provider had it after all.

        Raises
        ------
        lib.errors.StoreError
            Something could not be written.
        """
        tariff = self._settings.tariff
        report = BatchReport(self._plan.condition.id, len(self._items) * len(self._repeats) * len(self._plan.steps))
        report.cost = Decimal(0) if tariff is not None and tariff.known else None
        if self._purse.limited:
            self._purse.reserve(book, prices_of(self._plan, self._items, tariff, store))
        await self._settle(book, report)
        hold = await self._fetch(store, book, report, ignore_batches)
        standing = self._stand(store, book)
        if book.report.fault_count and not ignore_batches:
            fault = book.report.faults[0]
            report.problems.append(
                f"{fault}. Its questions may be with the provider, so nothing is handed in: mend the line, or go on "
                "without it by --ignore-batches."
            )
            report.passing = False
        elif not hold and standing.pending and not self._stop.is_set():
            await self._hand_in(store, book, standing, report)
            standing = self._stand(store, book)
        self._sum_up(standing, store, book, report)
        return report

    async def _settle(self, book: Book, report: BatchReport) -> None:
        """Find out what became of batches of which only the intention is known."""
        lost = {batch.intent.reference: batch.intent.time for batch in book.uncertain}
        if not lost:
            return
        times = {reference: datetime.fromisoformat(at) for reference, at in lost.items()}
        try:
            found = await self._calls(lambda: self._backend.find(lost.keys(), min(times.values())))
        except BackendError as error:
            report.problems.append(f"The provider's batches cannot be listed: {error.message}")
            return
        for reference, batch_id in found.items():
            book.write(Submitted(reference=reference, time=now(), batch=batch_id))
        for reference in lost.keys() - found.keys():
            if (datetime.now(UTC) - times[reference]).total_seconds() >= self._settled_after:
                book.write(Void(reference=reference, time=now(), reason=NEVER_MADE))
                self._purse.release(reference)

    async def _fetch(self, store: Store, book: Book, report: BatchReport, ignore_batches: bool) -> bool:
        """Take the answers of all batches that have ended; whether nothing should be handed in now."""
        taking, hold = Taking(self._plan, store, book, self._settings.tariff, report), False
        for batch in book.open:
            if self._stop.is_set():
                return True
            assert batch.id is not None
            name = batch.id
            try:
                state = await self._calls(lambda name=name: self._backend.state(name))  # type: ignore[misc]
                report.open_batches[name] = _how_far(state)
                if not state.done:
                    continue
                outcomes = await self._calls(lambda name=name: self._backend.fetch(name))  # type: ignore[misc]
            except BackendError as error:
                if error.kind in {"rejected", "malformed"} and ignore_batches:
                    self._give_up(error, batch, book, report)
                else:
                    hold = self._unreachable(error, batch, report) or hold
                continue
            self._purse.release(batch.intent.reference, taking.take(batch, state, outcomes))
            del report.open_batches[name]
            hold = self._judge(batch, state, report) or hold
        return hold

    def _unreachable(self, error: BackendError, batch: Batch, report: BatchReport) -> bool:
        """Say why a batch could not be asked after; whether that is a reason to hand in nothing now."""
        report.open_batches.setdefault(batch.id or "", "not known")
        if error.kind == "rejected":
            report.problems.append(
                f"The provider does not know the batch {batch.id}: {error.message} Use the key that it was handed in "
                "with; or ask its questions anew by --ignore-batches."
            )
        else:
            over = " Ask its questions anew by --ignore-batches if this lasts." if error.kind == "malformed" else ""
            report.problems.append(f"The batch {batch.id} cannot be fetched now: {error.message}{over}")
        report.passing = report.passing and error.kind not in {"rejected", "unauthorized"}
        return error.kind in {"rejected", "unauthorized"}

    def _give_up(self, error: BackendError, batch: Batch, book: Book, report: BatchReport) -> None:
        book.write(
            Fetched(
                reference=batch.intent.reference, time=now(), status="gone", missing=len(batch.intent.requests),
                message=error.message,
            )
        )  # fmt: skip
        report.open_batches.pop(batch.id or "", None)

    def _judge(self, batch: Batch, state: BatchState, report: BatchReport) -> bool:
        """Say how a batch ended that did not end well; whether that is a reason to hand in nothing now."""
        ended = batch.ended
        assert isinstance(ended, Fetched)
        if state.status == "cancelled":
            report.problems.append(f"The batch {batch.id} was cancelled. Run the same command again to ask the rest.")
            report.passing = False
            return True
        if not ended.answered and (state.status == "failed" or ended.missing == len(batch.intent.requests)):
            why = f": {state.message}" if state.message else "."
            report.problems.append(f"The batch {batch.id} ended ({state.status}) without any answer{why}")
            report.passing = report.passing and (state.status != "failed" or state.queue_limit is not None)
            return True
        return not report.passing

    def _stand(self, store: Store, book: Book) -> Standing:
        known = Known(
            store.lookup, store.failure, book.held(), book.tries(), self._settings.retry_failed, self._renewed
        )  # fmt: skip
        return stand(self._plan, self._items, self._repeats, known)

    async def _hand_in(self, store: Store, book: Book, standing: Standing, report: BatchReport) -> None:
        prices = prices_of(self._plan, self._items, self._settings.tariff, store)
        allowance = Allowance(prices, self._purse.left, self._tokens_left(book, prices))
        handing = Handing(
            self._plan, store, book, self._backend, calls=self._calls, report=report, stop=self._stop
        )  # fmt: skip
        renewed = {question.key for question in standing.pending if store.lookup(question.key) is not None}
        await handing.hand_in(standing.pending, allowance, renewed)
        self._purse.reserve(book, prices)
        if self._settings.retry_failed:
            for reference in handing.references:
                self._renewed.update(request.key for request in book.batches[reference].intent.requests)

    def _tokens_left(self, book: Book, prices: Mapping[str, Price]) -> float | None:
        limit = book.queue_limit()
        if limit is None:
            return None
        waiting = [request.step for batch in book.batches.values() if batch.open for request in batch.intent.requests]
        return QUEUE_SHARE * limit - sum(prices[step].tokens for step in waiting if step in prices)

    def _sum_up(self, standing: Standing, store: Store, book: Book, report: BatchReport) -> None:
        report.answered, report.skipped = standing.answered, standing.skipped
        report.rejected, report.given_up, report.behind = standing.rejected, standing.given_up, standing.behind
        report.waiting, report.pending, report.following = standing.waiting, len(standing.pending), standing.following
        report.uncertain = len(book.uncertain)
        for batch in book.open:
            report.open_batches.setdefault(batch.id or "", "handed in")
        report.spent = store.spent()


def _how_far(state: BatchState) -> str:
    if state.total:
        return f"{state.status}, {(state.finished or 0) + (state.failed or 0):,} of {state.total:,}"
    return state.status

"""Handing in questions as batches, each written down before it can cost anything."""

from __future__ import annotations

import asyncio
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import IO

from lib.asking.batch_calls import Calls
from lib.asking.batch_report import BatchReport
from lib.asking.records import failure_line
from lib.asking.walker import NO_PICTURE, REJECTED
from lib.backends.base import BackendError, BatchBackend
from lib.errors import DataError
from lib.protocol.pictures import load_picture
from lib.protocol.plan import Plan
from lib.protocol.question import Item, Picture, Question
from lib.responses.batch_lines import Intent, Request, Submitted, Void
from lib.responses.batches import Book
from lib.responses.record import now
from lib.responses.store import Store

NEVER_MADE = frozenset({"rate_limit", "rejected", "unauthorized"})
"""Failures after which the provider certainly has no batch."""
AT_ONCE = 16
"""Pictures that are loaded side by side."""
QUEUE_FULL = "The rest waits until the provider's queue has room."
QUEUE_SHARE = 0.9
"""How much of the provider's queue is filled by what questions are expected to take."""


@dataclass(frozen=True, slots=True)
class Price:
    """What one question of a step takes at most, as forecast: money (None: not known) and tokens of the question."""

    cost: Decimal | None
    tokens: float


@dataclass(slots=True)
class Allowance:
    """What may be handed in: money that is left (None: no budget), and tokens that may wait (None: no limit)."""

    prices: Mapping[str, Price]
    money: Decimal | None = None
    tokens: float | None = None

    def allows(self, step: str) -> str | None:
        """Take one question's share; or say why there is none left (`QUEUE_FULL`: that passes by itself)."""
        price = self.prices[step]
        if self.money is not None:
            if price.cost is None:
                return (
                    "What a question costs is not known yet, so that no budget can be kept: ask a few without "
                    "--batch first (--limit 5)."
                )
            if price.cost > self.money:
                return "The rest waits for another --budget: what is handed in may cost all that this run may spend."
        if self.tokens is not None and price.tokens > self.tokens:
            return QUEUE_FULL
        if self.money is not None and price.cost is not None:
            self.money -= price.cost
        if self.tokens is not None:
            self.tokens -= price.tokens
        return None


@dataclass(slots=True)
class Chunk:
    """The questions of one batch and the file of their lines."""

    file: IO[bytes]
    size: int = 0
    questions: list[Question] = field(default_factory=list)


class Handing:
    """Hands in questions.

    Parameters
    ----------
    plan, store, book, backend, calls, report
        Of the step.
    stop
        Set: what is being prepared is not handed in any more.
    """

    def __init__(
        self, plan: Plan, store: Store, book: Book, backend: BatchBackend, *,
        calls: Calls, report: BatchReport, stop: asyncio.Event,
    ) -> None:  # fmt: skip
        self._plan, self._store, self._book, self._backend = plan, store, book, backend
        self._calls, self._report, self._stop = calls, report, stop
        self.references: list[str] = []
        """Of the batches that may have been made."""

    async def hand_in(self, questions: Sequence[Question], allowance: Allowance, renewed: set[str]) -> None:
        """Hand in questions, those of `renewed` apart from the others, as far as the allowance goes."""
        for renews in (True, False):
            chosen = [question for question in questions if (question.key in renewed) == renews]
            if not await self._hand_in(chosen, allowance, renews):
                return

    async def _hand_in(self, questions: Sequence[Question], allowance: Allowance, renews: bool) -> bool:
        """Whether another batch may be handed in after these."""
        allowed = list(self._allowed(questions, allowance))
        chunk: Chunk | None = None
        try:
            for begin in range(0, len(allowed), AT_ONCE):
                for question, line in await self._lines(allowed[begin : begin + AT_ONCE]):
                    if chunk is not None and self._is_full(chunk, line):
                        if not await self._send(chunk, renews):
                            return False
                        chunk.file.close()
                        chunk = None
                    chunk = chunk or Chunk(tempfile.TemporaryFile())  # noqa: SIM115, closed below
                    chunk.file.write(line)
                    chunk.size += len(line)
                    chunk.questions.append(question)
                if self._stop.is_set():
                    return False
            return chunk is None or await self._send(chunk, renews)
        finally:
            if chunk is not None:
                chunk.file.close()

    def _allowed(self, questions: Sequence[Question], allowance: Allowance) -> Iterator[Question]:
        for question in questions:
            reason = allowance.allows(question.step)
            if reason is not None:
                passes = reason == QUEUE_FULL
                said = self._report.notes if passes else self._report.problems
                said += [] if reason in said else [reason]
                self._report.passing = self._report.passing and passes
                return
            yield question

    def _is_full(self, chunk: Chunk, line: bytes) -> bool:
        too_many = len(chunk.questions) >= self._backend.max_requests
        return too_many or chunk.size + len(line) > self._backend.max_bytes

    async def _lines(self, questions: Sequence[Question]) -> list[tuple[Question, bytes]]:
        """The lines of some questions; those whose picture cannot be shown are stored as failures."""
        loop = asyncio.get_running_loop()
        items = {question.item.image_id: question.item for question in questions if question.with_image}
        side = self._plan.longest_side
        loading = {name: loop.run_in_executor(None, _load, item, side) for name, item in items.items()}
        pictures = {name: await picture for name, picture in loading.items()}
        lines = []
        for question in questions:
            picture = pictures.get(question.item.image_id) if question.with_image else None
            if isinstance(picture, DataError):
                self._fail(question, NO_PICTURE, str(picture))
                continue
            line = self._backend.line(question, picture)
            if len(line) > self._backend.max_bytes:
                self._fail(
                    question, REJECTED,
                    f"the image takes {len(line):,} bytes, more than a batch ({self._backend.max_bytes:,}). "
                    "Set asking.longest_side in the study's file.",
                )  # fmt: skip
                continue
            lines.append((question, line))
        return lines

    def _fail(self, question: Question, kind: str, message: str) -> None:
        self._report.failed[kind] += 1
        known = self._store.failure(question.key)
        if known is None or (known.kind, known.message) != (kind, message):
            self._store.append(failure_line(self._plan, question, kind, message, asked_at=now(), mode="batch"))

    async def _send(self, chunk: Chunk, renews: bool) -> bool:
        """Make a batch of a chunk; whether another one may be tried."""
        try:
            file = await self._calls.upload(self._backend, chunk.file)
        except BackendError as error:
            self._say(error, "No file was handed in")
            return False
        intent = self._intent(chunk.questions, renews)
        self._book.write(intent)
        try:
            batch = await self._calls.create(self._backend, file, intent.reference)
        except BackendError as error:
            if error.kind in NEVER_MADE:
                self._book.write(Void(reference=intent.reference, time=now(), reason=error.message))
            else:
                self.references.append(intent.reference)
            self._say(error, "No further batch was handed in")
            return False
        self._book.write(Submitted(reference=intent.reference, time=now(), batch=batch))
        self.references.append(intent.reference)
        self._report.submitted += len(chunk.questions)
        self._report.batches += 1
        return not self._stop.is_set()

    def _say(self, error: BackendError, what: str) -> None:
        message = error.message if error.message.endswith((".", "!", "?", "…")) else f"{error.message}."
        cure = "Check the key." if error.kind == "unauthorized" else "Run the same command again later."
        self._report.problems.append(f"{what}: {message} {cure}")
        self._report.passing = self._report.passing and error.kind not in {"rejected", "unauthorized"}

    def _intent(self, questions: Sequence[Question], renews: bool) -> Intent:
        prompts: dict[str, int] = {}
        requests = [
            Request(
                question.key, question.item.image_id, question.item.sha256 if question.with_image else None,
                question.step, question.repeat, prompts.setdefault(question.prompt, len(prompts)),
            )
            for question in questions
        ]  # fmt: skip
        used = {batch.intent.time for batch in self._book.batches.values()}
        while (at := now()) in used:
            time.sleep(0.001)
        return Intent(
            reference=f"rater-{uuid.uuid4().hex}", time=at, backend=self._plan.condition.backend,
            model=self._plan.condition.model, prompts=list(prompts), requests=requests, renews=renews,
        )  # fmt: skip


def _load(item: Item, longest_side: int | None) -> Picture | DataError:
    try:
        return load_picture(item, longest_side)
    except DataError as error:
        return error

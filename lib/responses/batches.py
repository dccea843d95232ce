"""What was handed in as batches, so that none is lost and none handed in twice: `batches.jsonl` beside the answers.

A line is written and brought to the disk before a batch is made, naming every question in it and a reference that the
provider keeps with the batch; another one follows with the provider's id. A process that is killed between the two
leaves a batch whose fate is not known, which is found again by its reference.
"""

from __future__ import annotations

import contextlib
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from lib.errors import StoreError
from lib.responses.batch_lines import DECODER, Fetched, Fetching, Intent, Line, Submitted, Void
from lib.responses.ends import find_end, mend_end
from lib.responses.lines import LineReader
from lib.responses.report import StoreReport
from lib.responses.writer import Writer

FILE = "batches.jsonl"


@dataclass(slots=True)
class Batch:
    """One batch as far as it is known: `id` is the provider's; `fetching` says that a fetch was begun."""

    intent: Intent
    id: str | None = None
    fetching: bool = False
    ended: Fetched | Void | None = None

    @property
    def open(self) -> bool:
        """Whether its questions are, or may be, with the provider."""
        return self.ended is None

    @property
    def uncertain(self) -> bool:
        """Whether it is not known if the provider ever had it."""
        return self.ended is None and self.id is None


class Book:
    """All batches of one condition, by reference; made by `open_book` and `read_book`.

    Attributes
    ----------
    path : Path
        The file.
    batches : dict of str to Batch
        In the order in which they were made.
    report : StoreReport
        Lines that cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self.path, self.report = path, StoreReport()
        self.batches: dict[str, Batch] = {}
        self._writable = False
        self._writer: Writer | None = None

    @property
    def open(self) -> list[Batch]:
        """Batches that the provider has and that were not fetched."""
        return [batch for batch in self.batches.values() if batch.open and batch.id is not None]

    @property
    def uncertain(self) -> list[Batch]:
        """Batches of which it is not known if the provider ever had them."""
        return [batch for batch in self.batches.values() if batch.uncertain]

    def held(self) -> dict[str, bool]:
        """The questions that are, or may be, with the provider; by key, whether they are renewed."""
        return {
            request.key: batch.intent.renews
            for batch in self.batches.values() if batch.open
            for request in batch.intent.requests
        }  # fmt: skip

    def tries(self) -> Counter[str]:
        """In how many fetched batches each question was."""
        return Counter(
            request.key
            for batch in self.batches.values() if isinstance(batch.ended, Fetched)
            for request in batch.intent.requests
        )  # fmt: skip

    def queue_limit(self) -> int | None:
        """The most tokens that the provider lets wait, as it said last."""
        marks = [batch.ended for batch in self.batches.values() if isinstance(batch.ended, Fetched)]
        limits = [(mark.time, mark.queue_limit) for mark in marks if mark.queue_limit is not None]
        return max(limits)[1] if limits else None

    def write(self, line: Line) -> None:
        """Add one line; when this returns it is on the disk.

        Raises
        ------
        StoreError
            The disk is full or fails.
        ValueError
            The book is only read.
        """
        if not self._writable:
            raise ValueError(f"{self.path}: is only read")
        if self._writer is None:
            self._writer = Writer(self.path)
        self._writer.write(msgspec.json.encode(line) + b"\n")
        self._writer.flush()
        self._take(line)

    def _take(self, line: Line) -> None:
        if isinstance(line, Intent):
            self.batches.setdefault(line.reference, Batch(line))
            return
        batch = self.batches.get(line.reference)
        if batch is None:
            return  # its intent cannot be read, which is reported
        if isinstance(line, Submitted):
            batch.id = batch.id or line.batch
        elif isinstance(line, Fetching):
            batch.fetching = True
        else:
            batch.ended = batch.ended or line

    def _load(self, writable: bool) -> None:
        name = f"{self.path.parent.name}/{self.path.name}"
        if writable:
            tail = mend_end(self.path, name, datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ"))
            self.report.tails += [tail] if tail else []
        if self.path.is_file():
            handle = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
            try:
                end = find_end(handle)
                readable = end.size if writable else end.good  # what was mended is read to its end, faults and all
                for block in LineReader(handle, name, readable, DECODER, self.report):
                    for line in block.lines:
                        self._take(line)
            finally:
                os.close(handle)
        self._writable = writable

    def close(self) -> None:
        """Let go of the file."""
        writer, self._writer, self._writable = self._writer, None, False
        if writer is not None:
            writer.close()


@contextlib.contextmanager
def open_book(folder: Path) -> Iterator[Book]:
    """Open the batches of the condition whose files are in `folder` for writing, until the block ends.

    Whoever calls holds the condition's lock (`open_store`).

    Raises
    ------
    StoreError
        The file cannot be read or written.
    """
    book = Book(folder / FILE)
    try:
        _guarded(book, writable=True)
        yield book
    finally:
        book.close()


def read_book(folder: Path) -> Book:
    """Read the batches of the condition whose files are in `folder`, without changing anything."""
    book = Book(folder / FILE)
    _guarded(book, writable=False)
    return book


def _guarded(book: Book, writable: bool) -> None:
    try:
        book._load(writable)
    except OSError as error:
        raise StoreError(
            f"{book.path}: cannot be opened ({error.strerror or error}). Make it readable and writable for this user, "
            "then run the same command again."
        ) from error

"""What is known of a condition's questions, in little memory: answers by key, failures, and what was spent."""

from __future__ import annotations

import math
import os
import weakref
from binascii import Error as NotHexadecimal
from binascii import hexlify, unhexlify
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from lib.protocol.question import Stored
from lib.responses.lines import Block, LineReader
from lib.responses.record import Failure
from lib.responses.report import Fault, StoreReport

LONG = 600
"""Characters from which on an answer stays in its file and is read when it is looked up."""
POOL = 50_000
KEY_BYTES = 32


class Line(msgspec.Struct, gc=False):
    """The part of a stored answer that a replay needs."""

    key: str
    condition: str
    text: str = ""
    finish_reason: str | None = None
    refusal: str | None = None
    cost: float | None = None
    currency: str | None = None
    failure: Failure | None = None


class Details(msgspec.Struct, frozen=True, gc=False):
    """What is reported of a standing line, beside what a replay needs; None is what is not known."""

    tokens_in: int | None = None
    tokens_out: int | None = None
    tokens_thinking: int | None = None
    cost: float | None = None
    currency: str | None = None
    latency: float | None = None
    finish_reason: str | None = None
    model_version: str | None = None
    mode: str = "live"


class DetailedLine(Line, gc=False):
    """A line with its details."""

    tokens_in: int | None = None
    tokens_out: int | None = None
    tokens_thinking: int | None = None
    latency: float | None = None
    model_version: str | None = None
    mode: str = "live"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a long answer is: its file among those opened, first byte and length."""

    file: int
    start: int
    length: int


class Files:
    """The files that are read, open for as long as answers are looked up in them."""

    def __init__(self) -> None:
        self.handles: list[int] = []
        self.close = weakref.finalize(self, _close_all, self.handles)

    def open(self, path: Path) -> int:
        """Open one file; give its position among all."""
        self.handles.append(os.open(path, os.O_RDONLY | os.O_CLOEXEC))
        return len(self.handles) - 1

    def read(self, place: Place) -> bytes:
        """Read one line."""
        return os.pread(self.handles[place.file], place.length, place.start)


def _close_all(handles: list[int]) -> None:
    while handles:
        os.close(handles.pop())


LINES = msgspec.json.Decoder(Line)
DETAILED = msgspec.json.Decoder(DetailedLine)


@dataclass
class Index:
    """Questions by key (its 32 bytes): the last line's answer or failure; and the sums of all lines' costs.

    `details` are those of the standing lines, where they were asked for.
    """

    answers: dict[bytes, Stored | Place] = field(default_factory=dict)
    failures: dict[bytes, Failure] = field(default_factory=dict)
    spent: dict[str, float] = field(default_factory=dict)
    details: dict[bytes, Details] = field(default_factory=dict)

    def take(self, key: bytes, line: Stored | Place | Failure) -> None:
        """Let a later line stand for its question."""
        if isinstance(line, Failure):
            self.failures[key] = line
            self.answers.pop(key, None)
        else:
            self.answers[key] = line
            if self.failures:
                self.failures.pop(key, None)

    def drop(self, key: bytes) -> None:
        """Forget a question."""
        for known in (self.answers, self.failures, self.details):
            known.pop(key, None)

    def update(self, other: Index) -> None:
        """Take over all questions of another index, none of which is known here, and its costs."""
        self.answers.update(other.answers)
        self.failures.update(other.failures)
        self.details.update(other.details)
        for currency, cost in other.spent.items():
            self.spend(cost, currency)

    def spend(self, cost: float | None, currency: str | None) -> None:
        """Add what one line cost."""
        if cost is not None:
            name = currency or ""
            self.spent[name] = self.spent.get(name, 0.0) + cost

    def __iter__(self) -> Iterator[bytes]:
        yield from self.answers
        yield from self.failures

    def __len__(self) -> int:
        return len(self.answers) + len(self.failures)


def pack(key: str) -> bytes | None:
    """The bytes of a key; None where it cannot be one."""
    try:
        packed = unhexlify(key)
    except (NotHexadecimal, ValueError):
        return None
    return packed if len(packed) == KEY_BYTES else None


def unpack(key: bytes) -> str:
    """The key that was packed."""
    return hexlify(key).decode()


@dataclass
class IndexReader:
    """Reads the files of one condition; what cannot be used is noted in `report`. Equal answers are kept once."""

    condition: str
    report: StoreReport
    detailed: bool = False
    files: Files = field(default_factory=Files)
    pool: dict[tuple[str, str | None, str | None], Stored] = field(default_factory=dict)

    def read(self, file: int, name: str, end: int) -> Index:
        """Read one of the opened files, called `name` in messages, up to byte `end`."""
        index = Index()
        decoder: msgspec.json.Decoder[Any] = DETAILED if self.detailed else LINES
        for block in LineReader(self.files.handles[file], name, end, decoder, self.report):
            self._add(index, block, file, name)
        return index

    def pooled(self, text: str, finish_reason: str | None, refusal: str | None) -> Stored:
        """The equal answer that is kept already, or a new one."""
        fields = (text, finish_reason, refusal)
        found = self.pool.get(fields)
        if found is None:
            found = Stored(text, finish_reason, refusal)
            if len(self.pool) < POOL:
                self.pool[fields] = found
        return found

    def _add(self, index: Index, block: Block[Line], file: int, name: str) -> None:
        """Take the lines of one block; written for speed, since it runs a million times before a run goes on."""
        answers, pool, condition, detailed = index.answers, self.pool, self.condition, self.detailed
        spans: list[tuple[int, int]] = []
        costs: dict[str | None, list[float]] = {}
        used = len(block.lines)
        for position, line in enumerate(block.lines):
            key = pack(line.key)
            if key is None or line.condition != condition:
                reason = misplaced(line.key, line.condition, condition)
                self.report.add_fault(Fault(name, block.number_of(position), reason))
                used -= 1
                continue
            if line.cost is not None:
                costs.setdefault(line.currency, []).append(line.cost)
            if detailed:
                index.details[key] = _details(line)
            if line.failure is not None:
                index.take(key, line.failure)
                continue
            if index.failures:
                index.failures.pop(key, None)
            text = line.text
            if len(text) > LONG:
                spans = spans or block.spans()
                answers[key] = Place(file, *spans[position])
            else:
                found = pool.get((text, line.finish_reason, line.refusal))
                answers[key] = found or self.pooled(text, line.finish_reason, line.refusal)
        self.report.lines += used
        for currency, amounts in costs.items():
            index.spend(math.fsum(amounts), currency)


def _details(line: Line) -> Details:
    assert isinstance(line, DetailedLine)
    return Details(
        line.tokens_in, line.tokens_out, line.tokens_thinking, line.cost, line.currency, line.latency,
        line.finish_reason, line.model_version, line.mode,
    )  # fmt: skip


def misplaced(key: str, found: str, condition: str) -> str:
    """Why a line of JSON is no answer of `condition`, given its key and the condition that it names."""
    if pack(key) is None:
        return f"impossible key: got {key[:80]!r}, expected 64 hexadecimal digits"
    return f"of another condition: got {found[:80]!r}, in the files of {condition!r}"

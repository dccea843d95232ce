"""Reading files of stored answers, line by line and as fast as the disk, without stopping at what cannot be read."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

from lib.errors import StoreError
from lib.responses.report import Fault, StoreReport, Tail

CHUNK = 1 << 17
STEP_BACK = 1 << 16
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
EXCERPT = 60

T = TypeVar("T")


@dataclass(slots=True)
class Block(Generic[T]):
    """Some lines of a file: those of `data`, which begins at byte `offset` with line `number` (from 1).

    `places` are the positions of `lines` among all lines of `data`; None where every line is there.
    """

    data: bytes
    offset: int
    number: int
    lines: list[T]
    places: list[int] | None = None

    def number_of(self, position: int) -> int:
        """The line number, from 1, of one of `lines`."""
        return self.number + (position if self.places is None else self.places[position])

    def spans(self) -> list[tuple[int, int]]:
        """Where each of `lines` is in the file: first byte and length, without the line's end."""
        lengths = [len(line) for line in self.data.split(b"\n")]
        starts = list(accumulate((length + 1 for length in lengths), initial=self.offset))
        return [
            (starts[place], lengths[place])
            for place in (range(len(self.lines)) if self.places is None else self.places)
        ]


@dataclass(frozen=True, slots=True)
class LineReader(Generic[T]):
    """Reads the lines of one open file, called `name` in messages, up to byte `end`.

    `end` is the end of a line, or of the file. Lines that are not what `decoder` expects are noted in `report` and
    passed over, empty ones counted.
    """

    handle: int
    name: str
    end: int
    decoder: msgspec.json.Decoder[T]
    report: StoreReport

    def __iter__(self) -> Iterator[Block[T]]:
        offset, number, size = 0, 1, CHUNK
        while offset < self.end:
            data = os.pread(self.handle, min(size, self.end - offset), offset)
            if not data:
                break
            cut = data.rfind(b"\n") + 1
            if not cut and len(data) == size:
                size *= 2
                continue
            data = data[:cut] if cut else data
            ends = _count_ends(data) if cut else 1
            yield self._decode(data, offset, number, ends)
            offset += len(data)
            number += ends

    def _decode(self, data: bytes, offset: int, number: int, count: int) -> Block[T]:
        try:
            lines = self.decoder.decode_lines(data)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return self._decode_singly(data, offset, number)
        if len(lines) == count:
            return Block(data, offset, number, lines)
        return self._decode_singly(data, offset, number)

    def _decode_singly(self, data: bytes, offset: int, number: int) -> Block[T]:
        lines: list[T] = []
        places: list[int] = []
        for place, line in enumerate(data.removesuffix(b"\n").split(b"\n")):
            text = line.removeprefix(BYTE_ORDER_MARK) if number + place == 1 else line
            if not text.strip():
                self.report.blank += 1
                continue
            try:
                lines.append(self.decoder.decode(text))
                places.append(place)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                self.report.add_fault(Fault(self.name, number + place, explain(error, text)))
        return Block(data, offset, number, lines, places)


def _count_ends(data: bytes) -> int:
    return len(data) - len(data.replace(b"\n", b""))  # ten times as fast as data.count(b"\n")


def explain(error: Exception, line: bytes) -> str:
    """Why a line cannot be used, with how it begins."""
    shown = line[:EXCERPT].decode(errors="replace")
    kind = "not an answer" if isinstance(error, msgspec.ValidationError) else "broken JSON"
    return f"{kind} ({error}); got {shown!r}{'...' if len(line) > EXCERPT else ''}"


@dataclass(frozen=True, slots=True)
class End:
    """Where the whole lines of a file end; what comes after is the rest of a line that was cut off.

    `complete` says that the last line is whole but for the mark of its end.
    """

    good: int
    size: int
    complete: bool = False

    @property
    def cut(self) -> int:
        """Bytes of a line that was cut off."""
        return self.size - self.good


def find_end(handle: int) -> End:
    """Look at the last line of a file.

    A line without its end whose JSON is whole is kept, since no part of an object is an object: its answer is there.
    A last line that is broken JSON counts as cut off even with an end, as a crash of the whole machine may leave it.
    """
    size = os.fstat(handle).st_size
    if not size:
        return End(0, 0)
    ended = os.pread(handle, 1, size - 1) == b"\n"
    start = _line_start(handle, size - 1 if ended else size)
    line = os.pread(handle, size - start, start)
    if ended and not line.strip():
        return End(size, size)
    text = line.removeprefix(BYTE_ORDER_MARK) if start == 0 else line
    try:
        msgspec.json.decode(text, type=msgspec.Raw)
        whole = True
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        whole = False
    if ended:
        return End(size if whole else start, size)
    return End(size, size, complete=True) if whole else End(start, size)


def _line_start(handle: int, end: int) -> int:
    """Where the line begins whose last byte is before `end`."""
    while end > 0:
        begin = max(0, end - STEP_BACK)
        found = os.pread(handle, end - begin, begin).rfind(b"\n")
        if found >= 0:
            return begin + found + 1
        end = begin
    return 0


def mend_end(path: Path, name: str, now: str) -> Tail | None:
    """Make a file end with a whole line, so that lines can be added to it.

    What is left of a line that was cut off goes to `<file>.truncated-<now>` beside it before it is taken away here.

    Raises
    ------
    StoreError
        The disk is full, or the folder cannot be written to; nothing was changed.
    """
    try:
        handle = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        end = find_end(handle)
        if end.complete:
            os.pwrite(handle, b"\n", end.size)
            os.fsync(handle)
            return Tail(name, 0, complete=True)
        if not end.cut:
            return None
        kept = _keep(path, os.pread(handle, end.cut, end.good), now)
        os.ftruncate(handle, end.good)
        os.fsync(handle)
        return Tail(name, end.cut, kept.name)
    except OSError as error:
        raise StoreError(
            f"{path}: its last line is cut off and cannot be set aside ({error.strerror or error}). "
            "Free some disk space, then run the same command again; nothing was changed."
        ) from error
    finally:
        os.close(handle)


def _keep(path: Path, content: bytes, now: str) -> Path:
    for attempt in range(10_000):
        kept = path.with_name(f"{path.name}.truncated-{now}{f'-{attempt}' if attempt else ''}")
        try:
            handle = os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
        except FileExistsError:
            continue
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        return kept
    raise FileExistsError(f"{path.name}.truncated-{now}")

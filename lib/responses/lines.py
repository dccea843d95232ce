"""Reading files of stored answers, line by line and as fast as the disk, without stopping at what cannot be read."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import Generic, TypeVar

import msgspec

from lib.responses.report import Fault, StoreReport

CHUNK = 1 << 17
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

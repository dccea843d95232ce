"""Putting the files of one condition together: of lines with the same key the one that was asked last stands."""

from __future__ import annotations

import os
from datetime import UTC, datetime

import msgspec

from lib.responses.index import Files, Index, pack
from lib.responses.lines import LineReader
from lib.responses.report import StoreReport

NEVER = datetime.min.replace(tzinfo=UTC)


class _Dated(msgspec.Struct, gc=False):
    key: str
    asked_at: str = ""


DATED = msgspec.json.Decoder(_Dated)


def merge(indexes: list[Index], files: Files) -> Index:
    """Put the files of one condition together, in the order in which they were opened.

    Where several hold a question, the line that was asked last stands; of lines asked at once, that of the later file.
    """
    merged = Index()
    for position, index in enumerate(indexes):
        both = {key for key in index if key in merged.answers or key in merged.failures} if position else set()
        lost = set(older(both, position, files))
        for key in both:
            (index if key in lost else merged).drop(key)
        merged.update(index)
    return merged


def older(keys: set[bytes], position: int, files: Files) -> list[bytes]:
    """Those of `keys` whose last line in one file is older than that in some file before it."""
    if not keys:
        return []
    own = _dates(files.handles[position], keys)
    before: dict[bytes, datetime] = {}
    for handle in files.handles[:position]:
        for key, date in _dates(handle, keys).items():
            before[key] = max(date, before.get(key, date))
    return [key for key in keys if own.get(key, NEVER) < before.get(key, NEVER)]


def _dates(handle: int, keys: set[bytes]) -> dict[bytes, datetime]:
    dates: dict[bytes, datetime] = {}
    for block in LineReader(handle, "", os.fstat(handle).st_size, DATED, StoreReport()):
        for line in block.lines:
            key = pack(line.key)
            if key in keys:
                dates[key] = read_date(line.asked_at)
    return dates


def read_date(text: str) -> datetime:
    """The time of a line; one that cannot be read is before all others."""
    try:
        date = datetime.fromisoformat(text)
    except ValueError:
        return NEVER
    return date if date.tzinfo else date.replace(tzinfo=UTC)

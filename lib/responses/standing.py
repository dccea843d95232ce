"""Which lines of a condition's files stand for their questions, line by line."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from lib.errors import StoreError
from lib.responses.ends import find_end, noted_tail
from lib.responses.index import Files, misplaced, pack
from lib.responses.lines import LineReader
from lib.responses.merge import older
from lib.responses.record import Response
from lib.responses.report import Fault, StoreReport
from lib.responses.store import condition_folder, shard_files

RESPONSES = msgspec.json.Decoder(Response)


class StoredLine(NamedTuple):
    """One line that can be used."""

    number: int
    key: bytes
    response: Response


def stored_folder(folder: Path, condition: str) -> Path:
    """`condition_folder` of a condition that has files of answers.

    Raises
    ------
    StoreError
        It has none.
    """
    own = condition_folder(folder, condition)
    if not shard_files(own):
        raise StoreError(f"{condition}: has no stored answers in {own}. Ask it first: rater infer -m {condition}")
    return own


def read_lines(path: Path, condition: str, report: StoreReport) -> Iterator[StoredLine]:
    """Read all fields of all lines of one file; what cannot be used, or is cut off at its end, is noted in `report`.

    Stricter than a run, which needs only the answers: a line that lacks its prompt or model cannot be used here.
    """
    name = f"{condition}/{path.name}"
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        end = find_end(handle)
        report.tails += noted_tail(path, name, end)
        for block in LineReader(handle, name, end.good, RESPONSES, report):
            for position, response in enumerate(block.lines):
                number, key = block.number_of(position), pack(response.key)
                if key is None or response.condition != condition:
                    reason = misplaced(response.key, response.condition, condition)
                    report.add_fault(Fault(name, number, reason))
                else:
                    report.lines += 1
                    yield StoredLine(number, key, response)
    finally:
        os.close(handle)


def standing_lines(folder: Path, condition: str, report: StoreReport) -> dict[Path, dict[bytes, int]]:
    """Find the line that stands for each question: by file, key -> line number."""
    files, standing = Files(), dict[Path, dict[bytes, int]]()
    try:
        for path in shard_files(folder).values():
            last = {line.key: line.number for line in read_lines(path, condition, report)}
            position = files.open(path)
            both = {key for earlier in standing.values() for key in earlier.keys() & last.keys()}
            lost = set(older(both, position, files))
            for key in both:
                for lines in [last] if key in lost else standing.values():
                    lines.pop(key, None)
            standing[path] = last
    finally:
        files.close()
    report.answers = sum(map(len, standing.values()))
    report.repeated = report.lines - report.answers
    return standing

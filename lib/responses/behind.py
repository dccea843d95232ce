"""The raw lines behind a prediction, so that a number can be followed to what a machine said."""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec

from lib.protocol.plan import Plan
from lib.protocol.question import Item
from lib.protocol.replay import Outcome, replay
from lib.responses.index import Line, pack
from lib.responses.lines import LineReader
from lib.responses.merge import read_date
from lib.responses.record import Response
from lib.responses.report import StoreReport
from lib.responses.store import Store, shard_files

LINES = msgspec.json.Decoder(Line)
RESPONSES = msgspec.json.Decoder(Response)


@dataclass(frozen=True, slots=True)
class Located:
    """One stored line: its file (`<condition>/<shard>.jsonl`), its number there from 1, and what it says."""

    file: str
    line: int
    response: Response


@dataclass(frozen=True, slots=True)
class StepBehind:
    """One step of a prediction: how its answer was read, and its lines; those before the last were replaced.

    `outcome` is None for a step that is open, or whose last attempt failed.
    """

    step: str
    outcome: Outcome | None
    lines: list[Located]


def behind(plan: Plan, item: Item, repeat: int, store: Store) -> list[StepBehind]:
    """Find the lines behind one item's prediction in one repeat, step by step as far as it was asked."""
    replayed = replay(plan, item, repeat, store.lookup)
    keys = [(outcome.step, outcome.key, outcome) for outcome in replayed.outcomes]
    asked: list[tuple[str, str | None, Outcome | None]] = [*keys]
    if replayed.pending is not None:
        asked.append((replayed.pending.step, replayed.pending.key, None))
    lines = find_lines(store.folder, store.condition, {key for _, key, _ in asked if key})
    return [StepBehind(step, outcome, lines.get(key or "", [])) for step, key, outcome in asked]


def find_lines(folder: Path, condition: str, keys: Collection[str]) -> dict[str, list[Located]]:
    """Find all lines of some questions in a condition's files: key -> lines, by time and, at one time, by file.

    Parameters
    ----------
    folder
        The condition's own folder (`Store.folder`).
    """
    found: dict[str, list[Located]] = {}
    wanted = set(keys)
    for path in shard_files(folder).values() if wanted else ():
        name = f"{condition}/{path.name}"
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            for block in LineReader(handle, name, os.fstat(handle).st_size, LINES, StoreReport()):
                places = [place for place, line in enumerate(block.lines) if line.key in wanted]
                for place in places:
                    if block.lines[place].condition != condition or pack(block.lines[place].key) is None:
                        continue
                    start, length = block.spans()[place]
                    response = _decoded(os.pread(handle, length, start))
                    if response is not None:
                        found.setdefault(response.key, []).append(Located(name, block.number_of(place), response))
        finally:
            os.close(handle)
    return {key: sorted(lines, key=_asked) for key, lines in found.items()}


def _asked(located: Located) -> datetime:
    return read_date(located.response.asked_at)


def _decoded(line: bytes) -> Response | None:
    try:
        return RESPONSES.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None

"""What the batches of both providers share in the wire server: files, batches, and how each goes and ends.

`Settings.batches` says how, by name: `polls` (how often a batch is asked after before it is done; 1), `seconds` (how
long it takes), `end` (completed, failed, expired, cancelled), `message` (why it failed), `part` (the share of requests
that were answered before it expired; 1), `errors` (rates of single failures by status), `shuffle`, `twice`, `missing`,
`broken` (rates of lines that come twice, not at all, or as no JSON), `create` and `upload` (a list of what happens to
the next such requests: 429, 500, 400, `lost` for done but not answered, "" for nothing), `listed_after` (seconds until
a list shows a new batch).
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from wire.answers import draw
from wire.connection import Reply

LARGE = 2**64


@dataclass
class Batch:
    """One batch: its input, how often it was asked after, and what came of it once it was done."""

    id: str
    provider: str
    model: str
    reference: str | None
    lines: list[dict[str, Any]]
    created: float = field(default_factory=time.time)
    polls: int = 0
    end: str | None = None
    good: list[bytes] = field(default_factory=list)
    bad: list[bytes] = field(default_factory=list)


class Batches:
    """Files and batches of one wire server."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.all: dict[str, Batch] = {}
        self.count = 0

    def name(self, prefix: str) -> str:
        """A name that was not given before."""
        self.count += 1
        return f"{prefix}{self.count}"


def batches_of(wire: Any) -> Batches:
    """Those of a server."""
    return wire.state.setdefault("batches", Batches())


def told(wire: Any, name: str, default: Any = None) -> Any:
    """One of the settings above."""
    return wire.settings.batches.get(name, default)


def next_fault(wire: Any, name: str) -> str:
    """What happens to the next request to `create` or `upload`."""
    return str(wire.settings.batches[name].pop(0)) if told(wire, name) else ""


def lost() -> Reply:
    """Done, but the answer does not arrive."""
    return Reply(reset=True)


def progress(wire: Any, batch: Batch) -> bool:
    """Take one look at a batch; whether it has just ended."""
    if batch.end is not None:
        return False
    batch.polls += 1
    if batch.polls <= told(wire, "polls", 1) or time.time() - batch.created < told(wire, "seconds", 0):
        return False
    batch.end = told(wire, "end", "completed")
    return True


def chosen(wire: Any, batch: Batch) -> Iterator[tuple[dict[str, Any], int]]:
    """The requests that were worked on, in the order of the answers, each with its status; the rest get 0."""
    share = {"failed": 0.0, "completed": 1.0}.get(str(batch.end), told(wire, "part", 1.0))
    lines = batch.lines
    if told(wire, "shuffle"):
        lines = sorted(lines, key=lambda line: draw("shuffle", json.dumps(line)))
    done = {id(line) for line in batch.lines[: round(share * len(batch.lines))]}
    for line in lines:
        yield line, _status(wire, batch, line) if id(line) in done else 0


def _status(wire: Any, batch: Batch, line: dict[str, Any]) -> int:
    at = draw("batch", wire.settings.seed, batch.id, json.dumps(line)) / LARGE
    for status, rate in (told(wire, "errors") or {}).items():
        at -= rate
        if at < 0:
            return int(status)
    return 200


def written(wire: Any, batch: Batch, line: bytes) -> list[bytes]:
    """A line of answers as often as it comes, perhaps broken."""
    at = draw("line", wire.settings.seed, batch.id, line) / LARGE
    for name, lines in (("twice", [line, line]), ("missing", []), ("broken", [line[: len(line) // 2]])):
        at -= told(wire, name, 0.0)
        if at < 0:
            return lines
    return [line]


def listed(wire: Any, provider: str) -> list[Batch]:
    """The batches that a list shows, latest first."""
    before = time.time() - told(wire, "listed_after", 0)
    shown = [batch for batch in batches_of(wire).all.values() if batch.provider == provider and batch.created <= before]
    return shown[::-1]

"""How far a run is: written to a small file by the run, shown from that file by whoever looks on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, Protocol

import msgspec

from lib.asking.parts import Parts
from lib.errors import BuildError
from lib.files import write_aside

SUMMED = (
    "done", "total", "may_follow", "answered", "skipped", "failures", "rejected", "in_batches", "behind", "retries",
    "unparsed", "unpriced", "scant", "concurrency", "in_flight",
)  # fmt: skip
SPAN = 30.0
"""Seconds over which the rate is averaged, the latest weighing most."""


class Snapshot(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """How far a run is at one moment.

    Attributes
    ----------
    condition, shard : str
        What is asked.
    state : str
        `running`, `stopping` (nothing new is sent), or `ended`.
    done, total : int
        Questions that need no asking any more, and all of them.
    may_follow : int
        Those of `total` that are only asked after, and depending on, an earlier answer about the same image.
    answered : int
        Answers of this run.
    skipped, failures, rejected, in_batches, behind : int
        As in `lib.asking.parts.Parts`.
    retries, unparsed : int
        Attempts beyond the first, and answers of this run without a usable value.
    rate : float or None
        Answers a second, averaged over the last half minute.
    seconds_left : float or None
        None while the rate is not known.
    cost, budget : float or None
        Of this run, in `currency`; `unpriced` counts answers of unknown cost.
    concurrency, in_flight : int
        Requests allowed at once now, and those on their way.
    pause : float
        Seconds until the provider may be asked again, as it wished.
    started, updated : float
        Seconds since 1970.
    scant : int
        Answers of this run with fewer log-probabilities than were asked for.
    message : str or None
        Why the run stops or stopped.
    """

    condition: str
    shard: str = "all"
    state: Literal["running", "stopping", "ended"] = "running"
    done: int = 0
    total: int = 0
    may_follow: int = 0
    answered: int = 0
    skipped: int = 0
    failures: int = 0
    rejected: int = 0
    in_batches: int = 0
    behind: int = 0
    retries: int = 0
    unparsed: int = 0
    rate: float | None = None
    seconds_left: float | None = None
    cost: float | None = None
    currency: str | None = None
    budget: float | None = None
    unpriced: int = 0
    concurrency: int = 0
    in_flight: int = 0
    pause: float = 0.0
    started: float = 0.0
    updated: float = 0.0
    scant: int = 0
    message: str | None = None

    @property
    def parts(self) -> Parts:
        """The questions by what becomes of them."""
        return Parts(
            self.total, answered=self.done - self.skipped, skipped=self.skipped, failed=self.failures,
            rejected=self.rejected, in_batches=self.in_batches, behind=self.behind,
        )  # fmt: skip


class Progress(Protocol):
    """Whoever is told how far a run is; told at most twice a second, and once at its end."""

    def show(self, snapshot: Snapshot) -> None:
        """Take note of `snapshot`; must be quick."""


class ProgressFile:
    """Writes each snapshot to a file, whole or not at all."""

    def __init__(self, path: Path, shard: str = "all") -> None:
        self.path = path
        self.shard = shard

    def show(self, snapshot: Snapshot) -> None:
        """Replace the file; a full disk costs the display, never the run."""
        data = msgspec.json.encode(msgspec.structs.replace(snapshot, shard=self.shard))
        try:
            write_aside(self.path, lambda temporary: temporary.write_bytes(data))
        except BuildError:
            return


def together(snapshots: Sequence[Snapshot]) -> list[Snapshot]:
    """One snapshot a condition: that of its only run, or the sums of its shards, which is `ended` when all are.

    Reasons why single shards stopped are left out; each shard's own report says its.
    """
    conditions: dict[str, list[Snapshot]] = {}
    for snapshot in snapshots:
        conditions.setdefault(snapshot.condition, []).append(snapshot)
    return [own[0] if len(own) == 1 else _sum_of(own) for own in conditions.values()]


def _sum_of(own: Sequence[Snapshot]) -> Snapshot:
    states = {snapshot.state for snapshot in own}
    left = [snapshot.seconds_left for snapshot in own if snapshot.seconds_left is not None]
    sums: dict[str, Any] = {name: sum(getattr(each, name) for each in own) for name in SUMMED}
    for name in ("rate", "cost", "budget"):
        known = [getattr(each, name) for each in own if getattr(each, name) is not None]
        sums[name] = sum(known) if known else None
    return Snapshot(
        condition=own[0].condition,
        shard=f"({len(own)} shards)",
        state="ended" if states == {"ended"} else "stopping" if "stopping" in states else "running",
        seconds_left=max(left, default=None),
        currency=own[0].currency,
        pause=max(each.pause for each in own),
        started=min(each.started for each in own),
        updated=max(each.updated for each in own),
        **sums,
    )


def read_progress(path: Path) -> Snapshot | None:
    """Read what `ProgressFile` wrote last; None if nothing is there."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Snapshot)
    except (FileNotFoundError, msgspec.DecodeError):
        return None


class Rate:
    """Answers a second, averaged with weights that fade over `SPAN` seconds."""

    def __init__(self, now: float) -> None:
        self._mean = 0.0
        self._weight = 0.0
        self._count = 0
        self._at = now

    def update(self, count: int, now: float) -> float | None:
        """Take the number of answers so far; give the rate, None before the first answer."""
        passed = now - self._at
        if passed > 0:
            keep = math.exp(-passed / SPAN)
            self._mean = keep * self._mean + (1 - keep) * (count - self._count) / passed
            self._weight = keep * self._weight + (1 - keep)
            self._count, self._at = count, now
        return self._mean / self._weight if count and self._weight > 0 else None

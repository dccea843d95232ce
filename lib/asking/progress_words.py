"""How far a run is, in words."""

from __future__ import annotations

from msgspec.structs import replace

from lib.asking.progress import Snapshot
from lib.formats import budget_words, counted


def plain_line(snapshot: Snapshot) -> str:
    """One line for a log; why a run stops is said once it has ended."""
    return " · ".join([name_of(snapshot), how_far(snapshot), *details(replace(snapshot, message=None))])


def how_far(snapshot: Snapshot) -> str:
    """Questions done, of all; 100% is only said when all are."""
    share = int(100 * snapshot.done / snapshot.total) if snapshot.total else 100
    return f"{share}%, {snapshot.parts.done_words()}"


def name_of(snapshot: Snapshot) -> str:
    """The condition, with its shard where there are several."""
    return snapshot.condition if snapshot.shard == "all" else f"{snapshot.condition} {snapshot.shard}"


def details(snapshot: Snapshot) -> list[str]:
    """What else is known, each in a few words."""
    parts = []
    if snapshot.state == "ended":
        parts.append("complete" if snapshot.done == snapshot.total else "ended")
    elif snapshot.state == "stopping":
        parts.append(f"stopping, {snapshot.in_flight} on their way")
    if snapshot.rate is not None and snapshot.state != "ended":
        parts.append(f"{snapshot.rate:.1f} a second" if snapshot.rate >= 1 else f"{snapshot.rate * 60:.1f} a minute")
    if snapshot.seconds_left is not None and snapshot.state == "running" and snapshot.done < snapshot.total:
        parts.append(f"{duration(snapshot.seconds_left)} left")
    if snapshot.cost is not None and snapshot.currency:
        budget = f" of {budget_words(snapshot.budget)}" if snapshot.budget is not None else ""
        parts.append(f"{snapshot.cost:.4f}{budget} {snapshot.currency}")
    if snapshot.unpriced:
        parts.append(f"{counted(snapshot.unpriced, 'answer')} of unknown cost")
    parts += snapshot.parts.left_out_words()
    if snapshot.unparsed:
        parts.append(unparsed_words(snapshot.unparsed))
    if snapshot.scant:
        parts.append(f"{snapshot.scant:,} with fewer log-probabilities than asked for")
    if snapshot.retries:
        parts.append(f"{snapshot.retries:,} {'retry' if snapshot.retries == 1 else 'retries'}")
    if snapshot.state != "ended":
        parts.append(f"{snapshot.concurrency} at once")
        if snapshot.pause > 0:
            parts.append(f"the server asked to wait {duration(snapshot.pause)}")
    if snapshot.message:
        parts.append(snapshot.message)
    return parts


def unparsed_words(count: int) -> str:
    """How many of the answers of this run say nothing that can be used."""
    return f"{counted(count, 'answer')} without a usable value"


def duration(seconds: float) -> str:
    """A length of time in words: `40 s`, `12 min`, `3 h 05 min`."""
    if round(seconds) < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"

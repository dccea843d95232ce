"""Replay for `--retry-failed`, which asks again what was answered without any usable value."""

from __future__ import annotations

from collections.abc import Container

from lib.protocol.parsing import Parsed
from lib.protocol.plan import Plan
from lib.protocol.question import Item
from lib.protocol.replay import Lookup, Replayed, replay


def replay_of_use(
    plan: Plan,
    item: Item,
    repeat: int,
    lookup: Lookup,
    *,
    masked: set[str] | None = None,
    renewed: Container[str] = frozenset(),
) -> Replayed:
    """Replay up to the first answer without a usable value, which will be asked for again.

    Parameters
    ----------
    plan, item, repeat, lookup
        As for `lib.protocol.replay.replay`.
    masked
        Keys whose answers do not count; the one at which the replay ends is added to them.
    renewed
        Keys whose answers are new and stand, whatever they hold.
    """
    hidden = set() if masked is None else masked
    while True:
        done = replay(plan, item, repeat, lambda key: None if key in hidden else lookup(key))
        old = (outcome for outcome in done.outcomes if outcome.key and outcome.key not in renewed)
        empty = next((outcome.key for outcome in old if is_empty(outcome.parsed)), None)
        if empty is None:
            return done
        hidden.add(empty)


def is_empty(parsed: Parsed | None) -> bool:
    """Whether an answer had no usable value."""
    return parsed is None or all(value is None for value in parsed.values.values())

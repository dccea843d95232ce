"""What one test of printed numbers says."""

from __future__ import annotations

from dataclasses import dataclass

from lib.audit.intervals import Interval, show


@dataclass(frozen=True)
class Outcome:
    """Whether the numbers can all be true of one data set, and the arithmetic as a sentence."""

    consistent: bool
    arithmetic: str


def compare(printed: Interval, possible: Interval, reason: str, what: str, decimals: int = 4) -> Outcome:
    """Hold a printed number against what it can be.

    Parameters
    ----------
    printed
        What the printed number stands for.
    possible
        What it can be, given the other numbers.
    reason
        Why, as the beginning of a sentence with its numbers; `what` must be `possible` follows.
    what
        The number's name in the sentence.
    decimals
        Decimals in the sentence.
    """
    consistent = printed.meets(possible)
    while not consistent and decimals < 9 and _look_alike(printed, possible, decimals):
        decimals += 1
    verb = "agrees" if consistent else "does not agree"
    return Outcome(
        consistent,
        f"{reason}, {what} must be {show(possible, decimals)}; "
        f"the printed number stands for {show(printed, decimals)}, which {verb}.",
    )


def _look_alike(printed: Interval, possible: Interval, decimals: int) -> bool:
    ends = (printed.high, possible.low) if printed.high < possible.low else (printed.low, possible.high)
    return show(ends[0], decimals) == show(ends[1], decimals)

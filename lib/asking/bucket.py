"""So much a minute: a bucket that fills steadily and from which each request takes."""

from __future__ import annotations

MINUTE = 60.0
BURST = 0.05
"""The share of a minute's allowance that may go at once."""


class Bucket:
    """Lets through `per_minute` in any minute, counted from whenever.

    It holds a burst of a twentieth of that (at least 1) and fills with the rest over a minute, so that burst and
    filling together never exceed `per_minute`. One request larger than the bucket goes when the bucket is full, and
    what it took too much is paid back before the next one.
    """

    def __init__(self, per_minute: float, now: float) -> None:
        self.capacity = max(1.0, per_minute * BURST)
        self.rate = max(per_minute - self.capacity + 1, 1.0) / MINUTE
        self.level = self.capacity
        self._at = now

    def wait(self, amount: float, now: float) -> float:
        """Seconds until `amount` may be taken; 0 when it may be now."""
        self._fill(now)
        short = min(amount, self.capacity) - self.level
        return short / self.rate if short > 1e-9 else 0.0

    def take(self, amount: float, now: float) -> None:
        """Take `amount`, which may leave less than nothing."""
        self._fill(now)
        self.level -= amount

    def correct(self, more: float) -> None:
        """Take what a request turned out to need beyond what it took, or give back what it did not need."""
        self.level = min(self.capacity, self.level - more)

    def _fill(self, now: float) -> None:
        self.level = min(self.capacity, self.level + (now - self._at) * self.rate)
        self._at = now

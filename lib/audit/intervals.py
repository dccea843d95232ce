"""Printed numbers as the intervals that they stand for, so that rounding never counts as a contradiction."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce

SLACK = 1e-9
"""Share of a number that floating-point arithmetic may be off by; far below any printed digit."""


@dataclass(frozen=True)
class Interval:
    """All values from `low` to `high`, both included; the ends may be infinite.

    Arithmetic is that of intervals: a result holds every value that operands from the two intervals can give, so a
    result is never too narrow (it is too wide where one number occurs twice). Source: Moore, Kearfott and Cloud
    (2009), Introduction to Interval Analysis, chapter 2, doi:10.1137/1.9780898717716.

    Examples
    --------
    >>> rounded(0.85, 2) - rounded(0.8, 1)
    Interval(low=-0.005000000000000009, high=0.10499999999999998)
    """

    low: float
    high: float

    def __add__(self, other: Interval | float) -> Interval:
        second = as_interval(other)
        return Interval(self.low + second.low, self.high + second.high)

    def __sub__(self, other: Interval | float) -> Interval:
        second = as_interval(other)
        return Interval(self.low - second.high, self.high - second.low)

    def __mul__(self, other: Interval | float) -> Interval:
        second = as_interval(other)
        products = [_product(a, b) for a in (self.low, self.high) for b in (second.low, second.high)]
        return Interval(min(products), max(products))

    def __truediv__(self, other: Interval | float) -> Interval:
        """Divide; where the divisor may be zero, anything may come out."""
        second = as_interval(other)
        if second.low <= 0 <= second.high:
            positive = self.low >= 0 and second.low >= 0 and second.high > 0
            return Interval(self.low / second.high, math.inf) if positive else EVERYTHING
        return self * Interval(1 / second.high, 1 / second.low)

    def __neg__(self) -> Interval:
        return Interval(-self.high, -self.low)

    def __abs__(self) -> Interval:
        if self.low <= 0 <= self.high:
            return Interval(0.0, max(-self.low, self.high))
        return self if self.low > 0 else -self

    def square(self) -> Interval:
        """The squares: never negative, also where the interval holds zero."""
        size = abs(self)
        return Interval(size.low**2, size.high**2)

    def root(self) -> Interval:
        """The square roots; what is negative counts as zero."""
        return Interval(math.sqrt(max(self.low, 0.0)), math.sqrt(max(self.high, 0.0)))

    def meets(self, other: Interval) -> bool:
        """Whether some value lies in both."""
        return self.low <= other.high + _slack(other.high) and other.low <= self.high + _slack(self.high)

    def holds(self, value: float) -> bool:
        """Whether the value lies within."""
        return self.meets(Interval(value, value))

    def common(self, other: Interval) -> Interval:
        """What lies in both; where nothing does, the smaller of the two (callers ask `meets` first)."""
        if not self.meets(other):
            return min(self, other, key=lambda one: one.high - one.low)
        return Interval(max(self.low, other.low), max(min(self.high, other.high), self.low, other.low))


EVERYTHING = Interval(-math.inf, math.inf)


def as_interval(value: Interval | float) -> Interval:
    """An exact number as an interval without width."""
    return value if isinstance(value, Interval) else Interval(float(value), float(value))


def rounded(value: float, decimals: int) -> Interval:
    """The numbers that are printed as `value` with `decimals` decimals, whichever way halves are rounded.

    Negative `decimals` are zeros before the point: `rounded(1500, -2)` is 1450 to 1550.
    """
    half = 0.5 * 10.0**-decimals
    return Interval(value - half, value + half)


def total(parts: Iterable[Interval]) -> Interval:
    """The sum of independent intervals."""
    return reduce(Interval.__add__, parts, Interval(0.0, 0.0))


def mean(parts: list[Interval]) -> Interval:
    """The mean of independent intervals; `parts` is not empty."""
    return total(parts) / len(parts)


def show(value: Interval | float, decimals: int = 4) -> str:
    """A number, or `a to b`, in plain digits: at most `decimals` decimals, trailing zeros left out.

    Examples
    --------
    >>> show(0.84936), show(Interval(-1, 2.5), 2), show(Interval(0, 1e-9)), show(float("inf"))
    ('0.8494', '−1 to 2.5', 'below 0.0001', 'any number')
    """
    if isinstance(value, Interval):
        low, high = show(value.low, decimals), show(value.high, decimals)
        if math.isinf(value.low) or math.isinf(value.high):
            ends = {(True, True): "any number", (True, False): f"at most {high}", (False, True): f"at least {low}"}
            return ends[math.isinf(value.low), math.isinf(value.high)]
        if low == high == "0" and value.high > 0:
            return f"below {10.0**-decimals:.{decimals}f}"
        return low if low == high else f"{low} to {high}"
    if math.isinf(value):
        return "any number"
    text = f"{value:,.{decimals}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text.replace("-", "−")


def _slack(value: float) -> float:
    return SLACK * max(1.0, abs(value)) if math.isfinite(value) else 0.0


def _product(one: float, other: float) -> float:
    return 0.0 if 0.0 in (one, other) else one * other

"""Shares and means of whole numbers: which counts are rounded to what is printed (GRIM), and whether parts add up."""

from __future__ import annotations

import math

from lib.audit.intervals import SLACK, Interval, mean, show, total
from lib.audit.outcome import Outcome, compare

MOST = 100_000
"""Whole numbers beyond which their SD is not tested: three printed decimals then say nothing, and sums are too many."""


def possible_counts(share: Interval, n: int, step: float = 1.0) -> tuple[int, int] | None:
    """Smallest and largest whole number c for which c x step/n lies in `share`; None if there is none."""
    low = math.ceil(share.low * n / step - SLACK * n)
    high = math.floor(share.high * n / step + SLACK * n)
    return (low, high) if low <= high else None


def grim(printed: Interval, n: int, *, percent: bool = False, step: float = 1.0, low: float = 0.0) -> Outcome:
    """Whether a share, or a mean of whole numbers, of `n` can be what is printed.

    The sum of `n` whole numbers is whole, so their mean is a multiple of 1/n; answers in steps from `low` on have the
    sum n x low + a whole number of steps. Brown and Heathers (2017),
    doi:10.1177/1948550616673876.

    Parameters
    ----------
    printed
        A share (0 to 1) or mean.
    n
        How many images or answers.
    percent
        Show the numbers in the sentence as percentages.
    step
        Smallest step of the answers' scale; for shares 1.
    low
        Lowest value of the answers' scale; for shares 0.
    """
    counts = possible_counts(printed - low, n, step)
    scale, unit = (100.0, "%") if percent else (1.0, "")
    if counts is None:
        below = math.floor((printed.low - low) * n / step)
        near = [n * low + count * step for count in (below, below + 1)]
        said = " and ".join(f"{show(one)}/{n:,} = {show(one / n * scale)}{unit}" for one in near)
        stands = show(printed * scale)
        return Outcome(
            False, f"The nearest that {n:,} answers can give are {said}; the printed number stands for {stands}{unit}."
        )
    said = show(Interval(*(n * low + count * step for count in counts)))
    return Outcome(True, f"{said} of {n:,} is rounded to the printed number.")


def whole_total(parts: list[Interval], sizes: list[int], whole: Interval) -> Outcome:
    """Whether counts of the parts can add up to the whole: shares right of each part, and of all.

    Each share stands for one or more counts of its size; their sum must be a count that the overall share stands for.
    """
    ranges = [possible_counts(share, n) for share, n in zip(parts, sizes, strict=True)]
    n = sum(sizes)
    if None in ranges:
        impossible = [
            f"{show(share)} of {size:,}" for share, size, c in zip(parts, sizes, ranges, strict=True) if c is None
        ]
        return Outcome(False, f"No count gives {' or '.join(impossible)}.")
    known = [item for item in ranges if item is not None]
    added = Interval(float(sum(low for low, _ in known)), float(sum(high for _, high in known)))
    counts = " + ".join(str(low) if low == high else f"({low} to {high})" for low, high in known)
    return compare(
        whole, added / n, f"The parts are {counts} = {show(added, 0)} of {n:,}; therefore", "the share of all"
    )


def mean_of_parts(parts: list[Interval], whole: Interval, what: str) -> Outcome:
    """Whether the mean over equally large parts is the overall figure: means, biases, accuracies, MAEs."""
    middle = sum((part.low + part.high) / 2 for part in parts) / len(parts)
    half = total(parts).high - total(parts).low
    reason = (
        f"The {len(parts)} equally large parts have a mean of {show(middle)} "
        f"(give or take {show(half / len(parts) / 2)} for rounding)"
    )
    return compare(whole, mean(parts), reason, what)


def whole_number_sd(
    sd: Interval, n: int, average: Interval | None = None, *, step: float = 1.0, low: float = 0.0
) -> Outcome:
    """Whether `n` answers in steps of `step` from `low` on can have this standard deviation, and mean if it is given.

    Counted in steps from `low`, answers are whole numbers. Shifted so that the mean is near zero, these have
    a sum S and a sum of squares Q, both whole, with Q and S both even or both odd, Q >= |S| and
    SD^2 = (Q - S^2/n)/(n - 1), or the same with n below the line, which some papers print.
    If no such pair gives the printed SD, no answers do.
    GRIMMER: Anaya (2016), doi:10.7287/peerj.preprints.2400v1; parity as in Allard (2018).
    """
    if n > MOST:
        return Outcome(True, f"So many answers ({n:,}) can have nearly any SD.")
    answers = f"{n:,} whole numbers" if step == 1 and float(low).is_integer() else _steps(n, step, low)
    in_steps = sd / step
    allowed = list(range(n // 2 + 1))
    if average is not None:
        counts = possible_counts(average - low, n, step)
        if counts is None:
            return Outcome(False, f"No {answers} have a mean of {show(average)}.")
        last = min(counts[1], counts[0] + n)
        allowed = sorted({min(count % n, n - count % n) for count in range(counts[0], last + 1)})
    if any(_whole_squares(s, in_steps, n, line) for line in (n - 1, n) for s in allowed):
        return Outcome(True, f"{answers} can have an SD of {show(sd)}.")
    counted = "" if step == 1 and float(low).is_integer() else f", counted in steps of {show(step)} from {show(low)},"
    return Outcome(
        False,
        f"No {answers} have an SD of {show(sd)}"
        + (f" and a mean of {show(average)}" if average is not None else "")
        + f": sum and sum of squares{counted} would have to be whole numbers, both even or both odd.",
    )


def _steps(n: int, step: float, low: float) -> str:
    return f"{n:,} answers in steps of {show(step)} from {show(low)}"


def _whole_squares(s: int, sd: Interval, n: int, line: int) -> bool:
    """Whether a sum of squares Q fits a sum S: whole, even or odd as S is, at least S, and giving the SD."""
    first = max(math.ceil(max(sd.low, 0.0) ** 2 * line + s * s / n - SLACK * n), s)
    return first + (first - s) % 2 <= sd.high**2 * line + s * s / n + SLACK * n

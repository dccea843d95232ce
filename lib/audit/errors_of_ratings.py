"""Bias, MAE, RMSE, SDs and correlation of two sets of ratings: what one of them says about the others."""

from __future__ import annotations

import math

from scipy.stats import norm

from lib.audit.intervals import Interval, show
from lib.audit.outcome import Outcome, compare


def share_below(n: int | None) -> Interval:
    """(n - 1)/n, by which an SD with n - 1 below the line becomes one with n; from 1/2 to 1 if `n` is not known.

    Papers rarely say which of the two they print, so both are allowed for.
    """
    return Interval(1 / 2, 1.0) if n is None or n < 2 else Interval((n - 1) / n, 1.0)


def bias_from_means(bias: Interval, machine: Interval, human: Interval, difference: Interval) -> Outcome:
    """Whether bias is the `difference` of the machine's mean and people's, or its size if no sign is printed."""
    return compare(bias, difference, f"With means of {show(machine)} and {show(human)}", "the bias, their difference,")


def mae_from_bias(mae: Interval, bias: Interval) -> Outcome:
    """Whether MAE >= |bias|: the mean of absolute differences is never smaller than the absolute mean difference."""
    least = abs(bias).low
    return compare(mae, Interval(least, math.inf), f"With a bias of {show(bias)}", "MAE")


def rmse_from_mae(rmse: Interval, mae: Interval) -> Outcome:
    """Whether RMSE >= MAE (Jensen's inequality)."""
    return compare(rmse, Interval(mae.low, math.inf), f"With an MAE of {show(mae)}", "RMSE")


def mae_from_spread(mae: Interval, bias: Interval, sd: Interval, n: int | None, width: float | None = None) -> Outcome:
    """Whether MAE fits bias and SD of the differences.

    MAE is at most the root mean square difference, sqrt(bias^2 + SD^2 (n - 1)/n); and where no difference exceeds the
    scale's `width`, at least the mean square difference divided by the width.
    """
    squares = bias.square() + sd.square() * share_below(n)
    least = max(abs(bias).low, squares.low / width if width else 0.0)
    square = f" and the mean square difference divided by the scale's width of {show(width)}" if width else ""
    reason = (
        f"With a bias of {show(bias)} and an SD of differences of {show(sd)}, the root mean square difference "
        f"{_root_mean_square(n)} is {show(squares.root())}; as MAE is at most that, and at "
        f"least the size of the bias{square}"
    )
    return compare(mae, Interval(least, squares.root().high), reason, "MAE")


def rmse_from_spread(rmse: Interval, bias: Interval, sd: Interval, n: int | None) -> Outcome:
    """Whether RMSE = sqrt(bias^2 + SD^2 (n - 1)/n)."""
    possible = (bias.square() + sd.square() * share_below(n)).root()
    reason = f"With a bias of {show(bias)} and an SD of differences of {show(sd)}, by {_root_mean_square(n)}"
    return compare(rmse, possible, reason, "RMSE")


def _root_mean_square(n: int | None) -> str:
    """The formula that `share_below` leads to, in words."""
    if n is None or n < 2:
        return "sqrt(bias^2 + SD^2 (n - 1)/n), n being unknown and (n - 1)/n from 1/2 to 1,"
    return f"sqrt(bias^2 + SD^2 (n - 1)/n), or without (n - 1)/n = {n - 1:,}/{n:,} if the SD has n below the line,"


def sd_of_differences(sd: Interval, machine: Interval, human: Interval, r: Interval) -> Outcome:
    """Whether SD_d^2 = SD_m^2 + SD_h^2 - 2 r SD_m SD_h; convex in each SD, so its ends are found exactly."""
    possible = possible_sd_of_differences(machine, human, r)
    reason = f"With SDs of {show(machine)} and {show(human)} and r = {show(r)}, by SD^2 = SD1^2 + SD2^2 - 2 r SD1 SD2"
    return compare(sd, possible, reason, "the SD of differences")


def possible_sd_of_differences(machine: Interval, human: Interval, r: Interval) -> Interval:
    """Smallest and largest SD of differences: the largest at a corner, the smallest there or where a slope is zero."""
    values: list[float] = []
    for correlation in (r.low, r.high):
        pairs = [(a, b) for a in (machine.low, machine.high) for b in (human.low, human.high)]
        pairs += [(_within(correlation * b, machine), b) for b in (human.low, human.high)]
        pairs += [(a, _within(correlation * a, human)) for a in (machine.low, machine.high)]
        values += [a * a + b * b - 2 * correlation * a * b for a, b in pairs]
    return Interval(min(values), max(values)).root()


def sd_on_scale(sd: Interval, average: Interval, low: float, high: float, n: int | None) -> Outcome:
    """Whether an SD is possible with a mean on a bounded scale: SD^2 <= (M - low)(high - M) n/(n - 1).

    Bhatia and Davis (2000), doi:10.1080/00029890.2000.12005203.
    """
    middle = _within((low + high) / 2, average)
    most = max((value - low) * (high - value) for value in (average.low, average.high, middle))
    possible = (Interval(0.0, max(most, 0.0)) / share_below(n).low).root()
    line = f"n/(n - 1) = {n:,}/{n - 1:,}" if n is not None and n >= 2 else "2 (n is unknown: n/(n - 1) is at most 2)"
    reason = (
        f"As SD^2 is at most (mean - low)(high - mean) x {line}, from {show(low)} to {show(high)} with a mean of "
        f"{show(average)}"
    )
    return compare(sd, possible, reason, "the SD")


def on_scale(value: Interval, low: float, high: float, what: str) -> Outcome:
    """Whether a mean lies on its scale, or a difference within its width."""
    return compare(value, Interval(low, high), f"On a scale of {show(low)} to {show(high)}", what)


def folded_normal_mae(bias: float, sd: float) -> float:
    """Mean absolute value of a normal variable: SD sqrt(2/pi) exp(-bias^2/(2 SD^2)) + bias (1 - 2 Phi(-bias/SD)).

    Leone, Nelson and Nottingham (1961), The folded normal distribution, doi:10.1080/00401706.1961.10489974.
    An SD of 0 gives |bias|.

    Examples
    --------
    >>> round(folded_normal_mae(1.28, 1.617), 3)
    1.675
    """
    if sd <= 0:
        return abs(bias)
    ratio = bias / sd
    return float(sd * math.sqrt(2 / math.pi) * math.exp(-ratio * ratio / 2) + bias * (1 - 2 * norm.cdf(-ratio)))


def folded_normal(approximation: Interval, bias: Interval, sd: Interval) -> Outcome:
    """Whether a MAE approximated from bias and SD follows from the formula, which rises in |bias| and in SD."""
    size, spread = abs(bias), Interval(max(sd.low, 0.0), sd.high)
    possible = Interval(folded_normal_mae(size.low, spread.low), folded_normal_mae(size.high, spread.high))
    reason = (
        "By SD x sqrt(2/pi) x exp(-bias^2/(2 SD^2)) + bias x (1 - 2 Phi(-bias/SD)), "
        f"with a bias of {show(size)} and an SD of {show(spread)}"
    )
    return compare(approximation, possible, reason, "the approximated MAE")


def _within(value: float, interval: Interval) -> float:
    return min(max(value, interval.low), interval.high)

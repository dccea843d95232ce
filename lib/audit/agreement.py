"""Kappa against accuracy, and F1 against recalls, in designs whose classes are equally frequent."""

from __future__ import annotations

import math

from lib.audit.counts import possible_counts
from lib.audit.intervals import Interval, show
from lib.audit.outcome import Outcome, compare


def possible_kappa(accuracy: Interval, classes: int) -> Interval:
    """What Cohen's kappa can be at an accuracy, if each of `classes` classes is equally frequent.

    Chance agreement is the sum over classes of 1/k times the share of answers in that class: 1/k if every answer is
    one of the classes, and less if some are not (unparseable, another label). Such answers are wrong, so their share is
    at most 1 - accuracy, and chance agreement at least accuracy/k. Kappa = (accuracy - chance)/(1 - chance) falls as
    chance agreement rises. Both ends are exact: (a - 1/k)/(1 - 1/k) and a(1 - 1/k)/(1 - a/k).
    Kappa: Cohen (1960), doi:10.1177/001316446002000104.
    """
    chance = 1 / classes
    return Interval(
        (accuracy.low - chance) / (1 - chance), accuracy.high * (1 - chance) / (1 - min(accuracy.high, 1.0) * chance)
    )


def kappa_from_accuracy(accuracy: Interval, kappa: Interval, classes: int, n: int | None = None) -> Outcome:
    """Whether a kappa is possible at an accuracy in a balanced design; `n` restricts the accuracy to whole counts."""
    narrowed = _whole(accuracy, n)
    if narrowed is None:
        return Outcome(False, f"No count out of {n:,} gives an accuracy of {show(accuracy)}.")
    possible = possible_kappa(narrowed, classes)
    reason = (
        f"With {classes} equally frequent classes chance agreement is at most 1/{classes}, so that kappa is at least "
        f"(accuracy - 1/{classes})/(1 - 1/{classes}), and, where wrong answers are of none of the "
        f"classes, at most accuracy x (1 - 1/{classes})/(1 - accuracy/{classes}); at an accuracy of {show(narrowed)}"
    )
    return compare(kappa, possible, reason, "kappa")


def possible_f1(right: Interval, n: int, most_false: float) -> Interval:
    """F1 of one class: `right` of its `n` images are named, and at most `most_false` others are called it wrongly.

    F1 = 2 TP / (2 TP + FN + FP) = 2 TP / (TP + n + FP), with FP from 0 to `most_false`.
    """
    low, high = max(right.low, 0.0), min(right.high, float(n))
    return Interval(2 * low / (low + n + most_false), 2 * high / (high + n))


def f1_from_recall(f1: Interval, right: Interval, n: int, most_false: float, named: float = 0) -> Outcome:
    """Whether the F1 of a class is possible, given its recall and the wrong answers that there can be.

    Parameters
    ----------
    f1
        The printed F1.
    right, n
        Right answers to the class, and its images.
    most_false
        The most images of other classes that can have been called this class.
    named
        How many wrong answers are known to have been another class, for the sentence only.
    """
    known = f" ({named:,.0f} wrong answers are printed as another class)" if named else ""
    reason = (
        f"With {show(right, 1)} of {n:,} images named and at most {show(most_false, 1)} others called so wrongly"
        f"{known}, F1 = 2 x right/(right + images + wrongly called so)"
    )
    return compare(f1, possible_f1(right, n, most_false), reason, "F1")


def possible_macro_f1(right: list[Interval], n: int, most_false: list[float], wrong: float) -> Interval:
    """Bounds of the mean F1 of equally frequent classes.

    Parameters
    ----------
    right
        Right answers of each class out of `n`.
    n
        Images a class.
    most_false
        The most images that can have been called each class wrongly.
    wrong
        All wrong answers together.

    Notes
    -----
    The upper bound has no false calls at all (all wrong answers outside the classes). For the lower one the `wrong`
    false calls are given out, as fractions, where they lower the mean most: each F1 is a falling convex function of
    its false calls, so giving each to the class with the steepest slope is optimal. Dropping the rule that a class's
    own images cannot be called it wrongly makes the bound lower than what answers can reach, never higher.
    """
    classes = len(right)
    highest = sum(possible_f1(one, n, 0.0).high for one in right) / classes
    low = [max(one.low, 0.0) for one in right]
    steepest = max((2 * one / (one + n) ** 2 for one in low), default=0.0)
    lower, upper = 0.0, steepest
    for _ in range(200):
        slope = (lower + upper) / 2
        given = _given(low, n, most_false, slope)
        lower, upper = (slope, upper) if sum(given) > wrong else (lower, slope)
    given = _given(low, n, most_false, lower)
    lowest = sum(2 * one / (one + n + false) for one, false in zip(low, given, strict=True)) / classes
    return Interval(lowest, highest)


def _given(right: list[float], n: int, most_false: list[float], slope: float) -> list[float]:
    """False calls up to which each class's F1 falls more steeply than `slope` a call: 2 TP/(TP + n + FP)^2 = slope."""
    if slope <= 0:
        return [limit if one > 0 else 0.0 for one, limit in zip(right, most_false, strict=True)]
    return [
        min(max(math.sqrt(2 * one / slope) - one - n, 0.0), limit) for one, limit in zip(right, most_false, strict=True)
    ]


def macro_f1_from_recalls(
    macro_f1: Interval, right: list[Interval], n: int, most_false: list[float], wrong: float
) -> Outcome:
    """Whether a macro F1 is possible, given every class's recall."""
    possible = possible_macro_f1(right, n, most_false, wrong)
    counts = ", ".join(show(one, 0) for one in right)
    reason = (
        f"With {counts} of {n:,} images a class named, {show(wrong, 0)} answers are wrong; "
        f"wherever these lie, by F1 = 2 x right/(right + images + wrongly called so)"
    )
    return compare(macro_f1, possible, reason, "the mean of the classes' F1")


def _whole(accuracy: Interval, n: int | None) -> Interval | None:
    if n is None:
        return accuracy
    counts = possible_counts(accuracy, n)
    return Interval(counts[0] / n, counts[1] / n) if counts else None

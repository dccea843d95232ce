"""The smallest MAE that ratings on a bounded scale can have, given their means, SDs and correlation."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.optimize import linprog

from lib.audit.errors_of_ratings import share_below
from lib.audit.intervals import Interval, show
from lib.audit.outcome import Outcome, compare

POINTS = 65


@dataclass(frozen=True)
class Moments:
    """Mean and SD of machine and people, and their correlation, each as printed; n images, or None."""

    machine_mean: Interval
    machine_sd: Interval
    human_mean: Interval
    human_sd: Interval
    r: Interval
    n: int | None = None

    def ranges(self) -> list[Interval]:
        """E[m], E[h], E[m^2], E[h^2] and E[mh]; wider than needed, never narrower."""
        below = share_below(self.n)
        squares = [
            sd.square() * below + mean.square()
            for mean, sd in ((self.machine_mean, self.machine_sd), (self.human_mean, self.human_sd))
        ]
        product = self.r * self.machine_sd * self.human_sd * below + self.machine_mean * self.human_mean
        return [self.machine_mean, self.human_mean, *squares, product]


def mae_from_moments(mae: Interval, moments: Moments, low: float, high: float) -> Outcome:
    """Whether an MAE is possible, given all moments, if every rating lies on the scale."""
    least = smallest_mae(moments, low, high)
    if least is None:
        return Outcome(
            False,
            f"No ratings from {show(low)} to {show(high)} have these means, SDs and this correlation together.",
        )
    reason = (
        f"With means of {show(moments.machine_mean)} and {show(moments.human_mean)}, SDs of "
        f"{show(moments.machine_sd)} and {show(moments.human_sd)} and r = {show(moments.r)}, whatever the ratings from "
        f"{show(low)} to {show(high)} are (linear programme over all joint distributions)"
    )
    return compare(mae, Interval(least, float("inf")), reason, "MAE")


@lru_cache(maxsize=256)
def smallest_mae(moments: Moments, low: float, high: float) -> float | None:
    """Lower bound of E|m - h| over every joint distribution on the scale with these moments; None if there is none.

    The linear programme over a grid has a dual: a quadratic q(m, h) that lies below |m - h| on the grid and whose
    expectation, which the moments give, is the bound. Between the grid's points q can rise above |m - h| by at
    most (step^2/8) times the curvature (the grid is cut along its diagonal, where |m - h| has its kink), so
    that much is taken off: the bound also holds for ratings between the grid's points.
    """
    axis = np.linspace(low, high, POINTS)
    machine, human = (grid.ravel() for grid in np.meshgrid(axis, axis, indexing="ij"))
    features = np.vstack([machine, human, machine**2, human**2, machine * human])
    ranges = moments.ranges()
    upper = [limit.high for limit in ranges] + [-limit.low for limit in ranges]
    step = (high - low) / (POINTS - 1)
    widened = np.array(upper) + np.array([0, 0, step**2 / 4, step**2 / 4, step**2 / 4] * 2)
    solved = linprog(
        np.abs(machine - human), A_ub=np.vstack([features, -features]), b_ub=widened,
        A_eq=np.ones((1, machine.size)), b_eq=[1.0], method="highs",
    )  # fmt: skip
    if solved.status != 0:
        return None if solved.status == 2 else 0.0
    weights = solved.ineqlin.marginals[:5] - solved.ineqlin.marginals[5:]
    curvature = abs(2 * weights[2]) + abs(2 * weights[3]) + 2 * abs(weights[4])
    below = float(np.min(np.abs(machine - human) - weights @ features))
    expected = sum(
        weight * (limit.low if weight > 0 else limit.high) for weight, limit in zip(weights, ranges, strict=True)
    )
    return max(float(below + expected - step**2 / 8 * curvature), 0.0)

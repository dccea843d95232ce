"""A linear mixed model with two crossed random intercepts: rating ~ ... + (1 | participant) + (1 | image)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import optimize
from threadpoolctl import threadpool_limits

from lib.metrics.crossed_criterion import CriterionAt, evaluate
from lib.metrics.crossed_sums import CrossedRatings, CrossedSums, read_crossed, sum_crossed
from lib.metrics.mixed_design import Matrix
from lib.metrics.mixed_model import MixedFit, ModelNotFittedError

Flags = NDArray[np.bool_]
EXACT = 1e-12
SMALLEST_RATIO = 1e-4  # below it, ask whether the criterion is lower without the factor
STEP = 1e-4
NEWTON_STEPS = 8
ENOUGH = 1e-9


@dataclass(frozen=True)
class _Solution:
    """Ratios of variances (eliminated, kept) at the lowest criterion, and second derivatives by their logarithms."""

    ratios: Matrix
    hessian: Matrix


def fit_crossed(
    frame: pl.DataFrame,
    response: str,
    factors: Sequence[str] = (),
    participant: str = "participant_id",
    image: str = "image_id",
) -> MixedFit:
    """Fit response ~ factors crossed + (1 | participant) + (1 | image) by REML, on any incomplete design.

    Parameters
    ----------
    frame : polars.DataFrame
        One row a rating: columns `response` (units of the scale; null or NaN = left out and counted), `participant`,
        `image` and `factors`.
    response : str
        Column of the ratings.
    factors : sequence of str
        Columns of the fixed effects, constant within an image; none fits the intercept alone.
    participant, image : str
        Columns of the random intercepts.

    Returns
    -------
    MixedFit
        Its variances are those of `participant`, `image` and `residual`, by the names of the columns.

    Raises
    ------
    DataError
        If a column is missing, or a factor differs within an image.
    ModelNotFittedError
        If there are too few participants, images or ratings, or ratings without differences.

    Notes
    -----
    The factor with more levels is eliminated through its diagonal, by groups of levels with equally many ratings, so
    that a step's cost depends on the smaller factor alone: one Cholesky factor of, say, 1,000 participants. Exact
    gradient; BFGS on the logarithms of the ratios of variances, then Newton's method. Where the criterion is lowest
    with a variance at zero the factor is left out, as in lme4's singular fits, and named in `singular`. Linear algebra
    runs on one thread, which is faster at these sizes. Checked against lme4 1.1-31 and lmerTest 3.1-3 on complete,
    incomplete and ragged designs and on lme4's Penicillin (tests/reference/mixed.R).
    """
    ratings = read_crossed(frame, response, factors, participant, image)
    with threadpool_limits(1, "blas"):
        sums, images_eliminated = sum_crossed(ratings)
        solution = _solve(sums)
        return _finish(ratings, sums, solution, (image, participant) if images_eliminated else (participant, image))


def _solve(sums: CrossedSums) -> _Solution:
    """The ratios of variances at which the criterion is lowest; zero where that is on the boundary."""
    m = sums.n_observations - sums.products.shape[0] + 1
    if m < 1 or evaluate(sums, (0.0, 0.0)).residual <= EXACT * max(float(sums.products[-1, -1]), 1.0):
        raise ModelNotFittedError("The fixed effects fit every rating exactly, got no residuals. Leave this model out.")
    free = np.array([True, True])
    logs = np.log(_start(sums))
    while free.any():
        logs[free] = _minimise(sums, logs, free, m)
        ratios = np.where(free, np.exp(logs), 0.0)
        smallest = int(np.argmin(np.where(free, ratios, np.inf)))
        if ratios[smallest] >= SMALLEST_RATIO:
            break
        without = free.copy()
        without[smallest] = False
        other = logs.copy()
        if without.any():
            other[without] = _minimise(sums, logs, without, m)
        on_boundary = evaluate(sums, _pair(np.where(without, np.exp(other), 0.0)))
        if on_boundary.gradient(m)[smallest] < 0:
            break
        free, logs = without, other
    return _polish(sums, logs, free, m)


def _minimise(sums: CrossedSums, logs: Matrix, free: Flags, m: int) -> Matrix:
    """Logarithms of the free ratios near the lowest criterion, by BFGS; the others are at zero."""

    def criterion(own: Matrix) -> tuple[float, Matrix]:
        ratios = np.zeros(2)
        ratios[free] = np.exp(np.clip(own, -40, 40))
        at = evaluate(sums, _pair(ratios))
        return at.profiled(m), at.gradient(m)[free] * ratios[free]

    levels = np.array([sums.n_eliminated.sum(), sums.counts.size])
    found = optimize.minimize(
        criterion, logs[free], jac=True, method="BFGS",
        options={"gtol": 1e-3 * np.sqrt(levels.min()), "hess_inv0": np.diag(1 / levels[free])},
    )  # fmt: skip
    return np.asarray(found.x, dtype=np.float64)


def _polish(sums: CrossedSums, logs: Matrix, free: Flags, m: int) -> _Solution:
    """Newton's method on the exact gradient, and its derivatives by central differences at the end."""
    places = np.flatnonzero(free)

    def gradient(own: Matrix) -> Matrix:
        ratios = np.where(free, np.exp(own), 0.0)
        return evaluate(sums, _pair(ratios)).gradient(m) * ratios

    hessian = np.zeros((2, 2))
    own = logs.copy()
    for turn in range(NEWTON_STEPS if free.any() else 0):
        if turn == 0:
            hessian = _differences(gradient, own, places)
        step = np.zeros(2)
        step[places] = np.linalg.solve(hessian[np.ix_(places, places)], gradient(own)[places])
        own = own - step
        if np.abs(step).max() < ENOUGH:
            break
    if free.any():
        hessian = _differences(gradient, own, places)
    return _Solution(np.where(free, np.exp(own), 0.0), hessian)


def _differences(gradient: Callable[[Matrix], Matrix], own: Matrix, places: NDArray[np.int64]) -> Matrix:
    """Second derivatives from central differences of the exact gradient, made symmetric."""
    hessian = np.zeros((2, 2))
    for place in places:
        shift = np.zeros(2)
        shift[place] = STEP
        hessian[:, place] = (gradient(own + shift) - gradient(own - shift)) / (2 * STEP)
    return (hessian + hessian.T) / 2


def _start(sums: CrossedSums) -> Matrix:
    """Ratios of variances to start from: the variance of level means beyond what the other parts explain of it."""
    p = sums.products.shape[0] - 1
    ordinary = np.linalg.solve(sums.products[:p, :p], sums.products[:p, p])
    toward = np.append(-ordinary, 1.0)
    total = float(toward @ sums.products @ toward) / sums.n_observations
    n_eliminated = float(sums.n_eliminated.sum())
    squares = float(((sums.squares @ toward) @ toward / sums.eliminated_counts**2).sum())
    means = np.array([squares / n_eliminated, float(((sums.sums @ toward / sums.counts) ** 2).mean())])
    per_level = sums.n_observations / np.array([n_eliminated, sums.counts.size])
    between = np.maximum(means - total / per_level, 0.0)
    residual = max(total - float(between.sum()), 0.1 * total)
    return np.asarray(np.clip(between / residual, 0.01, 100.0), dtype=np.float64)


def _finish(ratings: CrossedRatings, sums: CrossedSums, solution: _Solution, names: tuple[str, str]) -> MixedFit:
    """Variances, their covariance and what the degrees of freedom need."""
    at = evaluate(sums, _pair(solution.ratios))
    m = sums.n_observations - at.beta.size
    residual = at.residual / m
    free = solution.ratios > 0
    parameters = np.append(free, True)
    covariance = np.zeros((3, 3))
    hessian = _hessian(at, solution, residual, m)
    covariance[np.ix_(parameters, parameters)] = 2 * np.linalg.inv(hessian[np.ix_(parameters, parameters)])
    to_variances = np.array([[residual, 0, solution.ratios[0]], [0, residual, solution.ratios[1]], [0, 0, 1.0]])
    of_variances = to_variances @ covariance @ to_variances.T
    of_variances[~parameters, :] = of_variances[:, ~parameters] = 0.0
    variances = dict(zip((*names, "residual"), (*(solution.ratios * residual), residual), strict=True))
    beta = at.beta.copy()
    beta[0] += ratings.centre
    n_levels = {names[0]: int(sums.n_eliminated.sum()), names[1]: sums.counts.size}
    return MixedFit(
        design=ratings.design,
        beta=beta,
        covariance=residual * at.inverse,
        variances={name: float(value) for name, value in variances.items()},
        variance_covariance=of_variances,
        reml=at.profiled(m),
        n_observations=sums.n_observations,
        n_excluded=ratings.n_excluded,
        n_levels=n_levels,
        singular=tuple(name for name, is_free in zip(names, free, strict=True) if not is_free),
        products=sums.products[:-1, :-1],
        jacobians=(
            *(-residual * at.inverse @ slope @ at.inverse for slope in at.information_slopes),
            at.inverse,
        ),
        parameter_covariance=covariance,
    )


def _hessian(at: CriterionAt, solution: _Solution, residual: float, m: int) -> Matrix:
    """Second derivatives of the REML criterion by both ratios and the residual variance.

    The profiled criterion's derivatives by the ratios are those of the whole less what the residual variance takes.
    """
    scale = np.outer(solution.ratios, solution.ratios)
    hessian = np.zeros((3, 3))
    by_ratios = np.divide(solution.hessian, scale, out=np.zeros((2, 2)), where=scale > 0)
    hessian[:2, :2] = by_ratios + np.outer(at.residual_slope, at.residual_slope) / (m * residual**2)
    hessian[2, :2] = hessian[:2, 2] = -at.residual_slope / residual**2
    hessian[2, 2] = m / residual**2
    return hessian


def _pair(ratios: Matrix) -> tuple[float, float]:
    return float(ratios[0]), float(ratios[1])

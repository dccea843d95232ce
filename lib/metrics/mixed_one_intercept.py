"""A linear mixed model with one random intercept, such as rating ~ rater_type * emotion + (1 | image)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy import linalg, optimize

from lib.metrics.mixed_cells import PatternSums, sum_patterns
from lib.metrics.mixed_design import Matrix
from lib.metrics.mixed_model import MixedFit, ModelNotFittedError

LARGEST_RATIO = 1e8
EXACT = 1e-12  # a residual sum of squares below this share of the whole is rounding error


@dataclass(frozen=True)
class _Profile:
    """The criterion's parts at one ratio of variances."""

    shrink: Matrix
    cholesky: tuple[Matrix, bool]
    beta: Matrix
    residual: float
    log_determinants: float


def fit_one_intercept(frame: pl.DataFrame, response: str, factors: Sequence[str], group: str) -> MixedFit:
    """Fit response ~ all factors crossed + (1 | group) by REML.

    Parameters
    ----------
    frame : polars.DataFrame
        One row a rating: columns `response` (units of the scale; null or NaN = left out and counted), `group` and
        `factors` (null = left out and counted).
    response : str
        Column of the ratings.
    factors : sequence of str
        Columns of the fixed effects, all crossed, treatment-coded against the alphabetically first level.
    group : str
        Column of the random intercept, such as image_id.

    Returns
    -------
    MixedFit
        Its variances are those of `group` and `residual`.

    Raises
    ------
    DataError
        If a column is missing.
    ModelNotFittedError
        If there are too few groups or rows, or the fixed effects leave no differences between ratings.

    Notes
    -----
    With g = var(group) / var(residual), n_i rows of group i, d_i = 1 + n_i g, w_i = g / d_i, s_i and t_i the sums of
    its rows of X and y: ``A = X'X - sum w_i s_i s_i'``, ``Q`` the residual sum of squares in the same metric and
    m = n - p, the REML criterion is ``sum log d_i + log|A| + m (1 + log(2 pi Q / m))`` (Bates, Maechler, Bolker &
    Walker, 2015, doi:10.18637/jss.v067.i01). Its derivative by g is exact and solved by Brent's method; g = 0 where it
    rises from there (a singular fit). The Hessian in g and the residual variance is in closed form, hence the
    Satterthwaite degrees of freedom are too. Checked against lme4 1.1-31 and lmerTest 3.1-3 (tests/reference/mixed.R).
    """
    sums = sum_patterns(frame, response, factors, group)
    n_coefficients = sums.design.matrix.shape[1]
    if sums.n_observations <= n_coefficients:
        raise ModelNotFittedError(
            f"A model with {n_coefficients!r} coefficients needs more ratings than that, got {sums.n_observations!r}. "
            "Leave factors out."
        )
    ratio = _solve_ratio(sums)
    return _finish(sums, ratio, group)


def _profile(sums: PatternSums, ratio: float) -> _Profile:
    """Fixed effects and criterion at one ratio of variances."""
    scale = 1 + sums.rows * ratio
    shrink = ratio / scale
    information = sums.xx - (sums.x * (sums.n_groups * shrink)[:, np.newaxis]).T @ sums.x
    right = sums.xy - sums.x.T @ (shrink * sums.y)
    cholesky = linalg.cho_factor(information, lower=True)
    beta = linalg.cho_solve(cholesky, right)
    residual = float(sums.yy - shrink @ sums.y_squared - right @ beta)
    log_determinants = sums.n_groups @ np.log(scale) + 2 * np.log(np.diag(cholesky[0])).sum()
    return _Profile(shrink, cholesky, beta, residual, float(log_determinants))


def _residual_squares(sums: PatternSums, beta: Matrix) -> tuple[Matrix, Matrix]:
    """Sums over a pattern's groups of their residual sums, and of the squares of these."""
    fitted = sums.x @ beta
    return (
        sums.y - sums.n_groups * fitted,
        sums.y_squared - 2 * fitted * sums.y + sums.n_groups * fitted**2,
    )


def _score(ratio: float, sums: PatternSums) -> float:
    """Derivative of the profiled criterion by the ratio of variances."""
    at = _profile(sums, ratio)
    slope = 1 / (1 + sums.rows * ratio) ** 2
    _, squares = _residual_squares(sums, at.beta)
    change = -(sums.x * (sums.n_groups * slope)[:, np.newaxis]).T @ sums.x
    trace = np.trace(linalg.cho_solve(at.cholesky, change))
    m = sums.n_observations - at.beta.size
    return float(sums.n_groups @ (sums.rows / (1 + sums.rows * ratio)) + trace - m * (slope @ squares) / at.residual)


def _solve_ratio(sums: PatternSums) -> float:
    """The ratio of variances at which the criterion is lowest."""
    if _profile(sums, 0.0).residual <= EXACT * max(sums.yy, 1.0):
        raise ModelNotFittedError("The fixed effects fit every rating exactly, got no residuals. Leave this model out.")
    if _score(0.0, sums) >= 0:
        return 0.0
    low, high = 0.0, 0.01
    while _score(high, sums) < 0:
        low, high = high, 4 * high
        if high > LARGEST_RATIO:
            raise ModelNotFittedError(
                "Ratings of one group differ by the fixed effects alone, got no residual variance. "
                "Leave this model out."
            )
    return float(optimize.brentq(_score, low, high, args=(sums,), xtol=1e-14, rtol=1e-13))


def _finish(sums: PatternSums, ratio: float, group: str) -> MixedFit:
    """Variances, their covariance and what the degrees of freedom need, at the lowest criterion."""
    at = _profile(sums, ratio)
    m = sums.n_observations - at.beta.size
    residual_variance = at.residual / m
    inverse = linalg.cho_solve(at.cholesky, np.eye(at.beta.size))
    slope = 1 / (1 + sums.rows * ratio) ** 2
    change = -(sums.x * (sums.n_groups * slope)[:, np.newaxis]).T @ sums.x
    hessian = _hessian(sums, ratio, at, inverse)
    boundary = ratio == 0
    covariance: Matrix = np.diag([0.0, 2 / hessian[1, 1]])
    if not boundary:
        covariance = np.asarray(2 * np.linalg.inv(hessian), dtype=np.float64)
    to_variances = np.array([[residual_variance, ratio], [0.0, 1.0]])
    beta = at.beta.copy()
    beta[0] += sums.centre  # the intercept is the first column and is never dropped
    return MixedFit(
        design=sums.design,
        beta=beta,
        covariance=residual_variance * inverse,
        variances={group: ratio * residual_variance, "residual": residual_variance},
        variance_covariance=np.diag([0.0, covariance[1, 1]])
        if boundary
        else to_variances @ covariance @ to_variances.T,
        reml=at.log_determinants + m * (1 + np.log(2 * np.pi * residual_variance)),
        n_observations=sums.n_observations,
        n_excluded=sums.n_excluded,
        n_levels={group: int(sums.n_groups.sum())},
        singular=(group,) if boundary else (),
        products=sums.xx,
        jacobians=(-residual_variance * inverse @ change @ inverse, inverse),
        parameter_covariance=covariance,
    )


def _hessian(sums: PatternSums, ratio: float, at: _Profile, inverse: Matrix) -> Matrix:
    """Second derivatives of the REML criterion by the ratio of variances and the residual variance."""
    scale = 1 + sums.rows * ratio
    slope, bend = 1 / scale**2, -2 * sums.rows / scale**3
    m = sums.n_observations - at.beta.size
    variance = at.residual / m
    totals, squares = _residual_squares(sums, at.beta)
    first = -(sums.x * (sums.n_groups * slope)[:, np.newaxis]).T @ sums.x
    second = -(sums.x * (sums.n_groups * bend)[:, np.newaxis]).T @ sums.x
    moved = inverse @ first
    pull = -sums.x.T @ (slope * totals)
    residual_slope = -(slope @ squares)
    residual_bend = -(bend @ squares) - 2 * pull @ inverse @ pull
    by_ratio = (
        -(sums.n_groups @ (sums.rows / scale) ** 2)
        + np.trace(inverse @ second)
        - np.trace(moved @ moved)
        + residual_bend / variance
    )
    both = -residual_slope / variance**2
    by_variance = -m / variance**2 + 2 * at.residual / variance**3
    return np.array([[by_ratio, both], [both, by_variance]])

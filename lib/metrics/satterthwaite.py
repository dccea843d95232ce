"""Tests of contrasts of a mixed model's coefficients, with Satterthwaite's degrees of freedom as lmerTest has them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from lib.errors import DataError
from lib.metrics.mixed_design import Matrix
from lib.metrics.mixed_model import MixedFit

RANK_TOLERANCE = np.sqrt(np.finfo(float).eps)
SAME_DF = 1e-8


@dataclass(frozen=True)
class ContrastTests:
    """Tests that contrasts are zero, one after the other.

    Attributes
    ----------
    estimate, se, df, t, p : numpy.ndarray
        One value a contrast: estimate and standard error in units of the scale, degrees of freedom, two-sided p.
    """

    estimate: Matrix
    se: Matrix
    df: Matrix
    t: Matrix
    p: Matrix

    def interval(self, confidence: float) -> tuple[Matrix, Matrix]:
        """Low and high end of the confidence intervals by the t distribution."""
        half = stats.t.ppf((1 + confidence) / 2, self.df) * self.se
        return self.estimate - half, self.estimate + half


@dataclass(frozen=True)
class JointTest:
    """Test that several contrasts are zero together.

    Attributes
    ----------
    df : int
        Number of independent contrasts.
    df_residual : float
        Denominator degrees of freedom.
    f, p : float
        F statistic and its p.
    """

    df: int
    df_residual: float
    f: float
    p: float


def contrast_tests(fit: MixedFit, contrasts: Matrix) -> ContrastTests:
    """Estimate contrasts of the coefficients and test each.

    Parameters
    ----------
    fit : MixedFit
        A fitted model.
    contrasts : numpy.ndarray
        Weights of the kept coefficients, shape (contrasts, coefficients).

    Returns
    -------
    ContrastTests

    Notes
    -----
    ``df = 2 v^2 / (g' A g)`` with v the contrast's variance, g its gradient by the variance parameters and A their
    covariance from the Hessian of the REML criterion (Satterthwaite, 1946, doi:10.2307/3002019; Kuznetsova,
    Brockhoff & Christensen, 2017, doi:10.18637/jss.v082.i13). Checked against lmerTest 3.1-3 (tests/reference/mixed.R).
    """
    weights = np.atleast_2d(contrasts)
    if weights.shape[1] != fit.beta.size:
        raise DataError(f"A contrast needs a weight for each of {fit.beta.size} coefficients, got {weights.shape[1]}.")
    estimate = weights @ fit.beta
    variance = _quadratic(weights, fit.covariance)
    gradient = np.stack([_quadratic(weights, jacobian) for jacobian in fit.jacobians])
    spread = np.einsum("ai,ab,bi->i", gradient, fit.parameter_covariance, gradient)
    df = 2 * variance**2 / spread
    t = estimate / np.sqrt(variance)
    return ContrastTests(estimate, np.sqrt(variance), df, t, 2 * stats.t.sf(np.abs(t), df))


def joint_test(fit: MixedFit, contrasts: Matrix) -> JointTest | None:
    """Test that all contrasts are zero; None where none of them is left to test.

    Notes
    -----
    The contrasts are turned into independent ones by the eigenvectors of their covariance; F is the mean of their
    squared t values, its denominator df is that of an F variable with the same expectation as the mean of squared t
    variables with their df (Fai & Cornelius, 1996, doi:10.1080/00949659608811740). As `lmerTest::contestMD`.
    """
    weights = np.atleast_2d(contrasts)
    if weights.size == 0:
        return None
    values, vectors = np.linalg.eigh(weights @ fit.covariance @ weights.T)
    used = values > RANK_TOLERANCE * values.max()
    independent = vectors[:, used].T @ weights
    tests = contrast_tests(fit, independent)
    rank = int(used.sum())
    f = float((tests.t**2).mean())
    df_residual = _pooled_df(tests.df)
    return JointTest(rank, df_residual, f, float(stats.f.sf(f, rank, df_residual)))


def _pooled_df(df: Matrix) -> float:
    """Denominator degrees of freedom of the mean of squared t variables with degrees of freedom `df`."""
    if df.size == 1 or np.ptp(df) < SAME_DF:
        return float(df.mean())
    if (df <= 2).any():
        return 2.0
    expectation = float((df / (df - 2)).sum())
    return 2 * expectation / (expectation - df.size)


def _quadratic(weights: Matrix, matrix: Matrix) -> Matrix:
    """The products w' M w, one for each row w."""
    return np.asarray(np.einsum("ij,jk,ik->i", weights, matrix, weights), dtype=np.float64)

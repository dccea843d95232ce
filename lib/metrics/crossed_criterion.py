"""The REML criterion of two crossed random intercepts, with its exact derivatives by the ratios of variances."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import linalg

from lib.metrics.crossed_sums import CrossedSums
from lib.metrics.mixed_design import Matrix


@dataclass(frozen=True)
class CriterionAt:
    """The criterion's parts at two ratios of variances (eliminated factor, kept factor).

    Attributes
    ----------
    log_determinants : float
        log|V| + log|X'V^-1 X| with residual variance 1.
    log_slope : numpy.ndarray
        Its derivatives by the two ratios.
    residual : float
        Residual sum of squares in the metric of V.
    residual_slope : numpy.ndarray
        Its derivatives.
    beta : numpy.ndarray
        Coefficients.
    inverse : numpy.ndarray
        (X'V^-1 X)^-1: the coefficients' covariance with residual variance 1.
    information_slopes : tuple of numpy.ndarray
        Derivatives of X'V^-1 X by the two ratios.
    """

    log_determinants: float
    log_slope: Matrix
    residual: float
    residual_slope: Matrix
    beta: Matrix
    inverse: Matrix
    information_slopes: tuple[Matrix, Matrix]

    def profiled(self, m: int) -> float:
        """The REML criterion with the residual variance at its best; m = observations - coefficients."""
        return float(self.log_determinants) + m * float(1 + np.log(2 * np.pi * self.residual / m))

    def gradient(self, m: int) -> Matrix:
        """Its derivatives by the two ratios."""
        return self.log_slope + m * self.residual_slope / self.residual


def evaluate(sums: CrossedSums, ratios: tuple[float, float]) -> CriterionAt:
    """The criterion at two ratios of variances, by one dense Cholesky factor of the size of the kept factor.

    Notes
    -----
    With a and b the ratios of the eliminated and the kept factor, n_k the counts and N_k the meetings of the k-th group
    of eliminated levels: ``w_k = a / (1 + a n_k)``, ``G = D - sum w_k N_k'N_k`` (D the kept counts), ``H = I + b G``;
    products of [X y] lose first ``sum w_k S_k'S_k`` and then ``b B' H^-1 B`` with ``B = S - sum w_k N_k'S_k``.
    """
    a, b = ratios
    size, p = sums.counts.size, sums.products.shape[0] - 1
    met, met_slope, b_sums, b_slope, k_products, k_slope = _eliminated(sums, a)
    h = b * met
    h[np.diag_indices(size)] += 1
    factor = linalg.lapack.dpotrf(h, lower=1, overwrite_a=1, clean=0)[0]
    solved = linalg.lapack.dpotrs(factor, b_sums, lower=1)[0]
    log_h = 2 * np.log(np.diag(factor)).sum()
    h_inverse = linalg.lapack.dpotri(factor, lower=1, overwrite_c=1)[0]
    trace = float(np.trace(h_inverse))
    products = k_products - b * b_sums.T @ solved
    slope_a = k_slope - b * (b_slope.T @ solved + solved.T @ b_slope - b * solved.T @ (met_slope @ solved))
    slope_b = -solved.T @ solved
    cholesky = linalg.cho_factor(products[:p, :p], lower=True)
    beta = linalg.cho_solve(cholesky, products[:p, p])
    inverse = linalg.cho_solve(cholesky, np.eye(p))
    toward = np.append(-beta, 1.0)
    return CriterionAt(
        log_determinants=sums.n_eliminated @ np.log1p(a * sums.eliminated_counts)
        + log_h
        + 2 * np.log(np.diag(cholesky[0])).sum(),
        log_slope=np.array(
            [
                sums.n_eliminated @ (sums.eliminated_counts / (1 + a * sums.eliminated_counts))
                + b * _trace_of_product(h_inverse, met_slope)
                + np.trace(inverse @ slope_a[:p, :p]),
                ((size - trace) / b if b > 0 else np.trace(met)) + np.trace(inverse @ slope_b[:p, :p]),
            ]
        ),
        residual=float(toward @ products @ toward),
        residual_slope=np.array([toward @ slope_a @ toward, toward @ slope_b @ toward]),
        beta=beta,
        inverse=inverse,
        information_slopes=(slope_a[:p, :p], slope_b[:p, :p]),
    )


def _eliminated(sums: CrossedSums, a: float) -> tuple[Matrix, Matrix, Matrix, Matrix, Matrix, Matrix]:
    """What the elimination of one factor leaves, each with its derivative by a: G, B and the products."""
    scale = 1 + a * sums.eliminated_counts
    weights, slopes = a / scale, 1 / scale**2
    met = -sums.meetings.weighted(weights)
    met[np.diag_indices(sums.counts.size)] += sums.counts
    return (
        met,
        -sums.meetings.weighted(slopes),
        sums.sums - np.tensordot(weights, sums.met, 1),
        -np.tensordot(slopes, sums.met, 1),
        sums.products - np.tensordot(weights, sums.squares, 1),
        -np.tensordot(slopes, sums.squares, 1),
    )


def _trace_of_product(lower: Matrix, symmetric: Matrix) -> float:
    """tr(A B) of two symmetric matrices of which the first is given by its lower triangle."""
    both = np.einsum("ij,ij->", np.tril(lower, -1), symmetric)
    return float(2 * both + np.diag(lower) @ np.diag(symmetric))

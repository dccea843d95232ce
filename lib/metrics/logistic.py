"""Logistic regression on categorical factors, tested by likelihood ratios that stay valid at the boundary."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import expit, xlogy
from scipy.stats import chi2

from lib.errors import DataError
from lib.metrics.designs import (
    Cells,
    Numbers,
    Term,
    added_terms,
    collect_cells,
    orthonormal,
    require_terms,
    term_columns,
)

STEPS = 60
BOUNDARY = 12.0  # logit beyond which a cell without any success (or failure) counts as fitted by 0 (or 1)
FURTHEST = 30.0
CONVERGED = 1e-13


@dataclass(frozen=True)
class LikelihoodRatio:
    """What terms add to a logistic regression.

    Attributes
    ----------
    chi2 : float or None
        ``2 (log L_1 - log L_0)``; None where the terms add nothing that can be estimated.
    df : int
        Degrees of freedom that the data can inform, see Notes of `likelihood_ratio`.
    df_nominal : int
        Those that a count of columns gives, as R's ``anova(glm, glm)`` prints.
    p : float or None
        Probability of chi2 on df.
    n, n_excluded : int
        Cases used, and rows left out because the outcome or a factor is missing.
    n_separated : int
        Cases in cells that the smaller model fits perfectly, such as an emotion that is always recognised.
    """

    chi2: float | None
    df: int
    df_nominal: int
    p: float | None
    n: int
    n_excluded: int
    n_separated: int


def likelihood_ratio(
    frame: pl.DataFrame, outcome: str, smaller: Sequence[Term], larger: Sequence[Term]
) -> LikelihoodRatio:
    """Test what the larger of two nested logistic regressions explains beyond the smaller.

    Parameters
    ----------
    frame : polars.DataFrame
        Columns `outcome` (0/1 or truth values; null = missing) and the factors (null = missing).
    outcome : str
        Whether the case is a success.
    smaller, larger : sequence of tuple of str
        Terms such as ``("race",)``; the intercept is implied. Both are fitted to the rows complete in all factors.

    Returns
    -------
    LikelihoodRatio

    Raises
    ------
    DataError
        If a column is missing, no row is complete, an outcome is neither 0 nor 1, or the models are not nested.

    Notes
    -----
    Binomial likelihood of the cells, by iteratively reweighted least squares. Where an emotion is always (or never)
    recognised, its coefficient is infinite, its standard error and Wald test nonsense; the likelihood still has a
    finite limit. Such cells, fitted perfectly by the smaller model already, add nothing to either likelihood and can
    inform no further term (they are fixed given the smaller model's sufficient statistics), so they are set aside and
    df counts what is left; R keeps counting their columns, which makes its p too large there (`df_nominal`). Without
    such cells both are the same. Checked against R: anova(glm, test = "Chisq") with the separated emotion kept
    (chi2, df_nominal) and removed (chi2, df, p) (tests/reference/proportions.R).
    """
    added = added_terms(smaller, larger)
    cells = collect_cells(frame, outcome, list(dict.fromkeys(name for term in larger for name in term)))
    successes = np.rint(cells.mean * cells.n)
    if not np.allclose(cells.within, float((successes * (cells.n - successes) / cells.n).sum()), rtol=1e-9, atol=1e-9):
        raise DataError(f"{outcome}: an outcome must be 0 or 1, got other values. Recode the column {outcome!r}.")
    require_terms([*smaller, *larger], cells)
    before = _columns(cells, smaller)
    whole = np.hstack([before, *(term_columns(cells, term) for term in added)])
    nominal = _rank(whole) - _rank(before)
    inside = np.ones(cells.n.size, dtype=bool)
    fitted = _fit(before, successes, cells.n)
    while (fixed := _separated(fitted, successes[inside], cells.n[inside])).any():
        inside[np.flatnonzero(inside)[fixed]] = False
        fitted = _fit(before[inside], successes[inside], cells.n[inside])
    x, n = successes[inside], cells.n[inside]
    df = _rank(whole[inside]) - _rank(before[inside])
    statistic = p = None
    if df:
        larger_fit = _fit(whole[inside], x, n)
        statistic = max(0.0, _deviance(fitted, x, n) - _deviance(larger_fit, x, n))
        p = float(chi2.sf(statistic, df))
    separated = int(cells.n[~inside].sum())
    return LikelihoodRatio(statistic, df, nominal, p, cells.n_values, cells.n_excluded, separated)


def _columns(cells: Cells, terms: Sequence[Term]) -> Numbers:
    return np.hstack([np.ones((cells.n.size, 1)), *(term_columns(cells, term) for term in terms)])


def _rank(columns: Numbers) -> int:
    return len(orthonormal(columns)[1]) if columns.size else 0


def _fit(columns: Numbers, successes: Numbers, n: Numbers) -> Numbers:
    """Fitted probabilities of each cell, shape (n_cells,); a saturated model reproduces the shares."""
    basis, _ = orthonormal(columns) if columns.size else (columns, [])
    if basis.shape[1] == n.size:
        return np.asarray(successes / n)
    share = (successes + 0.5) / (n + 1)
    logit = np.log(share / (1 - share))
    before = np.inf
    for _ in range(STEPS):
        probability = expit(logit)
        weight = n * probability * (1 - probability)
        root = np.sqrt(weight)
        working = logit + (successes - n * probability) / weight
        solution = np.linalg.lstsq(root[:, np.newaxis] * basis, root * working, rcond=1e-14)[0]
        logit = np.clip(basis @ solution, -FURTHEST, FURTHEST)
        deviance = _deviance(expit(logit), successes, n)
        if abs(before - deviance) <= CONVERGED * (abs(deviance) + 0.1):
            break
        before = deviance
    return np.asarray(expit(logit))


def _separated(fitted: Numbers, successes: Numbers, n: Numbers) -> NDArray[np.bool_]:
    """Cells that the fit puts at 0 or 1, where they are."""
    edge = expit(-BOUNDARY)
    return np.asarray(((successes == 0) & (fitted < edge)) | ((successes == n) & (1 - fitted < edge)))


def _deviance(fitted: Numbers, successes: Numbers, n: Numbers) -> float:
    """``2 (log L of the saturated model - log L)``."""
    failures = n - successes
    gain = xlogy(successes, successes / n) - xlogy(successes, fitted)
    return float(2 * (gain + xlogy(failures, failures / n) - xlogy(failures, 1 - fitted)).sum())

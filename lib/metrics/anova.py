"""Analysis of variance by comparing nested linear models, with empty cells treated as R treats them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal

import numpy as np
import polars as pl
from scipy.stats import f as f_distribution

from lib.errors import DataError, ParameterError
from lib.metrics.designs import (
    Cells,
    Numbers,
    Term,
    added_terms,
    collect_cells,
    crossed_terms,
    empty_cells,
    orthonormal,
    require_terms,
    term_columns,
)
from lib.metrics.schemas import schema_of

Sums = Literal["I", "II", "III"]
EXACT = 1e-20  # share of the total sum of squares below which a residual is rounding error


@dataclass(frozen=True)
class Effect:
    """What a term adds to a linear model.

    Attributes
    ----------
    df : int
        Degrees of freedom: columns that the smaller model does not determine already.
    df_residual : int
        Those of the error term.
    sum_of_squares : float
        By which the residual sum of squares shrinks, in squared units of the values.
    f, p : float or None
        F statistic and its probability; None where the term adds nothing, no residual degree of freedom is left, or
        the model fits the values exactly.
    eta_squared : float or None
        ``SS / SS_total``, the total being that around the mean of all values; None where they are constant.
    partial_eta_squared : float or None
        ``SS / (SS + SS_residual)``, None where both are 0.
    n, n_excluded : int
        Values used, and rows left out because the value or a factor is missing.
    """

    df: int
    df_residual: int
    sum_of_squares: float
    f: float | None
    p: float | None
    eta_squared: float | None
    partial_eta_squared: float | None
    n: int
    n_excluded: int


def compare_models(frame: pl.DataFrame, response: str, smaller: Sequence[Term], larger: Sequence[Term]) -> Effect:
    """Test what the larger of two nested models explains beyond the smaller.

    Parameters
    ----------
    frame : polars.DataFrame
        Columns `response` (null or NaN = missing) and the factors of both models (null = missing).
    response : str
        The column to be explained.
    smaller, larger : sequence of tuple of str
        Terms such as ``("race",)`` or ``("race", "emotion")`` (their interaction); the intercept is implied.
        Both models are fitted to the rows that are complete in all factors of either.

    Returns
    -------
    Effect

    Raises
    ------
    DataError
        If a column is missing, no row is complete, or the smaller model has a term that the larger lacks.

    Notes
    -----
    ``F = ((RSS_0 - RSS_1) / df) / (RSS_1 / df_residual)`` with the larger model's residual, as R's
    ``anova(lm_0, lm_1)``. Values enter as cell counts, means and a within-cell sum of squares, which is exact for
    categorical models. In a design with empty cells, columns that are aliased are dropped in their order as R's lm
    does, so that df counts what can be estimated. Checked against R: anova (tests/reference/anova.R).
    """
    added = added_terms(smaller, larger)
    factors = list(dict.fromkeys(name for term in larger for name in term))
    cells = collect_cells(frame, response, factors)
    before = _columns(cells, smaller)
    return _effect(cells, before, _columns(cells, added), np.hstack([before, _columns(cells, added)]))


def factorial_anova(frame: pl.DataFrame, response: str, factors: Sequence[str], sums: Sums) -> pl.DataFrame:
    """Analysis of variance of a full factorial design, one row a term.

    Parameters
    ----------
    frame : polars.DataFrame
        Columns `response` (null or NaN = missing) and `factors` (null = missing).
    response : str
        The column to be explained.
    factors : sequence of str
        The factors, all crossed.
    sums : {"I", "II", "III"}
        I: each term after those before it; II: each term after all that do not contain it; III: each term after all
        others, factors coded to sum to zero. All agree where every cell has as many values; the highest interaction is
        the same in any case.

    Returns
    -------
    polars.DataFrame
        term (such as `race:gender`), then the fields of `Effect`. All terms share the full model's residual.

    Raises
    ------
    DataError
        If a column is missing, no row is complete, or type III is asked for in a design with an empty cell, where it
        tests hypotheses that depend on which cell is empty (the message names the cell).
    ParameterError
        If `sums` is none of these.

    Notes
    -----
    Types I and II in designs with empty cells drop aliased columns as R does; statsmodels' `anova_lm` counts them, and
    its F is wrong there. Checked against R: anova, car::Anova (tests/reference/anova.R).
    """
    if sums not in {"I", "II", "III"}:
        raise ParameterError(f"sums must be one of ['I', 'II', 'III'], got {sums!r}.")
    cells, terms = collect_cells(frame, response, factors), list(crossed_terms(factors)[1:])
    empty = empty_cells(cells)
    if sums == "III" and empty:
        raise DataError(
            f"Type III sums of squares need a value in every cell, got none for {empty[0]}"
            f"{f' and {len(empty) - 1} more' if len(empty) > 1 else ''}. Use type II, or leave out a level."
        )
    whole = _columns(cells, terms, sums_to_zero=sums == "III")
    rows = []
    for place, term in enumerate(terms):
        others = {
            "I": terms[:place],
            "II": [other for other in terms if not set(term) <= set(other)],
            "III": [other for other in terms if other != term],
        }[sums]
        before, own = (_columns(cells, part, sums_to_zero=sums == "III") for part in (others, [term]))
        rows.append({"term": ":".join(term)} | asdict(_effect(cells, before, own, whole)))
    return pl.DataFrame(rows, schema={"term": pl.String} | schema_of(Effect))


def has_empty_cells(frame: pl.DataFrame, response: str, factors: Sequence[str]) -> bool:
    """Whether some combination of the levels that occur has no value."""
    return bool(empty_cells(collect_cells(frame, response, factors)))


def _effect(cells: Cells, before: Numbers, own: Numbers, whole: Numbers) -> Effect:
    """The effect of `own` after `before`, against the residual of `whole`; columns of shape (n_cells, any)."""
    weight = np.sqrt(cells.n)
    values = weight * (cells.mean - float(cells.n @ cells.mean) / cells.n.sum())
    basis, kept = orthonormal(weight[:, np.newaxis] * np.hstack([before, own]))
    added = np.array(kept) >= before.shape[1]
    explained = float(((basis.T @ values)[added] ** 2).sum())
    full, _ = orthonormal(weight[:, np.newaxis] * whole)
    residual = cells.within + float(((values - full @ (full.T @ values)) ** 2).sum())
    total = cells.within + float(values @ values)
    df, df_residual = int(added.sum()), cells.n_values - full.shape[1]
    f = p = None
    if df and df_residual and residual > EXACT * max(total, np.finfo(float).tiny):
        f = (explained / df) / (residual / df_residual)
        p = float(f_distribution.sf(f, df, df_residual))
    return Effect(
        df, df_residual, explained, f, p,
        min(explained / total, 1.0) if total > 0 else None,
        explained / (explained + residual) if explained + residual > 0 else None,
        cells.n_values, cells.n_excluded,
    )  # fmt: skip


def _columns(cells: Cells, terms: Sequence[Term], *, sums_to_zero: bool = False) -> Numbers:
    """The intercept and the columns of `terms`; without terms the intercept alone."""
    require_terms(terms, cells)
    return np.hstack(
        [np.ones((cells.n.size, 1)), *(term_columns(cells, term, sums_to_zero=sums_to_zero) for term in terms)]
    )

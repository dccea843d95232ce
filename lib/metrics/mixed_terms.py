"""Type III tests of a mixed model's terms, and estimated means and differences, from its fixed effects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lib.errors import ParameterError
from lib.metrics.designs import Term, independent_columns
from lib.metrics.mixed_design import INTERCEPT, Design, Matrix, full_matrix, indicator_matrix, indicator_names
from lib.metrics.mixed_model import MixedFit
from lib.metrics.satterthwaite import contrast_tests, joint_test

ZERO = 1e-8
ESTIMABLE = 1e-8
TERM_SCHEMA = {
    "term": pl.String, "df": pl.Int64, "df_residual": pl.Float64, "f": pl.Float64, "p": pl.Float64,
}  # fmt: skip


def coefficient_table(fit: MixedFit) -> pl.DataFrame:
    """The kept coefficients: term (such as `rater_type[machine]:emotion[happy]`), factors (of its term), estimate, ...

    Returns
    -------
    polars.DataFrame
        term, factors (list of str), estimate, se, df, t, p (two-sided, Satterthwaite).
    """
    tests = contrast_tests(fit, np.eye(fit.beta.size))
    return pl.DataFrame(
        {
            "term": list(fit.design.columns),
            "factors": [list(fit.design.terms[place]) for place in fit.design.term_of],
            "estimate": tests.estimate,
            "se": tests.se,
            "df": tests.df,
            "t": tests.t,
            "p": tests.p,
        },
        schema_overrides={"factors": pl.List(pl.String)},
    )


def term_tests(fit: MixedFit) -> pl.DataFrame:
    """Type III tests of every term but the intercept.

    Returns
    -------
    polars.DataFrame
        term (`rater_type:emotion`), df, df_residual (Satterthwaite), f, p. A term of which empty cells leave nothing
        to test has df = 0 and nulls.

    Notes
    -----
    Type III as SAS defines it and `lmerTest::anova` computes it: hypotheses that do not hang on the order of the terms
    nor on how factors are coded, and in a design without empty cells are equality of unweighted marginal means.
    Checked against lmerTest 3.1-3, also with empty cells (tests/reference/mixed.R).
    """
    rows = []
    for term, contrasts in _hypotheses(fit).items():
        test = joint_test(fit, contrasts)
        found = (0, None, None, None) if test is None else (test.df, test.df_residual, test.f, test.p)
        rows.append((":".join(term), *found))
    return pl.DataFrame(rows, schema=TERM_SCHEMA, orient="row")


def _hypotheses(fit: MixedFit) -> dict[Term, Matrix]:
    """Type III contrasts; for a single term its type I contrasts, which test the same.

    They differ in how the hypothesis is divided into single contrasts, of which the denominator's degrees of freedom
    depend a little; lmerTest divides a single term in this way.
    """
    if len(fit.design.terms) != 2:
        return type_three_contrasts(fit.design)
    lower = np.linalg.cholesky(fit.products)
    own = np.array(fit.design.term_of) == 1
    return {fit.design.terms[1]: (lower / np.diag(lower)).T[own]}


def type_three_contrasts(design: Design) -> dict[Term, Matrix]:
    """Weights of the kept coefficients for each term's type III hypotheses, shape (contrasts, coefficients).

    Notes
    -----
    With every level given a column of its own, the general form of estimable functions has one basic contrast a kept
    (treatment-coded) column. Those of a term are made orthogonal to those of all terms that contain it, the highest
    terms first (SAS/STAT, *The four types of estimable functions*), then written in the kept columns.
    """
    treatment, kept = _treatment_matrix(design)
    levels, terms = design.levels, design.terms
    every = indicator_matrix(design.combinations, levels, terms)
    basic = _solve(treatment, every).T
    place_of = [terms.index(term) for term in terms for _ in range(_width(term, levels))]
    place_of = [place for place, keep in zip(place_of, kept, strict=True) if keep]
    columns = {term: np.flatnonzero(np.array(place_of) == place) for place, term in enumerate(terms)}
    for term in sorted(terms, key=len, reverse=True):
        above = [other for other in terms if term != INTERCEPT and set(term) < set(other)]
        containing = np.concatenate([columns[other] for other in above]) if above else np.array([], dtype=int)
        if containing.size and columns[term].size:
            others = basic[:, containing]
            basic[:, columns[term]] -= others @ _solve(others, basic[:, columns[term]])
    own_rows = _rows_of_kept(levels, terms, kept)
    to_own_coding = _solve(treatment, design.matrix)
    result = {}
    for term in terms[1:]:
        weights = basic[np.ix_(own_rows, columns[term])].T
        weights = weights[np.abs(weights).sum(axis=1) > ZERO]
        result[term] = weights @ to_own_coding
    return result


def estimated_means(fit: MixedFit, by: Sequence[str], confidence: float = 0.95) -> pl.DataFrame:
    """Estimated marginal means: other factors are averaged over with equal weights.

    Parameters as of `estimated_differences`, whose differences are those of these means (checked in the tests).

    Returns
    -------
    polars.DataFrame
        The columns `by`, then estimate, se, df, t, p, low, high; nulls where empty cells leave a mean without estimate.
    """
    cells = _level_frame(fit.design.levels, by)
    weights = np.stack([_mean_weights(fit.design, row) for row in cells.iter_rows(named=True)])
    return pl.concat([cells, tested(fit, weights, confidence)], how="horizontal")


def estimated_differences(
    fit: MixedFit, factor: str, levels: tuple[str, str], by: Sequence[str] = (), confidence: float = 0.95
) -> pl.DataFrame:
    """Differences between two levels of a factor, within the levels of other factors.

    Parameters
    ----------
    fit : MixedFit
        A fitted model.
    factor : str
        The factor, such as rater_type.
    levels : tuple of str
        First minus second, such as (`machine`, `human`).
    by : sequence of str
        Factors within which to compare; further factors are averaged over with equal weights.
    confidence : float
        Level of the intervals.

    Returns
    -------
    polars.DataFrame
        The columns `by`, then estimate, se, df, t, p (unadjusted), low, high.

    Raises
    ------
    ParameterError
        If a level is not one of the factor's.

    Notes
    -----
    As `emmeans(model, ~ factor | by)` and `contrast`. Checked against emmeans 1.8.4 (tests/reference/mixed.R).
    """
    for level in levels:
        if level not in fit.design.levels.get(factor, ()):
            raise ParameterError(
                f"levels must be two of {factor!r}'s: {list(fit.design.levels.get(factor, ()))!r}, got {level!r}."
            )
    cells = _level_frame(fit.design.levels, by)
    weights = np.stack(
        [
            _mean_weights(fit.design, row | {factor: levels[0]}) - _mean_weights(fit.design, row | {factor: levels[1]})
            for row in cells.iter_rows(named=True)
        ]
    )
    figures = tested(fit, weights, confidence)
    return pl.concat([cells.select(by), figures], how="horizontal") if by else figures


def tested(fit: MixedFit, weights: Matrix, confidence: float) -> pl.DataFrame:
    """Test contrasts given as weights of all coefficients, also dropped ones: estimate, se, df, t, p, low, high.

    A contrast that is no sum of the rows of the model matrix has no estimate, only nulls.
    """
    design = fit.design
    estimable = np.ones(len(weights), dtype=bool)
    if design.aliased:
        full = design.full
        rest = weights.T - full.T @ _solve(full.T, weights.T)
        estimable = np.abs(rest).max(axis=0) < ESTIMABLE
    tests = contrast_tests(fit, weights[:, design.kept])
    low, high = tests.interval(confidence)
    columns = {"estimate": tests.estimate, "se": tests.se, "df": tests.df, "t": tests.t, "p": tests.p}
    frame = pl.DataFrame(columns | {"low": low, "high": high, "estimable": estimable})
    return frame.select(pl.when("estimable").then(name).alias(name) for name in frame.columns[:-1])


def _mean_weights(design: Design, fixed: Mapping[str, object]) -> Matrix:
    """Weights of all coefficients for the mean over those combinations of levels that agree with `fixed`."""
    levels = {name: (str(fixed[name]),) if name in fixed else items for name, items in design.levels.items()}
    rows = design.rows(_level_frame(levels, list(levels)))
    return np.asarray(rows.mean(axis=0), dtype=np.float64)


def _level_frame(levels: Mapping[str, Sequence[str]], names: Sequence[str]) -> pl.DataFrame:
    """All combinations of the levels of some factors; a single row without columns' sense where there are none."""
    rows = list(product(*(levels[name] for name in names)))
    return (
        pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row") if names else pl.DataFrame({"": [""]})
    )


def _treatment_matrix(design: Design) -> tuple[Matrix, NDArray[np.bool_]]:
    """The design in treatment coding with independent columns, and which columns these are."""
    if design.coding == "treatment":
        return design.matrix, design.kept
    full = full_matrix(design.combinations, design.levels, design.terms, "treatment")
    kept = independent_columns(full)
    return full[:, kept], kept


def _rows_of_kept(
    levels: Mapping[str, Sequence[str]], terms: Sequence[Term], kept: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Where the kept treatment-coded columns are among the columns that have every level."""
    every = {name: place for place, name in enumerate(indicator_names(levels, terms))}
    coded = indicator_names({name: items[1:] for name, items in levels.items()}, terms)
    return np.array([every[name] for name, keep in zip(coded, kept, strict=True) if keep], dtype=np.int64)


def _width(term: Term, levels: Mapping[str, Sequence[str]]) -> int:
    return int(np.prod([len(levels[name]) - 1 for name in term]))


def _solve(matrix: Matrix, right: Matrix) -> Matrix:
    """Least-squares coefficients of the columns of `right`."""
    return np.asarray(np.linalg.lstsq(matrix, right, rcond=None)[0], dtype=np.float64)

"""Model matrices of crossed factors as R makes them, without formulas: coding, names, columns that add nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lib.errors import ParameterError
from lib.metrics.designs import Term, crossed_columns, crossed_terms, independent_columns

Matrix = NDArray[np.float64]
Coding = Literal["treatment", "sum"]
INTERCEPT: Term = ()


@dataclass(frozen=True)
class Design:
    """The fixed effects of a full factorial model, one row of the matrix for each combination of levels that occurs.

    Attributes
    ----------
    levels : dict of str to tuple of str
        Factor -> its levels that occur, the first being the reference.
    coding : {"treatment", "sum"}
        How factors are coded.
    combinations : polars.DataFrame
        The combinations of levels that occur, one column a factor (text).
    matrix : numpy.ndarray
        Kept columns, shape (combinations, kept columns); of full column rank.
    columns : tuple of str
        Names of the kept columns: `(Intercept)`, `emotion[happy]`, `rater_type[machine]:emotion[happy]`; in sum coding
        the level is the one that is compared with the mean of all.
    term_of : tuple of int
        Position in `terms` that each kept column belongs to.
    terms : tuple of Term
        The terms in R's order; the intercept, `()`, first.
    kept : numpy.ndarray
        Truth values: which columns of the full matrix were kept.
    aliased : tuple of str
        Names of the columns that were dropped because they are sums of others; empty cells make such columns.
    """

    levels: dict[str, tuple[str, ...]]
    coding: Coding
    combinations: pl.DataFrame
    matrix: Matrix
    columns: tuple[str, ...]
    term_of: tuple[int, ...]
    terms: tuple[Term, ...]
    kept: NDArray[np.bool_]
    aliased: tuple[str, ...]

    def rows(self, combinations: pl.DataFrame) -> Matrix:
        """Rows of the full matrix, with aliased columns, for any combinations of the levels."""
        return full_matrix(combinations, self.levels, self.terms, self.coding)

    @property
    def full(self) -> Matrix:
        """The matrix with aliased columns."""
        return self.rows(self.combinations)


def make_design(combinations: pl.DataFrame, factors: Sequence[str], coding: Coding = "treatment") -> Design:
    """Make the model matrix of all main effects and interactions of `factors`.

    Parameters
    ----------
    combinations : polars.DataFrame
        The combinations of levels that occur, one column of text a factor, no nulls.
    factors : sequence of str
        Columns to cross; none gives a model of the intercept alone.
    coding : {"treatment", "sum"}
        `contr.treatment` (each level against the first) or `contr.sum` (each level but the last against the mean).

    Returns
    -------
    Design
        Levels are in alphabetical order, as R's `factor` has them; those that do not occur are left out.

    Raises
    ------
    ParameterError
        If the coding is none of these.

    Notes
    -----
    A column is dropped when what earlier columns leave of it is shorter than 1e-7 of it, in the order of R's columns,
    which is what lme4 does ("fixed-effect model matrix is rank deficient so dropping columns"). Checked against
    `model.matrix` and lme4 1.1-31 (tests/reference/mixed.R).
    """
    if coding not in ("treatment", "sum"):
        raise ParameterError(f"coding must be 'treatment' or 'sum', got {coding!r}.")
    levels = {name: tuple(sorted(str(item) for item in combinations[name].unique())) for name in factors}
    terms = crossed_terms(factors)
    names, places = _columns(levels, terms, coding)
    whole = full_matrix(combinations, levels, terms, coding)
    kept = independent_columns(whole)
    return Design(
        levels=levels,
        coding=coding,
        combinations=combinations,
        matrix=whole[:, kept],
        columns=tuple(name for name, keep in zip(names, kept, strict=True) if keep),
        term_of=tuple(place for place, keep in zip(places, kept, strict=True) if keep),
        terms=terms,
        kept=kept,
        aliased=tuple(name for name, keep in zip(names, kept, strict=True) if not keep),
    )


def full_matrix(
    combinations: pl.DataFrame, levels: Mapping[str, Sequence[str]], terms: Sequence[Term], coding: Coding
) -> Matrix:
    """One row for each combination, one column for each coefficient, also for those that cannot be estimated."""
    coded = {name: _code(combinations[name], items, coding) for name, items in levels.items()}
    return _side_by_side(coded, terms, combinations.height)


def indicator_matrix(combinations: pl.DataFrame, levels: Mapping[str, Sequence[str]], terms: Sequence[Term]) -> Matrix:
    """The matrix in which every level of every term has a column of its own, without any reference."""
    coded = {name: _indicators(combinations[name], items) for name, items in levels.items()}
    return _side_by_side(coded, terms, combinations.height)


def indicator_names(levels: Mapping[str, Sequence[str]], terms: Sequence[Term]) -> list[str]:
    """Names of the columns of `indicator_matrix`."""
    return [name for term in terms for name in _names(term, levels)]


def _side_by_side(coded: Mapping[str, Matrix], terms: Sequence[Term], rows: int) -> Matrix:
    """The columns of all terms, of each factor coded alone."""
    return np.hstack([crossed_columns([coded[name] for name in term], rows) for term in terms])


def _columns(levels: Mapping[str, Sequence[str]], terms: Sequence[Term], coding: Coding) -> tuple[list[str], list[int]]:
    """Names of all columns of the full matrix, and the position of the term of each."""
    shown = {name: items[1:] if coding == "treatment" else items[:-1] for name, items in levels.items()}
    names, places = [], []
    for place, term in enumerate(terms):
        own = _names(term, shown)
        names += own
        places += [place] * len(own)
    return names, places


def _names(term: Term, levels: Mapping[str, Sequence[str]]) -> list[str]:
    """Names of one term's columns, the first factor's levels varying fastest."""
    if term == INTERCEPT:
        return ["(Intercept)"]
    slow_first = product(*([f"{name}[{level}]" for level in levels[name]] for name in reversed(term)))
    return [":".join(reversed(parts)) for parts in slow_first]


def _indicators(values: pl.Series, levels: Sequence[str]) -> Matrix:
    return np.column_stack([(values.cast(pl.String) == level).to_numpy() for level in levels]).astype(np.float64)


def _code(values: pl.Series, levels: Sequence[str], coding: Coding) -> Matrix:
    indicators = _indicators(values, levels)
    if coding == "treatment":
        return indicators[:, 1:]
    return indicators[:, :-1] - indicators[:, -1:]

"""Crossed factors condensed into their cells, and the columns that linear models of them are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lib.errors import DataError
from lib.metrics.checks import require_columns, require_rows

Numbers = NDArray[np.float64]
Term = tuple[str, ...]
ALIASED = 1e-7  # share of a column's length below which it counts as a combination of those before it, as R's lm has it


@dataclass(frozen=True)
class Cells:
    """The combinations of factor levels that occur, with what a linear model needs to know of their values.

    Attributes
    ----------
    levels : dict of str to list of str
        The levels that occur, by factor; an Enum's in its own order.
    codes : numpy.ndarray
        Position of each cell's level in `levels`, shape (n_cells, n_factors).
    n : numpy.ndarray
        Values in each cell, shape (n_cells,).
    mean : numpy.ndarray
        Their mean.
    within : float
        Sum of squared deviations from the cells' means.
    n_excluded : int
        Rows left out because the value or the level of a factor is missing.
    """

    levels: dict[str, list[str]]
    codes: NDArray[np.int64]
    n: Numbers
    mean: Numbers
    within: float
    n_excluded: int

    @property
    def n_values(self) -> int:
        """Values in all cells."""
        return int(self.n.sum())


def collect_cells(frame: pl.DataFrame, response: str, factors: Sequence[str]) -> Cells:
    """Condense values into the cells of `factors`; exact for every model of these factors, at any number of rows.

    Parameters
    ----------
    frame : polars.DataFrame
        Columns `response` (numbers or truth values; null or NaN = missing) and `factors` (null = missing).
    response : str
        The column to be explained.
    factors : sequence of str
        Columns of categories.

    Returns
    -------
    Cells

    Raises
    ------
    DataError
        If a column is missing or no row is complete.
    """
    require_columns(frame, [response, *factors], "The values")
    value = pl.col(response).cast(pl.Float64).fill_nan(None).alias("value")
    complete = frame.select(value, *factors).drop_nulls()
    require_rows(complete.height, f"rows with {', '.join([response, *factors])}")
    levels = {name: [str(level) for level in complete[name].unique().sort()] for name in factors}
    coded = complete.with_columns(
        pl.col(name).cast(pl.String).replace_strict(found, list(range(len(found))), return_dtype=pl.Int64).alias(name)
        for name, found in levels.items()
    )
    figures = [pl.len().alias("n"), pl.col("value").mean().alias("mean")]
    spread = ((pl.col("value") - pl.col("value").mean()) ** 2).sum().alias("within")
    grouped = (
        coded.group_by(list(factors)).agg(*figures, spread).sort(list(factors))
        if factors
        else coded.select(*figures, spread)
    )
    return Cells(
        levels,
        grouped.select(factors).to_numpy().reshape(grouped.height, len(factors)).astype(np.int64),
        grouped["n"].to_numpy().astype(float),
        grouped["mean"].to_numpy(),
        float(grouped["within"].to_numpy().sum()),
        frame.height - complete.height,
    )


def crossed_terms(factors: Sequence[str]) -> tuple[Term, ...]:
    """The terms of a * b * c in R's order: the intercept, `()`, then by number of factors."""
    subsets = [
        tuple(name for place, name in enumerate(factors) if mask >> place & 1) for mask in range(1 << len(factors))
    ]
    return tuple(sorted(subsets, key=len))


def crossed_columns(blocks: Sequence[Numbers], rows: int) -> Numbers:
    """Products of the columns of all blocks, the first block's varying fastest; ones where there is none."""
    columns = np.ones((rows, 1))
    for own in blocks:
        columns = (own[:, :, np.newaxis] * columns[:, np.newaxis, :]).reshape(rows, -1)
    return columns


def empty_cells(cells: Cells) -> list[str]:
    """The combinations of levels without any value, such as `race Korean, emotion sad`."""
    present = set(map(tuple, cells.codes.tolist()))
    names, levels = list(cells.levels), list(cells.levels.values())
    return [
        ", ".join(f"{name} {found[place]}" for name, found, place in zip(names, levels, codes, strict=True))
        for codes in product(*(range(len(found)) for found in levels))
        if codes not in present
    ]


def term_columns(cells: Cells, term: Term, *, sums_to_zero: bool = False) -> Numbers:
    """Columns of one term, shape (n_cells, product of its factors' levels - 1); the first factor varies fastest.

    Coded by indicators of all levels but the first or, with `sums_to_zero`, by deviations from the last.
    """
    blocks = []
    for name in term:
        size = len(cells.levels[name])
        contrast = np.eye(size)[:, 1:]
        if sums_to_zero:
            contrast = np.eye(size)[:, :-1]
            contrast[-1] = -1
        blocks.append(contrast[cells.codes[:, list(cells.levels).index(name)]])
    return crossed_columns(blocks, cells.n.size)


def orthonormal(columns: Numbers) -> tuple[Numbers, list[int]]:
    """Orthonormal basis of `columns` in their order, and which of them it needs.

    A column that those before it determine (to a ten-millionth of its length) is aliased and left out, as R's lm, glm
    and lme4 do. Gram-Schmidt, twice for each column, so that the basis is orthogonal to machine precision.
    """
    rows, count = columns.shape
    basis = np.empty((rows, min(rows, count)))
    kept: list[int] = []
    for place in range(count):
        rank = len(kept)
        rest = columns[:, place].astype(float)
        length = np.linalg.norm(rest)
        for _ in range(2):
            rest = rest - basis[:, :rank] @ (basis[:, :rank].T @ rest)
        remaining = np.linalg.norm(rest)
        if rank < rows and remaining > ALIASED * length:
            basis[:, rank] = rest / remaining
            kept.append(place)
    return basis[:, : len(kept)], kept


def independent_columns(columns: Numbers) -> NDArray[np.bool_]:
    """Which columns those before them do not determine, see `orthonormal`."""
    needed = np.zeros(columns.shape[1], dtype=bool)
    needed[orthonormal(columns)[1]] = True
    return needed


def require_terms(terms: Sequence[Term], cells: Cells) -> None:
    """Raise `DataError` where a term names a factor that the cells do not have."""
    for name in (name for term in terms for name in term):
        if name not in cells.levels:
            raise DataError(f"A model's term must be made of {list(cells.levels)!r}, got {name!r}. Correct the term.")


def added_terms(smaller: Sequence[Term], larger: Sequence[Term]) -> list[Term]:
    """The terms of the larger model that the smaller lacks; `DataError` where the smaller is not part of it."""
    absent = [term for term in smaller if set(term) not in [set(other) for other in larger]]
    if absent:
        raise DataError(
            f"The smaller model's terms must all be in the larger {list(larger)!r}, got {absent[0]!r}. "
            "Compare nested models."
        )
    return [term for term in larger if set(term) not in [set(other) for other in smaller]]

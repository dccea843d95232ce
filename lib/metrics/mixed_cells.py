"""Rows of ratings condensed into what a model with one random intercept needs of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lib.metrics.checks import require_columns
from lib.metrics.mixed_design import Design, Matrix, make_design
from lib.metrics.mixed_model import ModelNotFittedError


@dataclass(frozen=True)
class PatternSums:
    """Sums over groups (images) that have the same rows of the model matrix equally often.

    Attributes
    ----------
    design : Design
        The fixed effects.
    n_groups : numpy.ndarray
        Groups of each pattern, shape (patterns,).
    rows : numpy.ndarray
        Rows of each group of a pattern.
    x : numpy.ndarray
        Sum of a group's rows of the model matrix, shape (patterns, coefficients).
    y : numpy.ndarray
        Sum over the pattern's groups of the sum of a group's (centred) ratings.
    y_squared : numpy.ndarray
        Sum over the pattern's groups of the square of that sum.
    xx, xy, yy : numpy.ndarray, numpy.ndarray, float
        Products over all rows: X'X, X'y, y'y.
    centre : float
        Taken from every rating before summing, so that squares keep their digits.
    n_excluded : int
        Rows left out because the rating, the group or a factor was missing.
    """

    design: Design
    n_groups: Matrix
    rows: Matrix
    x: Matrix
    y: Matrix
    y_squared: Matrix
    xx: Matrix
    xy: Matrix
    yy: float
    centre: float
    n_excluded: int

    @property
    def n_observations(self) -> int:
        """Rows used."""
        return int(self.n_groups @ self.rows)


def sum_patterns(frame: pl.DataFrame, response: str, factors: Sequence[str], group: str) -> PatternSums:
    """Condense rows into sums by pattern; the cost of a fit then depends neither on rows nor on groups.

    Parameters
    ----------
    frame : polars.DataFrame
        Columns `response` (null or NaN = missing), `group` and `factors` (null = missing).
    response, group : str
        Column of ratings, and of the random intercept.
    factors : sequence of str
        Factors of the fixed effects, all crossed.

    Returns
    -------
    PatternSums

    Raises
    ------
    DataError
        If a column is missing, or there are too few rows or groups for a random intercept.
    """
    require_columns(frame, [response, group, *factors], "The ratings")
    columns = [pl.col(response).cast(pl.Float64).fill_nan(None).alias("y"), pl.col(group).cast(pl.String).alias("g")]
    named = [pl.col(name).cast(pl.String).alias(f"f_{name}") for name in factors]
    kept = frame.select(*columns, *named).drop_nulls()
    _require_groups(kept, group)
    centre = float(kept["y"].mean())  # type: ignore[arg-type]
    own = [f"f_{name}" for name in factors]
    y = pl.col("y") - centre
    cells = kept.group_by("g", *own, maintain_order=True).agg(
        pl.len().alias("n"), y.sum().alias("sum"), (y**2).sum().alias("square")
    )
    combinations = cells.select(own).unique().sort(own) if own else pl.DataFrame({"": [""]})
    numbered = combinations.with_row_index("combination")
    cells = (
        cells.join(numbered, on=own, maintain_order="left")
        if own
        else cells.with_columns(pl.lit(0).alias("combination"))
    )
    design = make_design(combinations.rename({f"f_{name}": name for name in factors}), factors)
    table, total = _tables(cells)
    patterns, inverse, n_groups = np.unique(table, axis=0, return_inverse=True, return_counts=True)
    inverse = inverse.ravel()
    weight, sums = table.sum(axis=0), np.zeros(combinations.height)
    np.add.at(sums, cells["combination"].to_numpy(), cells["sum"].to_numpy())
    return PatternSums(
        design=design,
        n_groups=n_groups.astype(np.float64),
        rows=patterns.sum(axis=1),
        x=patterns @ design.matrix,
        y=_sums(inverse, total),
        y_squared=_sums(inverse, total**2),
        xx=design.matrix.T @ (design.matrix * weight[:, np.newaxis]),
        xy=design.matrix.T @ sums,
        yy=float(cells["square"].sum()),
        centre=centre,
        n_excluded=frame.height - kept.height,
    )


def _tables(cells: pl.DataFrame) -> tuple[Matrix, Matrix]:
    """How often each group has each combination, shape (groups, combinations), and each group's sum of ratings."""
    groups = cells["g"].rank("dense").to_numpy().astype(np.int64) - 1
    combination = cells["combination"].to_numpy().astype(np.int64)
    table: NDArray[np.float64] = np.zeros((int(groups.max()) + 1, int(combination.max()) + 1))
    table[groups, combination] = cells["n"].to_numpy()
    return table, _sums(groups, cells["sum"].to_numpy())


def _sums(position: NDArray[np.int64], values: Matrix) -> Matrix:
    """Sums of the values at each position."""
    return np.asarray(np.bincount(position, values), dtype=np.float64)


def _require_groups(kept: pl.DataFrame, group: str) -> None:
    """Refuse what lme4 refuses: no more rows than groups, or a single group."""
    n_groups = kept["g"].n_unique()
    if n_groups < 2 or n_groups >= kept.height:
        raise ModelNotFittedError(
            f"A random intercept of {group!r} needs two or more of it, and some with several ratings, "
            f"got {n_groups!r} of it in {kept.height!r} ratings. Add ratings, or leave this model out."
        )

"""Correction of p values for the number of tests in a family."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import polars as pl
from statsmodels.stats.multitest import multipletests

from lib.errors import DataError, ParameterError

Correction = Literal["bonferroni", "holm", "fdr_bh"]
CORRECTIONS: dict[str, str] = {
    "bonferroni": "Bonferroni's correction",
    "holm": "Holm's correction",
    "fdr_bh": "the false discovery rate of Benjamini and Hochberg",
}


def adjust(p_values: Sequence[float | None], correction: Correction) -> list[float | None]:
    """Adjust the p values of one family of tests.

    Parameters
    ----------
    p_values : sequence of float or None
        One p value a test, 0 to 1; None (or NaN) for a test that could not be done, which does not count.
    correction : {"bonferroni", "holm", "fdr_bh"}
        The study's correction.

    Returns
    -------
    list of float or None
        Adjusted p values in the same order; None stays None.

    Raises
    ------
    ParameterError
        If the correction is none of these.
    DataError
        If a p value is not between 0 and 1.

    Notes
    -----
    Bonferroni and Holm (1979, jstor.org/stable/4615733) bound the chance of any false positive, Benjamini and
    Hochberg (1995, doi:10.1111/j.2517-6161.1995.tb02031.x) the expected share of false positives. By
    `statsmodels.stats.multitest`; checked against R: p.adjust (tests/metrics/test_multiplicity.py).
    """
    if correction not in CORRECTIONS:
        raise ParameterError(f"correction must be one of {sorted(CORRECTIONS)!r}, got {correction!r}.")
    values = np.array([np.nan if value is None else value for value in p_values], dtype=float)
    known = ~np.isnan(values)
    outside = known & ~((values >= 0) & (values <= 1))
    if outside.any():
        raise DataError(f"A p value must lie between 0 and 1, got {float(values[outside][0])!r}.")
    if known.any():
        values[known] = multipletests(values[known], method=correction)[1]
    return [None if np.isnan(value) else float(value) for value in values]


def adjust_within(
    frame: pl.DataFrame, family: Sequence[str], correction: Correction, *, p: str = "p", name: str = "p_adjusted"
) -> pl.DataFrame:
    """Add a column of adjusted p values; the rows that agree in `family` are one family of tests.

    Parameters
    ----------
    frame : polars.DataFrame
        One row a test, with the columns `family` (null is a value like any other) and `p` (null = no test).
    family : sequence of str
        Columns; none makes all rows one family.
    correction : {"bonferroni", "holm", "fdr_bh"}
        The study's correction.
    p, name : str
        The column to adjust, and the one to add.

    Returns
    -------
    polars.DataFrame
        `frame` with `name` (Float64; null where `p` is), its rows in their order.

    Raises
    ------
    ParameterError, DataError
        As `adjust`.
    """
    p_values = frame[p].to_list()
    adjusted: list[float | None] = [None] * frame.height
    rows = frame.with_row_index("_row")
    families = rows.partition_by(family, maintain_order=True) if family else [rows]
    for own in (part["_row"].to_list() for part in families):
        for row, value in zip(own, adjust([p_values[row] for row in own], correction), strict=True):
            adjusted[row] = value
    return frame.with_columns(pl.Series(name, adjusted, dtype=pl.Float64))

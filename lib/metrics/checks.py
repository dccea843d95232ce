"""What every metric asks of its input before it computes: rows to compute on, and the columns it names."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from lib.errors import DataError, ParameterError


def require_columns(frame: pl.DataFrame, columns: Sequence[str], what: str) -> None:
    """Raise `DataError` when `frame` lacks one of `columns`; `what` names the frame in the message."""
    absent = [column for column in columns if column not in frame.columns]
    if absent:
        raise DataError(
            f"{what} lack the column {', '.join(map(repr, absent))}, got {frame.columns!r}. "
            "Add the column, or name one that is there."
        )


def require_rows(n: int, what: str) -> None:
    """Raise `DataError` when there is nothing to compute on: an empty input never yields 0.0."""
    if n == 0:
        raise DataError(f"No {what} to compute on, got 0 rows. Supply data, or leave this statistic out.")


def require_same_length(first: pl.Series, second: pl.Series, what: str) -> None:
    """Raise `DataError` when two series that are paired row by row differ in length."""
    if first.len() != second.len():
        raise DataError(
            f"The {what} must be paired row by row, got {first.len()!r} and {second.len()!r} values. "
            "Join both on image_id first."
        )


def require_share(value: float, name: str) -> None:
    """Raise `ParameterError` when a parameter such as a level of confidence is not between 0 and 1."""
    if not 0 < value < 1:
        raise ParameterError(f"{name} must lie between 0 and 1, got {value!r}.")


def without_nan(values: pl.Series) -> pl.Series:
    """`values` as Float64, with NaN turned into null so that both mean "no answer"."""
    return values.cast(pl.Float64).fill_nan(None)


def finite_or_none(value: float) -> float | None:
    """`value` as a Python float, or None where it is undefined (NaN)."""
    return None if value != value else float(value)  # noqa: PLR0124 - NaN is the only value unequal to itself

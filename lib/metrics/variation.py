"""How much answers vary within a group, such as one emotion: from a prototype, or face by face."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from lib.metrics.checks import require_columns, require_rows


def variation_within(frame: pl.DataFrame, groups: Sequence[str], value: str) -> pl.DataFrame:
    """Spread and number of distinct answers within groups.

    Used for machines over images (one answer an image) and for people over single ratings; a machine that answers
    from a prototype of each emotion has an SD near zero and few distinct values.

    Parameters
    ----------
    frame : polars.DataFrame
        One row an answer: the columns named in `groups`, and `value`.
    groups : sequence of str
        Columns to group by; a null in one is a group of its own. An empty sequence gives one row for all answers.
    value : str
        Column of the answers, on the scale of the study; null or NaN = no answer, excluded and counted.

    Returns
    -------
    polars.DataFrame
        The group columns, then n, n_excluded, distinct (number of different values), mean, sd (ddof = 1; null
        where n < 2). Sorted by group; an Enum column sorts in its own order.

    Raises
    ------
    DataError
        If a column is missing or there is no answer at all.

    Notes
    -----
    Checked against base R: tapply with sd, mean and unique (tests/reference/human.R).
    """
    require_columns(frame, [value, *groups], "The answers")
    answer = pl.col(value).cast(pl.Float64).fill_nan(None)
    require_rows(int(frame.select(answer.is_not_null().sum()).item()), f"answers in the column {value!r}")
    figures = [
        answer.count().cast(pl.Int64).alias("n"),
        answer.is_null().sum().cast(pl.Int64).alias("n_excluded"),
        answer.drop_nulls().n_unique().cast(pl.Int64).alias("distinct"),
        answer.mean().alias("mean"),
        answer.std(ddof=1).alias("sd"),
    ]
    return frame.group_by(list(groups)).agg(figures).sort(list(groups)) if groups else frame.select(figures)

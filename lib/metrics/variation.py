"""How much answers vary within a group, such as one emotion: from a prototype, or face by face."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

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


def entropy_within(frame: pl.DataFrame, groups: Sequence[str], value: str, scale: NDArray[np.float64]) -> pl.DataFrame:
    """Entropy of the answers within groups, in bits, at the resolution of the study's scale.

    Parameters
    ----------
    frame : polars.DataFrame
        One row an answer: the columns named in `groups`, and `value`.
    groups : sequence of str
        Columns to group by, at least one; a null in one is a group of its own.
    value : str
        Column of the answers; null or NaN = no answer.
    scale : numpy.ndarray
        The values of the scale, ascending. An answer between two of them (of a classifier, whose output is
        continuous, or a mean) counts as the nearest; otherwise nearly every answer would be a value of its own, and
        the entropy would tell the number of images instead of how the machine answers.

    Returns
    -------
    polars.DataFrame
        The group columns, n, distinct_steps (how many of the scale's values occur), entropy (bits; 0 = one value
        only, log2(number of values) = all equally often; null where n = 0), sorted by group.

    Raises
    ------
    DataError
        If a column is missing or there is no answer at all.

    Notes
    -----
    ``H = - sum_v p_v log2 p_v`` (Shannon, 1948, doi:10.1002/j.1538-7305.1948.tb01338.x), the plug-in estimate: with n
    answers it is too low by about (distinct - 1) / (2 n ln 2) bits, which matters where n differs much between raters
    (people have many ratings an emotion, machines one an image). Checked against R (tests/reference/stereotypes.R).
    """
    require_columns(frame, [value, *groups], "The answers")
    answers = frame.select(*groups, pl.col(value).cast(pl.Float64).fill_nan(None).alias("answer"))
    require_rows(answers["answer"].drop_nulls().len(), f"answers in the column {value!r}")
    steps = np.searchsorted((scale[1:] + scale[:-1]) / 2, answers["answer"].fill_null(scale[0]).to_numpy())
    step = pl.when(pl.col("answer").is_not_null()).then(pl.Series("step", steps)).alias("step")
    counted = answers.with_columns(step).group_by([*groups, "step"]).agg(pl.len().alias("count"))
    count = pl.col("count").filter(pl.col("step").is_not_null())
    share = count / count.sum()
    return (
        counted.sort([*groups, "step"])
        .group_by(list(groups), maintain_order=True)
        .agg(
            count.sum().cast(pl.Int64).alias("n"),
            count.len().cast(pl.Int64).alias("distinct_steps"),
            (share * (1 / share).log(2)).sum().alias("entropy"),
        )
        .with_columns(pl.when(pl.col("n") > 0).then("entropy").alias("entropy"))
    )

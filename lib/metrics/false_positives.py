"""How often an emotion is named where it was not intended, by group of faces."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from lib.metrics.checks import require_columns, require_rows
from lib.metrics.proportions import wilson_intervals


def false_positives_by(
    frame: pl.DataFrame, categories: Sequence[str], groups: Sequence[str], confidence: float
) -> pl.DataFrame:
    """False positive rate of every emotion within groups of images.

    Parameters
    ----------
    frame : polars.DataFrame
        Columns intended, predicted (labels; null predicted = no label, hence no false alarm) and those in `groups`.
    categories : sequence of str
        The study's emotions.
    groups : sequence of str
        Columns to group by; rows with a null in one are left out. An empty sequence gives one row an emotion.
    confidence : float
        Level of the intervals, such as .95.

    Returns
    -------
    polars.DataFrame
        The group columns, emotion (Enum of `categories`), x (images labelled so although another emotion was
        intended), n (images whose intended emotion is another), rate (``x / n``), low, high (Wilson), n_excluded
        (images without an intended emotion). Sorted by emotion and group; a group without such an image is left out.

    Raises
    ------
    DataError
        If a column is missing or no image has an intended emotion.

    Notes
    -----
    A group's faces can be named angry more often because anger is over-attributed to them (this rate is higher), or
    because it is recognised better in them (accuracy on angry faces is higher); only both figures tell. Rates are
    counts over counts; intervals of Wilson (1927, doi:10.1080/01621459.1927.10502953) are checked against R: prop.test
    (tests/reference/proportions.R).
    """
    require_columns(frame, ["intended", "predicted", *groups], "The labels")
    require_rows(frame.height - frame["intended"].null_count(), "images with an intended emotion")
    labels = frame.select(pl.col("intended", "predicted").cast(pl.String), *groups).drop_nulls(list(groups))
    kind = pl.Enum(list(categories))
    parts = []
    for emotion in categories:
        figures = [
            ((pl.col("predicted") == emotion).fill_null(value=False) & (pl.col("intended") != emotion))
            .sum()
            .alias("x"),
            (pl.col("intended") != emotion).sum().alias("n"),
            pl.col("intended").is_null().sum().alias("n_excluded"),
        ]
        own = labels.group_by(list(groups)).agg(figures) if groups else labels.select(figures)
        parts.append(
            own.with_columns(pl.lit(emotion).cast(kind).alias("emotion"), pl.col("x", "n", "n_excluded").cast(pl.Int64))
        )
    counted = pl.concat(parts).filter(pl.col("n") > 0).sort("emotion", *groups)
    low, high = wilson_intervals(counted["x"].to_numpy(), counted["n"].to_numpy(), confidence)
    return counted.select(
        *groups, "emotion", "x", "n", (pl.col("x") / pl.col("n")).alias("rate"),
        pl.Series("low", np.asarray(low, dtype=float)), pl.Series("high", np.asarray(high, dtype=float)), "n_excluded",
    )  # fmt: skip


def name_cause(false_positive_p: float | None, accuracy_p: float | None, alpha: float) -> str | None:
    """What lies behind groups being named an emotion unequally often, by two p values.

    Parameters
    ----------
    false_positive_p, accuracy_p : float or None
        Adjusted p of equal false positive rates, and of equal accuracy on the images of that emotion; None = untested.
    alpha : float
        Level of both tests.

    Returns
    -------
    str or None
        `over-attribution`, `unequal accuracy`, `both`, `neither`; None where neither could be tested. A rate that could
        not be tested because it is 0 or 1 everywhere does not differ.
    """
    if false_positive_p is None and accuracy_p is None:
        return None
    differs = [p is not None and p < alpha for p in (false_positive_p, accuracy_p)]
    return {(True, False): "over-attribution", (False, True): "unequal accuracy", (True, True): "both"}.get(
        (differs[0], differs[1]), "neither"
    )

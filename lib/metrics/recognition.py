"""How often a rater names the intended emotion, with intervals that heed that faces of one person go together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from lib.metrics.categories import accuracy_by, right_answer
from lib.metrics.checks import require_columns
from lib.metrics.resampling import Resampling, percentile_interval, resampled_sums

FEWEST_PERSONS = 2


def recognition_by(
    frame: pl.DataFrame, groups: Sequence[str], persons: Sequence[str], resampling: Resampling
) -> pl.DataFrame:
    """Accuracy within groups of images, with an interval over images and one over persons.

    Parameters
    ----------
    frame : polars.DataFrame
        As `lib.metrics.categories.accuracy_by` takes it: intended, predicted, and the columns of `groups`; besides the
        columns of `persons`.
    groups : sequence of str
        Columns to group by; none gives one row for all images.
    persons : sequence of str
        Columns that together name a person (such as race, gender and identity); none where it is not known who shows
        what.
    resampling : Resampling
        Seed, draws and confidence of the intervals. Its unit is not used: persons are drawn.

    Returns
    -------
    polars.DataFrame
        As `accuracy_by`, then n_persons, person_low and person_high (null without `persons`, or with fewer than two).

    Raises
    ------
    DataError
        If a column is missing or no image has an intended emotion.

    Notes
    -----
    Images of one person share skin, hair and bones, and are recognised or mistaken together: an interval over images is
    too narrow then. A sample draws as many persons as there are, with replacement and with all their images of the
    group; the estimate is right answers over images, the interval the percentiles of the estimates (cluster bootstrap:
    Davison & Hinkley, 1997, section 3.8, doi:10.1017/CBO9780511802843). Groups are resampled apart from each other.
    Checked against closed forms: persons whose images are all right or all wrong, persons who are all the same, and the
    binomial distribution of four persons of unequal size.
    """
    shares = accuracy_by(frame, groups, resampling.confidence)
    if not persons:
        return shares.with_columns(
            pl.lit(None, dtype=pl.Int64).alias("n_persons"),
            *(pl.lit(None, dtype=pl.Float64).alias(name) for name in ("person_low", "person_high")),
        )
    require_columns(frame, persons, "The labels")
    each = (
        frame.filter(pl.col("intended").is_not_null())
        .with_columns(right_answer().alias("right"))
        .group_by(list(dict.fromkeys([*groups, *persons])))
        .agg(pl.col("right").sum().cast(pl.Float64), pl.len().cast(pl.Float64).alias("images"))
        .sort(list(dict.fromkeys([*groups, *persons])))
    )
    own = [
        each.filter(*(pl.col(name).eq_missing(pl.lit(value)) for name, value in key.items()))
        for key in shares.select(list(groups)).iter_rows(named=True)
    ]
    rows = [(part.height, *(_interval(part, resampling) or (None, None))) for part in (own if groups else [each])]
    schema = {"n_persons": pl.Int64, "person_low": pl.Float64, "person_high": pl.Float64}
    return shares.hstack(pl.DataFrame(rows, schema=schema, orient="row"))


def _interval(persons: pl.DataFrame, resampling: Resampling) -> tuple[float, float] | None:
    if persons.height < FEWEST_PERSONS:
        return None
    right, images = resampled_sums(persons.select("right", "images").to_numpy(), resampling).T
    return percentile_interval(np.asarray(right / images), resampling.confidence)

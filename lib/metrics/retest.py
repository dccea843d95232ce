"""How steadily a machine answers the same question: repeats of one condition on the same images."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from statsmodels.stats.proportion import proportion_confint

from lib.errors import DataError, ParameterError
from lib.metrics.checks import require_columns, require_rows, require_share, without_nan

UNITS = ("image_id", "repeat")


def identical_answers(
    answers: pl.DataFrame,
    value: str,
    groups: Sequence[str] = (),
    *,
    confidence: float,
    tolerance: float = 0.0,
) -> pl.DataFrame:
    """Share of images that got one and the same answer in all repeats, and share of equal pairs of repeats.

    Parameters
    ----------
    answers : polars.DataFrame
        One row an image and repeat, in each group: image_id, repeat, `value` (a category or a number; null or NaN = no
        valid answer) and the columns of `groups`.
    value : str
        Column of the answers.
    groups : sequence of str
        Columns to group by, such as the condition or the intended emotion; null is a group of its own. None gives one
        row for all.
    confidence : float
        Level of the interval, such as .95.
    tolerance : float
        Numbers that lie no further apart count as equal; 0 for answers on a scale. For networks whose output is
        continuous.

    Returns
    -------
    polars.DataFrame
        The group columns, then n_images (asked twice or more and answered at least once), n_excluded (asked once, or
        never answered), repeats_min, repeats_max, n_unanswered (answers missing in the n_images), n_identical,
        identical (share of n_images; null where there is none), identical_low, identical_high, pairwise (mean over
        images of the share of equal pairs). Sorted by group.

    Raises
    ------
    DataError
        If a column is missing, an image has two answers for one repeat, or there is no row.
    ParameterError
        If `confidence` is out of range or `tolerance` is negative.

    Notes
    -----
    A missing answer equals none, not even another missing one: who sometimes fails to answer is not steady. The
    interval is that of Clopper & Pearson (1934, doi:10.1093/biomet/26.4.404) over images, which holds its level also
    where the share is 1: 50 identical images of 50 leave .929 to 1. Checked against R: binom.test
    (tests/reference/retest.R), and by enumeration.
    """
    require_share(confidence, "confidence")
    if tolerance < 0:
        raise ParameterError(f"tolerance must be 0 or more, got {tolerance!r}.")
    known = require_one_answer_each(answers, [value], groups)
    it = without_nan(known[value]) if known[value].dtype.is_numeric() else known[value]
    known = known.select(*UNITS, *groups, it.alias("it"))
    images = known.group_by("image_id", *groups).agg(
        pl.len().alias("asked"), pl.col("it").is_null().sum().alias("unanswered")
    )
    counted = images.join(
        _equal_pairs(known, groups, tolerance), on=["image_id", *groups], how="left", nulls_equal=True
    ).with_columns(pl.col("equal").fill_null(0), (pl.col("asked") * (pl.col("asked") - 1) / 2).alias("pairs"))
    return _summarise_identical(counted, groups, confidence)


def repeat_spread(answers: pl.DataFrame, value: str, groups: Sequence[str] = ()) -> pl.DataFrame:
    """How far repeated ratings of one image lie apart.

    Parameters
    ----------
    answers, value, groups
        As in `identical_answers`; `value` is a number on the study's scale, null or NaN = no answer.

    Returns
    -------
    polars.DataFrame
        The group columns, then n_images (with two or more ratings), n_excluded, within_sd (pooled), mean_sd (mean of
        the images' SDs), largest_range (largest difference between two ratings of one image); null where n_images is 0.

    Raises
    ------
    DataError
        If a column is missing, an image has two answers for one repeat, or there is no row.

    Notes
    -----
    With s_i^2 the variance (ddof = 1) of the ratings of image i: ``within_sd = sqrt(mean(s_i^2))``, the standard error
    of measurement of one answer where images have equally many repeats; ``mean_sd = mean(s_i)``, never larger and for
    few repeats too small (an SD of 3 normal values is expected at .886 of the true one). Checked against base R
    (tests/reference/retest.R).
    """
    known = require_one_answer_each(answers, [value], groups)
    rating = without_nan(known[value]).alias("rating")
    by_image = (
        known.with_columns(rating)
        .group_by("image_id", *groups)
        .agg(
            pl.col("rating").count().alias("n"),
            pl.col("rating").var(ddof=1).alias("variance"),
            (pl.col("rating").max() - pl.col("rating").min()).alias("range"),
        )
    )
    usable = pl.col("n") > 1
    figures = [
        usable.sum().cast(pl.Int64).alias("n_images"),
        (~usable).sum().cast(pl.Int64).alias("n_excluded"),
        pl.col("variance").filter(usable).mean().sqrt().alias("within_sd"),
        pl.col("variance").filter(usable).sqrt().mean().alias("mean_sd"),
        pl.col("range").filter(usable).max().alias("largest_range"),
    ]
    return by_image.group_by(list(groups)).agg(figures).sort(list(groups)) if groups else by_image.select(figures)


def require_one_answer_each(answers: pl.DataFrame, columns: Sequence[str], groups: Sequence[str] = ()) -> pl.DataFrame:
    """Return `answers`; raise `DataError` where a column is missing or an image has two answers for one repeat."""
    require_columns(answers, [*UNITS, *columns, *groups], "The repeated answers")
    require_rows(answers.height, "repeated answers")
    twice = answers.filter(answers.select(*UNITS, *groups).is_duplicated())
    if twice.height:
        image, repeat = twice.select(UNITS).row(0)
        raise DataError(
            f"Each image has one answer a repeat, got {twice.height!r} rows that share theirs, such as image "
            f"{image!r} in repeat {repeat!r}. Pass the answers of one condition and step only, or group by them."
        )
    return answers


def _equal_pairs(known: pl.DataFrame, groups: Sequence[str], tolerance: float) -> pl.DataFrame:
    """Number of pairs of repeats with equal answers, by image: image_id, `groups`, equal."""
    unit = ["image_id", *groups]
    one = known.drop_nulls("it")
    both = one.join(one, on=unit, suffix="_other", nulls_equal=True).filter(pl.col("repeat") < pl.col("repeat_other"))
    numeric = known["it"].dtype.is_numeric()
    equal = (pl.col("it") - pl.col("it_other")).abs() <= tolerance if numeric else pl.col("it") == pl.col("it_other")
    return both.filter(equal).group_by(unit).agg(pl.len().alias("equal"))


def _summarise_identical(counted: pl.DataFrame, groups: Sequence[str], confidence: float) -> pl.DataFrame:
    usable = (pl.col("asked") > 1) & (pl.col("unanswered") < pl.col("asked"))
    asked = pl.col("asked").filter(usable)
    figures = [
        usable.sum().cast(pl.Int64).alias("n_images"),
        (~usable).sum().cast(pl.Int64).alias("n_excluded"),
        asked.min().cast(pl.Int64).alias("repeats_min"),
        asked.max().cast(pl.Int64).alias("repeats_max"),
        pl.col("unanswered").filter(usable).sum().cast(pl.Int64).alias("n_unanswered"),
        ((pl.col("equal") == pl.col("pairs")) & usable).sum().cast(pl.Int64).alias("n_identical"),
        (pl.col("equal") / pl.col("pairs")).filter(usable).mean().alias("pairwise"),
    ]
    table = counted.group_by(list(groups)).agg(figures).sort(list(groups)) if groups else counted.select(figures)
    n, x = table["n_images"].to_numpy(), table["n_identical"].to_numpy()
    low, high = proportion_confint(x, np.maximum(n, 1), alpha=1 - confidence, method="beta")
    ends = [pl.Series(name, np.where(n > 0, end, np.nan)).fill_nan(None)
            for name, end in (("identical_low", low), ("identical_high", high))]  # fmt: skip
    share = pl.when(pl.col("n_images") > 0).then(pl.col("n_identical") / pl.col("n_images")).alias("identical")
    return table.with_columns(share, *ends).select(
        *groups, "n_images", "n_excluded", "repeats_min", "repeats_max", "n_unanswered", "n_identical", "identical",
        "identical_low", "identical_high", "pairwise",
    )  # fmt: skip

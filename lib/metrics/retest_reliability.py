"""Reliability of repeated answers of one machine: Fleiss' kappa of labels, intraclass correlations of ratings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from lib.metrics.checks import without_nan
from lib.metrics.fleiss import FleissKappa, fleiss_kappa
from lib.metrics.icc import Intraclass, icc_complete
from lib.metrics.retest import require_one_answer_each

TOO_FEW = "fewer than two images or two repeats without a missing rating"


@dataclass(frozen=True)
class RetestReliability:
    """Intraclass correlations of repeated ratings.

    Attributes
    ----------
    n_images, n_repeats : int
        Images rated in every repeat, and the repeats.
    n_excluded : int
        Images that lack a rating in some repeat.
    single, mean : Intraclass
        ICC(2,1) of one answer and ICC(2,k) of the mean of all repeats; value None with a reason where undefined.
    """

    n_images: int
    n_repeats: int
    n_excluded: int
    single: Intraclass
    mean: Intraclass


def repeat_kappa(answers: pl.DataFrame, value: str, categories: Sequence[str], confidence: float) -> FleissKappa:
    """Fleiss' kappa of repeated labels, the repeats being the raters.

    Parameters
    ----------
    answers : polars.DataFrame
        image_id, repeat and `value` (a label). A null, or a label that is not one of `categories`, does not enter.
    value : str
        Column of the labels.
    categories : sequence of str
        What could be answered.
    confidence : float
        Level of the interval.

    Returns
    -------
    FleissKappa
        See `lib.metrics.fleiss.fleiss_kappa`; value None with a reason where all labels are the same.

    Raises
    ------
    DataError
        If a column is missing, an image has two answers for one repeat, or there is no row.
    """
    known = require_one_answer_each(answers, [value])
    images = known["image_id"].unique().sort()
    label = known[value].cast(pl.String).replace_strict(
        list(categories), list(range(len(categories))), default=None, return_dtype=pl.Int64
    )  # fmt: skip
    given = label.is_not_null().to_numpy()
    place = images.search_sorted(known["image_id"]).to_numpy()[given] * len(categories) + label.drop_nulls().to_numpy()
    counts = np.bincount(place, minlength=images.len() * len(categories)).reshape(images.len(), len(categories))
    return fleiss_kappa(counts, confidence)


def repeat_icc(answers: pl.DataFrame, value: str, confidence: float) -> RetestReliability:
    """ICC(2,1) and ICC(2,k) of repeated ratings, the repeats being the raters.

    Parameters
    ----------
    answers : polars.DataFrame
        image_id, repeat and `value` (a number; null or NaN = no answer).
    value : str
        Column of the ratings.
    confidence : float
        Level of the intervals.

    Returns
    -------
    RetestReliability
        Undefined, with a reason, where all ratings are the same (a constant says nothing about reliability: `value`
        None) or where fewer than two images or repeats remain. Where repeats never differ but images do, the value is 1
        and has no interval.

    Raises
    ------
    DataError
        If a column is missing, an image has two answers for one repeat, or there is no row.

    Notes
    -----
    See `lib.metrics.icc.icc_complete`. Images that lack a rating in one repeat are left out and counted.
    """
    known = require_one_answer_each(answers, [value])
    wide = known.with_columns(without_nan(known[value])).pivot("repeat", index="image_id", values=value)
    scores = wide.drop("image_id").to_numpy().astype(np.float64)
    complete = ~np.isnan(scores).any(axis=1)
    n, k = int(complete.sum()), scores.shape[1]
    if n < 2 or k < 2:
        found = [Intraclass(f"icc2_{end}", None, None, None, None, max(n - 1, 0), 0, None, k_, TOO_FEW)
                 for end, k_ in (("1", 1), ("k", k))]  # fmt: skip
        return RetestReliability(n, k, len(scores) - n, found[0], found[1])
    both = icc_complete(scores[complete], confidence).coefficients
    return RetestReliability(n, k, len(scores) - n, both["icc2_1"], both["icc2_k"])

"""What share of a machine's collapse within categories another way of asking undoes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from lib.metrics.checks import finite_or_none
from lib.metrics.image_draws import Numbers, interval_ends, ratio
from lib.metrics.resampling import Resampling
from lib.metrics.strata import stratified_draws
from lib.metrics.within_category import members, spread_figures, usable_sides

NO_COLLAPSE = "people do not vary more within categories than the base does, so there is no collapse to explain"
UNSTABLE = "the interval of the collapse includes 0, so the share could be anything"


@dataclass(frozen=True)
class CollapseShare:
    """Share of the collapse of a base that a variant undoes.

    Attributes
    ----------
    n, n_excluded : int
        Images with a category and a value of all three sides, and the others.
    base_sd, variant_sd, people_sd : float or None
        Pooled SD within categories.
    collapse, collapse_low, collapse_high : float or None
        people_sd - base_sd with its interval.
    share : float or None
        0: the variant is as collapsed as the base; 1: it varies as people do; below 0: it is more collapsed.
    low, high : float or None
        Interval of the share; None where the collapse's includes 0.
    reason : str or None
        Why something is None.
    """

    n: int
    n_excluded: int
    base_sd: float | None
    variant_sd: float | None
    people_sd: float | None
    collapse: float | None
    collapse_low: float | None
    collapse_high: float | None
    share: float | None
    low: float | None
    high: float | None
    reason: str | None


def collapse_explained(
    base: Numbers,
    variant: Numbers,
    people_mean: Numbers,
    category: pl.Series,
    resampling: Resampling,
    *,
    people_variance: Numbers | None = None,
) -> CollapseShare:
    """Share of the base's collapse within categories that a variant undoes, such as one without quantisation.

    Parameters
    ----------
    base, variant : numpy.ndarray
        Answers to the same images in the same order, shape (n_images,) or (n_images, n_repeats); NaN = no answer.
    people_mean : numpy.ndarray
        Mean of people's ratings of each image, shape (n_images,); NaN = nobody rated it.
    category : polars.Series
        Category of each image; null = none, left out.
    resampling : Resampling
        The study's; images are drawn within categories, with all answers.
    people_variance : numpy.ndarray or None
        Variance (ddof = 0) of the ratings of each image: people are then one person's single ratings, as in
        `lib.metrics.stereotyping`; without it, they are the image means.

    Returns
    -------
    CollapseShare

    Raises
    ------
    DataError
        If the lengths differ or no image has all.

    Notes
    -----
    ``(s_variant - s_base) / (s_people - s_base)`` with the SDs of `spread_within`. A ratio whose denominator may be 0
    has no bounded confidence set (Fieller, 1954), so that none is given then. A variant that
    only adds noise has a share, too: read it beside its correlations with people.
    """
    sides = [base, variant, people_mean, *([] if people_variance is None else [people_variance])]
    tables, kinds, excluded = usable_sides(sides, category)
    member = members(kinds)

    def figures(weights: Numbers) -> Numbers:
        one, other, people = (spread_figures(weights, table, member)[:, 0] for table in tables[:3])
        if people_variance is not None:
            n = weights @ member
            within = np.maximum(n - 1, 0) * ratio((weights * tables[3][:, 0]) @ member, n)
            people = np.sqrt(people**2 + ratio(np.nansum(within, axis=1), np.maximum(n - 1, 0).sum(axis=1)))
        return np.column_stack([one, other, people, people - one, ratio(other - one, people - one)])

    sds = [finite_or_none(value) for value in figures(np.ones((1, kinds.size)))[0]]
    drawn = stratified_draws(figures, kinds, resampling)
    low, high = interval_ends(drawn[:, 3], resampling.confidence)
    share, ends, reason = sds[4], interval_ends(drawn[:, 4], resampling.confidence), None
    if sds[3] is None or sds[3] <= 0:
        share, ends, reason = None, (None, None), NO_COLLAPSE
    elif low is None or low <= 0:
        ends, reason = (None, None), UNSTABLE if low is not None else None
    return CollapseShare(
        kinds.size, excluded, sds[0], sds[1], sds[2], sds[3], low, high, share, ends[0], ends[1], reason
    )

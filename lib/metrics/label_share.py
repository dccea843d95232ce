"""How much of a machine's agreement with people the label alone explains, and how much the image adds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy.stats import f as f_distribution

from lib.errors import ParameterError
from lib.metrics.checks import finite_or_none, require_rows, require_same_length, without_nan
from lib.metrics.image_draws import Ends, Numbers, interval_ends, ratio
from lib.metrics.resampling import Resampling
from lib.metrics.strata import number_strata, stratified_draws
from lib.metrics.weighted_moments import correlation, covariances, squared_semipartial
from lib.metrics.within_category import members

PEOPLE, FULL, LABEL, REFERENCE = range(4)
CONSTANT = "one side's ratings are all the same, so a correlation is undefined"
NO_ADVANTAGE = "the full ratings correlate no more with people than the reference does, so there is nothing to share"
UNSTABLE = "the interval of the advantage includes 0, so the share could be anything"


@dataclass(frozen=True)
class LabelShare:
    """What ratings from the label alone share with ratings of image and label.

    Attributes
    ----------
    n, n_excluded : int
        Images that have all ratings and a label, and the others.
    r_full, r_label, r_reference : float or None
        Pearson's correlation with people's means; None where a side is constant.
    advantage, advantage_low, advantage_high : float or None
        ``r_full - r_reference``.
    share, share_low, share_high : float or None
        ``(r_label - r_reference) / (r_full - r_reference)``: 1 = the label alone does as well, 0 = no better than the
        reference. None where there is no advantage; the interval is None also where the advantage's includes 0.
    common, common_low, common_high : float or None
        Share of what the full ratings explain of people's variance that label-only ratings explain as well, 0 to 1.
    increment, increment_low, increment_high, increment_p : float or None
        Share of people's variance that the full ratings explain beyond the label-only ratings (squared semipartial
        correlation), and its F test.
    within, within_low, within_high, within_p : float or None
        Share of people's variance that the full ratings explain beyond the label itself, whatever rating it is given;
        0 for a machine that looks up one rating a label.
    reason : str or None
        Why share, or its interval, is None.
    """

    n: int
    n_excluded: int
    r_full: float | None
    r_label: float | None
    r_reference: float | None
    advantage: float | None
    advantage_low: float | None
    advantage_high: float | None
    share: float | None
    share_low: float | None
    share_high: float | None
    common: float | None
    common_low: float | None
    common_high: float | None
    increment: float | None
    increment_low: float | None
    increment_high: float | None
    increment_p: float | None
    within: float | None
    within_low: float | None
    within_high: float | None
    within_p: float | None
    reason: str | None


def label_share(
    people: pl.Series,
    full: pl.Series,
    label_only: pl.Series,
    label: pl.Series,
    resampling: Resampling,
    *,
    reference: pl.Series | float = 0.0,
) -> LabelShare:
    """Share of a machine's agreement with people that the label alone explains.

    Parameters
    ----------
    people : polars.Series
        Mean of people's ratings of each image; null or NaN = none, here and below.
    full : polars.Series
        The machine's rating of each image, with the label in its context.
    label_only : polars.Series
        The same machine's rating of the label without the image.
    label : polars.Series
        The label that it was told; null = none, and the image is left out. Images are drawn within labels.
    resampling : Resampling
        The study's. No interval where participants are drawn.
    reference : polars.Series or float
        What the advantage is over: the ratings of another condition, such as an FER model, or a correlation; 0 is
        chance.

    Returns
    -------
    LabelShare

    Raises
    ------
    DataError
        If the lengths differ or no image has all ratings.
    ParameterError
        If a reference correlation is not between -1 and 1.

    Notes
    -----
    The label is constant within its images, so that they are what varies by chance: images are drawn within labels.
    With ``r^2`` and ``R^2`` of least squares on people's means,

    - ``increment = R^2(label_only, full) - r^2(label_only)``: squared semipartial correlation (Cohen, Cohen, West &
      Aiken, 2003, section 3.3), ``F = increment (n - 3) / (1 - R^2)`` on 1 and n - 3 degrees of freedom;
    - ``common = 1 - increment / r^2(full)``, the part of a commonality analysis; it can be below 0 where label-only
      ratings suppress what in the full ratings has nothing to do with people;
    - ``within = R^2(label as a category, full) - R^2(label as a category)``, F on 1 and n - labels - 1.

    A share of variance is never below 0, so that intervals of increment and within lie above 0 also where nothing is
    added: ask their p. A lookup of one rating a label has share 1, common 1, increment 0 and within 0. The ratio has
    no bounded confidence set where its denominator may be 0 (Fieller, 1954), so that no interval is given then.
    Checked against R: lm, anova (tests/reference/label_share.R); coverage by Monte Carlo.
    """
    table, kinds, excluded = _usable(people, full, label_only, label, reference)
    member = members(kinds)

    def figures(weights: Numbers) -> Numbers:
        return _figures(weights, table, member, reference if isinstance(reference, float | int) else None)

    found = [finite_or_none(value) for value in figures(np.ones((1, kinds.size)))[0]]
    drawn = stratified_draws(figures, kinds, resampling)
    ends = [interval_ends(column, resampling.confidence) for column in drawn.T]
    r_full, r_label, r_reference, advantage, share, common, increment, within = found[:8]
    share_ends, reason = ends[4], None
    if advantage is None or r_label is None:
        share, share_ends, reason = None, (None, None), CONSTANT
    elif advantage <= 1e-12:
        share, share_ends, reason = None, (None, None), NO_ADVANTAGE
    elif ends[3][0] is not None and ends[3][0] <= 0:
        share_ends, reason = (None, None), UNSTABLE
    return LabelShare(
        kinds.size, excluded, r_full, r_label, r_reference,
        advantage, *_if(advantage, ends[3]), share, *share_ends, common, *_if(common, ends[5]),
        increment, *_if(increment, ends[6]), _f_test(increment, found[8], kinds.size - 3),
        within, *_if(within, ends[7]), _f_test(within, found[9], kinds.size - member.shape[1] - 1), reason,
    )  # fmt: skip


def _usable(
    people: pl.Series, full: pl.Series, label_only: pl.Series, label: pl.Series, reference: pl.Series | float
) -> tuple[Numbers, np.ndarray, int]:
    """The images with everything: their numbers (n, 3 or 4), their labels numbered, and how many were left out."""
    sides = {"people": people, "full": full, "label_only": label_only}
    if isinstance(reference, pl.Series):
        sides["reference"] = reference
    elif not -1 <= reference <= 1:
        raise ParameterError(f"reference, a correlation, must lie between -1 and 1, got {reference!r}.")
    for side in sides.values():
        require_same_length(side, label, "ratings and labels")
    frame = pl.DataFrame({name: without_nan(side) for name, side in sides.items()} | {"told": label}).drop_nulls()
    require_rows(frame.height, "images with a label and all ratings")
    return frame.drop("told").to_numpy(), number_strata(frame["told"], frame.height), label.len() - frame.height


def _figures(weights: Numbers, table: Numbers, member: Numbers, reference: float | None) -> Numbers:
    """r_full, r_label, r_reference, advantage, share, common, increment, within, and both tests' residual shares."""
    overall, inside = covariances(weights, table), covariances(weights, table, member)
    r_full, r_label = (correlation(overall, PEOPLE, side) for side in (FULL, LABEL))
    chance = correlation(overall, PEOPLE, REFERENCE) if reference is None else np.full(len(weights), float(reference))
    advantage = r_full - chance
    increment = squared_semipartial(overall, PEOPLE, FULL, LABEL)
    explained = np.nan_to_num(ratio(inside[:, FULL, PEOPLE] ** 2, inside[:, FULL, FULL]))
    within = ratio(explained, overall[:, PEOPLE, PEOPLE])
    left_of_label = 1 - np.nan_to_num(r_label**2) - increment
    left_of_category = ratio(inside[:, PEOPLE, PEOPLE], overall[:, PEOPLE, PEOPLE]) - within
    return np.column_stack(
        [r_full, r_label, chance, advantage, ratio(r_label - chance, advantage), 1 - ratio(increment, r_full**2),
         increment, within, left_of_label, left_of_category]
    )  # fmt: skip


def _f_test(gain: float | None, left: float | None, freedom: int) -> float | None:
    """P value of one more predictor; None where nothing is left to be explained, or no degree of freedom."""
    if gain is None or left is None or left <= 1e-12 or freedom < 1:
        return None
    return float(f_distribution.sf(gain * freedom / left, 1, freedom))


def _if(value: float | None, ends: Ends) -> Ends:
    return (None, None) if value is None else ends

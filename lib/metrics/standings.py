"""Where raters stand by how close they come to people, with the uncertainty of their ranks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

from lib.metrics.closeness import Drawn
from lib.metrics.image_draws import Numbers
from lib.metrics.ranks import without_rounding_errors


@dataclass(frozen=True)
class Standing:
    """Where a rater stands among others.

    Attributes
    ----------
    rank : float or None
        1 = closest to people; raters that tie share the mean of their ranks. None where the figure is undefined.
    low, high : float or None
        Percentile interval of the rank, ends being ranks that occurred; None without resampling.
    first : float or None
        Share of the samples in which it is closest, a tie of m raters counting 1/m.
    """

    rank: float | None = None
    low: float | None = None
    high: float | None = None
    first: float | None = None


def standings(drawn: Drawn, *, highest_first: bool, confidence: float) -> list[Standing]:
    """Rank raters, with intervals.

    Parameters
    ----------
    drawn : Drawn
        The figure to rank by.
    highest_first : bool
        Whether a high figure is close to people (r), or a low one (an error).
    confidence : float
        Level of the intervals.

    Returns
    -------
    list of Standing
        In the raters' order. Raters without the figure have no rank; samples in which another lacks it are left out.

    Notes
    -----
    Percentile intervals of ranks in bootstrap samples (Goldstein & Spiegelhalter, 1996, doi:10.2307/2983325). They tell
    how far an order can be trusted; raters that are equally close do not have ranks that more images would settle.
    Checked on figures of known order, on equal raters, and for how often the best of several is covered.
    """
    known = ~np.isnan(drawn.found)
    sign = -1.0 if highest_first else 1.0
    ranks = _ranks(sign * drawn.found[np.newaxis, known])[0] if known.any() else np.empty(0)
    usable = drawn.draws[:, known]
    usable = usable[~np.isnan(usable).any(axis=1)]
    places = np.full(known.size, -1)
    places[known] = np.arange(int(known.sum()))
    if not len(usable) or not known.any():
        return [Standing(float(ranks[place])) if place >= 0 else Standing() for place in places]
    sampled = _ranks(sign * usable)
    low, high = _ends(sampled, confidence)
    best = sampled == sampled.min(axis=1, keepdims=True)
    first = (best / best.sum(axis=1, keepdims=True)).mean(axis=0)
    return [
        Standing(float(ranks[at]), float(low[at]), float(high[at]), float(first[at])) if at >= 0 else Standing()
        for at in places
    ]


def standing_beside(person: Drawn, machines: Drawn, *, highest_first: bool, confidence: float) -> Standing:
    """The rank that one person would have if they stood among the machines, who keep theirs.

    Parameters
    ----------
    person : Drawn
        The figure of each draw of a held-out person: `found` of shape (n_persons,), draws of (draws, n_persons).
    machines : Drawn
        The machines' figures.
    highest_first, confidence
        As in `standings`.

    Returns
    -------
    Standing
        rank is 1 + the machines that are closer than the mean over the draws of the person, a tie counting half; the
        interval takes another draw of the person in each sample. first: share of samples in which none is closer.
    """
    sign = -1.0 if highest_first else 1.0
    known = ~np.isnan(machines.found)
    figures = person.found[~np.isnan(person.found)]
    if not known.any() or not figures.size:
        return Standing()

    def among(one: Numbers, others: Numbers) -> tuple[Numbers, Numbers]:
        both = without_rounding_errors(np.column_stack([one, others]))
        gap = sign * (both[:, 1:] - both[:, :1])
        closer = (gap < 0).sum(axis=1)
        return np.asarray(1 + closer + (gap == 0).sum(axis=1) / 2), np.asarray(closer == 0)

    rank = float(among(np.array([figures.mean()]), machines.found[np.newaxis, known])[0][0])
    if not len(machines.draws):
        return Standing(rank)
    one = person.draws[np.arange(len(person.draws)), np.arange(len(person.draws)) % person.found.size]
    others = machines.draws[:, known]
    usable = ~np.isnan(one) & ~np.isnan(others).any(axis=1)
    sampled, first = among(one[usable], others[usable])
    if not sampled.size:
        return Standing(rank)
    low, high = _ends(sampled[:, np.newaxis], confidence)
    return Standing(rank, float(low[0]), float(high[0]), float(first.mean()))


def _ranks(figures: Numbers) -> Numbers:
    """Ranks within each row, the lowest figure first; ties share the mean of their ranks."""
    return np.asarray(rankdata(without_rounding_errors(figures), axis=1))


def _ends(sampled: Numbers, confidence: float) -> tuple[Numbers, Numbers]:
    tail = (1 - confidence) / 2
    low = np.quantile(sampled, tail, axis=0, method="lower")
    return np.asarray(low), np.asarray(np.quantile(sampled, 1 - tail, axis=0, method="higher"))

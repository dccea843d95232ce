"""Whether an emotion is read into the faces of one group, or its faces are only recognised worse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import ndtri, stdtr, stdtrit

from lib.metrics.checks import finite_or_none, require_columns, require_rows, require_share
from lib.metrics.image_draws import Numbers
from lib.metrics.schemas import Schema, schema_of

FIGURES = ("hits", "false_alarms", "named", "sensitivity", "criterion")
OVER, UNDER, INACCURACY, BOTH, NEITHER = "over-attribution", "under-attribution", "inaccuracy", "both", "none"
Codes = NDArray[np.int64]


@dataclass(frozen=True)
class Contrast:
    """Two groups of faces and an emotion.

    Attributes
    ----------
    first, second : str
        The groups; differences are first minus second.
    emotion : str
        The label in question.
    shown_first, shown_second, other_first, other_second : int
        Images that show the emotion, and that show another one.
    n_units : int
        Independent units of faces, such as identities, in both groups.
    """

    first: str
    second: str
    emotion: str
    shown_first: int
    shown_second: int
    other_first: int
    other_second: int
    n_units: int


CONTRASTS: Schema = schema_of(Contrast) | {
    f"{figure}{part}": pl.Float64
    for figure in FIGURES
    for part in ("_first", "_second", "_difference", "_low", "_high", "_p")
}


@dataclass(frozen=True)
class _Side:
    """One group: the five figures, and what each unit adds to their error, shape (5, n_units)."""

    shown: int
    other: int
    figures: Numbers
    influence: Numbers
    independent: Numbers


def attribution_contrasts(
    labels: pl.DataFrame, categories: Sequence[str], levels: Sequence[str], confidence: float
) -> pl.DataFrame:
    """How often an emotion is named where it is shown and where it is not, group against group.

    Parameters
    ----------
    labels : polars.DataFrame
        One row an image: intended, predicted (labels; null predicted = none was named), level (group; null = left out),
        unit (what is independent, such as the face's identity or the image).
    categories : sequence of str
        The study's emotions.
    levels : sequence of str
        The groups in order; each pair is compared, the earlier minus the later one.
    confidence : float
        Level of the intervals.

    Returns
    -------
    polars.DataFrame
        The fields of `Contrast`; for each of `FIGURES` its value in both groups (`_first`, `_second`), their
        `_difference`, `_low`, `_high` (t interval) and `_p` (two-sided t). hits and false_alarms: shares of the images
        that show the emotion, and that show another, named so; named: share of all images named so, emotions weighing
        the same; sensitivity (d') and criterion (c) in standard deviations. A contrast is left out where a group does
        not show the emotion, or shows no other that the other group shows; without two units in each group there are
        no intervals.

    Raises
    ------
    DataError
        If a column is missing or no image has an intended emotion.
    ParameterError
        If `confidence` is out of range.

    Notes
    -----
    With H hits and F false alarms (mean of the other emotions' rates, emotions that both groups show weighing the same)
    and K such emotions: ``named = (H + (K - 1) F) / K``, ``d' = z(H) - z(F)``, ``c = -(z(H) + z(F)) / 2`` (Macmillan &
    Creelman, 2005), z of rates with half an image added to either answer (Hautus, 1995, doi:10.3758/BF03203619).
    ``named`` stays where it is when mistakes become more frequent and spread evenly over the other labels, which lowers
    d' and moves c, a measure of tasks with two answers. Variances are linearised and clustered by unit, ``G / (G - 1)
    sum u_i^2`` a group with u_i what unit i adds (Liang & Zeger, 1986, doi:10.1093/biomet/73.1.13), and not below those
    of independent images (for d': Gourevitch & Galanter, 1967), so that rates of 0 and 1 have one. t has as many
    degrees of freedom as units, less two (less one where units are in both groups). Checked against R: covariances of
    units' rates, qnorm and numericDeriv (tests/reference/attribution.R); level by Monte Carlo.
    """
    require_share(confidence, "confidence")
    require_columns(labels, ["intended", "predicted", "level", "unit"], "The labels")
    known = labels.drop_nulls(["intended", "level", "unit"])
    require_rows(labels.height - labels["intended"].null_count(), "images with an intended emotion")
    intended, predicted = (_codes(known[name], categories) for name in ("intended", "predicted"))
    level, unit = _codes(known["level"], levels), known["unit"].cast(pl.String).rank("dense").to_numpy() - 1
    rows = []
    for pair in combinations(range(len(levels)), 2):
        groups = [level == place for place in pair]
        both = [kind for kind in range(len(categories)) if all((intended[own] == kind).any() for own in groups)]
        for emotion in both if len(both) > 1 else []:
            named = predicted == emotion
            sides = [_side(intended[own], named[own], unit[own], emotion, both) for own in groups]
            units = [np.unique(unit[own & np.isin(intended, both)]) for own in groups]
            about = Contrast(
                levels[pair[0]], levels[pair[1]], categories[emotion], sides[0].shown, sides[1].shown, sides[0].other,
                sides[1].other, np.union1d(units[0], units[1]).size,
            )  # fmt: skip
            rows.append(asdict(about) | _figures(sides, units, confidence))
    return pl.DataFrame(rows, schema=CONTRASTS)


def judge_attribution(found: Mapping[str, tuple[float, float | None, float | None]], alpha: float) -> str:
    """What lies behind a difference between two groups in how an emotion is named.

    Parameters
    ----------
    found : mapping
        Difference, p and corrected p of named, false_alarms, hits and sensitivity; no p = not tested.
    alpha : float
        Level of the tests.

    Returns
    -------
    str
        Of the first group beside the second, by this rule: named more often on the whole (corrected p) and also where
        it is not shown (p) is `over-attribution`, less often `under-attribution`; `both` where hits go against it (p),
        so that the group whose faces are named so more often is also recognised worse when it shows the emotion.
        Otherwise `inaccuracy` where hits or sensitivity differ (corrected p), else `none`. Exchanging the groups
        exchanges over- and under-attribution and leaves the rest.

    Notes
    -----
    False alarms alone do not tell: they rise with any inaccuracy, which leaves the share of all names where it is. What
    opens a verdict is corrected for its family; false alarms and hits then only tell what kind it is of, and are tested
    at the plain level, as in a sequence of gates.
    """

    def sign(name: str, *, corrected: bool) -> int:
        difference, p, adjusted = found[name]
        used = adjusted if corrected else p
        return int(np.sign(difference)) if used is not None and used < alpha else 0

    leaning = sign("named", corrected=True)
    if leaning and leaning == sign("false_alarms", corrected=False):
        against = sign("hits", corrected=False) == -leaning
        return BOTH if against else OVER if leaning > 0 else UNDER
    differ = sign("hits", corrected=True) or sign("sensitivity", corrected=True)
    return INACCURACY if differ else NEITHER


def _codes(labels: pl.Series, names: Sequence[str]) -> Codes:
    places = dict(zip(names, range(len(names)), strict=True))
    return labels.cast(pl.String).replace_strict(places, default=-1, return_dtype=pl.Int64).to_numpy()


def _side(intended: Codes, named: NDArray[np.bool_], unit: Codes, emotion: int, kinds: Sequence[int]) -> _Side:
    size = int(unit.max()) + 1
    sums = np.zeros((2, size))
    rates, spread, other = [0.0, 0.0], 0.0, 0
    for kind in kinds:
        at = intended == kind
        n, rate, row = int(at.sum()), float(named[at].mean()), int(kind != emotion)
        weight = 1 / (len(kinds) - 1) if row else 1.0
        rates[row] += weight * rate
        sums[row] += np.bincount(unit[at], weight * (named[at] - rate) / n, minlength=size)
        spread += weight**2 / n if row else 0.0
        other += n if row else 0
    shown, k = int((intended == emotion).sum()), len(kinds)
    hit, alarm = ((rate * n + 0.5) / (n + 1) for rate, n in zip(rates, (shown, other), strict=True))
    z = ndtri([hit, alarm])
    slopes = np.array([shown / (shown + 1), other / (other + 1)]) * np.sqrt(2 * np.pi) * np.exp(z**2 / 2)
    weights = np.array(
        [[1, 0], [0, 1], [1 / k, (k - 1) / k], [slopes[0], -slopes[1]], [-slopes[0] / 2, -slopes[1] / 2]]
    )
    figures = np.array([*rates, (rates[0] + (k - 1) * rates[1]) / k, z[0] - z[1], -(z[0] + z[1]) / 2])
    alone = np.array([hit * (1 - hit) / shown, alarm * (1 - alarm) * spread])
    return _Side(shown, other, figures, weights @ sums, weights**2 @ alone)


def _figures(sides: Sequence[_Side], units: Sequence[Codes], confidence: float) -> dict[str, float | None]:
    size = max(side.influence.shape[1] for side in sides)
    difference = sides[0].figures - sides[1].figures
    columns = {"_first": sides[0].figures, "_second": sides[1].figures, "_difference": difference}
    if min(own.size for own in units) > 1:
        one, other = (
            np.pad(side.influence, ((0, 0), (0, size - side.influence.shape[1]))) * np.sqrt(own.size / (own.size - 1))
            for side, own in zip(sides, units, strict=True)
        )
        clustered = ((one - other) ** 2).sum(axis=1)
        se = np.sqrt(np.maximum(clustered, sides[0].independent + sides[1].independent))
        distinct = np.union1d(units[0], units[1]).size
        df = distinct - (2 if distinct == units[0].size + units[1].size else 1)
        half = float(stdtrit(df, (1 + confidence) / 2)) * se
        p = 2 * stdtr(df, -np.abs(difference) / se)
        columns |= {"_low": difference - half, "_high": difference + half, "_p": p}
    return {
        f"{figure}{part}": finite_or_none(column[place])
        for part, column in columns.items()
        for place, figure in enumerate(FIGURES)
    }

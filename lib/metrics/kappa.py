"""Cohen's kappa, plain and weighted, with standard errors: how far two raters agree beyond chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.stats import norm

from lib.errors import DataError, ParameterError
from lib.metrics.checks import require_same_length, require_share, without_nan
from lib.metrics.counts import SCALE_TOLERANCE

Weights = Literal["none", "linear", "quadratic"]


@dataclass(frozen=True)
class Kappa:
    """Cohen's kappa of one table of two raters.

    Attributes
    ----------
    n : int
        Images in the table.
    value : float or None
        -1 to 1; 0 is chance. None where undefined.
    se : float or None
        Standard error at the estimate, for the interval.
    se_null : float or None
        Standard error where kappa is 0, for the test.
    low, high : float or None
        Interval ``value -/+ z se``, cut at -1 and 1. None where `se` is 0 (perfect agreement).
    z, p : float or None
        Test of kappa = 0, two-sided; None where `se_null` is 0.
    reason : str or None
        Why something is None.
    """

    n: int
    value: float | None
    se: float | None
    se_null: float | None
    low: float | None
    high: float | None
    z: float | None
    p: float | None
    reason: str | None


def cohen_kappa(table: NDArray[np.int64], confidence: float, weights: Weights = "none") -> Kappa:
    """Kappa of a table of counts.

    Parameters
    ----------
    table : numpy.ndarray
        Images by first rater's category (rows) and second rater's (columns), the same categories in the same order;
        for weights in ascending order and equally spaced, such as the values of a scale.
    confidence : float
        Level of the interval, such as .95.
    weights : {"none", "linear", "quadratic"}
        Cost of a disagreement: 1, its distance, or its squared distance.

    Returns
    -------
    Kappa
        Undefined where the table is empty or both raters use one and the same category only.

    Raises
    ------
    DataError
        If the table is not square or has negative counts.
    ParameterError
        If weights or confidence is out of range.

    Notes
    -----
    ``(p_o - p_e) / (1 - p_e)`` (Cohen, 1960, doi:10.1177/001316446002000104; weighted: 1968, doi:10.1037/h0026256).
    Standard errors of Fleiss, Cohen & Everitt (1969, doi:10.1037/h0028106): the one at the estimate for the interval,
    the one under independence for z; Cohen's own of 1960 is neither. Checked against R: psych::cohen.kappa (whose
    weighted standard errors are not those of 1969, and not what simulation gives), the formulas written out
    (tests/reference/agreement.R), scikit-learn, and for coverage. statsmodels' `cohens_kappa` agrees, but warns where
    a standard error is 0.
    """
    if weights not in ("none", "linear", "quadratic"):
        raise ParameterError(f"weights must be 'none', 'linear' or 'quadratic', got {weights!r}.")
    require_share(confidence, "confidence")
    counts = np.asarray(table)
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1] or (counts < 0).any():
        raise DataError(f"A table of two raters is square and has no negative counts, got shape {counts.shape!r}.")
    n = int(counts.sum())
    if n == 0:
        return Kappa(0, None, None, None, None, None, None, None, "no image was labelled by both")
    if (counts.sum(axis=0) * counts.sum(axis=1)).max() == n * n:
        return Kappa(n, None, None, None, None, None, None, None, "both raters use one and the same category only")
    value, se, se_null = _estimate(counts / n, n, weights)
    spread = float(norm.ppf(1 - (1 - confidence) / 2)) * se
    z = value / se_null if se_null > 0 else None
    return Kappa(
        n=n,
        value=value,
        se=se,
        se_null=se_null,
        low=max(value - spread, -1.0) if se > 0 else None,
        high=min(value + spread, 1.0) if se > 0 else None,
        z=z,
        p=None if z is None else float(2 * norm.sf(abs(z))),
        reason=None if se > 0 and se_null > 0 else "the standard error is 0",
    )


def label_table(first: pl.Series, second: pl.Series, categories: Sequence[str]) -> NDArray[np.int64]:
    """Count pairs of labels; null, or a label that is not one of `categories`, is a category of its own, the last.

    With the intended emotions as `first`, this gives the table of `lib.metrics.categories.score_categories`, in which
    an unanswered image is a disagreement. For two raters of equal standing leave unanswered images out first: two
    missing answers are no agreement.

    Raises
    ------
    DataError
        If the lengths differ.
    """
    require_same_length(first, second, "labels of two raters")
    places = [
        labels.cast(pl.String)
        .replace_strict(list(categories), list(range(len(categories))), default=len(categories), return_dtype=pl.Int64)
        .to_numpy()
        for labels in (first, second)
    ]
    return _tabulate(places[0], places[1], len(categories) + 1)


def value_table(first: pl.Series, second: pl.Series, values: NDArray[np.float64]) -> NDArray[np.int64] | None:
    """Count pairs of values of a scale; images without both are left out.

    Returns
    -------
    numpy.ndarray or None
        Shape (n_values, n_values); None where a value lies between the scale's steps, as a regression's may, for then
        there are no categories to agree on.

    Raises
    ------
    DataError
        If the lengths differ.
    """
    require_same_length(first, second, "values of two raters")
    pairs = pl.DataFrame({"first": without_nan(first), "second": without_nan(second)}).drop_nulls()
    scale = np.asarray(values, dtype=np.float64)
    step = float(np.diff(scale).min())
    places = []
    for name in ("first", "second"):
        given = pairs[name].to_numpy()
        place = np.searchsorted((scale[1:] + scale[:-1]) / 2, given)
        if (np.abs(scale[place] - given) > SCALE_TOLERANCE * step).any():
            return None
        places.append(place)
    return _tabulate(places[0], places[1], scale.size)


def _tabulate(rows: NDArray[np.int64], columns: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    return np.bincount(rows * size + columns, minlength=size * size).reshape(size, size)


def _estimate(shares: NDArray[np.float64], n: int, weights: Weights) -> tuple[float, float, float]:
    """Kappa, its standard error at the estimate, and that under independence."""
    places = np.arange(len(shares))
    distance = np.abs(np.subtract.outer(places, places)).astype(np.float64)
    credit = 1 - {"none": np.minimum(distance, 1), "linear": distance, "quadratic": distance**2}[weights]
    rows, columns = shares.sum(axis=1), shares.sum(axis=0)
    independent = np.outer(rows, columns)
    observed, expected = float((credit * shares).sum()), float((credit * independent).sum())
    value = (observed - expected) / (1 - expected)
    marginal = np.add.outer(credit @ columns, credit.T @ rows)
    spread = (shares * (credit - marginal * (1 - value)) ** 2).sum() - (value - expected * (1 - value)) ** 2
    spread_null = (independent * (credit - marginal) ** 2).sum() - expected**2
    return value, _error(float(spread), n, expected), _error(float(spread_null), n, expected)


def _error(spread: float, n: int, expected: float) -> float:
    """Standard error; what is left of a spread of 0 is rounding, relative to the squares that it is a difference of."""
    rounding = 1e-13 * max(1.0, expected**2)
    return float(np.sqrt(spread / n)) / (1 - expected) if spread > rounding else 0.0

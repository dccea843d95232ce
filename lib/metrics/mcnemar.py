"""McNemar's test for every pair of raters: whether they answer different shares of the same images correctly."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np
import polars as pl
import polars.selectors as cs
from numpy.typing import NDArray
from scipy.stats import binom, chi2

from lib.errors import DataError
from lib.metrics.multiplicity import Correction, adjust_within

Places = NDArray[np.int64]
SCHEMA = {
    "rater_a": pl.String, "rater_b": pl.String, "n": pl.Int64, "both_right": pl.Int64, "both_wrong": pl.Int64,
    "b": pl.Int64, "c": pl.Int64, "accuracy_a": pl.Float64, "accuracy_b": pl.Float64, "difference": pl.Float64,
    "p_exact": pl.Float64, "chi2_corrected": pl.Float64, "p_corrected": pl.Float64, "p_adjusted": pl.Float64,
}  # fmt: skip


def mcnemar_pairs(right: NDArray[np.float64], raters: Sequence[str], correction: Correction) -> pl.DataFrame:
    """Test all pairs of raters at once.

    Parameters
    ----------
    right : numpy.ndarray
        One row a rater, one column an image: 1 right, 0 wrong, NaN = not scored. A pair is compared on the images
        scored for both.
    raters : sequence of str
        Name of each row.
    correction : {"bonferroni", "holm", "fdr_bh"}
        Adjusts the exact p values; the family are all pairs.

    Returns
    -------
    polars.DataFrame
        One row a pair, the earlier of `raters` first: rater_a, rater_b, n, both_right, both_wrong, b (only a right),
        c (only b right), accuracy_a, accuracy_b, difference (a - b, shares), p_exact, chi2_corrected, p_corrected,
        p_adjusted. Where b + c = 0 the exact p is 1 and the chi-square with its p is null; where n = 0 all are null.

    Raises
    ------
    DataError
        If names and rows do not match, or a value is not 0, 1 or NaN.

    Notes
    -----
    Under the null b is binomial(b + c, 1/2) (McNemar, 1947, doi:10.1007/BF02295996): p_exact is
    that of `exact_mcnemar`; chi2_corrected ``(|b - c| - 1)^2 / (b + c)`` on one degree of freedom (0 where
    b = c). All counts come from three matrix products. Checked against R: mcnemar.test, binom.test
    (tests/reference/agreement.R).
    """
    if right.ndim != 2 or right.shape[0] != len(raters):
        raise DataError(f"Each rater needs one row, got {len(raters)} raters and shape {right.shape!r}.")
    if not np.isin(right[~np.isnan(right)], (0, 1)).all():
        raise DataError("An answer is right (1), wrong (0) or not scored (NaN), got another value. Score it first.")
    pairs = list(combinations(range(len(raters)), 2))
    first, second = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    n, both_right, hits_a, hits_b = _counts(right, first, second)
    b, c = hits_a - both_right, hits_b - both_right
    share = 1 / np.where(n > 0, n, np.nan)
    exact = np.where(n > 0, exact_mcnemar(b, c), np.nan)
    statistic = np.maximum(np.abs(b - c) - 1.0, 0.0) ** 2 / np.where(b + c > 0, b + c, np.nan)
    frame = pl.DataFrame(
        {
            "rater_a": [raters[place] for place, _ in pairs],
            "rater_b": [raters[place] for _, place in pairs],
            "n": n, "both_right": both_right, "both_wrong": n - both_right - b - c, "b": b, "c": c,
            "accuracy_a": hits_a * share, "accuracy_b": hits_b * share, "difference": (b - c) * share,
            "p_exact": exact,
            "chi2_corrected": statistic,
            "p_corrected": chi2.sf(statistic, 1),
        },
        schema={name: kind for name, kind in SCHEMA.items() if name != "p_adjusted"},
    ).with_columns(cs.float().fill_nan(None))  # fmt: skip
    return adjust_within(frame, [], correction, p="p_exact")


def exact_mcnemar(b: Places | np.int64, c: Places | np.int64) -> NDArray[np.float64]:
    """Exact p of McNemar's test where b images only the first of two raters, c only the second has right.

    ``min(1, 2 P(X <= min(b, c)))`` with X binomial(b + c, 1/2); 1 where b + c = 0. b, c: images, any shape.
    """
    return np.asarray(np.minimum(1.0, 2 * binom.cdf(np.minimum(b, c), b + c, 0.5)))


def _counts(right: NDArray[np.float64], first: Places, second: Places) -> Iterator[Places]:
    """Of each pair's shared images: how many, those both have right, those the first and those the second has."""
    scored = ~np.isnan(right)
    hits, known = np.where(scored, right, 0.0), scored.astype(np.float64)
    on_shared = hits @ known.T
    found = (known @ known.T)[first, second], (hits @ hits.T)[first, second], on_shared[first, second]
    return (np.rint(item).astype(np.int64) for item in (*found, on_shared[second, first]))

"""Differences between groups in the share that is right: chi-square, Cramér's V, Fisher's exact test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import gammaln
from scipy.stats import chi2
from statsmodels.stats.proportion import proportion_confint

from lib.errors import DataError
from lib.metrics.checks import require_columns
from lib.metrics.schemas import schema_like, schema_of

Counts = NDArray[np.int64]
SMALL_EXPECTED = 5.0
MOST_TABLES = 5_000_000
SAME_PROBABILITY = (
    1e-7  # relative: tables this close to the observed one's probability count as equally probable, as in R
)


@dataclass(frozen=True)
class ShareTest:
    """Whether shares differ between groups.

    Attributes
    ----------
    n : int
        Cases in all groups.
    groups : int
        Groups that have cases.
    df : int
        ``groups - 1``.
    chi2, p_chi2 : float or None
        Pearson's chi-square without continuity correction; None with fewer than two groups, or where all or none of
        the cases are successes.
    chi2_yates, p_yates : float or None
        With Yates' correction; None unless there are two groups.
    cramers_v : float or None
        ``sqrt(chi2 / n)``, 0 to 1 (one of the two margins has two levels).
    smallest_expected : float or None
        Smallest expected count of the table.
    p_fisher : float or None
        Fisher's exact test (Freeman-Halton with more than two groups); None where it would take more than five million
        tables.
    method : str or None
        `chi-square`; `Fisher's exact` where an expected count is below 5; `chi-square, small expected counts` where
        the exact test is not possible. None where nothing is defined.
    p : float or None
        The p value of `method`.
    """

    n: int
    groups: int
    df: int
    chi2: float | None
    p_chi2: float | None
    chi2_yates: float | None
    p_yates: float | None
    cramers_v: float | None
    smallest_expected: float | None
    p_fisher: float | None
    method: str | None
    p: float | None


def compare_shares(successes: Sequence[int], totals: Sequence[int]) -> ShareTest:
    """Test whether the share of successes is the same in all groups.

    Parameters
    ----------
    successes : sequence of int
        Successes in each group.
    totals : sequence of int
        Cases in each group; groups without cases are left out.

    Returns
    -------
    ShareTest

    Raises
    ------
    DataError
        If the lengths differ, or successes are not between 0 and the group's cases.

    Notes
    -----
    ``chi2 = sum (observed - expected)^2 / expected`` over the groups x (success, failure) table; Yates subtracts
    ``min(0.5, |observed - expected|)`` first, as R does. Fisher's p sums the probabilities, given both margins, of all
    tables that are no more probable than the observed one (Freeman & Halton, 1951, doi:10.1093/biomet/38.1-2.141).
    Checked against R: chisq.test, fisher.test (tests/reference/proportions.R).
    """
    x, n = np.asarray(successes, dtype=np.int64), np.asarray(totals, dtype=np.int64)
    if x.shape != n.shape or (x < 0).any() or (x > n).any():
        raise DataError(
            f"Successes must be one count a group, from 0 to its number of cases, got {list(successes)!r} of "
            f"{list(totals)!r}. Correct the counts."
        )
    x, n = x[n > 0], n[n > 0]
    total, groups = int(n.sum()), n.size
    if groups < 2 or x.sum() in {0, total}:
        return ShareTest(total, groups, max(groups - 1, 0), *[None] * 9)
    share = x.sum() / total
    expected = np.outer([share, 1 - share], n)
    gap = np.abs(np.vstack([x, n - x]) - expected)
    statistic = float((gap**2 / expected).sum())
    yates = float(((gap - min(0.5, float(gap.min()))) ** 2 / expected).sum()) if groups == 2 else None
    df, p_fisher = groups - 1, fisher_exact(x, n)
    p_chi2 = float(chi2.sf(statistic, df))
    small = float(expected.min()) < SMALL_EXPECTED
    method = (
        "chi-square" if not small else "chi-square, small expected counts" if p_fisher is None else "Fisher's exact"
    )
    return ShareTest(
        total, groups, df, statistic, p_chi2, yates, None if yates is None else float(chi2.sf(yates, df)),
        float(np.sqrt(statistic / total)), float(expected.min()), p_fisher, method,
        p_fisher if small and p_fisher is not None else p_chi2,
    )  # fmt: skip


def fisher_exact(successes: Counts, totals: Counts) -> float | None:
    """Two-sided exact p of equal shares given both margins; None where that takes more than five million tables."""
    order = np.argsort(totals)
    x, n = successes[order], totals[order]
    wanted = int(x.sum())
    if np.prod(np.minimum(n[:-1], wanted) + 1.0) > MOST_TABLES:
        return None
    sums, logs = np.zeros(1, dtype=np.int64), np.zeros(1)
    for size in n[:-1]:
        counts = np.arange(min(int(size), wanted) + 1)
        sums = (sums[:, np.newaxis] + counts).ravel()
        logs = (logs[:, np.newaxis] + _log_choose(size, counts)).ravel()
        possible = sums <= wanted
        sums, logs = sums[possible], logs[possible]
    last = wanted - sums
    fitting = last <= n[-1]
    logs = logs[fitting] + _log_choose(n[-1], last[fitting]) - _log_choose(n.sum(), np.array(wanted))
    observed = float(_log_choose(n, x).sum() - _log_choose(n.sum(), np.array(wanted)))
    return float(min(1.0, np.exp(logs[logs <= observed + SAME_PROBABILITY]).sum()))


def wilson_intervals(successes: Counts, totals: Counts, confidence: float) -> tuple[NDArray[np.float64], ...]:
    """Wilson's (1927, doi:10.1080/01621459.1927.10502953) low and high ends of shares; NaN where there is no case."""
    low, high = proportion_confint(successes, np.maximum(totals, 1), alpha=1 - confidence, method="wilson")
    blank = np.asarray(totals) == 0
    return np.where(blank, np.nan, np.clip(low, 0, 1)), np.where(blank, np.nan, np.clip(high, 0, 1))


def share_tests(counts: pl.DataFrame, by: Sequence[str], successes: str, total: str = "n") -> pl.DataFrame:
    """`compare_shares` of the rows of each group.

    Parameters
    ----------
    counts : polars.DataFrame
        Columns `by`, `successes` and `total` (counts); one row a group to compare.
    by : sequence of str
        Columns that hold one test together, such as condition and emotion.
    successes, total : str
        The counts' columns.

    Returns
    -------
    polars.DataFrame
        `by`, then the fields of `ShareTest`; in the order of the first rows.

    Raises
    ------
    DataError
        If a column is missing.
    """
    require_columns(counts, [*by, successes, total], "The counts")
    rows = [
        dict(zip(by, key, strict=True)) | vars(compare_shares(own[successes].to_list(), own[total].to_list()))
        for key, own in counts.group_by(list(by), maintain_order=True)
    ]
    return pl.DataFrame(rows, schema=schema_like(counts, by) | schema_of(ShareTest))


def _log_choose(n: Counts | np.int64, k: Counts) -> NDArray[np.float64]:
    return np.asarray(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1))

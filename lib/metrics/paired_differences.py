"""Whether a machine's values differ from people's means: t or Wilcoxon, as Shapiro and Wilk advise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.stats import rankdata, wilcoxon
from scipy.stats import t as t_distribution

from lib.errors import ParameterError
from lib.metrics.checks import require_columns
from lib.metrics.normality import LARGEST, SMALLEST, shapiro_wilk
from lib.metrics.schemas import schema_like, schema_of

WilcoxonMethod = Literal["as R", "exact", "asymptotic"]
EXACT_BELOW = 50


@dataclass(frozen=True)
class PairedTest:
    """Test of paired differences against zero.

    Attributes
    ----------
    n, n_excluded : int
        Differences used, and pairs left out because a side is missing.
    bias, sd_difference : float or None
        Mean and standard deviation (ddof = 1) of the differences.
    low, high : float or None
        t interval of the mean difference; None where n < 2.
    shapiro_w, shapiro_p : float or None
        Shapiro-Wilk test of normality; None where n < 3, n > 5000 or all differences are equal.
    test : str or None
        `t` or `Wilcoxon`, whichever the test of normality advises (with n > 5000: t); None where neither is possible.
    statistic : float or None
        t, or V, the sum of the ranks of the positive differences.
    df : int or None
        Degrees of freedom of t.
    p : float or None
        Two-sided p of the test.
    dz : float or None
        Cohen's d of paired differences, ``bias / sd_difference``; None where the SD is 0 or n < 2.
    rank_biserial : float or None
        Share of the rank sum that is positive minus the share that is negative; None where all differences are 0.
    """

    n: int
    n_excluded: int
    bias: float | None = None
    sd_difference: float | None = None
    low: float | None = None
    high: float | None = None
    shapiro_w: float | None = None
    shapiro_p: float | None = None
    test: str | None = None
    statistic: float | None = None
    df: int | None = None
    p: float | None = None
    dz: float | None = None
    rank_biserial: float | None = None


def paired_test(
    differences: pl.Series,
    *,
    confidence: float,
    alpha: float = 0.05,
    method: WilcoxonMethod = "as R",
    continuity: bool = True,
) -> PairedTest:
    """Test whether paired differences are zero on average: Student's t if they look normal, Wilcoxon if not.

    Parameters
    ----------
    differences : polars.Series
        Machine - people, in units of the scale, not rounded. Null or NaN = no pair.
    confidence : float
        Level of the interval, such as .95.
    alpha : float
        Shapiro-Wilk p below which the Wilcoxon signed-rank test is taken.
    method : {"as R", "exact", "asymptotic"}
        Distribution of Wilcoxon's V: R takes the exact one below 50 differences that have neither ties nor zeros.
    continuity : bool
        Whether the normal approximation is corrected for continuity.

    Returns
    -------
    PairedTest
        Without a pair, all but the counts are None.

    Raises
    ------
    ParameterError
        If `method` is none of these.

    Notes
    -----
    Zeros are left out of Wilcoxon's ranks, ties have mean ranks and lower the variance. The test is chosen by a look at
    the same data, as the protocol has it. d_z is that of Cohen (1988, doi:10.4324/9780203771587), in units of the
    differences' own SD; rank-biserial correlation by Kerby (2014, doi:10.2466/11.IT.3.1).
    Checked against R: t.test, wilcox.test, shapiro.test (tests/reference/paired_differences.R).
    """
    if method not in {"as R", "exact", "asymptotic"}:
        raise ParameterError(f"method must be one of ['as R', 'exact', 'asymptotic'], got {method!r}.")
    values = differences.cast(pl.Float64).fill_nan(None).drop_nulls().to_numpy()
    n, excluded = values.size, differences.len() - values.size
    if n < 2:
        return PairedTest(n, excluded, float(values[0]) if n else None)
    mean, sd = float(values.mean()), float(values.std(ddof=1))
    varied = bool(np.ptp(values) > 0)
    half = float(t_distribution.ppf((1 + confidence) / 2, n - 1)) * sd / float(np.sqrt(n))
    w, shapiro_p = shapiro_wilk(values) if varied and SMALLEST <= n <= LARGEST else (None, None)
    test, statistic, df, p = None, None, None, None
    if varied and (n > LARGEST or (shapiro_p is not None and shapiro_p >= alpha)):
        statistic, df, test = mean / (sd / float(np.sqrt(n))), n - 1, "t"
        p = float(2 * t_distribution.sf(abs(statistic), df))
    elif (values != 0).any():
        test, (statistic, p) = "Wilcoxon", _signed_ranks(values, method, continuity=continuity)
    return PairedTest(
        n, excluded, mean, sd, mean - half, mean + half, w, shapiro_p, test, statistic, df, p,
        mean / sd if varied else None, _rank_biserial(values),
    )  # fmt: skip


def paired_tests_by(frame: pl.DataFrame, groups: Sequence[str], *, confidence: float) -> pl.DataFrame:
    """`paired_test` of machine - people within groups of images.

    Parameters
    ----------
    frame : polars.DataFrame
        Columns machine, people_mean (units of the scale; null or NaN = none) and `groups`; rows with a null group are
        left out.
    groups : sequence of str
        Columns to group by.
    confidence : float
        Level of the intervals.

    Returns
    -------
    polars.DataFrame
        `groups`, then the fields of `PairedTest`, sorted by group.

    Raises
    ------
    DataError
        If a column is missing.
    """
    require_columns(frame, ["machine", "people_mean", *groups], "The paired values")
    rows = [
        dict(zip(groups, key, strict=True))
        | vars(paired_test(own["machine"].cast(pl.Float64) - own["people_mean"], confidence=confidence))
        for key, own in frame.drop_nulls(list(groups)).group_by(list(groups), maintain_order=True)
    ]
    return pl.DataFrame(rows, schema=schema_like(frame, groups) | schema_of(PairedTest)).sort(list(groups))


def _signed_ranks(values: NDArray[np.float64], method: WilcoxonMethod, *, continuity: bool) -> tuple[float, float]:
    """Wilcoxon's V and its two-sided p."""
    moved = values[values != 0]
    untied = np.unique(np.abs(moved)).size == values.size
    exact = method == "exact" or (method == "as R" and values.size < EXACT_BELOW and untied)
    found = wilcoxon(
        moved, zero_method="wilcox", correction=continuity and not exact, method="exact" if exact else "asymptotic"
    )
    return float(rankdata(np.abs(moved))[moved > 0].sum()), float(found.pvalue)


def _rank_biserial(values: NDArray[np.float64]) -> float | None:
    moved = values[values != 0]
    ranks = rankdata(np.abs(moved))
    return float((np.sign(moved) @ ranks) / ranks.sum()) if moved.size else None

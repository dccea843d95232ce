"""Whether two ratings of the same images follow a third equally well: tests of dependent correlations."""

from __future__ import annotations

import math
from dataclasses import dataclass

import polars as pl
from scipy.stats import norm
from scipy.stats import t as t_distribution

from lib.errors import DataError
from lib.metrics.checks import require_rows, require_same_length, require_share, without_nan
from lib.metrics.dimensions import pearson

TOO_FEW = "tests need four images or more"
CONSTANT = "a side is constant, so its correlation is undefined"
PERFECT = "a correlation with people is 1 or -1, so that no test is defined"
SAME = "both sides are the same but for a linear change, so that nothing can differ"


@dataclass(frozen=True)
class DependentDifference:
    """Difference of two correlations that share a variable.

    Attributes
    ----------
    n : int
        Images that have all three values.
    r_first, r_second : float or None
        Correlation of each side with the shared variable.
    r_between : float or None
        Correlation of both sides with each other.
    difference, low, high : float or None
        ``r_first - r_second`` and Zou's interval.
    t_williams, df, p_williams : float, int or None
        Williams' t, which Steiger recommends.
    z_steiger, p_steiger : float or None
        Steiger's modification of Dunn & Clark's z.
    z_meng, p_meng : float or None
        Meng, Rosenthal & Rubin's z.
    reason : str or None
        Why something is None.

    All p are two-sided.
    """

    n: int
    r_first: float | None = None
    r_second: float | None = None
    r_between: float | None = None
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    t_williams: float | None = None
    df: int | None = None
    p_williams: float | None = None
    z_steiger: float | None = None
    p_steiger: float | None = None
    z_meng: float | None = None
    p_meng: float | None = None
    reason: str | None = None


def dependent_difference(
    people: pl.Series, first: pl.Series, second: pl.Series, confidence: float
) -> DependentDifference:
    """Compare how two ratings of the same images correlate with people's means.

    Parameters
    ----------
    people : polars.Series
        Mean of people's ratings of each image. Null or NaN = none, here and below; images that lack one of the three
        are left out.
    first, second : polars.Series
        Ratings of the same images, such as those with the image and those from the label alone.
    confidence : float
        Level of the interval, such as .95.

    Returns
    -------
    DependentDifference
        As of `compare_dependent`.

    Raises
    ------
    DataError
        If the lengths differ or no image has all three.
    ParameterError
        If `confidence` is out of range.
    """
    require_share(confidence, "confidence")
    require_same_length(people, first, "people's and machine's ratings")
    require_same_length(people, second, "people's and machine's ratings")
    sides = {"people": people, "first": first, "second": second}
    known = pl.DataFrame({name: without_nan(side) for name, side in sides.items()}).drop_nulls()
    require_rows(known.height, "images with all three values")
    shared, one, other = (known[name].to_numpy() for name in sides)
    r = [pearson(shared, one), pearson(shared, other), pearson(one, other)]
    if r[0] is None or r[1] is None or r[2] is None:
        gap = None if r[0] is None or r[1] is None else r[0] - r[1]
        return DependentDifference(known.height, r[0], r[1], r[2], gap, reason=CONSTANT)
    return compare_dependent(r[0], r[1], r[2], known.height, confidence)


def compare_dependent(
    r_first: float, r_second: float, r_between: float, n: int, confidence: float
) -> DependentDifference:
    """Test the difference of two correlations with a shared variable.

    Parameters
    ----------
    r_first, r_second : float
        Correlations of both sides with the shared variable.
    r_between : float
        Correlation of both sides with each other.
    n : int
        Number of images.
    confidence : float
        Level of the interval.

    Returns
    -------
    DependentDifference
        Tests are None, with a reason, where n < 4, a correlation with the shared variable is perfect, or `r_between` is
        1; the difference is always given.

    Raises
    ------
    DataError
        If a correlation is outside -1 to 1, or no three variables can have these.
    ParameterError
        If `confidence` is out of range.

    Notes
    -----
    With j shared, k first, h second, ``D = 1 - r_jk^2 - r_jh^2 - r_kh^2 + 2 r_jk r_jh r_kh`` and r the mean of r_jk and
    r_jh:

    - Williams (1959): ``t = (r_jk - r_jh) sqrt((n-1)(1+r_kh) / (2 D (n-1)/(n-3) + r^2 (1-r_kh)^3))``, n - 3 degrees of
      freedom; recommended by Steiger (1980, doi:10.1037/0033-2909.87.2.245), equation 7;
    - Steiger (1980), equation 14: ``z = (artanh r_jk - artanh r_jh) sqrt(n-3) / sqrt(2 - 2 s)``, s the covariance of
      both with r in place of r_jk and r_jh, ``s = (r_kh (1-2r^2) - r^2 (1-2r^2-r_kh^2)/2) / (1-r^2)^2``;
    - Meng, Rosenthal & Rubin (1992, doi:10.1037/0033-2909.111.1.172): ``z = (artanh r_jk - artanh r_jh) sqrt((n-3) /
      (2 (1-r_kh) h))``, ``h = (1 - f q)/(1 - q)``, q the mean of both squares, ``f = min((1-r_kh)/(2 (1-q)), 1)``;
    - Zou (2007, doi:10.1037/1082-989X.12.4.399): the interval from both correlations' own intervals on Fisher's scale,
      ``low = d - sqrt((r_jk-l_jk)^2 + (u_jh-r_jh)^2 - 2 c (r_jk-l_jk)(u_jh-r_jh))``, high likewise, with c their
      correlation.

    All assume images drawn at random from a joint normal distribution; images of a factorial design are neither, and
    `lib.metrics.label_share` draws them within categories instead. Checked against R: cocor 1.1-4 (Diedenhofen & Musch,
    2015, doi:10.1371/journal.pone.0121945) and psych::r.test (tests/reference/dependent_correlations.R); level and
    coverage by Monte Carlo.
    """
    require_share(confidence, "confidence")
    values = (r_first, r_second, r_between)
    determinant = 1 - sum(r * r for r in values) + 2 * r_first * r_second * r_between
    if not all(-1 <= r <= 1 for r in values) or determinant < -1e-9:
        raise DataError(f"Correlations must lie between -1 and 1 and be possible together, got {values!r}.")
    gap, determinant = r_first - r_second, max(determinant, 0.0)
    reason = (
        TOO_FEW if n < 4
        else SAME if r_between >= 1 - 1e-12
        else PERFECT if max(abs(r_first), abs(r_second)) >= 1 - 1e-12
        else None
    )  # fmt: skip
    if reason:
        return DependentDifference(n, *values, gap, reason=reason)
    low, high = _zou(values, n, confidence)
    t = _williams(values, n, determinant)
    fisher = (math.atanh(r_first) - math.atanh(r_second)) * math.sqrt(n - 3)
    z_steiger, z_meng = fisher / math.sqrt(_steiger(values)), fisher / math.sqrt(_meng(values))
    p = [float(2 * norm.sf(abs(z))) for z in (z_steiger, z_meng)]
    return DependentDifference(
        n, *values, gap, low, high, t, n - 3, float(2 * t_distribution.sf(abs(t), n - 3)),
        z_steiger, p[0], z_meng, p[1],
    )  # fmt: skip


def _williams(values: tuple[float, float, float], n: int, determinant: float) -> float:
    first, second, between = values
    mean = (first + second) / 2
    spread = 2 * determinant * (n - 1) / (n - 3) + mean**2 * (1 - between) ** 3
    return (first - second) * math.sqrt((n - 1) * (1 + between) / spread) if spread > 0 else 0.0


def _steiger(values: tuple[float, float, float]) -> float:
    """Variance of the difference on Fisher's scale, times n - 3."""
    first, second, between = values
    square = ((first + second) / 2) ** 2
    covariance = between * (1 - 2 * square) - square * (1 - 2 * square - between**2) / 2
    return 2 - 2 * covariance / (1 - square) ** 2


def _meng(values: tuple[float, float, float]) -> float:
    """Variance of the difference on Fisher's scale, times n - 3."""
    first, second, between = values
    square = (first**2 + second**2) / 2
    factor = min((1 - between) / (2 * (1 - square)), 1.0)
    return 2 * (1 - between) * (1 - factor * square) / (1 - square)


def _zou(values: tuple[float, float, float], n: int, confidence: float) -> tuple[float, float]:
    first, second, between = values
    half = float(norm.ppf((1 + confidence) / 2)) / math.sqrt(n - 3)
    lows, highs = ([math.tanh(math.atanh(r) + side * half) for r in (first, second)] for side in (-1, 1))
    rest = 1 - first**2 - second**2 - between**2
    together = ((between - first * second / 2) * rest + between**3) / ((1 - first**2) * (1 - second**2))
    below, above = (first - lows[0], highs[1] - second), (highs[0] - first, second - lows[1])
    ends = [math.sqrt(max(a**2 + b**2 - 2 * together * a * b, 0.0)) for a, b in (below, above)]
    return first - second - ends[0], first - second + ends[1]

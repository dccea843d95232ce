"""Whether a machine that thinks longer about a face rates it better, image by image, and when thinking was cut off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from scipy.stats import rankdata
from scipy.stats import t as t_distribution

from lib.errors import DataError
from lib.metrics.checks import require_columns, require_rows, require_share, without_nan
from lib.metrics.image_draws import Numbers
from lib.metrics.permutation import permutation_p
from lib.metrics.proportions import ShareTest, compare_shares, wilson_intervals
from lib.metrics.resampling import Resampling
from lib.metrics.strata import Strata, number_strata, permuted_places
from lib.metrics.tokens import MEANS, token_means

TOO_FEW = "fewer than two images whose repeats differ in tokens"
NO_ERROR = "errors do not vary within images"


@dataclass(frozen=True)
class WithinImage:
    """Relation of thinking tokens and error over repeats of the same image.

    Attributes
    ----------
    n, n_images : int
        Answers of the images whose tokens vary, and these images.
    n_excluded : int
        Answers without tokens or error, or of images whose tokens do not vary.
    slope : float or None
        Change of the error when tokens double, in units of the error; below 0: more thinking, better ratings.
    se, low, high : float or None
        Standard error clustered by image and t interval; None with fewer than two images.
    rank : float or None
        Correlation of tokens' and errors' ranks within images, -1 to 1.
    p : float or None
        Two-sided permutation p of the slope.
    reason : str or None
        Why something is None.
    """

    n: int
    n_images: int
    n_excluded: int
    slope: float | None = None
    se: float | None = None
    low: float | None = None
    high: float | None = None
    rank: float | None = None
    p: float | None = None
    reason: str | None = None


def tokens_by(tokens: pl.DataFrame, groups: Sequence[str], resampling: Resampling) -> pl.DataFrame:
    """Mean tokens by several columns at once, such as emotion, step and correctness.

    Parameters
    ----------
    tokens : polars.DataFrame
        One row an answer: image_id, tokens (null = not known) and `groups`; rows with a null group are left out.
    groups : sequence of str
        Columns to group by, one or more.
    resampling : Resampling
        The study's; see `lib.metrics.tokens.token_means`.

    Returns
    -------
    polars.DataFrame
        `groups`, then the columns of `token_means`; sorted by group.

    Raises
    ------
    DataError
        If a column is missing or no row has tokens.
    """
    require_columns(tokens, ["image_id", "tokens", *groups], "The tokens")
    known = tokens.drop_nulls(["tokens", *groups])
    require_rows(known.height, "thinking tokens")
    cells = known.select(groups).unique().sort(list(groups)).with_row_index("_cell")
    placed = known.join(cells, on=list(groups), how="left").select("image_id", "tokens", pl.col("_cell").cast(pl.Int64))
    means = token_means(placed, "_cell", resampling).with_columns(pl.col("_cell").cast(cells.schema["_cell"]))
    return cells.join(means, on="_cell", how="left", maintain_order="left").select(*groups, *MEANS)


def thinking_and_error(
    answers: pl.DataFrame, *, confidence: float, permutations: int = 999, seed: int = 0
) -> WithinImage:
    """Whether, of several answers to the same image, those with more thinking have a smaller error.

    Parameters
    ----------
    answers : polars.DataFrame
        One row an answer: image_id, tokens (thinking tokens, 0 or more; null = not known) and error (distance from
        people's mean, or 1 for a wrong label and 0 for a right one; null or NaN = none). Images need repeats.
    confidence : float
        Level of the interval.
    permutations, seed : int
        Random orders of the errors within images, and their seed; 0 leaves out p.

    Returns
    -------
    WithinImage

    Raises
    ------
    DataError
        If a column is missing, no answer has both, or tokens are negative.
    ParameterError
        If `confidence` is out of range.

    Notes
    -----
    Difficult faces get more thinking and larger errors, so that over images both rise together: only answers to the
    same image tell what thinking does. With x = log2(tokens + 1) and y = error, both as deviations from the image's
    mean, ``slope = sum x y / sum x^2`` (fixed effects of images). Standard error clustered by image (Liang & Zeger,
    1986, doi:10.1093/biomet/73.1.13), ``sum_i (sum_j x_ij e_ij)^2 / (sum x^2)^2`` times ``G/(G-1) (N-1)/(N-G-1)``,
    G images with N answers, and t on G - 1 degrees of freedom. p permutes errors within images, which is exact where
    repeats are exchangeable. Checked against R: lm with image as factor and the sandwich written out
    (tests/reference/thinking_load.R); level and coverage by Monte Carlo.
    """
    require_share(confidence, "confidence")
    require_columns(answers, ["image_id", "tokens", "error"], "The answers")
    numbers = answers.select(
        "image_id", pl.col("tokens").cast(pl.Float64).fill_nan(None), without_nan(answers["error"])
    ).drop_nulls()
    require_rows(numbers.height, "answers with tokens and error")
    if (numbers["tokens"] < 0).any():
        raise DataError(f"Tokens must be 0 or more, got {numbers['tokens'].min()!r}. Correct the answers.")
    x, y = np.log2(numbers["tokens"].to_numpy() + 1), numbers["error"].to_numpy()
    image = number_strata(numbers["image_id"], numbers.height)
    found = _within_images((x, y), image, confidence=confidence, permutations=permutations, seed=seed)
    return replace(found, n_excluded=answers.height - found.n)


def forced_closes(answers: pl.DataFrame, group: str, confidence: float) -> tuple[pl.DataFrame, ShareTest]:
    """How often thinking was cut off, by group, and whether groups differ.

    Parameters
    ----------
    answers : polars.DataFrame
        One row an answer: forced (true = thinking had to be closed by force; null = not known) and `group`.
    group : str
        Column to group by, such as the emotion; rows with null are left out.
    confidence : float
        Level of the intervals.

    Returns
    -------
    tuple of polars.DataFrame and ShareTest
        `group`, x, n, share, low, high (Wilson), n_excluded (not known), sorted by group; and the test of equal shares,
        for which answers count as independent: give one step and repeat.

    Raises
    ------
    DataError
        If a column is missing or it is known of no answer.
    """
    require_columns(answers, ["forced", group], "The answers")
    known = answers.drop_nulls(group)
    require_rows(known.height - known["forced"].null_count(), "answers of which is known whether they were closed")
    counted = known.group_by(group).agg(
        pl.col("forced").sum().cast(pl.Int64).alias("x"),
        pl.col("forced").count().cast(pl.Int64).alias("n"),
        pl.col("forced").is_null().sum().cast(pl.Int64).alias("n_excluded"),
    )
    counted = counted.sort(group)
    x, n = counted["x"].to_numpy(), counted["n"].to_numpy()
    low, high = (pl.Series(end).fill_nan(None) for end in wilson_intervals(x, n, confidence))
    share = pl.when(pl.col("n") > 0).then(pl.col("x") / pl.col("n")).alias("share")
    table = counted.select(group, "x", "n", share, low.alias("low"), high.alias("high"), "n_excluded")
    return table, compare_shares(x.tolist(), n.tolist())


def _within_images(
    sides: tuple[Numbers, Numbers], image: Strata, *, confidence: float, permutations: int, seed: int
) -> WithinImage:
    x, y = sides
    varies = np.bincount(image, _deviations(x, image) ** 2)[image] > 1e-12
    x, y, image = x[varies], y[varies], np.unique(image[varies], return_inverse=True)[1]
    images, excluded = np.unique(image).size, varies.size - x.size
    if images < 2:
        return WithinImage(x.size, images, excluded, reason=TOO_FEW)
    across, down = _deviations(x, image), _deviations(y, image)
    spread = float(across @ across)
    slope = float(across @ down) / spread
    if (np.abs(down) <= 1e-12 * max(1.0, float(np.abs(y).max()))).all():
        return WithinImage(x.size, images, excluded, 0.0, reason=NO_ERROR)
    se = _clustered_error(across, down - slope * across, image)
    half = float(t_distribution.ppf((1 + confidence) / 2, images - 1)) * se
    p = None
    if permutations > 0:
        drawn = [np.abs(across @ down[order]) for order in permuted_places(image, permutations, seed)]
        p = float(permutation_p(np.abs(np.array([across @ down])), np.array(drawn)[:, np.newaxis])[0])
    return WithinImage(
        x.size, images, excluded, slope, se, slope - half, slope + half, _rank_correlation(x, y, image), p
    )


def _deviations(values: Numbers, image: Strata) -> Numbers:
    return values - (np.bincount(image, values) / np.maximum(np.bincount(image), 1))[image]


def _clustered_error(across: Numbers, rest: Numbers, image: Strata) -> float:
    images, n = np.unique(image).size, image.size
    scores = np.bincount(image, across * rest)
    factor = images / (images - 1) * (n - 1) / (n - images - 1) if n > images + 1 else images / (images - 1)
    return float(np.sqrt(factor * (scores**2).sum()) / (across @ across))


def _rank_correlation(x: Numbers, y: Numbers, image: Strata) -> float | None:
    """Pearson's correlation of ranks within images, as deviations from their mean."""
    levels = [np.unique(side, return_inverse=True)[1] for side in (x, y)]
    ranks = [_deviations(rankdata(image * image.size + level), image) for level in levels]
    length = float(np.sqrt((ranks[0] ** 2).sum() * (ranks[1] ** 2).sum()))
    return float(ranks[0] @ ranks[1]) / length if length > 0 else None

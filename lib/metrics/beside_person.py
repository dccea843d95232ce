"""A machine's right answers beside those expected of one person who saw the same images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.stats import ttest_1samp

from lib.errors import DataError
from lib.metrics.checks import require_columns, require_same_length
from lib.metrics.counts import Counts, count_labels


@dataclass(frozen=True)
class BesidePerson:
    """Accuracy of a machine minus the accuracy expected of one person, over the same images.

    Attributes
    ----------
    n, n_excluded : int
        Images compared, and images left out because one side is not scored.
    accuracy, person : float or None
        Share of the images that the machine, and one person on average, gets right; None without an image.
    difference : float or None
        accuracy - person, -1 to 1.
    se, low, high, t, p : float or None
        Standard error over images, ends of the t interval, t on n - 1 degrees of freedom and its two-sided p; None
        with fewer than two images, or where the difference is the same in all.
    """

    n: int
    n_excluded: int
    accuracy: float | None = None
    person: float | None = None
    difference: float | None = None
    se: float | None = None
    low: float | None = None
    high: float | None = None
    t: float | None = None
    p: float | None = None


def beside_person(right: pl.Series, person: pl.Series, confidence: float) -> BesidePerson:
    """Test whether a machine is right more often than one person is expected to be.

    Parameters
    ----------
    right : polars.Series
        The machine's answer to each image: 1 right, 0 wrong or unanswered, null = the image has no reference.
    person : polars.Series
        Chance that one of the image's raters is right (`expected_right`), 0 to 1; null = nobody can be scored.
    confidence : float
        Level of the interval, such as .95.

    Returns
    -------
    BesidePerson

    Raises
    ------
    DataError
        If the lengths differ, or a value lies outside 0 to 1.

    Notes
    -----
    Paired t test of d = right - person over images: ``t = mean(d) / (sd(d) / sqrt(n))`` (Student, 1908,
    doi:10.1093/biomet/6.1.1). The chance stands in for the answer of a person drawn at random, so that nothing hangs on
    the draw; the test is about images in general, given these people. d is not normal, hence the interval is that of
    large samples: coverage is in tests/metrics/test_beside_person.py. Checked against R: t.test, paired
    (tests/reference/beside_person.R).
    """
    require_same_length(right, person, "machine's and person's answers")
    both = pl.DataFrame({"right": right.cast(pl.Float64), "person": person.cast(pl.Float64)}).drop_nulls()
    if not both.select(pl.all_horizontal(pl.all().is_between(0, 1).all())).item():
        raise DataError("Whether an answer is right is a share from 0 to 1, got a value outside. Score it first.")
    n, excluded = both.height, right.len() - both.height
    if not n:
        return BesidePerson(n, excluded)
    differences = (both["right"] - both["person"]).to_numpy()
    accuracy, share = (float(both[name].to_numpy().mean()) for name in ("right", "person"))
    mean = float(differences.mean())
    if np.ptp(differences) == 0:
        return BesidePerson(n, excluded, accuracy, share, mean)
    found = ttest_1samp(differences, 0)
    ends = found.confidence_interval(confidence)
    se = float(differences.std(ddof=1) / np.sqrt(n))
    return BesidePerson(
        n, excluded, accuracy, share, mean, se, float(ends.low), float(ends.high), float(found.statistic),
        float(found.pvalue),
    )  # fmt: skip


def expected_right(ratings: pl.DataFrame, labels: Sequence[str], intended: pl.DataFrame | None = None) -> pl.DataFrame:
    """Chance that one of an image's raters, every rating being equally likely, names its reference emotion.

    Parameters
    ----------
    ratings : polars.DataFrame
        One row a rating: image_id, emotion (null = not answered, hence wrong).
    labels : sequence of str
        Every label people could give.
    intended : polars.DataFrame, optional
        image_id, intended (null = none). Without it the reference is the most frequent label of the image's other
        ratings; a rating beside which these tie is not scored.

    Returns
    -------
    polars.DataFrame
        image_id (of the ratings, sorted), person (0 to 1; null where no rating is scored).

    Raises
    ------
    DataError
        If a column is missing, or a label is not one of `labels`.

    Notes
    -----
    What the accuracy of `lib.metrics.human_null.hold_out` averages to over its draws, image by image; checked against
    the mean of many draws. With c_l ratings of label l, o_l = 1 if the label l is the single mode of the ratings but
    one of l, and s_l = 1 if these have a single mode: ``sum(c_l o_l) / sum(c_l s_l)``.
    """
    require_columns(ratings, ["image_id", "emotion"], "The ratings")
    given = ratings.select("image_id", pl.col("emotion").cast(pl.String))
    if intended is not None:
        known = given.join(intended.select("image_id", pl.col("intended").cast(pl.String)), on="image_id", how="left")
        hit = (pl.col("emotion") == pl.col("intended")).fill_null(value=False)
        scored = pl.when(pl.col("intended").is_not_null()).then(hit.cast(pl.Float64))
        return known.group_by("image_id").agg(scored.mean().alias("person")).sort("image_id")
    counted = count_labels(given, labels)
    asked = pl.DataFrame({"image_id": counted.image_ids}).join(
        given.group_by("image_id").len(), on="image_id", how="left", maintain_order="left"
    )
    silent = asked["len"].to_numpy() - counted.counts.sum(axis=1)
    _, single = _mode(counted.counts)
    hits, total = np.zeros(silent.size), (silent * single).astype(np.float64)
    for place in range(len(labels)):
        times = counted.counts[:, place]
        others = counted.counts.copy()
        others[:, place] -= times > 0
        mode, single = _mode(others)
        hits += times * (single & (mode == place))
        total += times * single
    share = np.divide(hits, total, out=np.full(total.size, np.nan), where=total > 0)
    return asked.select("image_id", pl.Series("person", share).fill_nan(None))


def _mode(counts: Counts) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The most frequent label of each image, and whether it is the only one."""
    top = counts.max(axis=1)
    return counts.argmax(axis=1), (top > 0) & ((counts == top[:, np.newaxis]).sum(axis=1) == 1)

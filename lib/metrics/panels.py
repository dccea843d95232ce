"""Panels that leave one rater out, and how far a machine and each person lie from them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.stats import norm

from lib.errors import DataError
from lib.metrics.checks import require_columns, without_nan
from lib.metrics.counts import RatingCounts

PANEL = 3  # raters that a panel needs for a mean and an SD that mean anything
MIDDLE = float(norm.ppf(0.975))  # 1.96
Values = NDArray[np.float64]


@dataclass(frozen=True)
class Panels:
    """For every image and every value given to it: the panel that remains when one rater who gave it is left out.

    Attributes
    ----------
    counts : RatingCounts
        The ratings.
    raters : numpy.ndarray
        Raters who gave the value and whose panel is usable, shape (n_images, n_values).
    mean, sd : numpy.ndarray
        Mean and standard deviation (ddof = 1) of the panel, same shape; NaN where `raters` is 0.
    n_small, n_constant : numpy.ndarray
        Panels of each image left out for having fewer than `PANEL` raters, or for agreeing on one value (SD 0).
    """

    counts: RatingCounts
    raters: Values
    mean: Values
    sd: Values
    n_small: NDArray[np.int64]
    n_constant: NDArray[np.int64]


def leave_one_out_panels(counts: RatingCounts) -> Panels:
    """Describe the panel that each rater of each image leaves behind.

    With m ratings of an image, their mean M, and Q the sum of squares around M, leaving out a rating v = M + d leaves
    the mean ``M - d / (m - 1)`` and the variance ``(Q - d^2 m / (m - 1)) / (m - 2)``: image and value determine the
    panel, so the cost does not depend on the number of ratings. That a panel is constant is read from the counts,
    exactly.
    """
    table = counts.counts.astype(np.float64)
    m = table.sum(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        deviation = counts.values - (table @ counts.values)[:, np.newaxis] / m
        square = (table * deviation**2).sum(axis=1, keepdims=True)
        mean = counts.values - deviation - deviation / (m - 1)
        variance = (square - deviation**2 * m / (m - 1)) / (m - 2)
    distinct = (table > 0).sum(axis=1, keepdims=True) - (table == 1)
    small = np.broadcast_to(m - 1 < PANEL, table.shape)
    constant = ~small & (distinct < 2)
    usable = (table > 0) & ~small & ~constant
    return Panels(
        counts=counts,
        raters=np.where(usable, table, 0.0),
        mean=np.where(usable, mean, np.nan),
        sd=np.sqrt(np.where(usable, variance, np.nan)),
        n_small=np.where(small, counts.counts, 0).sum(axis=1),
        n_constant=np.where(constant, counts.counts, 0).sum(axis=1),
    )


def image_z_scores(panels: Panels, machine: pl.DataFrame) -> pl.DataFrame:
    """Set a machine's value and every single person's rating of an image against the same panels of the others.

    Parameters
    ----------
    panels : Panels
        From `leave_one_out_panels`.
    machine : polars.DataFrame
        image_id (each once) and machine, its value on the study's scale (null or NaN = no valid answer).

    Returns
    -------
    polars.DataFrame
        One row a row of `machine`, in its order: image_id, machine_z, people_z (mean |z| over the image's panels),
        machine_inside, people_inside (share of panels in whose middle 95% the value lies: |z| <= 1.96), n_panels,
        n_panels_excluded. All figures are null where the machine gave no value or no panel is usable, so that both
        sides always rest on the same images and panels.

    Raises
    ------
    DataError
        If an image occurs twice or a column is missing.

    Notes
    -----
    For rater k of an image with rating x_k, let M and SD be mean and standard deviation of the other raters. The
    person's score is ``(x_k - M) / SD``, the machine's ``(machine - M) / SD``; both are averaged in size over k. The
    documents that the study continues print no definition of their z-scores; this one makes the comparison fair,
    because machine and person face the same panel and neither is part of it. Checked against enumeration in R
    (tests/reference/substitutability.R).
    """
    require_columns(machine, ["image_id", "machine"], "The machine's values")
    if machine["image_id"].is_duplicated().any():
        twice = machine.filter(pl.col("image_id").is_duplicated())["image_id"][0]
        raise DataError(f"A machine must have one value an image, got two for {twice!r}. Choose one repeat.")
    place = pl.DataFrame({"image_id": panels.counts.image_ids, "place": np.arange(len(panels.raters))})
    rows = machine.select(pl.col("image_id").cast(pl.String), without_nan(machine["machine"]).alias("machine"))
    rows = rows.join(place, on="image_id", how="left", maintain_order="left")
    known = rows["place"].is_not_null()
    at = rows["place"].fill_null(0).to_numpy()
    raters = panels.raters[at] * known.to_numpy()[:, np.newaxis]
    with np.errstate(invalid="ignore"):
        own = np.abs(rows["machine"].cast(pl.Float64).to_numpy()[:, np.newaxis] - panels.mean[at]) / panels.sd[at]
        people = np.abs(panels.counts.values - panels.mean[at]) / panels.sd[at]
    figures = {
        "machine_z": _mean(own, raters),
        "people_z": _mean(people, raters),
        "machine_inside": _mean(np.where(np.isnan(own), np.nan, own <= MIDDLE), raters),
        "people_inside": _mean(np.where(np.isnan(people), np.nan, people <= MIDDLE), raters),
    }
    excluded = (panels.n_small + panels.n_constant)[at]
    usable = ~np.isnan(figures["machine_z"])
    return rows.select("image_id").with_columns(
        *[pl.Series(name, np.where(usable, values, np.nan)).fill_nan(None) for name, values in figures.items()],
        pl.Series("n_panels", np.where(usable, raters.sum(axis=1), 0).astype(np.int64)),
        pl.Series("n_panels_excluded", np.where(usable, excluded, 0).astype(np.int64)),
    )


def _mean(figures: Values, raters: Values) -> Values:
    """Mean over an image's raters; NaN where it has none or the figure is unknown."""
    n = raters.sum(axis=1)
    with np.errstate(invalid="ignore"):
        mean: Values = np.where(raters > 0, figures * raters, 0.0).sum(axis=1) / np.where(n > 0, n, np.nan)
    return mean

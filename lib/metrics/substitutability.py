"""Could a machine stand in for one more rater? Its z-scores against panels beside those of single people."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lib.errors import ParameterError
from lib.metrics.multiplicity import Correction, adjust_within
from lib.metrics.resampling import Resampling, bootstrap_p, percentile_interval, resampled_sums, significance_level
from lib.metrics.schemas import Schema, schema_like

VERDICTS = ("farther than people", "closer than people", "not distinguishable")
Values = NDArray[np.float64]
INTEGERS = ("n", "n_excluded", "n_panels", "n_panels_excluded")
NUMBERS = (
    "machine", "people", "difference", "difference_low", "difference_high", "ratio", "ratio_low", "ratio_high",
    "inside", "people_inside", "p",
)  # fmt: skip
SCHEMA: Schema = dict.fromkeys(INTEGERS, pl.Int64) | dict.fromkeys(NUMBERS, pl.Float64)


def compare_z_scores(images: pl.DataFrame, groups: Sequence[str], resampling: Resampling | None) -> pl.DataFrame:
    """Compare the mean |z| of machines with that of people, within groups of images.

    Parameters
    ----------
    images : polars.DataFrame
        image_id, the columns of `groups`, and the figures of `lib.metrics.panels.image_z_scores`; null = the image is
        left out. Within a group an image occurs once.
    groups : sequence of str
        Such as condition and dimension, or those and emotion; rows with a null in one are left out.
    resampling : Resampling or None
        How images are drawn; None leaves out intervals and p.

    Returns
    -------
    polars.DataFrame
        One row a group, sorted: groups, n (images), n_excluded, n_panels, n_panels_excluded, machine, people (mean
        |z|), difference, difference_low, difference_high, ratio, ratio_low, ratio_high, inside, people_inside, p. A
        group without a usable image has n 0 and nulls.

    Raises
    ------
    ParameterError
        If the study resamples participants: a participant drawn twice would sit in the panel that it is left out of.

    Notes
    -----
    Images weigh equally. The bootstrap draws images with all their panels (percentile interval, study's draws; all
    groups see the same draws), p is two-sided for a difference of zero. Coverage by simulation in the tests.
    """
    if resampling is not None and resampling.unit != "image":
        raise ParameterError(
            f"Leave-one-out z-scores are resampled by image, got resample: {resampling.unit!r}: a participant drawn "
            "twice would sit in its own panel. Set `analysis.resample: image`, or leave intervals out."
        )
    kinds = schema_like(images, groups)
    units = images["image_id"].unique().sort()
    cells = images.drop_nulls(list(groups)).partition_by(list(groups), as_dict=True, maintain_order=True)
    columns = [_columns(cell, units) for cell in cells.values()]
    sums = None
    if resampling is not None and columns:
        sums = resampled_sums(np.hstack(columns), resampling)
    rows = []
    for position, (key, cell) in enumerate(cells.items()):
        drawn = None if sums is None else sums[:, 3 * position : 3 * position + 3]
        rows.append(dict(zip(groups, key, strict=True)) | _compared(cell) | _intervals(drawn, resampling))
    return pl.DataFrame(rows, schema=kinds | SCHEMA).sort(list(groups))


def judge(compared: pl.DataFrame, family: Sequence[str], correction: Correction, confidence: float) -> pl.DataFrame:
    """Add p_adjusted, over the rows that agree in `family`, and a verdict at the level 1 - `confidence`.

    Parameters
    ----------
    compared : polars.DataFrame
        From `compare_z_scores`; p is null where there is none.
    family : sequence of str
        Columns; rows that agree in them are corrected together.
    correction, confidence
        The study's.

    Returns
    -------
    polars.DataFrame
        `compared` with p_adjusted and verdict: `farther than people`, `closer than people` or `not distinguishable`;
        null without p. The last means that the data do not tell them apart, not that they are alike.
    """
    farther, closer, neither = (pl.lit(verdict) for verdict in VERDICTS)
    told_apart = pl.col("p_adjusted") < significance_level(confidence)
    verdict = pl.when(~told_apart).then(neither).when(pl.col("difference") > 0).then(farther).otherwise(closer)
    return adjust_within(compared, family, correction).with_columns(
        pl.when(pl.col("p_adjusted").is_not_null()).then(verdict).alias("verdict")
    )


def _columns(cell: pl.DataFrame, units: pl.Series) -> Values:
    """Machine's |z|, people's |z| and whether the image counts, for every unit; shape (n_units, 3)."""
    place = pl.DataFrame({"image_id": units})
    own = place.join(cell.select("image_id", "machine_z", "people_z"), on="image_id", how="left", maintain_order="left")
    known = own["machine_z"].is_not_null().cast(pl.Float64)
    return np.column_stack([own["machine_z"].fill_null(0.0), own["people_z"].fill_null(0.0), known])


def _compared(cell: pl.DataFrame) -> dict[str, float | int | None]:
    """The figures of one group as they are."""
    known = cell.drop_nulls("machine_z")
    machine, people = known["machine_z"].mean(), known["people_z"].mean()
    figures: dict[str, float | int | None] = dict.fromkeys(SCHEMA)
    figures |= {"n": known.height, "n_excluded": cell.height - known.height}
    figures |= {name: int(known[name].sum()) for name in ("n_panels", "n_panels_excluded")}
    if isinstance(machine, float) and isinstance(people, float):
        figures |= {
            "machine": machine,
            "people": people,
            "difference": machine - people,
            "ratio": machine / people if people > 0 else None,
        }
        figures |= {"inside": float(np.mean(known["machine_inside"].to_numpy()))}
        figures |= {"people_inside": float(np.mean(known["people_inside"].to_numpy()))}
    return figures


def _intervals(drawn: Values | None, resampling: Resampling | None) -> dict[str, float | None]:
    """Bootstrap intervals of difference and ratio, and p."""
    if drawn is None or resampling is None:
        return {}
    with np.errstate(invalid="ignore", divide="ignore"):
        difference = (drawn[:, 0] - drawn[:, 1]) / drawn[:, 2]
        ratio = drawn[:, 0] / drawn[:, 1]
    ends: dict[str, float | None] = {"p": bootstrap_p(difference)}
    for name, estimates in (("difference", difference), ("ratio", ratio)):
        low, high = percentile_interval(estimates, resampling.confidence) or (None, None)
        ends |= {f"{name}_low": low, f"{name}_high": high}
    return ends

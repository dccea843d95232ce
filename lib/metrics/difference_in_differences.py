"""Whether a machine's bias differs between two sets of images, such as drawn and real faces, and for whom."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl
from scipy import sparse
from scipy.stats import norm

from lib.errors import DataError
from lib.metrics.checks import finite_or_none, require_columns, require_rows, require_share, without_nan
from lib.metrics.image_draws import Numbers, interval_ends, ratio
from lib.metrics.resampling import Resampling, bootstrap_p, draw_weights
from lib.metrics.strata import Strata, number_strata, stratified_weights
from lib.metrics.within_tracking import ALL

NUMBERS = ["bias_first", "bias_second", "estimate", "low", "high", "p", "se", "p_normal"]
CONTRASTS = (
    {"group": pl.String, "reference": pl.String}
    | dict.fromkeys(["n_first", "n_second"], pl.Int64)
    | dict.fromkeys(NUMBERS, pl.Float64)
)


@dataclass(frozen=True)
class _Cells:
    """Images in cells of set and group; cell = set x groups + group. unit: what is drawn, None = every image."""

    machine: Numbers
    people: Numbers
    cell: Strata
    groups: list[str]
    unit: Strata | None = None


def difference_in_differences(
    values: pl.DataFrame,
    resampling: Resampling,
    *,
    reference: str | None = None,
    ratings: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Bias of a machine on a second set of images minus its bias on the first, over all groups and for each.

    Parameters
    ----------
    values : polars.DataFrame
        One row an image: set (`first` or `second`), image_id (its own in each set), machine and people_mean (units of
        the scale; null or NaN = none, left out) and optionally group (of the face, such as its race or emotion; null
        = left out) and unit (what is independent in its set, such as the person shown; null = the image).
    resampling : Resampling
        The study's: unit `image` draws images within set and group, those of one unit together (within the set alone
        where a unit has images in several groups); with `ratings`, raters are drawn as well. Unit
        `participant` draws raters alone, and needs `ratings`.
    reference : str, optional
        A group that the others are set against: rows of contrasts follow.
    ratings : polars.DataFrame, optional
        Single ratings: set, image_id, participant_id and rating. People's means are then made anew from the raters of
        every draw; a rater of the same name in both sets is one rater.

    Returns
    -------
    polars.DataFrame
        group (`all`, each group, then each group against the reference), reference (null, or the reference), n_first,
        n_second (images), bias_first, bias_second (of a contrast: the group's bias minus the reference's), estimate
        (second - first), low, high, p (bootstrap), se and p_normal (closed form, of images alone). Null where
        undefined.

    Raises
    ------
    DataError
        If a column is missing, a set is none of the two or has no complete image, the reference is no group, or an
        image that is compared has no rating in `ratings`.

    Notes
    -----
    With d = machine - people_mean of an image, ``estimate = mean(d | second) - mean(d | first)``; `all` weighs images
    alike, so that it is of the sets as they are composed. A contrast is ``(mean(d | g, second) - mean(d | ref, second))
    - (mean(d | g, first) - mean(d | ref, first))``: whether the group's disadvantage differs between the sets. se is
    ``sqrt(sum var(d) / n)`` over the means that enter, `all` within groups (fixed by the design); it takes images of
    one unit for independent. Fewer than some ten units in a group make intervals too narrow. Images and raters
    drawn together (Owen, 2007, doi:10.1214/07-AOAS122) give intervals that are a little too wide. Coverage by Monte
    Carlo.
    """
    require_share(resampling.confidence, "confidence")
    known, columns = _complete(values, ratings)
    groups = known["group"].unique().sort().to_list()
    if reference is not None and reference not in groups:
        raise DataError(f"The reference must be one of {groups!r}, got {reference!r}. Name one, or leave it out.")
    kind = known["group"].replace_strict({name: at for at, name in enumerate(groups)}, return_dtype=pl.Int64)
    place = (known["set"] == "second").to_numpy() * len(groups) + kind.to_numpy()
    unit = known["unit"].rank("dense").to_numpy().astype(np.int64) - 1
    own = _Cells(known["machine"].to_numpy(), known["people_mean"].to_numpy(), place, groups, unit)
    rows, design = _design(own, reference)
    ones = np.ones((1, own.cell.size))
    if columns is not None:
        own = replace(own, people=_means_of(np.ones((1, columns[0].shape[0])), columns)[0])
    found = _estimates(ones, own.people[np.newaxis], own, design)[0]
    drawn = _draws(own, design, columns, resampling)
    errors = _closed_errors(own, design)
    for at, row in enumerate(rows):
        first, second, gap = (finite_or_none(found[at, side]) for side in range(3))
        ends = interval_ends(drawn[:, at], resampling.confidence) if gap is not None else (None, None)
        se = finite_or_none(errors[at]) if gap is not None else None
        row |= {"bias_first": first, "bias_second": second, "estimate": gap, "low": ends[0], "high": ends[1], "se": se}
        row["p"] = bootstrap_p(drawn[:, at]) if gap is not None else None
        row["p_normal"] = float(2 * norm.sf(abs(gap) / se)) if gap is not None and se else None
    return pl.DataFrame(rows, schema=CONTRASTS)


def _complete(values: pl.DataFrame, ratings: pl.DataFrame | None) -> tuple[pl.DataFrame, tuple[Any, Any] | None]:
    """Complete images in order, and (participants x images) tables of counts and sums where there are ratings."""
    require_columns(values, ["set", "image_id", "machine", "people_mean"], "The images")
    group = pl.col("group").cast(pl.String) if "group" in values.columns else pl.lit(ALL)
    alone = pl.format("{}: image {}", "set", "image_id")
    unit = pl.coalesce(pl.format("{}: {}", "set", "unit"), alone) if "unit" in values.columns else alone
    known = values.select(
        pl.col("set", "image_id").cast(pl.String), group.alias("group"), unit.alias("unit"),
        *(without_nan(values[name]) for name in ("machine", "people_mean")),
    ).drop_nulls().sort("set", "image_id")  # fmt: skip
    require_rows(known.height, "images with a machine value and a human mean")
    sets = known["set"].unique().sort().to_list()
    if sets != ["first", "second"]:
        raise DataError(f"The column 'set' must hold 'first' and 'second', each with complete images, got {sets!r}.")
    if ratings is None:
        return known, None
    require_columns(ratings, ["set", "image_id", "participant_id", "rating"], "The ratings")
    places = known.select("set", "image_id").with_row_index("place")
    single = ratings.select(
        pl.col("set", "image_id").cast(pl.String), "participant_id", without_nan(ratings["rating"])
    ).drop_nulls()
    own = single.join(places, on=["set", "image_id"], how="inner", maintain_order="left")
    lacking = places.join(own, on=["set", "image_id"], how="anti")
    if lacking.height:
        raise DataError(f"Image {lacking['image_id'][0]!r} has no rating in `ratings`. Add it, or leave out the image.")
    rater, image = number_strata(own["participant_id"], own.height), own["place"].to_numpy().astype(np.int64)
    shape, value = (int(rater.max()) + 1, known.height), own["rating"].to_numpy()
    tables = [sparse.csr_array((part, (rater, image)), shape=shape) for part in (np.ones(value.size), value)]
    return known, (tables[0], tables[1])


def _design(
    own: _Cells, reference: str | None
) -> tuple[list[dict[str, object]], list[tuple[Sequence[int], int | None]]]:
    """Names of the rows; and of each the groups that it is over, and the reference group."""
    everyone = list(range(len(own.groups)))
    base = None if reference is None else own.groups.index(reference)
    single = own.groups == [ALL]
    design: list[tuple[Sequence[int], int | None]] = [(everyone, None)]
    design += [] if single else [([at], None) for at in everyone]
    design += [] if base is None else [([at], base) for at in everyone if at != base]
    sizes = np.bincount(own.cell, minlength=2 * len(own.groups)).reshape(2, -1)
    rows: list[dict[str, object]] = []
    for chosen, against in design:
        inside = [*chosen, *([] if against is None else [against])]
        rows.append({
            "group": ALL if len(chosen) == len(everyone) and against is None else own.groups[chosen[0]],
            "reference": None if against is None else own.groups[against],
            "n_first": int(sizes[0, inside].sum()), "n_second": int(sizes[1, inside].sum()),
        })  # fmt: skip
    return rows, design


def _estimates(
    weights: Numbers, people: Numbers, own: _Cells, design: list[tuple[Sequence[int], int | None]]
) -> Numbers:
    """Bias on the first and second set and their difference, shape (samples, rows, 3)."""
    member = np.eye(2 * len(own.groups))[own.cell]
    there = weights * ~np.isnan(people)
    gap = own.machine - np.nan_to_num(people)
    total, n = ((side @ member).reshape(len(there), 2, -1) for side in (there * gap, there))
    columns = []
    for chosen, against in design:
        bias = ratio(total[:, :, chosen].sum(axis=2), n[:, :, chosen].sum(axis=2))
        if against is not None:
            bias = bias - ratio(total[:, :, against], n[:, :, against])
        columns.append(np.column_stack([bias, bias[:, 1] - bias[:, 0]]))
    return np.stack(columns, axis=1)


def _draws(
    own: _Cells, design: list[tuple[Sequence[int], int | None]], columns: tuple[Any, Any] | None, resampling: Resampling
) -> Numbers:
    """The estimates in every sample, shape (draws, rows); none where participants are drawn and there are none."""
    if columns is None and resampling.unit != "image":
        return np.empty((0, len(design)))
    size = own.cell.size
    strata, unit = _unit_strata(own)
    parts = []
    images = (weights[:, unit] for weights in stratified_weights(strata, resampling))
    raters = None if columns is None else _rater_blocks(columns, resampling)
    for weights in images:
        people = np.broadcast_to(own.people, (len(weights), size))
        if raters is not None and columns is not None:
            people = _means_of(np.stack([next(raters) for _ in range(len(weights))]), columns)
        use = weights if resampling.unit == "image" else np.ones_like(weights)
        parts.append(_estimates(use, people, own, design)[:, :, 2])
    return np.concatenate(parts)


def _unit_strata(own: _Cells) -> tuple[Strata, Strata]:
    """Within what each unit is drawn: its cell, or its set where some unit is in several; and each image's unit."""
    unit = np.arange(own.cell.size) if own.unit is None else own.unit
    first = np.unique(unit, return_index=True)[1]
    alone = (own.cell[first][unit] == own.cell).all()
    place = own.cell[first] if alone else own.cell[first] // len(own.groups)
    return np.unique(place, return_inverse=True)[1], unit


def _rater_blocks(columns: tuple[Any, Any], resampling: Resampling) -> Iterator[Numbers]:
    """How often each rater enters each sample, one sample at a time, from other draws than the images'."""
    other = Resampling(resampling.seed + 1, resampling.draws, confidence=resampling.confidence)
    return (row for block in draw_weights(columns[0].shape[0], other) for row in block)


def _means_of(weights: Numbers, columns: tuple[Any, Any]) -> Numbers:
    """People's means where raters enter with `weights`; NaN for an image without a rater. Shape (samples, images)."""
    count, total = (np.asarray(weights @ table, dtype=np.float64) for table in columns)
    return ratio(total, count)


def _closed_errors(own: _Cells, design: list[tuple[Sequence[int], int | None]]) -> Numbers:
    """Standard errors from the variances within cells; NaN where a cell has fewer than two images."""
    gap, size = own.machine - own.people, 2 * len(own.groups)
    n = np.asarray(np.bincount(own.cell, minlength=size), dtype=np.float64)
    mean = ratio(np.asarray(np.bincount(own.cell, gap, minlength=size), dtype=np.float64), n)
    squares = np.asarray(np.bincount(own.cell, (gap - mean[own.cell]) ** 2, minlength=size), dtype=np.float64)
    variance, n = ratio(squares, np.maximum(n - 1, 0.0)).reshape(2, -1), n.reshape(2, -1)
    errors = []
    for chosen, against in design:
        share = ratio(n[:, chosen], n[:, chosen].sum(axis=1, keepdims=True))
        total = np.where(share > 0, share**2 * ratio(variance[:, chosen], n[:, chosen]), 0.0).sum()
        total += 0.0 if against is None else ratio(variance[:, against], n[:, against]).sum()
        errors.append(np.sqrt(total))
    return np.array(errors)

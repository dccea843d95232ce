"""How far a wrong first answer carries over into the ratings that follow it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lib.errors import DataError
from lib.metrics.checks import finite_or_none, require_columns, require_rows, without_nan
from lib.metrics.image_draws import Numbers, interval_ends, ratio
from lib.metrics.resampling import Resampling
from lib.metrics.strata import number_strata, stratified_draws
from lib.metrics.within_tracking import ALL

NO_DISTANCE = "both labels have the same typical rating, or one has none, so there is no distance to follow"
FIGURES = ("mean_right", "mean_wrong", "shift", "distance", "followed", "toward")
COLUMNS = (
    {"part": pl.String, "n": pl.Int64, "n_images": pl.Int64}
    | dict.fromkeys(["mean_right", "mean_wrong", "shift", "shift_low", "shift_high", "distance"], pl.Float64)
    | dict.fromkeys(["followed", "followed_low", "followed_high", "toward"], pl.Float64)
    | {"reason": pl.String}
)
Places = NDArray[np.int64]


@dataclass(frozen=True)
class _Pairs:
    """Pairs of ratings of the same image; labels numbered, images numbered."""

    image: Places
    right: Places
    wrong: Places
    rating_right: Numbers
    rating_wrong: Numbers
    first: Places  # one row of each image
    labels: list[str]
    given: Numbers | None  # typical rating of each label, where the caller gave them


def error_propagation(
    pairs: pl.DataFrame, resampling: Resampling, *, typical: Mapping[str, float] | None = None
) -> pl.DataFrame:
    """Ratings after a wrong first answer against ratings of the same image after the right one.

    Parameters
    ----------
    pairs : polars.DataFrame
        One row an image and wrong label: image_id, right and wrong (the labels that the machine was told it had given),
        rating_right and rating_wrong (its ratings then; null or NaN = none). Rows that lack something are left out. All
        rows of an image have the same right label.
    resampling : Resampling
        The study's; images are drawn within right labels, each with all its rows. No interval where participants are
        drawn.
    typical : mapping of str to float, optional
        The machine's typical rating of each label. Without it: the mean of rating_right over the label's images, taken
        anew in every bootstrap sample.

    Returns
    -------
    polars.DataFrame
        part (`all`, then the wrong labels in the order of their names), n (pairs), n_images, mean_right, mean_wrong,
        shift (wrong - right, with shift_low and shift_high), distance (mean absolute difference of both labels' typical
        ratings), followed (with followed_low and followed_high), toward (share of the pairs with a distance whose
        rating moved towards the wrong label's), reason (why followed is null).

    Raises
    ------
    DataError
        If a column is missing, no row is complete, an image has two right labels, or a row's labels are the same.

    Notes
    -----
    With ``d = rating_wrong - rating_right`` and D = typical rating of the wrong label - of the right one,
    ``followed = sum d D / sum D^2``, the least-squares slope through the origin: 1 where ratings follow the label
    alone, 0 where they follow the image alone, between them the label's share. Labels whose typical ratings lie close
    say little, and weigh little. Checked against R: lm without intercept (tests/reference/error_propagation.R), by
    responders with known answers; coverage by Monte Carlo.
    """
    known = _complete(pairs)
    own = _numbered(known, typical)
    strata = number_strata(known["right"].gather(own.first), own.first.size)
    wrong = known["wrong"].unique().sort().to_list()
    parts = [np.ones(own.image.size, dtype=bool), *(own.wrong == own.labels.index(label) for label in wrong)]

    def figures(weights: Numbers) -> Numbers:
        return _figures(weights, own, parts)

    size = len(FIGURES)
    found = figures(np.ones((1, own.first.size))).reshape(len(parts), size)
    drawn = stratified_draws(figures, strata, resampling).reshape(-1, len(parts), size)
    rows = []
    for at, (name, part) in enumerate(zip((ALL, *wrong), parts, strict=True)):
        row: dict[str, object] = {"part": name, "n": int(part.sum()), "n_images": int(np.unique(own.image[part]).size)}
        for place, figure in enumerate(FIGURES):
            row[figure] = finite_or_none(found[at, place])
            if figure in ("shift", "followed"):
                ends = interval_ends(drawn[:, at, place], resampling.confidence)
                row[f"{figure}_low"], row[f"{figure}_high"] = ends if row[figure] is not None else (None, None)
        row["reason"] = NO_DISTANCE if row["followed"] is None else None
        rows.append(row)
    return pl.DataFrame(rows, schema=COLUMNS)


def _complete(pairs: pl.DataFrame) -> pl.DataFrame:
    require_columns(pairs, ["image_id", "right", "wrong", "rating_right", "rating_wrong"], "The pairs of ratings")
    known = pairs.select(
        pl.col("image_id", "right", "wrong").cast(pl.String),
        *(without_nan(pairs[name]) for name in ("rating_right", "rating_wrong")),
    ).drop_nulls()
    require_rows(known.height, "pairs of ratings")
    same = known.filter(pl.col("right") == pl.col("wrong"))
    several = known.group_by("image_id").agg(pl.col("right").n_unique()).filter(pl.col("right") > 1).sort("image_id")
    if same.height or several.height:
        image = (same if same.height else several)["image_id"][0]
        what = f"label {same['right'][0]!r} as right and wrong" if same.height else "two right labels"
        raise DataError(f"A pair needs one right and another wrong label, got {what} for image {image!r}. Correct it.")
    return known.sort("image_id", "wrong")


def _numbered(known: pl.DataFrame, typical: Mapping[str, float] | None) -> _Pairs:
    labels = pl.concat([known["right"], known["wrong"]]).unique().sort().to_list()
    number = {label: at for at, label in enumerate(labels)}
    image = number_strata(known["image_id"], known.height)
    right, wrong = (known[name].replace_strict(number, return_dtype=pl.Int64).to_numpy() for name in ("right", "wrong"))
    given = None if typical is None else np.array([typical.get(label, np.nan) for label in labels], dtype=np.float64)
    return _Pairs(
        image, right, wrong, known["rating_right"].to_numpy(), known["rating_wrong"].to_numpy(),
        np.unique(image, return_index=True)[1], labels, given,
    )  # fmt: skip


def _figures(weights: Numbers, own: _Pairs, parts: list[NDArray[np.bool_]]) -> Numbers:
    """The figures of every part, one after the other, shape (samples, parts x figures)."""
    if own.given is None:
        member = np.eye(len(own.labels))[own.right[own.first]]
        mean_of_image = np.bincount(own.image, own.rating_right) / np.bincount(own.image)
        typical = ratio((weights * mean_of_image) @ member, weights @ member)
    else:
        typical = np.broadcast_to(own.given, (len(weights), own.given.size))
    distance = typical[:, own.wrong] - typical[:, own.right]
    apart = np.where(np.isnan(distance) | (np.abs(distance) < 1e-9), 0.0, distance)
    shift, each = own.rating_wrong - own.rating_right, weights[:, own.image]
    columns = []
    for part in parts:
        w, d, gap = each[:, part], shift[part], apart[:, part]
        n, far = w.sum(axis=1), (w * (gap != 0)).sum(axis=1)
        columns += [
            ratio(w @ own.rating_right[part], n), ratio(w @ own.rating_wrong[part], n), ratio(w @ d, n),
            ratio((w * np.abs(gap)).sum(axis=1), far), ratio((w * gap) @ d, (w * gap**2).sum(axis=1)),
            ratio((w * (gap * d > 0)).sum(axis=1), far),
        ]  # fmt: skip
    return np.column_stack(columns)

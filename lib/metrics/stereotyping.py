"""Prototype or face: how far a rater's variation within emotions collapses, and how far it overdraws the emotions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from scipy import sparse

from lib.metrics.checks import finite_or_none, require_columns, require_rows, without_nan
from lib.metrics.image_draws import Numbers, interval_columns, ratio, sums_within
from lib.metrics.resampling import Resampling, draw_weights

INDICES = ("collapse", "collapse_means", "polarity", "sd_ratio")
SPREADS = ("within_sd", "person_within_sd", "means_within_sd")
FIGURES: dict[str, Any] = {"n": pl.Int64, "n_excluded": pl.Int64} | dict.fromkeys(
    [*SPREADS, *(name + end for name in INDICES for end in ("", "_low", "_high"))], pl.Float64
)


@dataclass(frozen=True)
class _People:
    """A set of samples: weights of images, people's mean and variance (ddof = 0) of each; (samples or 1, images)."""

    weights: Numbers
    mean: Numbers
    variance: Numbers


@dataclass(frozen=True)
class _Machine:
    """One machine: its value of each image (NaN = none), shape (images,), and the emotions, (images, emotions)."""

    condition: str
    n: int
    n_excluded: int
    value: Numbers
    member: Numbers


def stereotyping_indices(
    values: pl.DataFrame, ratings: pl.DataFrame, dimension: str, resampling: Resampling
) -> pl.DataFrame:
    """Collapse within emotions and exaggeration between them, of every machine on one dimension.

    Parameters
    ----------
    values : polars.DataFrame
        Columns condition, image_id, emotion and machine (the value on the study's scale; null or NaN = none).
    ratings : polars.DataFrame
        All single ratings: image_id, participant_id and `dimension` (null or NaN = not answered).
    dimension : str
        The rated dimension.
    resampling : Resampling
        The study's. Unit `image` draws images with all their ratings and the machine's value; unit `participant`
        draws participants, so that people's side of each index varies and the machine's does not.

    Returns
    -------
    polars.DataFrame
        One row a condition, in the order of its type or name: condition, n (images with an emotion, a machine's value
        and a rating), n_excluded, within_sd, person_within_sd, means_within_sd, then collapse, collapse_means, polarity
        and sd_ratio, each with _low and _high. Null where undefined: no emotion with two images; nothing varies among
        people; for polarity, fewer than two emotions. A condition without any such image has no row.

    Raises
    ------
    DataError
        If a column is missing or nobody rated.

    Notes
    -----
    SDs within emotions are pooled over them,
    ``s^2 = sum_e sum_(i in e) (x_i - mean_e)^2 / sum_e (n_e - 1)``: the residual SD of an analysis of variance by
    emotion. A machine gives one value an image, so the comparison must be image-level too, and there are two:

    - ``collapse = 1 - s_machine / s_person``, where s_person is what one person would show who gives one rating an
      image, as the machine does: the expectation of s^2 over all ways to draw one of the ratings of every image,
      in each emotion ``var(image means) + mean(variance of the ratings of an image)``. This spread holds real
      differences between images and people's disagreement. 0: the machine varies as much as one person; 1: it gives
      each emotion one value (a prototype); below 0: it varies more.
    - ``collapse_means = 1 - s_machine / s_means``, with people's image means instead. These hold the differences
      between images that people agree on, plus a remainder of disagreement that shrinks with the number of ratings. A
      machine as good as the mean of people would have 0. Single ratings pooled over images (the SDs that manuscript v5
      prints) have the same expectation as s_person where images have equally many ratings.

    ``polarity`` is the least-squares slope of the machine's emotion means on people's emotion means (emotions weigh
    equally): what a difference of one point between two emotions among people is for the machine. 1: as far apart as
    for people; above 1: exaggerated; 0: no relation; below 0: reversed. A ratio of the SDs of these means would be the
    same where the emotions lie in the same order and proportion, but cannot tell exaggeration from noise or reversal.
    ``sd_ratio`` is SD over all images, machine to people's means, as in section 4.2 of manuscript v5.
    Intervals are percentile intervals of the bootstrap (Efron & Tibshirani, 1993, doi:10.1201/9780429246593). Checked
    against R: lm, and enumeration of every way to draw one rating an image (tests/reference/stereotypes.R).
    """
    require_columns(values, ["condition", "image_id", "emotion", "machine"], "The values")
    require_columns(ratings, ["image_id", "participant_id", dimension], "The ratings")
    rating = without_nan(ratings[dimension]).alias("rating")
    known = ratings.with_columns(rating, pl.col("image_id").cast(pl.String)).drop_nulls("rating")
    require_rows(known.height, f"ratings of {dimension}")
    return pl.DataFrame(_rows(values, known, resampling), schema={"condition": values.schema["condition"]} | FIGURES)


def _rows(values: pl.DataFrame, known: pl.DataFrame, resampling: Resampling) -> list[dict[str, object]]:
    """One row a machine: counts, spreads, and indices with their intervals."""
    own = values.with_columns(without_nan(values["machine"]), pl.col("image_id").cast(pl.String))
    own = own.sort("condition", "image_id")
    images = own.select(pl.col("image_id").unique().sort()).join(known, on="image_id", how="semi")["image_id"].sort()
    machines = [
        item for group in own.partition_by("condition", maintain_order=True) if (item := _machine(group, images))
    ]
    sample, *drawn = [*_samples(known, images, resampling, machines)] if machines else [[]]
    rows = []
    for at, machine in enumerate(machines):
        spread = np.concatenate([block[at] for block in drawn]) if drawn else sample[at][:0]
        row: dict[str, object] = {"condition": machine.condition, "n": machine.n, "n_excluded": machine.n_excluded}
        for place, name in enumerate((*SPREADS, *INDICES)):
            row[name] = finite_or_none(float(sample[at][0, place]))
            if name in INDICES:
                drawn_values = spread[:, place] if row[name] is not None else spread[:0, place]
                row |= interval_columns(drawn_values, resampling.confidence, name)
        rows.append(row)
    return rows


def _machine(own: pl.DataFrame, images: pl.Series) -> _Machine | None:
    """One machine's values, or None where no image has an emotion, a value and a rating."""
    usable = own.drop_nulls(["emotion", "machine"]).filter(pl.col("image_id").is_in(images.implode()))
    if usable.is_empty():
        return None
    place = images.search_sorted(usable["image_id"]).to_numpy()
    value = np.full(images.len(), np.nan)
    value[place] = usable["machine"].to_numpy()
    member = np.zeros((images.len(), usable["emotion"].n_unique()))
    member[place, usable["emotion"].cast(pl.String).rank("dense").to_numpy() - 1] = 1
    return _Machine(own["condition"][0], usable.height, own.height - usable.height, value, member)


def _samples(
    known: pl.DataFrame, images: pl.Series, resampling: Resampling, machines: list[_Machine]
) -> Iterator[list[Numbers]]:
    """Spreads and indices of every machine: of the sample itself, then of each block of bootstrap samples."""
    own = known.join(images.to_frame(), on="image_id", how="semi")
    image = images.search_sorted(own["image_id"]).to_numpy()
    rater = own["participant_id"].cast(pl.String).rank("dense").to_numpy().astype(np.int64) - 1
    rating = own["rating"].to_numpy()
    shape = (int(rater.max()) + 1, images.len())
    tables = [sparse.csr_array((part, (rater, image)), shape=shape) for part in (rating * 0 + 1, rating, rating**2)]
    whole = _people(np.ones((1, shape[0])), tables)
    yield [_indices(whole, machine) for machine in machines]
    by_participant = resampling.unit == "participant"
    for weights in draw_weights(shape[0] if by_participant else images.len(), resampling):
        people = _people(weights, tables) if by_participant else _People(weights, whole.mean, whole.variance)
        yield [_indices(people, machine) for machine in machines]


def _people(weights: Numbers, tables: list[Any]) -> _People:
    """People's mean and variance of each image where participants enter with `weights`; images nobody rated weigh 0."""
    n, total, squares = (np.asarray(weights @ table) for table in tables)
    mean = ratio(total, n)
    variance = np.maximum(ratio(squares, n) - mean**2, 0)
    return _People((n > 0).astype(np.float64), np.nan_to_num(mean), np.nan_to_num(variance))


def _indices(people: _People, rated: _Machine) -> Numbers:
    """The spreads and indices in every sample, shape (samples, 7)."""
    value, member = rated.value, rated.member
    inside = ~np.isnan(value)
    weights = people.weights * inside
    machine = np.where(inside, value, 0) - np.nanmean(value)
    centre = people.mean - people.mean[:, inside].mean()
    n = weights @ member
    freedom = np.maximum(n - 1, 0)
    machine_sum, machine_rest = sums_within(weights, machine, member, n)
    people_sum, people_rest = sums_within(weights, centre, member, n)
    disagreement = freedom * ratio((weights * people.variance) @ member, n)
    total = freedom.sum(axis=1)
    within = np.sqrt(ratio(machine_rest.sum(axis=1), total))
    means = np.sqrt(ratio(people_rest.sum(axis=1), total))
    person = np.sqrt(ratio(people_rest.sum(axis=1) + np.nansum(disagreement, axis=1), total))
    slope = _slope(ratio(people_sum, n), ratio(machine_sum, n))
    spreads = [_deviation(weights, numbers) for numbers in (machine, centre)]
    collapse = 1 - ratio(within, person), 1 - ratio(within, means)
    return np.column_stack([within, person, means, *collapse, slope, ratio(spreads[0], spreads[1])])


def _slope(people: Numbers, machine: Numbers) -> Numbers:
    """Slope of the machine's emotion means on people's; NaN for fewer than two emotions or equal means."""
    present = ~np.isnan(people)
    count = present.sum(axis=1, keepdims=True)
    theirs = np.where(present, people - ratio(np.nansum(people, axis=1, keepdims=True), count.astype(float)), 0)
    spread = (theirs**2).sum(axis=1)
    return ratio((theirs * np.nan_to_num(machine)).sum(axis=1), np.where(spread > 1e-18, spread, 0))


def _deviation(weights: Numbers, numbers: Numbers) -> Numbers:
    """Standard deviation (ddof = 1) over images."""
    n = weights.sum(axis=1)
    mean = ratio((weights * numbers).sum(axis=1), n)
    rest = np.maximum((weights * numbers**2).sum(axis=1) - n * mean**2, 0)
    return np.sqrt(ratio(rest, np.maximum(n - 1, 0)))

"""Whether a machine knows more than it says (A5): what it held likely when it answered, beside people."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lib.chapters.answers import reference_emotions
from lib.chapters.conditions import machine_dimensions
from lib.metrics.counts import count_labels
from lib.metrics.digit_probabilities import (
    describe_probabilities,
    distance_of_shares,
    means_by_category,
    probability_of,
)
from lib.metrics.human import image_means
from lib.metrics.within_tracking import compare_tracking, track_within
from lib.study_data import StudyData

Numbers = NDArray[np.float64]
EMOTION = "emotion"
SAME_ANSWER = "same answer"
FEWEST = 3
"""Images that a machine must have been looked into for, at a step."""


@dataclass(frozen=True)
class _Held:
    """What one machine held likely at one step, one row an image.

    images: image_id, emotion (reference) and people's means; probabilities: (n_images, n_values), as the model gave
    them, NaN = not known; values: names of the columns; shared: whether some cannot be told apart by their first token.
    """

    condition: str
    step: str
    images: pl.DataFrame
    probabilities: Numbers
    values: tuple[str, ...]
    shared: bool


def rating_points(data: StudyData) -> pl.DataFrame:
    """What each machine held likely of each image's rating, beside people's mean.

    Returns
    -------
    polars.DataFrame
        condition, dimension, image_id, emotion (reference), people (their mean), then the columns of
        `lib.metrics.digit_probabilities.describe_probabilities`; images with all of these only.
    """
    parts = []
    for held in _held(data, *(machine_dimensions(data) if data.traced("logits") else ())):
        described = describe_probabilities(held.probabilities, np.array([float(name) for name in held.values]))
        points = held.images.select(
            pl.lit(held.condition).alias("condition"), pl.lit(held.step).alias("dimension"), "image_id", "emotion",
            pl.col(f"{held.step}_mean").alias("people"),
        ).hstack(described)  # fmt: skip
        parts.append(points.drop_nulls(["emotion", "people", "expected"]))
    kept = [part for part in parts if part.height >= FEWEST]
    return pl.concat(kept) if kept else pl.DataFrame()


def rating_tracking(data: StudyData, points: pl.DataFrame) -> pl.DataFrame:
    """Entropy of the scale's probabilities, and whether their expected value follows people within emotions.

    Parameters
    ----------
    data
        The study.
    points
        `rating_points`.

    Returns
    -------
    polars.DataFrame
        condition, dimension, part, the columns of `lib.metrics.within_tracking.compare_tracking`, and the means over
        images of entropy, mass and top with _low and _high. Parts are `all`; `same answer` (images compared with those
        of the same emotion and the same most probable value only); `argmax constant` (emotions with one most probable
        value, if there are any); then the emotions. `same answer` has no correlation of the answer, which is constant.
    """
    parts = []
    for own in points.partition_by("condition", "dimension", maintain_order=True) if points.height else ():
        whose = dict(zip(("condition", "dimension"), own.row(0), strict=False))
        parts.append(_tracking(data, own.with_columns(said="argmax"), ("entropy", "mass", "top"), whose))
    return pl.concat(parts) if parts else pl.DataFrame()


def emotion_tracking(data: StudyData) -> pl.DataFrame:
    """Entropy of the emotions' probabilities, and whether they follow people's shares of labels.

    Returns
    -------
    polars.DataFrame
        condition, part, entropy, mass and top as in `rating_tracking`; distance and said_distance (mean share that
        would have to move from the machine's probabilities, and from its answer alone, to people's shares; labels that
        only people had count, the machine holding them at 0), with _low and _high; the columns of
        `lib.metrics.within_tracking.compare_tracking`, of the probability of the image's reference emotion (expected),
        of its being the answer (argmax), and of people's share of it; shared (whether two emotions begin with one
        token).
    """
    parts = []
    for held in _held(data, EMOTION):
        found = _emotions(data, held)
        if found is not None:
            parts.append(found.with_columns(pl.lit(held.shared).alias("shared")))
    return pl.concat(parts) if parts else pl.DataFrame()


def _emotions(data: StudyData, held: _Held) -> pl.DataFrame | None:
    table = _labels(data, held)
    places = {name: at for at, name in enumerate(held.values)}
    place = held.images["emotion"].replace_strict(places, default=-1, return_dtype=pl.Int64).to_numpy()
    described = describe_probabilities(held.probabilities, np.arange(len(held.values), dtype=np.float64))
    likeliest = described["argmax"].fill_null(0).cast(pl.Int64).to_numpy()
    own = described.select("entropy", "mass", "top").with_columns(
        held.images["emotion"],
        pl.Series("said", likeliest),
        pl.Series("expected", probability_of(held.probabilities, place)),
        pl.Series("argmax", (likeliest == place).astype(np.float64)),
        pl.Series("people", probability_of(table, place)),
        distance_of_shares(_widened(held.probabilities, table), table)["total_variation"].alias("distance"),
        distance_of_shares(np.eye(table.shape[1])[likeliest], table)["total_variation"].alias("said_distance"),
    )
    own = own.fill_nan(None).drop_nulls()
    if own.height < FEWEST:
        return None
    means = ("entropy", "mass", "top", "distance", "said_distance")
    return _tracking(data, own, means, {"condition": held.condition})


def _held(data: StudyData, *steps: str) -> Iterator[_Held]:
    """What each machine held likely at each of these steps, first repeats, in the order of images in the study."""
    if not data.traced("logits"):
        return
    images = reference_emotions(data).images.select("image_id", pl.col("emotion").cast(pl.String))
    means = image_means(data.ratings, machine_dimensions(data))
    images = images.join(means, on="image_id", how="inner", maintain_order="left")
    for condition, frame in data.traced("logits").items():
        for step in steps:
            own = frame.filter(pl.col("repeat") == 0, pl.col("step") == step)
            values = tuple(own["value"].unique(maintain_order=True))
            if not values:
                continue
            wide = own.pivot("value", index="image_id", values="raw")
            joined = images.join(wide, on="image_id", how="inner", maintain_order="left")
            table = joined.select(values).cast(pl.Float64).fill_null(float("nan")).to_numpy().copy()
            if joined.height:
                yield _Held(condition, step, joined.drop(values), table, values, bool(own["shared"].any()))


def _labels(data: StudyData, held: _Held) -> Numbers:
    """How often people chose each of the values, then each label that only they had, (n_images, n_labels)."""
    labels = data.study.emotion.people_categories
    counted = count_labels(data.ratings, labels)
    frame = pl.DataFrame(counted.counts, schema=list(labels)).with_columns(counted.image_ids)
    there = [pl.col(name) if name in labels else pl.lit(0).alias(name) for name in dict.fromkeys(held.values + labels)]
    joined = held.images.select("image_id").join(frame, on="image_id", how="left", maintain_order="left")
    return joined.select(*there).cast(pl.Float64).fill_null(0.0).to_numpy()


def _widened(probabilities: Numbers, table: Numbers) -> Numbers:
    """Probabilities with 0 for the labels of `table` that only people had, shape of `table`."""
    return np.pad(probabilities, ((0, 0), (0, table.shape[1] - probabilities.shape[1])))


def _tracking(data: StudyData, own: pl.DataFrame, means_of: tuple[str, ...], whose: dict[str, object]) -> pl.DataFrame:
    """Rows by part, from one row an image: emotion, said, expected, argmax, people, and numbers to take means of."""
    category = own["emotion"]
    expected, argmax, people = (own[name].to_numpy() for name in ("expected", "argmax", "people"))
    tracked = compare_tracking(expected, argmax, people, category, data.resampling)
    answer = own.select(pl.format("{} {}", "emotion", "said").alias("answer"))["answer"]
    alike = track_within(expected, people, answer, data.resampling)[:1].select(
        pl.lit(SAME_ANSWER).alias("part"),
        pl.lit(answer.is_duplicated().sum(), pl.Int64).alias("n"),
        pl.exclude("part", "n", "distinct").name.prefix("expected_"),
    )
    parts = pl.concat([tracked[:1], alike, tracked[1:]], how="diagonal")
    for name in means_of:
        means = means_by_category(own[name].to_numpy(), category, data.resampling)
        named = {"mean": name, "mean_low": f"{name}_low", "mean_high": f"{name}_high"}
        parts = parts.join(means.select("part", *named).rename(named), on="part", how="left", maintain_order="left")
    return parts.select(*(pl.lit(value).alias(key) for key, value in whose.items()), pl.all())

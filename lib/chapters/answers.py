"""A study's answers as two tidy frames: emotion labels beside the reference emotion, values beside people's means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from lib.chapters.conditions import answers_of, condition_ids, machine_dimensions
from lib.contracts.predictions import HUMAN_NULL
from lib.metrics.counts import count_labels
from lib.metrics.human import image_means
from lib.metrics.schemas import Schema
from lib.study_data import StudyData


@dataclass(frozen=True)
class Reference:
    """What an image's emotion is held to be.

    Attributes
    ----------
    name : str
        `intended emotion`, or `majority label` (of people) in a study without intended emotions.
    categories : tuple of str
        The labels that can be the reference, in the study's order.
    images : polars.DataFrame
        The images with their factors, and `emotion` (Enum of `categories`; null where people's most frequent
        labels tie).
    """

    name: str
    categories: tuple[str, ...]
    images: pl.DataFrame


def reference_emotions(data: StudyData, ratings: pl.DataFrame | None = None) -> Reference:
    """Take the intended emotion of each image or, in a study without any, what most of `ratings` (default: all) say.

    Factors with levels become Enums in the study's order.
    """
    emotion = data.study.emotion
    levels = {name: pl.Enum(data.study.factors[name].levels) for name in data.study.group_factors}
    images = data.images.with_columns(pl.col(name).cast(kind) for name, kind in levels.items())
    if emotion.intended:
        images = images.rename({"intended_emotion": "emotion"})
        return Reference("intended emotion", emotion.categories, _as_enum(images, emotion.categories))
    labels = modal_labels(data.ratings if ratings is None else ratings, list(emotion.people_categories))
    images = _beside(images, labels)
    return Reference("majority label", emotion.people_categories, _as_enum(images, emotion.people_categories))


def modal_labels(ratings: pl.DataFrame, labels: list[str]) -> pl.DataFrame:
    """Most frequent label of each image (image_id, emotion); null where several are equally frequent."""
    counted = count_labels(ratings, labels)
    top = counted.counts.max(axis=1)
    single = (counted.counts == top[:, np.newaxis]).sum(axis=1) == 1
    chosen = pl.Series("emotion", [labels[place] for place in counted.counts.argmax(axis=1)])
    frame = pl.DataFrame({"image_id": counted.image_ids, "emotion": chosen, "single": single & (top > 0)})
    return frame.with_columns(pl.when("single").then("emotion").alias("emotion")).drop("single")


def label_answers(data: StudyData, raters: Sequence[str] | None = None) -> pl.DataFrame:
    """Every rater's emotion label of every image; machines that were not asked for it are left out.

    Parameters
    ----------
    data
        The study.
    raters
        Ids of conditions, or `human-null`; by default all. Predictions of others are not read.

    Returns
    -------
    polars.DataFrame
        condition (Enum), image_id, the study's factors, intended (the reference emotion), predicted (null: missing or
        unparseable), valid (false where there is no row). In a study without intended emotions the held-out
        person is compared with the majority of the other people.
    """
    reference = reference_emotions(data)
    frames = []
    for name, answers in answers_of(data, raters).items():
        if name != HUMAN_NULL and not data.conditions[name].asks_emotion:
            continue
        own = reference
        if name == HUMAN_NULL and not data.study.emotion.intended:
            own = reference_emotions(data, data.remaining_ratings)
        given = answers.select("image_id", pl.col("emotion").alias("predicted"), "valid")
        frames.append(_beside(own.images, given).with_columns(pl.lit(name).alias("condition")))
    added: Schema = {"predicted": pl.String, "valid": pl.Boolean, "condition": pl.String}
    stacked = pl.concat([pl.DataFrame(schema=dict(reference.images.schema) | added), *frames])
    return stacked.rename({"emotion": "intended"}).with_columns(
        pl.col("valid").fill_null(value=False), pl.col("condition").cast(condition_ids(data))
    )


def value_answers(data: StudyData, raters: Sequence[str] | None = None) -> pl.DataFrame:
    """Every rater's value of every image on every dimension that it was asked for, beside people's mean.

    Parameters
    ----------
    data
        The study.
    raters
        Ids of conditions, or `human-null`; by default all. Predictions of others are not read.

    Returns
    -------
    polars.DataFrame
        condition (Enum), dimension (Enum), image_id, the study's factors, emotion (the reference emotion), machine
        (null: the prediction is missing, or one of its steps was unparseable), people_mean. The held-out person is
        compared with the mean of the others.
    """
    dimensions = machine_dimensions(data)
    images = reference_emotions(data).images
    everyone = image_means(data.ratings, dimensions)
    frames = []
    for name, answers in answers_of(data, raters).items():
        people = image_means(data.remaining_ratings, dimensions) if name == HUMAN_NULL else everyone
        asked = dimensions if name == HUMAN_NULL else data.conditions[name].dimensions
        for dimension in (item for item in dimensions if item in asked):
            given = answers.select("image_id", pl.when("valid").then(dimension).alias("machine"))
            means = people.select("image_id", pl.col(f"{dimension}_mean").alias("people_mean"))
            labels = (pl.lit(name).alias("condition"), pl.lit(dimension).alias("dimension"))
            frames.append(_beside(images, given, means).with_columns(labels))
    added: Schema = {"machine": pl.Float64, "people_mean": pl.Float64, "condition": pl.String, "dimension": pl.String}
    return pl.concat([pl.DataFrame(schema=dict(images.schema) | added), *frames]).with_columns(
        pl.col("condition").cast(condition_ids(data)), pl.col("dimension").cast(pl.Enum(dimensions))
    )


def people_answers(data: StudyData, dimensions: list[str]) -> pl.DataFrame:
    """All single ratings: image_id, emotion (reference emotion of the image), dimension (Enum), value; no nulls."""
    images = reference_emotions(data).images.select("image_id", "emotion")
    ratings = data.ratings.select("image_id", *dimensions).join(
        images, on="image_id", how="inner", maintain_order="left"
    )
    long = ratings.unpivot(dimensions, index=["image_id", "emotion"], variable_name="dimension", value_name="value")
    return long.drop_nulls("value").with_columns(pl.col("dimension").cast(pl.Enum(dimensions)))


def _beside(images: pl.DataFrame, *others: pl.DataFrame) -> pl.DataFrame:
    """Every image with what the others have of it; null where they have nothing."""
    for other in others:
        images = images.join(other, on="image_id", how="left", maintain_order="left")
    return images


def _as_enum(images: pl.DataFrame, categories: tuple[str, ...]) -> pl.DataFrame:
    return images.with_columns(pl.col("emotion").cast(pl.Enum(categories)))

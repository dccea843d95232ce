"""The twin as a whole: people's ratings and every condition's predictions, from the targets and a seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from lib.twin.design import FACES_PER_RATER, N_RATERS, Faces, Numbers, assign_raters
from lib.twin.dimensions import Task, rate_images
from lib.twin.labels import label_images
from lib.twin.people import Panel, label_faces, people_labels, rate_dimension
from lib.twin.streams import stream
from lib.twin.targets import TwinTargets
from lib.twin.thinking import count_tokens, split_by_step

PEOPLE_DIMENSIONS = ("valence", "arousal", "naturalness")
MACHINE_DIMENSIONS = ("valence", "arousal")


@dataclass(frozen=True)
class Twin:
    """Simulated data in the shape of the real ones.

    Attributes
    ----------
    ratings : polars.DataFrame
        72,000 rows: image_id, participant_id (`P0001`), emotion (seven labels), valence, arousal, naturalness
        (Float64, whole numbers 1 to 9, no nulls); each participant's 72 faces in the order of rating.
    predictions : dict of str to polars.DataFrame
        By condition, one row an image: condition, image_id, repeat (0), emotion, valence, arousal, valid,
        thinking_tokens, thinking_tokens_<step> (emotion, valence, arousal). A classifier has null valence and arousal,
        and is valid.
    """

    ratings: pl.DataFrame
    predictions: dict[str, pl.DataFrame]


def simulate(images: pl.DataFrame, targets: TwinTargets, seed: int) -> Twin:
    """Draw the twin.

    Parameters
    ----------
    images : polars.DataFrame
        The 1,440 images of `lib.twin.design.twin_images`.
    targets : TwinTargets
        Published figures and choices, from `lib.twin.targets.read_targets`.
    seed : int
        0 or more. The same seed gives the same data.

    Returns
    -------
    Twin

    Notes
    -----
    It is a simulation: only the figures listed among the targets carry information about the real study. People's
    labels, the images' own deviations from their emotion, everything about groups of faces that is not a target,
    and the order of ratings are inventions.
    """
    faces = Faces(images, stream(seed, "difficulty").standard_normal(images.height))
    ratings = _rate_as_people(faces, targets, seed)
    means = ratings.group_by("image_id").agg(pl.col(MACHINE_DIMENSIONS).mean())
    means = images.select("image_id").join(means, on="image_id", how="left", maintain_order="left")
    people = {dimension: means[dimension].to_numpy() for dimension in MACHINE_DIMENSIONS}
    conditions = targets.choices.answers
    return Twin(ratings, {condition: _predict(condition, faces, people, targets, seed) for condition in conditions})


def _rate_as_people(faces: Faces, targets: TwinTargets, seed: int) -> pl.DataFrame:
    """All ratings of the 1,000 participants."""
    rater, image = assign_raters(faces.images.height, stream(seed, "design"))
    panel = Panel(rater, image, faces.emotion)
    labels = label_faces(panel, targets, faces.difficulty, stream(seed, "people", "emotion"))
    names = [f"P{number:04d}" for number in range(1, N_RATERS + 1)]
    columns = {
        "image_id": faces.images["image_id"].gather(pl.Series(image)),
        "participant_id": pl.Series(np.repeat(names, FACES_PER_RATER)),
        "emotion": pl.Series(np.array(people_labels(targets))[labels]),
    }
    for dimension in PEOPLE_DIMENSIONS:
        values = rate_dimension(panel, dimension, targets, stream(seed, "people", dimension))
        columns[dimension] = pl.Series(values.astype(np.float64))
    return pl.DataFrame(columns)


def _predict(condition: str, faces: Faces, people: dict[str, Numbers], targets: TwinTargets, seed: int) -> pl.DataFrame:
    """One condition's answers to all images."""
    n_images = faces.images.height
    labels = label_images(condition, faces, targets, stream(seed, condition, "emotion"))
    rated: list[pl.Series] = []
    for dimension, mean in people.items():
        if dimension in targets.choices.dimensions.get(condition, {}):
            task = Task(condition, dimension, targets)
            values = rate_images(task, faces, labels, mean, stream(seed, condition, dimension))
            rated.append(pl.Series(dimension, values))
        else:
            rated.append(pl.Series(dimension, [None] * n_images, dtype=pl.Float64))
    tokens = count_tokens(condition, faces, labels, targets, stream(seed, condition, "thinking"))
    return pl.DataFrame(
        [
            pl.Series("condition", [condition] * n_images),
            faces.images["image_id"],
            pl.Series("repeat", [0] * n_images, dtype=pl.Int64),
            labels,
            *rated,
            labels.is_not_null().alias("valid"),
            tokens,
            *split_by_step(condition, tokens, targets, stream(seed, condition, "thinking", "steps")),
        ]
    )

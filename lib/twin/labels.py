"""Simulated emotion labels of the thirteen machine conditions: the published accuracies and confusions, image by image."""

from __future__ import annotations

import numpy as np
import polars as pl

from lib.twin.design import EMOTIONS, Indices
from lib.twin.people import Numbers
from lib.twin.targets import TwinTargets

INVALID = "null"
SHARED_DIFFICULTY = 0.6


def label_images(
    condition: str, images: pl.DataFrame, targets: TwinTargets, difficulty: Numbers, random: np.random.Generator
) -> pl.Series:
    """Give each image the label of one condition.

    How many images of each intended emotion get each label is fixed (`choices.answers`, whose diagonal holds the
    published accuracies). The images that are hardest for everyone are the likeliest to be wrong; where an accuracy is
    published for a group of faces, that group gets exactly so many right.

    Parameters
    ----------
    condition : str
        Id of the condition.
    images : polars.DataFrame
        The images frame.
    targets : TwinTargets
        Published figures and choices.
    difficulty : numpy.ndarray
        Standard normal, the same for all conditions and for people, shape (n_images,).
    random : numpy.random.Generator
        Source of all draws.

    Returns
    -------
    polars.Series
        Labels in the order of the images; null where the answer was no valid label.
    """
    shared = SHARED_DIFFICULTY * difficulty
    hardness = shared + np.sqrt(1 - SHARED_DIFFICULTY**2) * random.standard_normal(difficulty.size)
    labels = np.full(images.height, INVALID, dtype=object)
    for emotion in EMOTIONS:
        row = targets.choices.answers[condition][emotion]
        members = np.flatnonzero((images["intended_emotion"] == emotion).to_numpy())
        members = members[np.argsort(hardness[members], kind="stable")]
        right = _right_images(condition, emotion, members, row[emotion], images, targets)
        wrong = np.setdiff1d(members, right)
        errors = [label for label, count in row.items() if label != emotion for _ in range(count)]
        labels[right] = emotion
        labels[wrong] = random.permutation(np.array(errors, dtype=object))
    return pl.Series("emotion", [None if label == INVALID else label for label in labels.tolist()], dtype=pl.String)


def _right_images(
    condition: str, emotion: str, members: Indices, n_right: int, images: pl.DataFrame, targets: TwinTargets
) -> Indices:
    """The easiest images of an emotion, and of each group whose accuracy is published; members are sorted by ease."""
    chosen: list[Indices] = []
    named = np.zeros(images.height, dtype=bool)
    for target in targets.aimed.values():
        if (target.condition, target.quantity, target.emotion) != (condition, "group_accuracy", emotion):
            continue
        in_group = (images[str(target.factor)] == target.group).to_numpy()
        group = members[in_group[members]]
        chosen.append(group[: round(target.value * group.size)])
        named |= in_group
    rest = members[~named[members]]
    n_left = n_right - sum(part.size for part in chosen)
    return np.concatenate([*chosen, rest[:n_left]])

"""Simulated emotion labels of the thirteen machine conditions: published accuracies and confusions, image by image."""

from __future__ import annotations

import numpy as np
import polars as pl

from lib.twin.design import EMOTIONS, Faces, Indices
from lib.twin.targets import Target, TwinTargets

INVALID = "null"
SHARED_DIFFICULTY = 0.6


def label_images(condition: str, faces: Faces, targets: TwinTargets, random: np.random.Generator) -> pl.Series:
    """Give each image the label of one condition.

    How many images of each intended emotion get each label is fixed (`choices.answers`, whose diagonal holds the
    published accuracies). The images that are hardest for everyone are the likeliest to be wrong; where an accuracy is
    published for a group of faces, that group gets exactly so many right.

    Parameters
    ----------
    condition : str
        Id of the condition.
    faces : Faces
        Images and their difficulty.
    targets : TwinTargets
        Published figures and choices.
    random : numpy.random.Generator
        Source of all draws.

    Returns
    -------
    polars.Series
        Labels in the order of the images; null where the answer was no valid label.
    """
    own = random.standard_normal(faces.difficulty.size)
    hardness = SHARED_DIFFICULTY * faces.difficulty + np.sqrt(1 - SHARED_DIFFICULTY**2) * own
    labels = np.full(hardness.size, INVALID, dtype=object)
    for emotion in EMOTIONS:
        row = targets.choices.answers[condition][emotion]
        members = np.flatnonzero(faces.is_in("intended_emotion", emotion))
        members = members[np.argsort(hardness[members], kind="stable")]
        right = _right_images(members, row[emotion], _group_goals(condition, emotion, targets), faces)
        errors = [label for label, count in row.items() if label != emotion for _ in range(count)]
        labels[right] = emotion
        labels[np.setdiff1d(members, right)] = random.permutation(np.array(errors, dtype=object))
    return pl.Series("emotion", [None if label == INVALID else label for label in labels.tolist()], dtype=pl.String)


def _group_goals(condition: str, emotion: str, targets: TwinTargets) -> list[Target]:
    """Published accuracies of groups of faces of one emotion."""
    wanted = (condition, "group_accuracy", emotion)
    return [goal for goal in targets.aimed.values() if (goal.condition, goal.quantity, goal.emotion) == wanted]


def _right_images(members: Indices, n_right: int, goals: list[Target], faces: Faces) -> Indices:
    """The easiest images of an emotion, and of each group whose accuracy is published; members are sorted by ease."""
    chosen: list[Indices] = []
    named = np.zeros(faces.difficulty.size, dtype=bool)
    for goal in goals:
        in_group = faces.is_in(str(goal.factor), str(goal.group))
        group = members[in_group[members]]
        chosen.append(group[: round(goal.value * group.size)])
        named |= in_group
    n_left = n_right - sum(part.size for part in chosen)
    return np.concatenate([*chosen, members[~named[members]][:n_left]])

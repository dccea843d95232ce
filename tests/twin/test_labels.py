"""Machine labels: fixed confusions, errors on the hardest faces."""

from __future__ import annotations

import numpy as np
import polars as pl

from lib.twin.design import EMOTIONS, Faces
from lib.twin.labels import label_images


def _faces(images: pl.DataFrame) -> Faces:
    return Faces(images, np.random.default_rng(2).standard_normal(images.height))


def test_confusions_are_exactly_the_chosen_counts(images, targets):
    labels = label_images("gemma3-4b", _faces(images), targets, np.random.default_rng(3))
    counts = images.with_columns(labels).group_by("intended_emotion", "emotion").len()
    found = {(intended, label or "null"): n for intended, label, n in counts.iter_rows()}
    chosen = targets.choices.answers["gemma3-4b"]
    assert found == {(emotion, label): n for emotion in EMOTIONS for label, n in chosen[emotion].items() if n}


def test_accuracy_by_race_is_as_published(images, targets):
    labels = label_images("gemma3-4b", _faces(images), targets, np.random.default_rng(3))
    angry = images.with_columns(labels).filter(pl.col("intended_emotion") == "angry")
    right = angry.group_by("race").agg((pl.col("emotion") == "angry").sum())
    assert dict(right.iter_rows()) == {"Black": 49, "Korean": 18, "Caucasian": 29}


def test_errors_fall_on_hard_faces(images, targets):
    faces = _faces(images)
    labels = label_images("emonet", faces, targets, np.random.default_rng(3))
    wrong = (labels != images["intended_emotion"]).to_numpy()
    assert faces.difficulty[wrong].mean() > faces.difficulty[~wrong].mean() + 0.3

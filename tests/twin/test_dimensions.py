"""Ratings by machines, beyond the published figures."""

from __future__ import annotations

import numpy as np
import polars as pl

from lib.twin.dimensions import Task


def test_llama_gives_every_neutral_face_the_middle(twin, images):
    frame = twin.predictions["llama-3.2-11b-vision"].join(images, on="image_id")
    assert set(frame.filter(pl.col("intended_emotion") == "neutral")["valence"]) == {5.0}


def test_a_face_called_neutral_is_rated_nearer_to_neutral(twin, images):
    sad = twin.predictions["gpt-4o-mini"].join(images, on="image_id").filter(pl.col("intended_emotion") == "sad")
    means = dict(sad.group_by("emotion").agg(pl.col("valence").mean()).iter_rows())
    assert means["neutral"] > means["sad"]


def test_task_tells_published_from_unpublished(targets):
    task = Task("gemma3-4b", "valence", targets)
    assert task.published("emotion_bias").tolist() == [1.26, 0.38, -1.06, -1.99, -1.39, 1.05]
    assert np.isnan(Task("gpt-4o-mini", "valence", targets).published("emotion_bias")).all()
    assert task.aim("r").value == 0.891
    assert task.aim("machine_sd") is None

"""Thinking tokens meet the published means where they are compatible."""

from __future__ import annotations

import numpy as np
import polars as pl

from lib.twin.design import Faces
from lib.twin.thinking import count_tokens


def test_wrong_answers_take_longer_and_sad_faces_longest(twin, images):
    frame = twin.predictions["qwen3-vl-4b-thinking"].join(images, on="image_id")
    by_emotion = dict(frame.group_by("intended_emotion").agg(pl.col("thinking_tokens").mean()).iter_rows())
    assert max(by_emotion, key=by_emotion.__getitem__) == "sad"
    assert min(by_emotion, key=by_emotion.__getitem__) == "happy"
    right = pl.col("emotion") == pl.col("intended_emotion")
    assert frame.filter(~right)["thinking_tokens"].mean() > 1.5 * frame.filter(right)["thinking_tokens"].mean()


def test_a_condition_that_does_not_think_has_no_tokens(images, targets):
    faces = Faces(images, np.zeros(1440))
    tokens = count_tokens("beit", faces, images["intended_emotion"], targets, np.random.default_rng(1))
    assert tokens.null_count() == 1440
    assert tokens.dtype == pl.Int64

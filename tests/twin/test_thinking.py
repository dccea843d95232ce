"""Thinking tokens meet the published means where they are compatible."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from lib.twin.design import Faces
from lib.twin.thinking import count_tokens, split_by_step


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


PUBLISHED = {
    "gemini-2.5-flash": {"sad": 1290, "happy": 949, True: 993, False: 1248},
    "qwen3-vl-4b-thinking": {"sad": 3915, "happy": 1608, True: 2339, False: 3959},
}
STEPS = ["thinking_tokens_emotion", "thinking_tokens_valence", "thinking_tokens_arousal"]


@pytest.mark.parametrize("condition", PUBLISHED)
def test_published_means_are_met(twin, images, condition):
    frame = twin.predictions[condition].join(images, on="image_id")
    right = (pl.col("emotion") == pl.col("intended_emotion")).alias("right")
    found = dict(frame.group_by("intended_emotion").agg(pl.col("thinking_tokens").mean()).iter_rows())
    found |= dict(frame.group_by(right).agg(pl.col("thinking_tokens").mean()).iter_rows())
    for part, mean in PUBLISHED[condition].items():
        assert found[part] == pytest.approx(mean, abs=1), part


@pytest.mark.parametrize("condition", ["gemini-2.5-flash", "gemini-2.5-flash-nothink"])
def test_steps_sum_to_the_whole_and_arousal_takes_the_longest(twin, condition):
    frame = twin.predictions[condition]
    assert frame.select(pl.sum_horizontal(STEPS)).to_series().to_list() == frame["thinking_tokens"].to_list()
    means = frame.select(STEPS).mean().row(0)
    assert max(means) == means[2]
    assert frame.select(pl.min_horizontal(STEPS).min()).item() > 0


def test_what_is_asked_all_at_once_has_no_steps(twin):
    assert twin.predictions["qwen3-vl-4b-thinking"].select(STEPS).null_count().row(0) == (1440,) * 3


def test_whole_tokens_are_split_without_loss(targets):
    tokens = pl.Series([0, 1, 2, 7, 1000])
    parts = split_by_step("gemini-2.5-flash", tokens, targets, np.random.default_rng(2))
    assert parts.select(pl.sum_horizontal(pl.all())).to_series().to_list() == tokens.to_list()
    assert parts.select(pl.min_horizontal(pl.all()).min()).item() == 0

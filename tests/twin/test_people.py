"""People's labels and ratings, beyond the published figures."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from lib.twin.design import EMOTIONS
from lib.twin.people import Panel, label_faces, label_shares, people_labels


def _panel() -> Panel:
    emotion = np.repeat(np.arange(6), 4)
    return Panel(np.repeat(np.arange(500), 24), np.tile(np.arange(24), 500), emotion)


def test_people_may_answer_surprised(targets):
    assert people_labels(targets) == (*EMOTIONS, "surprised")
    assert label_shares(targets).sum(axis=1) == pytest.approx(np.ones(6))


def test_labels_have_the_chosen_shares_on_faces_of_average_difficulty(targets):
    panel = _panel()
    labels = label_faces(panel, targets, np.zeros(24), np.random.default_rng(8))
    truth = panel.emotion[panel.image]
    found = np.array([np.bincount(labels[truth == e], minlength=7) / 2000 for e in range(6)])
    assert np.abs(found - label_shares(targets)).max() < 0.04


def test_a_hard_face_is_labelled_otherwise_more_often(targets):
    panel = _panel()
    truth = panel.emotion[panel.image]
    easy, hard = (
        (label_faces(panel, targets, np.full(24, level), np.random.default_rng(9)) == truth).mean()
        for level in (-1.5, 1.5)
    )
    assert easy > hard + 0.1


def test_the_same_person_is_consistently_high_or_low(twin, images):
    within = twin.ratings.join(images, on="image_id").with_columns(
        (pl.col("arousal") - pl.col("arousal").mean().over("intended_emotion")).alias("deviation")
    )
    between = within.group_by("participant_id").agg(pl.col("deviation").mean())["deviation"].var()
    assert between == pytest.approx(0.696, abs=0.15)

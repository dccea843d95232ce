"""Draws of one held-out person are those of `hold_out`: one rating of every image, the others left."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from lib.errors import DataError
from lib.metrics.held_out_draws import held_out_labels, held_out_values

LABELS = ("angry", "happy", "sad")
RATINGS = pl.DataFrame(
    [
        ("b", "p1", "happy", 2.0), ("b", "p2", "happy", 4.0), ("b", "p3", "sad", None),
        ("a", "p1", "sad", 7.0), ("a", "p3", None, 9.0), ("c", "p2", "angry", 1.0),
    ],
    schema=["image_id", "participant_id", "emotion", "valence"], orient="row",
)  # fmt: skip


def test_labels_and_what_the_others_say() -> None:
    everyone, own, others = held_out_labels(RATINGS, LABELS, 400, seed=1)
    assert everyone.tolist() == [2, 1, 0] and own.shape == others.shape == (3, 400)
    pairs = {tuple(pair) for pair in np.column_stack([own[0], others[0]])}
    assert pairs == {(2, -1), (-1, 2)}  # a: sad is held out and nobody else answered, or the one who did not answer is
    assert {tuple(pair) for pair in np.column_stack([own[1], others[1]])} == {(1, -1), (2, 1)}  # b: a tie, or happy
    assert set(others[2]) == {-1}
    assert np.mean(own[1] == 1) == pytest.approx(2 / 3, abs=0.07)


def test_values_and_the_others_mean_are_drawn_alike() -> None:
    everyone, own, others = held_out_values(RATINGS, "valence", 200, seed=1)
    assert everyone == pytest.approx([8, 3, 1])
    assert {tuple(pair) for pair in np.column_stack([own[0], others[0]])} == {(7, 9), (9, 7)}
    held = np.nan_to_num(np.column_stack([own[1], others[1]]), nan=-1)
    assert {tuple(pair) for pair in held} == {(2, 4), (4, 2), (-1, 3)}
    assert np.isnan(others[2]).all()
    named = held_out_labels(RATINGS, LABELS, 200, seed=1)[1]
    assert ((named[1] == 2) == np.isnan(own[1])).all()  # p3 labels b as sad and does not rate it


def test_the_order_of_rows_does_not_matter_and_no_draw_has_no_columns() -> None:
    shuffled = held_out_values(RATINGS.sample(fraction=1, shuffle=True, seed=4), "valence", 50, seed=2)
    for one, other in zip(shuffled, held_out_values(RATINGS, "valence", 50, seed=2), strict=True):
        np.testing.assert_array_equal(one, other)
    everyone, own, others = held_out_values(RATINGS, "valence", 0, seed=2)
    assert everyone.size == 3 and own.shape == others.shape == (3, 0)
    assert held_out_labels(RATINGS, LABELS, 0, seed=2)[2].shape == (3, 0)
    with pytest.raises(DataError, match="lack the column 'arousal'"):
        held_out_values(RATINGS, "arousal", 1, seed=0)
    with pytest.raises(DataError, match="No ratings"):
        held_out_labels(RATINGS.clear(), LABELS, 1, seed=0)

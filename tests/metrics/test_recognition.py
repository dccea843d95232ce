"""Accuracy with intervals over persons: against closed forms, and against persons whose faces go together wholly."""

from __future__ import annotations

import math

import polars as pl
import pytest

from lib.errors import DataError
from lib.metrics.recognition import recognition_by
from lib.metrics.resampling import Resampling

DRAWS = Resampling(seed=3, draws=4000, confidence=0.95)
Z = 1.959964
PERSONS, IMAGES = 60, 6


def faces(right: list[list[bool]]) -> pl.DataFrame:
    """A row an image: person i (group by its number's parity) is seen rightly where `right[i][j]`."""
    rows = [
        {"image_id": f"{i}_{j}", "who": str(i), "side": "ab"[i % 2], "intended": "joy",
         "predicted": "joy" if seen else "calm"}
        for i, own in enumerate(right) for j, seen in enumerate(own)
    ]  # fmt: skip
    return pl.DataFrame(rows)


def test_persons_seen_wholly_or_not_at_all_have_the_interval_of_as_many_independent_cases() -> None:
    alike = faces([[i % 4 != 0] * IMAGES for i in range(PERSONS)])
    row = recognition_by(alike, [], ["who"], DRAWS).row(0, named=True)
    half = Z * math.sqrt(0.75 * 0.25 / PERSONS)  # normal approximation of 60 independent cases
    assert (row["accuracy"], row["n"], row["n_persons"]) == (0.75, PERSONS * IMAGES, PERSONS)
    assert row["person_low"] == pytest.approx(0.75 - half, abs=0.02)
    assert row["person_high"] == pytest.approx(0.75 + half, abs=0.02)
    assert row["high"] - row["low"] < 0.5 * (row["person_high"] - row["person_low"])


def test_persons_who_are_all_the_same_leave_no_doubt_about_persons() -> None:
    same = faces([[True, True, True, False]] * PERSONS)
    row = recognition_by(same, [], ["who"], DRAWS).row(0, named=True)
    assert (row["person_low"], row["person_high"]) == (0.75, 0.75)
    assert row["low"] < 0.75 < row["high"]


def test_with_unequal_persons_the_share_is_of_images() -> None:
    unequal = faces([[True] * 9, *[[False]] * 3])
    row = recognition_by(unequal, [], ["who"], DRAWS).row(0, named=True)
    assert row["accuracy"] == 0.75
    # Of four draws k are the first person, k binomial (4, 1/4), and the share is 9k / (9k + 4 - k): its percentiles 2.5
    # and 97.5 are those of k = 0 (probability .316) and k = 3 (.047; of k = 4 it is .004).
    assert (row["person_low"], row["person_high"]) == (0.0, pytest.approx(27 / 28))


def test_groups_keep_their_own_persons_and_each_its_row() -> None:
    frame = faces([[i % 2 == 0] * 3 for i in range(10)] + [[True, False, True]])
    table = recognition_by(frame, ["side"], ["side", "who"], DRAWS)
    assert table.select("side", "n_persons", "correct", "n").rows() == [("a", 6, 17, 18), ("b", 5, 0, 15)]
    assert table["person_high"].to_list() == [1.0, 0.0]


def test_one_person_or_nobody_known_gives_no_interval_over_persons() -> None:
    frame = faces([[True, False]])
    for persons in (["who"], []):
        row = recognition_by(frame, [], persons, DRAWS).row(0, named=True)
        assert (row["person_low"], row["person_high"]) == (None, None) and row["low"] is not None
    assert recognition_by(frame, [], ["who"], DRAWS)["n_persons"].to_list() == [1]


def test_what_has_no_answer_is_wrong_and_what_was_not_intended_is_left_out() -> None:
    frame = faces([[True, True], [False, True]]).with_columns(
        pl.Series("predicted", [None, "joy", "calm", "joy"]), pl.Series("intended", ["joy", "joy", None, "joy"])
    )
    row = recognition_by(frame, [], ["who"], DRAWS).row(0, named=True)
    assert (row["n"], row["correct"], row["n_unanswered"], row["n_persons"]) == (3, 2, 1, 2)


def test_a_column_that_is_not_there_is_named() -> None:
    with pytest.raises(DataError, match="'actor'"):
        recognition_by(faces([[True]]), [], ["actor"], DRAWS)

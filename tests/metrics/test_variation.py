"""Spread within groups against base R (tests/reference/human.R)."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from lib.errors import DataError
from lib.metrics.variation import entropy_within, variation_within


def test_variation_of_single_ratings_agrees_with_r(ratings, emotions, r_human):
    expected = pl.DataFrame(r_human["variation"])
    order = ratings.with_columns(pl.col("intended_emotion").cast(pl.Enum(emotions)))
    found = variation_within(order.drop_nulls("intended_emotion"), ["intended_emotion"], "valence")
    assert found["intended_emotion"].to_list() == expected["intended_emotion"].to_list()
    for name in ("n", "n_excluded", "distinct", "mean", "sd"):
        assert found[name].to_list() == pytest.approx(expected[name].to_list(), rel=1e-9), name


def test_a_prototype_has_one_distinct_value_and_no_spread():
    frame = pl.DataFrame({"emotion": ["neutral"] * 3 + ["sad"], "condition": "m", "valence": [5.0, 5.0, None, 2.0]})
    assert variation_within(frame, ["condition", "emotion"], "valence").rows() == [
        ("m", "neutral", 2, 1, 1, 5.0, 0.0),
        ("m", "sad", 1, 0, 1, 2.0, None),
    ]


def test_without_groups_all_answers_are_one():
    frame = pl.DataFrame({"valence": [1.0, 2.0, 2.0, float("nan")]})
    row = variation_within(frame, [], "valence").row(0, named=True)
    assert (row["n"], row["n_excluded"], row["distinct"]) == (3, 1, 2)
    assert row["sd"] == pytest.approx((1 / 3) ** 0.5)


def test_no_answers_are_named():
    with pytest.raises(DataError, match="No answers in the column 'valence' to compute on"):
        variation_within(pl.DataFrame({"valence": [None]}), [], "valence")
    with pytest.raises(DataError, match="lack the column 'emotion'"):
        variation_within(pl.DataFrame({"valence": [1.0]}), ["emotion"], "valence")


REFERENCE = Path(__file__).parents[1] / "reference"
SCALE = np.arange(1.0, 10.0)


def test_entropy_agrees_with_r():
    expected = json.loads((REFERENCE / "stereotypes_expected.json").read_text(encoding="utf-8"))
    images = pl.read_csv(REFERENCE / "stereotypes_images.csv", schema_overrides={"machine": pl.Float64})
    for column in ("machine", "network"):
        found = entropy_within(images, ["emotion"], column, SCALE)
        for emotion, n, steps, bits in found.iter_rows():
            assert bits == pytest.approx(expected[f"entropy_{column}"][emotion], rel=1e-9, abs=1e-12)
            assert n == images.filter(pl.col("emotion") == emotion)[column].drop_nulls().len()
            if column == "network":
                assert steps == expected["steps_network"][emotion]


def test_entropy_runs_from_one_value_to_all_equally_often():
    frame = pl.DataFrame({"g": ["one"] * 4 + ["all"] * 9 + ["none"], "v": [3.0] * 4 + list(SCALE) + [None]})
    found = {row[0]: row[1:] for row in entropy_within(frame, ["g"], "v", SCALE).iter_rows()}
    assert found["one"] == (4, 1, 0.0)
    assert found["all"] == (9, 9, pytest.approx(np.log2(9)))
    assert found["none"] == (0, 0, None)


def test_answers_between_steps_count_as_the_nearest():
    frame = pl.DataFrame({"g": ["a"] * 3, "v": [-0.9, -1.0, 0.2]})
    assert entropy_within(frame, ["g"], "v", np.array([-1.0, -0.75, -0.5, -0.25, 0.0, 0.25])).row(0)[2] == 2

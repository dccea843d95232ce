"""Spread within groups against base R (tests/reference/human.R)."""

from __future__ import annotations

import polars as pl
import pytest

from lib.errors import DataError
from lib.metrics.variation import variation_within


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

"""A machine beside one person: R's paired t.test, hand values, the mean of many draws, Monte Carlo coverage."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests_support import small_images, small_ratings

from lib.errors import DataError
from lib.metrics.beside_person import beside_person, expected_right
from lib.metrics.human_null import hold_out

EXPECTED = Path(__file__).parents[1] / "reference/beside_person_expected.json"
LABELS = ["joy", "anger", "calm", "other"]


@pytest.mark.parametrize(
    "case", json.loads(EXPECTED.read_text(encoding="utf-8")), ids=lambda case: f"n={len(case['right'])}"
)
def test_the_test_agrees_with_r(case):
    found = beside_person(pl.Series(case["right"]), pl.Series(case["person"]), case["level"])
    assert (found.n, found.n_excluded) == (len(case["right"]), 0)
    for name in ("accuracy", "difference", "se", "low", "high", "t", "p"):
        assert getattr(found, name) == pytest.approx(case[name], rel=1e-9), name
    assert found.person == pytest.approx(case["share"], rel=1e-9)


def test_images_that_one_side_lacks_are_left_out_and_counted():
    found = beside_person(pl.Series([1, 0, 1, None]), pl.Series([0.5, 0.75, None, 1.0]), 0.95)
    assert (found.n, found.n_excluded, found.accuracy, found.person) == (2, 2, 0.5, 0.625)
    assert found.difference == -0.125
    assert found.se == pytest.approx(0.625)  # of 0.5 and -0.75: SD 1.25 / sqrt(2), over sqrt(2)


@pytest.mark.parametrize("n", [0, 1, 3])
def test_without_spread_there_is_no_test(n):
    found = beside_person(pl.Series([1.0] * n), pl.Series([0.5] * n), 0.95)
    assert found.difference == (0.5 if n else None)
    assert (found.n, found.se, found.low, found.p) == (n, None, None, None)


def test_what_is_no_share_is_refused():
    with pytest.raises(DataError, match="share from 0 to 1"):
        beside_person(pl.Series([2.0, 0.0]), pl.Series([0.5, 0.5]), 0.95)
    with pytest.raises(DataError, match="got 1 and 2 values"):
        beside_person(pl.Series([1.0]), pl.Series([0.5, 0.5]), 0.95)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=2, max_size=30))
def test_the_other_way_round_is_the_same_with_the_sign_reversed(answers):
    right, person = pl.Series([float(a) for a, _ in answers]), pl.Series([b / 5 for _, b in answers])
    one, other = beside_person(right, person, 0.9), beside_person(person, right, 0.9)
    assert other.difference == pytest.approx(-one.difference, abs=1e-12)
    assert (one.p is None) == (other.p is None)
    if one.p is not None:
        assert (other.low, other.high) == pytest.approx((-one.high, -one.low), abs=1e-9)
        assert other.p == pytest.approx(one.p, rel=1e-6)


def _ratings(*images):
    rows = [(f"i{number}", label) for number, labels in enumerate(images) for label in labels]
    return pl.DataFrame(rows, schema=["image_id", "emotion"], orient="row")


def test_a_persons_chance_is_the_share_of_ratings_with_the_intended_emotion():
    ratings = _ratings(["joy", "joy", "anger", None], ["calm"], ["joy"])
    intended = pl.DataFrame({"image_id": ["i0", "i1", "i2"], "intended": ["joy", "joy", None]})
    found = expected_right(ratings, LABELS, intended)
    assert found.rows() == [("i0", 0.5), ("i1", 0.0), ("i2", None)]


def test_without_intended_emotions_the_majority_of_the_others_decides():
    found = expected_right(
        _ratings(
            ["joy", "joy", "joy", "anger"],  # joy: right beside joy, joy, anger; anger: wrong beside three joy
            ["joy", "joy", "anger"],  # joy: the others tie, not scored; anger: wrong
            ["calm"],  # nobody is left
            ["joy", "joy", None],  # the unanswered rating is wrong
            [None, None],
        ),
        LABELS,
    )
    assert found["image_id"].to_list() == ["i0", "i1", "i2", "i3", "i4"]
    assert found["person"].to_list() == pytest.approx([3 / 4, 0.0, None, 2 / 3, None])


@pytest.mark.parametrize("known", [True, False])
def test_the_chance_is_what_held_out_persons_reach_on_average(known):
    ratings = small_ratings()
    intended = small_images().select("image_id", intended="emotion") if known else None
    expected = expected_right(ratings, LABELS, intended)
    drawn = []
    for seed in range(400):
        held = hold_out(ratings, LABELS, seed)
        reference = intended
        if reference is None:
            tops = held.remaining_ratings.group_by("image_id").agg(pl.col("emotion").drop_nulls().mode().alias("top"))
            reference = tops.filter(pl.col("top").list.len() == 1).select("image_id", pl.col("top").list.first())
            reference = reference.rename({"top": "intended"})
        scored = held.predictions.join(reference.drop_nulls(), on="image_id")
        drawn.append(
            scored.select("image_id", (pl.col("emotion") == pl.col("intended")).fill_null(value=False).alias("right"))
        )
    means = pl.concat(drawn).group_by("image_id").agg(pl.col("right").mean(), pl.len()).join(expected, on="image_id")
    assert means.height == expected["person"].drop_nulls().len()
    spread = (means["person"] * (1 - means["person"]) / means["len"]).sqrt()
    assert ((means["right"] - means["person"]).abs() <= 4.5 * spread + 1e-9).all()


@pytest.mark.slow
@pytest.mark.parametrize("gain", [0.0, 0.15])
def test_the_interval_covers_the_difference_as_often_as_it_says(gain):
    """Images drawn anew: some easy, some hard; 50 people each; a machine that is right more often by `gain`."""
    random, draws, n = np.random.default_rng(4), 2000, 200
    chance = random.beta(4, 2, (draws, n)) * 0.8
    person = random.binomial(50, chance) / 50
    right = (random.random((draws, n)) < chance + gain).astype(float)
    found = [beside_person(pl.Series(a), pl.Series(b), 0.95) for a, b in zip(right, person, strict=True)]
    covered = np.mean([item.low <= gain <= item.high for item in found])
    assert 0.935 < covered < 0.965
    assert np.mean([item.p < 0.05 for item in found]) == pytest.approx(1 - covered if gain == 0 else 1, abs=0.05)

"""One rater held out for each image: nothing lost, nothing on both sides, every rating equally likely."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.errors import DataError
from lib.metrics.counts import count_ratings
from lib.metrics.dimensions import compare_with_people
from lib.metrics.human import describe_people, image_means
from lib.metrics.human_null import hold_out

PREDICTIONS = {
    "condition": pl.String,
    "image_id": pl.String,
    "repeat": pl.Int64,
    "emotion": pl.String,
    "valence": pl.Float64,
    "arousal": pl.Float64,
    "valid": pl.Boolean,
    "thinking_tokens": pl.Int64,
}


@pytest.fixture
def held(ratings, labels_of_people):
    return hold_out(ratings, labels_of_people, seed=7)


def test_every_image_is_answered_once_by_one_of_its_raters(ratings, held):
    assert held.predictions.schema == PREDICTIONS
    assert held.predictions["image_id"].to_list() == sorted(set(ratings["image_id"]))
    assert set(held.predictions["condition"]) == {"human-null"}
    assert set(held.predictions["repeat"]) == {0}
    given_answers = ["image_id", "emotion", "valence", "arousal"]
    matched = held.predictions.join(ratings, on=given_answers, how="semi", nulls_equal=True)
    assert matched.height == held.predictions.height == held.n_images


def test_no_rating_is_lost_or_on_both_sides(ratings, held):
    assert held.remaining_ratings.columns == ratings.columns
    key = ["image_id", "participant_id"]
    taken = ratings.join(held.remaining_ratings, on=key, how="anti")
    assert taken.height == ratings.height - held.remaining_ratings.height == held.n_images
    columns = ["image_id", "emotion", "valence", "arousal"]
    assert taken.select(columns).sort("image_id").equals(held.predictions.select(columns))


def test_incomplete_answers_are_invalid_and_lone_ratings_counted(held):
    asked = pl.all_horizontal(pl.col("emotion", "valence", "arousal").is_not_null())
    assert held.predictions["valid"].equals(held.predictions.select(asked.alias("valid")).to_series())
    assert held.n_incomplete == (~held.predictions["valid"]).sum() > 0
    assert held.n_alone == 1


def test_the_seed_decides_and_the_order_of_rows_does_not(ratings, labels_of_people, held):
    again = hold_out(ratings.sample(fraction=1.0, shuffle=True, seed=1), labels_of_people, seed=7)
    assert again.predictions.equals(held.predictions)
    assert again.remaining_ratings.equals(held.remaining_ratings)
    assert not hold_out(ratings, labels_of_people, seed=8).predictions.equals(held.predictions)


def test_every_rating_is_equally_likely():
    ratings = pl.DataFrame({"image_id": ["a"] * 4, "participant_id": list("wxyz"), "valence": [1.0, 2.0, 3.0, 4.0]})
    drawn = [hold_out(ratings, [], seed).predictions["valence"][0] for seed in range(400)]
    observed = np.unique(drawn, return_counts=True)[1]
    assert ((observed - 100) ** 2 / 100).sum() < 16.27  # chi-squared, 3 df, p = .001


def test_the_expected_error_is_the_leave_one_out_error():
    rng = np.random.default_rng(3)
    n_images, n_raters = 1500, 12
    ratings = pl.DataFrame(
        {
            "image_id": np.repeat([f"i{i:04d}" for i in range(n_images)], n_raters),
            "participant_id": [f"p{i}" for i in range(n_raters)] * n_images,
            "valence": rng.integers(1, 10, n_images * n_raters).astype(float),
        }
    )
    held = hold_out(ratings, [], seed=0)
    joined = held.predictions.join(image_means(held.remaining_ratings, ["valence"]), on="image_id")
    error = compare_with_people(joined["valence"], joined["valence_mean"]).mae
    baseline = describe_people(count_ratings(ratings, "valence", np.arange(1, 10)))
    assert error == pytest.approx(baseline.loo_mae, abs=0.1)


def test_a_study_without_labels_or_arousal_is_not_asked_for_them():
    ratings = pl.DataFrame({"image_id": ["a", "a"], "participant_id": ["p", "q"], "valence": [0.25, 0.25]})
    held = hold_out(ratings, [], seed=1)
    assert held.predictions.schema == PREDICTIONS
    assert held.predictions.row(0) == ("human-null", "a", 0, None, 0.25, None, True, None)


def test_empty_ratings_and_unknown_labels_are_named():
    ratings = pl.DataFrame({"image_id": ["a"], "participant_id": ["p"], "emotion": ["joy"]})
    with pytest.raises(DataError, match="got 'joy' for image 'a'"):
        hold_out(ratings, ["happy"], seed=1)
    with pytest.raises(DataError, match="No ratings to compute on"):
        hold_out(ratings.clear(), ["joy"], seed=1)
    with pytest.raises(DataError, match="lack the column 'participant_id'"):
        hold_out(ratings.drop("participant_id"), ["joy"], seed=1)


@settings(max_examples=50)
@given(st.lists(st.integers(1, 6), min_size=1, max_size=8), st.integers(0, 2**32))
def test_ragged_ratings_split_exactly(raters_of_images, seed):
    rows = [(f"i{i}", f"p{p}", float(p)) for i, n in enumerate(raters_of_images) for p in range(n)]
    ratings = pl.DataFrame(rows, schema=["image_id", "participant_id", "valence"], orient="row")
    held = hold_out(ratings, [], seed)
    assert held.n_images == len(raters_of_images)
    assert held.n_alone == raters_of_images.count(1)
    assert held.remaining_ratings.height == ratings.height - held.n_images

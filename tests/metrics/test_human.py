"""Human baselines against R (tests/reference/human.R) and against enumeration of every pair of ratings."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from lib.errors import DataError
from lib.metrics.counts import RatingCounts, count_ratings
from lib.metrics.human import describe_people, image_means

SCALES = {"valence": np.arange(1, 10), "arousal": np.arange(-1, 1.25, 0.25)}
QUARTERS = SCALES["arousal"].tolist()


@pytest.mark.parametrize("dimension", ["valence", "arousal"])
def test_every_figure_agrees_with_r(ratings, r_human, dimension):
    baseline = describe_people(count_ratings(ratings, dimension, SCALES[dimension]))
    for name, expected in r_human[dimension].items():
        assert getattr(baseline, name) == pytest.approx(expected, rel=1e-9), name
    assert (baseline.dimension, baseline.alpha_reason) == (dimension, None)


def _brute_force(by_image: dict[str, list[float]]) -> dict[str, float | None]:
    shared = [values for values in by_image.values() if len(values) > 1]
    left_out = [abs(values[i] - np.mean(values[:i] + values[i + 1 :])) for values in shared for i in range(len(values))]
    pairs = [abs(a - b) for values in shared for a, b in combinations(values, 2)]
    means = [np.mean(values) for values in by_image.values()]
    pooled = [value for values in by_image.values() for value in values]
    return {
        "loo_mae": np.mean(left_out) if shared else None,
        "pairwise_mae": np.mean(pairs) if shared else None,
        "mean": np.mean(means),
        "sd": np.std(means, ddof=1) if len(means) > 1 else None,
        "rating_sd": np.std(pooled, ddof=1) if len(pooled) > 1 else None,
    }


ragged = st.lists(
    st.tuples(st.sampled_from("abcdef"), st.one_of(st.none(), st.sampled_from(QUARTERS))), min_size=1, max_size=60
).filter(lambda rows: any(value is not None for _, value in rows))


@given(ragged, st.randoms(use_true_random=False))
def test_ragged_ratings_agree_with_enumeration_whatever_the_order_of_raters(rows, shuffler):
    by_image: dict[str, list[float]] = {}
    for image, value in rows:
        if value is not None:
            by_image.setdefault(image, []).append(value)
    shuffler.shuffle(rows)
    frame = pl.DataFrame(rows, schema={"image_id": pl.String, "arousal": pl.Float64}, orient="row")
    baseline = describe_people(count_ratings(frame, "arousal", SCALES["arousal"]))
    for name, expected in _brute_force(by_image).items():
        found = getattr(baseline, name)
        assert (found is None) == (expected is None), name
        assert expected is None or found == pytest.approx(expected, abs=1e-12), name
    assert baseline.n_single == sum(len(values) == 1 for values in by_image.values())
    assert baseline.n_ratings + baseline.n_missing == len(rows)
    assert (baseline.alpha_ordinal is None) == (baseline.alpha_reason is not None)


def test_one_rating_an_image_leaves_agreement_undefined_and_says_why():
    frame = pl.DataFrame({"image_id": ["a", "b"], "valence": [3.0, 4.0]})
    baseline = describe_people(count_ratings(frame, "valence", SCALES["valence"]))
    assert (baseline.n_single, baseline.loo_mae, baseline.pairwise_mae) == (2, None, None)
    assert (baseline.alpha_ordinal, baseline.alpha_reason) == (None, "no image was rated by two or more people")
    assert (baseline.mean, baseline.ratings_min, baseline.ratings_max) == (3.5, 1, 1)


def test_no_ratings_are_named():
    nothing = RatingCounts("valence", pl.Series(["a"]), np.arange(1.0, 10.0), np.zeros((1, 9), dtype=np.int64), 3)
    with pytest.raises(DataError, match="No ratings of valence to compute on"):
        describe_people(nothing)


def test_image_means_exclude_what_was_not_answered():
    frame = pl.DataFrame(
        {
            "image_id": ["b", "a", "a", "a"],
            "valence": [5.0, 1.0, 4.0, None],
            "arousal": [float("nan"), 2.0, 2.0, 5.0],
        }
    )
    expected = pl.DataFrame(
        {
            "image_id": ["a", "b"],
            "n_ratings": [3, 1],
            "valence_n": [2, 1],
            "valence_mean": [2.5, 5.0],
            "valence_sd": [np.sqrt(4.5), None],
            "arousal_n": [3, 0],
            "arousal_mean": [3.0, None],
            "arousal_sd": [np.sqrt(3.0), None],
        }
    )
    assert_frame_equal(image_means(frame, ["valence", "arousal"]), expected)


def test_image_means_are_those_that_the_baseline_describes(ratings):
    means = image_means(ratings, ["valence"])["valence_mean"]
    baseline = describe_people(count_ratings(ratings, "valence", SCALES["valence"]))
    assert (baseline.mean, baseline.sd) == pytest.approx((means.mean(), means.std()), rel=1e-12)


def test_image_means_name_what_is_missing():
    with pytest.raises(DataError, match="lack the column 'arousal'"):
        image_means(pl.DataFrame({"image_id": ["a"]}), ["arousal"])
    with pytest.raises(DataError, match="No ratings to compute on"):
        image_means(pl.DataFrame({"image_id": []}), [])

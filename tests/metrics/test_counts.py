"""Counts by image and value, on whole and on fractional scales."""

from __future__ import annotations

from collections import Counter

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.errors import DataError
from lib.metrics.counts import count_labels, count_ratings

QUARTERS = np.arange(-1, 1.25, 0.25)


def _ratings(image_ids: list[str], values: list[float | None]) -> pl.DataFrame:
    return pl.DataFrame({"image_id": image_ids, "valence": pl.Series(values, dtype=pl.Float64)})


def test_ratings_are_counted_by_image_in_sorted_order():
    counts = count_ratings(
        _ratings(["b", "a", "b", "b", "c"], [3, 1, 3, None, float("nan")]), "valence", np.arange(1, 4)
    )
    assert counts.image_ids.to_list() == ["a", "b", "c"]
    assert counts.counts.tolist() == [[1, 0, 0], [0, 0, 2], [0, 0, 0]]
    assert (counts.dimension, counts.n_missing) == ("valence", 2)


@pytest.mark.parametrize("kind", [pl.Categorical, pl.Enum(["b", "a"])])
def test_images_of_any_text_type_are_counted_in_the_same_order(kind):
    frame = _ratings(["b", "a", "b"], [3, 1, 3]).with_columns(pl.col("image_id").cast(kind))
    counts = count_ratings(frame, "valence", np.arange(1, 4))
    assert (counts.image_ids.to_list(), counts.counts.tolist()) == (["a", "b"], [[1, 0, 0], [0, 0, 2]])


def test_a_tenth_that_floating_point_misses_is_still_counted():
    scale = np.array([0.0, 0.1, 0.2, 0.3])
    counts = count_ratings(_ratings(["a", "a"], [0.1 + 0.2, 3 * 0.1]), "valence", scale)
    assert counts.counts.tolist() == [[0, 0, 0, 2]]


@given(
    st.lists(
        st.tuples(st.sampled_from("abcd"), st.one_of(st.none(), st.sampled_from(QUARTERS.tolist()))),
        min_size=1,
        max_size=60,
    ).filter(lambda rows: any(value is not None for _, value in rows)),
    st.floats(-1e-9, 1e-9),
)
def test_quarter_steps_are_counted_as_by_hand(rows, jitter):
    image_ids, values = zip(*rows, strict=True)
    shifted = [None if value is None else value + jitter for value in values]
    counts = count_ratings(_ratings(list(image_ids), shifted), "valence", QUARTERS)
    by_hand = Counter((image, value) for image, value in rows if value is not None)
    assert counts.image_ids.to_list() == sorted(set(image_ids))
    for row, image in enumerate(counts.image_ids):
        assert counts.counts[row].tolist() == [by_hand[image, value] for value in QUARTERS.tolist()]
    assert counts.n_missing == sum(value is None for value in values)


@pytest.mark.parametrize("value", [5.5, 0.0, 10.0, -1e300, float("inf")])
def test_a_rating_off_the_scale_is_named(value):
    with pytest.raises(DataError, match=r"got (5\.5|0\.0|10\.0|-1e\+300|inf) for image 'b'"):
        count_ratings(_ratings(["a", "b"], [5, value]), "valence", np.arange(1, 10))


def test_empty_ratings_and_broken_scales_are_named():
    with pytest.raises(DataError, match="No ratings of valence to compute on"):
        count_ratings(_ratings(["a"], [None]), "valence", np.arange(1, 10))
    with pytest.raises(DataError, match="two or more ascending values, got"):
        count_ratings(_ratings(["a"], [1]), "valence", np.array([3, 2, 1]))
    with pytest.raises(DataError, match="lack the column 'arousal'"):
        count_ratings(_ratings(["a"], [1]), "arousal", np.arange(1, 10))


def test_labels_are_counted_in_the_order_given():
    frame = pl.DataFrame({"image_id": ["b", "a", "b", "a"], "emotion": ["sad", None, "happy", "sad"]})
    counts = count_labels(frame, ["sad", "happy", "fear"])
    assert counts.counts.tolist() == [[1, 0, 0], [1, 1, 0]]
    assert (counts.labels, counts.n_missing) == (("sad", "happy", "fear"), 1)


def test_an_unknown_label_and_no_labels_are_named():
    frame = pl.DataFrame({"image_id": ["a"], "emotion": ["joy"]})
    with pytest.raises(DataError, match="got 'joy'"):
        count_labels(frame, ["happy"])
    with pytest.raises(DataError, match="No ratings of emotion"):
        count_labels(frame.with_columns(emotion=pl.lit(None, pl.String)), ["happy"])

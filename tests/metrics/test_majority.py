"""Most frequent labels against R (tests/reference/human.R), the tie rule by hand."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.errors import DataError, ParameterError
from lib.metrics.majority import majority

LABELS = ["a", "b", "c"]


def _ratings(**labels_by_image: str) -> pl.DataFrame:
    rows = [(image, None if label == "-" else label) for image, labels in labels_by_image.items() for label in labels]
    return pl.DataFrame(rows, schema={"image_id": pl.String, "emotion": pl.String}, orient="row")


def _intended(**emotion_by_image: str | None) -> pl.DataFrame:
    return pl.DataFrame(
        list(emotion_by_image.items()), schema={"image_id": pl.String, "intended_emotion": pl.String}, orient="row"
    )


@pytest.fixture
def found(ratings, labels_of_people):
    return majority(ratings, ratings.select("image_id", "intended_emotion").unique(), labels_of_people)


def test_overall_agreement_agrees_with_r(found, r_human):
    expected = r_human["majority"]
    for name in set(expected) - {"per_emotion"}:
        assert getattr(found, name) == pytest.approx(expected[name], rel=1e-9), name
    assert (found.n_missing, found.alpha_reason) == (20, None)


def test_each_emotion_agrees_with_r(found, r_human):
    expected = pl.DataFrame(r_human["majority"]["per_emotion"])
    assert found.per_emotion["emotion"].to_list() == expected["emotion"].to_list()
    for name in expected.columns[1:]:
        assert found.per_emotion[name].to_list() == pytest.approx(expected[name].to_list(), rel=1e-9), name


def test_the_confusion_of_people_adds_up(found, labels_of_people):
    assert found.confusion["answered"].unique().sort().to_list() == sorted(labels_of_people)
    hits = found.confusion.filter(pl.col("intended") == pl.col("answered"))
    assert hits["count"].sum() / found.confusion["count"].sum() == pytest.approx(found.intended_share, rel=1e-12)
    assert hits["proportion"].to_list() == pytest.approx(found.per_emotion["intended_share"].to_list(), rel=1e-12)


def test_a_tie_with_the_intended_counts_its_share():
    ratings = _ratings(clear="aab", two="aabbc", three="abc", wrong="bbcc", unread="-")
    agreement = majority(ratings, _intended(clear="a", two="a", three="c", wrong="a", unread="a"), LABELS)
    assert agreement.majority_agreement == pytest.approx((1 + 1 / 2 + 1 / 3 + 0) / 4)
    assert agreement.modal_share == pytest.approx((2 / 3 + 2 / 5 + 1 / 3 + 1 / 2) / 4)
    assert (agreement.n_images, agreement.n_tied, agreement.n_missing, agreement.n_intended) == (4, 3, 1, 4)
    assert agreement.intended_share == pytest.approx((2 + 2 + 1 + 0) / 15)
    assert agreement.per_emotion["n_tied"].to_list() == [2, 1]


def test_a_tie_counts_nothing_where_an_absolute_winner_is_asked_for():
    ratings = _ratings(clear="aab", two="aabbc", three="abc", wrong="bbcc")
    intended = _intended(clear="a", two="a", three="c", wrong="a")
    strict = majority(ratings, intended, LABELS, ties="none")
    assert (strict.majority_agreement, strict.n_intended, strict.ties) == (1 / 4, 4, "none")
    assert strict.intended_share == majority(ratings, intended, LABELS).intended_share
    with pytest.raises(ParameterError, match="got 'random'"):
        majority(ratings, intended, LABELS, ties="random")


@pytest.mark.parametrize("intended", [None, _intended(x=None)])
def test_a_study_without_intended_emotions_has_agreement_among_people_only(intended):
    agreement = majority(_ratings(x="aab", y="cc"), intended, LABELS)
    assert agreement.modal_share == pytest.approx((2 / 3 + 1) / 2)
    assert agreement.alpha_nominal is not None
    absent = (
        agreement.n_intended,
        agreement.intended_share,
        agreement.majority_agreement,
        agreement.per_emotion,
        agreement.confusion,
    )
    assert absent == (None,) * 5


def test_alpha_of_labels_is_none_with_a_reason():
    agreement = majority(_ratings(x="a", y="b"), None, LABELS)
    assert (agreement.alpha_nominal, agreement.alpha_reason) == (None, "no image was rated by two or more people")


@pytest.mark.parametrize(
    ("ratings", "intended", "message"),
    [
        (_ratings(x="-"), None, "No ratings of emotion to compute on"),
        (_ratings(x="aq"), None, "got 'q'"),
        (_ratings(x="a"), _intended(x="joy"), "got 'joy' for image 'x'"),
        (_ratings(x="a"), _intended(y="a"), "No image with an intended emotion was rated, got 'y'"),
        (_ratings(x="a"), pl.concat([_intended(x="a")] * 2), "two rows for 'x'"),
    ],
)
def test_what_cannot_be_compared_is_named(ratings, intended, message):
    with pytest.raises(DataError, match=message):
        majority(ratings, intended, LABELS)


@given(
    st.lists(st.tuples(st.sampled_from("xyz"), st.sampled_from(LABELS)), min_size=1, max_size=30),
    st.randoms(use_true_random=False),
)
def test_shares_stay_in_range_whatever_the_order_of_raters(rows, shuffler):
    intended = _intended(x="a", y="b", z="c")
    schema = {"image_id": pl.String, "emotion": pl.String}
    first = majority(pl.DataFrame(rows, schema=schema, orient="row"), intended, LABELS)
    assert 1 / len(LABELS) <= first.modal_share <= 1
    assert 0 <= first.majority_agreement <= 1
    assert 0 <= first.intended_share <= 1
    shuffler.shuffle(rows)
    again = majority(pl.DataFrame(rows, schema=schema, orient="row"), intended, LABELS)
    assert (again.modal_share, again.majority_agreement, again.alpha_nominal) == (
        first.modal_share,
        first.majority_agreement,
        first.alpha_nominal,
    )
    assert again.per_emotion.equals(first.per_emotion)

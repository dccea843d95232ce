"""Kappa, F1 and intervals against R (tests/reference/categories.R), and what must hold for any labels."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.errors import DataError
from lib.metrics.categories import UNANSWERED, accuracy_by, score_categories

CATEGORIES = ["a", "b", "c"]
TIGHT = 1e-9


def _strings(values: list[str | None]) -> pl.Series:
    return pl.Series(values, dtype=pl.String)


def test_overall_scores_agree_with_psych_and_caret(labelled, emotions, r_categories):
    scores = score_categories(labelled["intended"], labelled["predicted"], emotions)
    assert (scores.n, scores.n_answered, scores.correct) == tuple(
        r_categories[name] for name in ("n", "n_answered", "correct")
    )
    for name in ("accuracy", "kappa", "macro_f1"):
        assert getattr(scores, name) == pytest.approx(r_categories[name], rel=TIGHT)


def test_each_emotion_agrees_with_caret(labelled, emotions, r_categories):
    scores = score_categories(labelled["intended"], labelled["predicted"], emotions)
    assert scores.per_emotion["emotion"].to_list() == list(emotions)
    for ours, theirs in zip(scores.per_emotion.iter_rows(named=True), r_categories["per_emotion"], strict=True):
        for name in ("precision", "recall", "f1"):
            assert ours[name] == (None if theirs[name] is None else pytest.approx(theirs[name], rel=TIGHT)), name
        assert ours["accuracy"] == ours["recall"]


def test_an_emotion_never_answered_has_no_precision_and_f1_zero(labelled, emotions):
    scores = score_categories(labelled["intended"], labelled["predicted"], emotions)
    disgust = scores.per_emotion.row(by_predicate=pl.col("emotion") == "disgust", named=True)
    assert (disgust["n"], disgust["correct"], disgust["precision"], disgust["f1"]) == (40, 0, None, 0.0)


def test_confusion_agrees_with_the_table_of_r(labelled, emotions, r_categories):
    confusion = score_categories(labelled["intended"], labelled["predicted"], emotions).confusion
    assert confusion.columns == ["intended", "predicted", "count", "proportion"]
    assert confusion["predicted"].to_list() == [*emotions, UNANSWERED] * len(emotions)
    assert confusion["count"].to_list() == [cell for row in r_categories["confusion"] for cell in row]
    assert confusion.group_by("intended").agg(pl.col("proportion").sum())["proportion"].to_list() == pytest.approx(
        [1.0] * len(emotions)
    )


def test_accuracy_and_wilson_intervals_agree_with_prop_test(labelled, r_categories):
    by_group = accuracy_by(labelled, ["group"])
    assert by_group["group"].to_list() == [row["group"] for row in r_categories["by_group"]]
    for ours, theirs in zip(by_group.iter_rows(named=True), r_categories["by_group"], strict=True):
        assert (ours["n"], ours["correct"]) == (theirs["n"], theirs["correct"])
        assert ours["accuracy"] == ours["correct"] / ours["n"]
        assert (ours["low"], ours["high"]) == pytest.approx((theirs["low"], theirs["high"]), rel=TIGHT)


@pytest.mark.parametrize("case", range(4))
def test_wilson_intervals_at_the_ends_agree_with_prop_test(r_categories, case):
    expected = r_categories["wilson"][case]
    answers = ["a"] * expected["correct"] + ["b"] * (expected["n"] - expected["correct"])
    frame = pl.DataFrame({"intended": ["a"] * expected["n"], "predicted": answers})
    row = accuracy_by(frame, []).row(0, named=True)
    assert (row["low"], row["high"]) == pytest.approx((expected["low"], expected["high"]), rel=TIGHT, abs=1e-12)


def test_unparseable_and_unlisted_labels_count_as_wrong():
    intended = _strings(["a", "a", "b", "b"])
    scores = score_categories(intended, _strings(["a", None, "surprised", "b"]), CATEGORIES)
    assert (scores.n, scores.n_answered, scores.correct, scores.accuracy) == (4, 2, 2, 0.5)
    unanswered = scores.confusion.filter(pl.col("predicted") == UNANSWERED)
    assert unanswered["count"].to_list() == [1, 1, 0]
    # p_o = 2/4; p_e = (2 * 1 + 2 * 1) / 16 = 1/4, so kappa = (1/2 - 1/4) / (1 - 1/4).
    assert scores.kappa == pytest.approx(1 / 3)
    assert scores.macro_f1 == pytest.approx(2 / 3)


def test_an_emotion_without_images_is_null_and_outside_macro_f1():
    scores = score_categories(_strings(["a", "b"]), _strings(["a", "c"]), CATEGORIES)
    absent = scores.per_emotion.row(2, named=True)
    assert (absent["n"], absent["accuracy"], absent["f1"], absent["precision"]) == (0, None, None, 0.0)
    assert scores.macro_f1 == pytest.approx((1 + 0) / 2)
    assert scores.confusion.filter(pl.col("intended") == "c")["proportion"].to_list() == [None] * 4


def test_images_without_intended_emotion_are_excluded_and_counted():
    scores = score_categories(_strings(["a", None, "b"]), _strings(["a", "a", "b"]), CATEGORIES)
    assert (scores.n, scores.n_excluded, scores.accuracy, scores.kappa) == (2, 1, 1.0, 1.0)


def test_kappa_is_none_where_one_label_fills_both_sides():
    assert score_categories(_strings(["a", "a"]), _strings(["a", "a"]), CATEGORIES).kappa is None


def test_groups_keep_their_excluded_images_and_a_group_without_images_has_no_accuracy():
    frame = pl.DataFrame(
        {
            "intended": ["a", "a", None, None],
            "predicted": ["a", None, "a", None],
            "race": ["x", "x", "x", "y"],
        }
    )
    expected = pl.DataFrame(
        {
            "race": ["x", "y"],
            "n": [2, 0],
            "n_excluded": [1, 1],
            "n_unanswered": [1, 0],
            "correct": [1, 0],
            "accuracy": [0.5, None],
        }
    )
    found = accuracy_by(frame, ["race"])
    assert found.drop("low", "high").equals(expected)
    assert found["low"].is_null().to_list() == [False, True]


@pytest.mark.parametrize(
    ("intended", "predicted", "message"),
    [
        ([], [], "No images with an intended emotion to compute on, got 0 rows"),
        ([None], ["a"], "No images with an intended emotion"),
        (["a", "joy"], ["a", "a"], "got 'joy'"),
        (["a", "b"], ["a"], "got 2 and 1 values"),
    ],
)
def test_what_cannot_be_scored_is_named(intended, predicted, message):
    with pytest.raises(DataError, match=message):
        score_categories(_strings(intended), _strings(predicted), CATEGORIES)


def test_grouping_names_what_is_missing():
    with pytest.raises(DataError, match="lack the column 'race'"):
        accuracy_by(pl.DataFrame({"intended": ["a"], "predicted": ["a"]}), ["race"])
    with pytest.raises(DataError, match="No images with an intended emotion"):
        accuracy_by(pl.DataFrame({"intended": [None], "predicted": ["a"]}), [])


@given(
    st.lists(
        st.tuples(st.sampled_from(CATEGORIES), st.sampled_from([*CATEGORIES, None, "surprised"])),
        min_size=1,
        max_size=40,
    ),
    st.randoms(use_true_random=False),
)
def test_scores_stay_in_range_and_do_not_depend_on_the_order_of_images(rows, shuffler):
    intended, predicted = zip(*rows, strict=True)
    scores = score_categories(_strings(list(intended)), _strings(list(predicted)), CATEGORIES)
    assert 0 <= scores.accuracy <= 1
    assert 0 <= scores.macro_f1 <= 1
    assert scores.accuracy == sum(a == b for a, b in rows) / len(rows)
    assert scores.kappa is None or -1 <= scores.kappa <= scores.accuracy + 1e-12
    assert scores.confusion["count"].sum() == scores.n == len(rows)
    shuffler.shuffle(rows)
    intended, predicted = zip(*rows, strict=True)
    again = score_categories(_strings(list(intended)), _strings(list(predicted)), CATEGORIES)
    assert (again.kappa, again.macro_f1) == (scores.kappa, scores.macro_f1)
    assert again.per_emotion.equals(scores.per_emotion)

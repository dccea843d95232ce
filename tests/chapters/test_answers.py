from __future__ import annotations

import polars as pl
import pytest

from lib.chapters.answers import label_answers, modal_labels, people_answers, reference_emotions, value_answers
from lib.chapters.conditions import condition_names, machine_dimensions
from lib.study_data import StudyData


@pytest.fixture
def small(small_project) -> StudyData:
    return StudyData(small_project)


def test_modal_label_is_null_where_labels_tie_or_none_was_given() -> None:
    ratings = pl.DataFrame({"image_id": ["a", "a", "a", "b", "b", "c"], "emotion": ["x", "x", "y", "x", "y", None]})
    assert modal_labels(ratings, ["x", "y"]).rows() == [("a", "x"), ("b", None), ("c", None)]


def test_every_rater_answers_every_image_and_a_missing_row_is_null_and_invalid(small: StudyData) -> None:
    answers = label_answers(small)
    assert answers.group_by("condition").len()["len"].to_list() == [24, 24, 24]
    lost = answers.filter((pl.col("condition") == "machine-1") & pl.col("predicted").is_null())
    assert lost.height == 2  # one image without a row, one answer that could not be parsed
    assert not lost["valid"].any()
    assert answers["race"].dtype == pl.Enum(["Asian", "White"])


def test_predictions_that_are_not_asked_for_are_not_read(small: StudyData) -> None:
    label_answers(small, ["human-null"])
    assert not any("machine" in name for name in small.inputs)


def test_values_stand_beside_peoples_means(small: StudyData) -> None:
    answers = value_answers(small, ["machine-1"])
    image = answers.filter(pl.col("dimension") == "valence").row(3, named=True)
    rated = small.ratings.filter(pl.col("image_id") == image["image_id"])["valence"].mean()
    assert image["people_mean"] == pytest.approx(rated)
    assert machine_dimensions(small) == list(small.study.dimensions)


def test_the_held_out_person_is_compared_with_the_others_only(small: StudyData) -> None:
    person = value_answers(small, ["human-null"]).filter(pl.col("dimension") == "arousal").row(0, named=True)
    others = small.remaining_ratings.filter(pl.col("image_id") == person["image_id"])["arousal"].mean()
    assert person["people_mean"] == pytest.approx(others)


def test_without_intended_emotions_the_majority_is_the_reference(bare_project) -> None:
    data = StudyData(bare_project)
    reference = reference_emotions(data)
    assert reference.name == "majority label"
    assert reference.categories == ("joy", "anger", "calm", "other")
    expected = modal_labels(data.ratings, list(reference.categories))
    assert reference.images["emotion"].cast(pl.String).to_list() == expected["emotion"].to_list()
    assert label_answers(data)["condition"].unique().to_list() == ["human-null"]


def test_raters_with_the_same_short_name_are_told_apart(small: StudyData) -> None:
    assert condition_names(small)["short_name"].to_list() == [
        "Machine (machine-1)",
        "Machine (machine-2)",
        "One person",
    ]


def test_single_ratings_carry_the_emotion_of_their_image(small: StudyData) -> None:
    long = people_answers(small, ["valence"])
    assert long.height == small.ratings["valence"].count()
    assert long["emotion"].null_count() == 0

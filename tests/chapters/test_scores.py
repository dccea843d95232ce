from __future__ import annotations

import polars as pl
import pytest

from lib.chapters.answers import label_answers, reference_emotions, value_answers
from lib.chapters.people import human_baselines
from lib.chapters.scores import (
    accuracy_in_groups,
    bias_in_groups,
    score_labels,
    score_values,
    variation_by_emotion,
)
from lib.study_data import StudyData


@pytest.fixture
def small(small_project) -> StudyData:
    return StudyData(small_project)


def test_missing_and_unparsed_labels_count_as_wrong(small: StudyData) -> None:
    answers = label_answers(small, ["machine-1"])
    scores = score_labels(answers, reference_emotions(small).categories)
    row = scores.overall.row(0, named=True)
    right = (answers["intended"].cast(pl.String) == answers["predicted"]).fill_null(value=False).sum()
    assert (row["n"], row["n_answered"], row["n_valid"]) == (24, 22, 22)
    assert row["accuracy"] == right / 24
    assert row["low"] < row["accuracy"] < row["high"]


def test_error_ratio_is_to_peoples_own_leave_one_out_error(small: StudyData) -> None:
    baselines = human_baselines(small)
    scores = score_values(value_answers(small), baselines)
    assert scores.height == 6  # two machines and a person on two dimensions
    for row in scores.iter_rows(named=True):
        assert row["mae_ratio"] == pytest.approx(row["mae"] / baselines[row["dimension"]].loo_mae)
        assert row["n"] + row["n_excluded"] == 24


def test_group_figures_add_up_to_the_whole(small: StudyData) -> None:
    answers = label_answers(small, ["machine-2"])
    groups = accuracy_in_groups(answers, ["race"])
    whole = score_labels(answers, reference_emotions(small).categories).overall
    assert groups["correct"].sum() == whole["correct"][0]
    assert groups["n"].to_list() == [12, 12]


def test_no_raters_give_empty_frames_with_all_columns(small: StudyData) -> None:
    labels, values = label_answers(small, []), value_answers(small, [])
    scores = score_labels(labels, reference_emotions(small).categories)
    assert scores.overall.is_empty() and {"accuracy", "kappa"} <= set(scores.overall.columns)
    assert scores.per_emotion.is_empty() and scores.confusion.is_empty()
    assert score_values(values, human_baselines(small)).is_empty()
    assert {"accuracy", "low", "high", "n"} <= set(accuracy_in_groups(labels, ["race"]).columns)
    assert {"bias", "mae"} <= set(bias_in_groups(values, ["race"]).columns)
    assert {"sd", "distinct"} <= set(variation_by_emotion(values).columns)


def test_variation_of_a_constant_rater_is_zero_with_one_value(small: StudyData) -> None:
    answers = value_answers(small, ["machine-1"]).with_columns(pl.lit(2.0).alias("machine"))
    variation = variation_by_emotion(answers)
    assert set(variation["sd"]) == {0.0} and set(variation["distinct"]) == {1}

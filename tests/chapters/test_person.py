from __future__ import annotations

import pytest
from polars.testing import assert_frame_equal

from lib.chapters.answers import label_answers, reference_emotions, value_answers
from lib.chapters.people import human_baselines
from lib.chapters.person import average_labels, average_values, person_note
from lib.chapters.scores import score_labels, score_values
from lib.contracts.predictions import HUMAN_NULL
from lib.metrics.majority import majority
from lib.study_data import StudyData


def test_only_the_person_changes_and_comes_near_what_single_ratings_reach(small_project) -> None:
    data = StudyData(small_project)
    categories = reference_emotions(data).categories
    before = score_labels(label_answers(data), categories)
    after = average_labels(data, before, categories)
    machines = before.overall["condition"] != HUMAN_NULL
    assert_frame_equal(after.overall.filter(machines), before.overall.filter(machines))
    shares = majority(
        data.ratings, data.images.select("image_id", "intended_emotion"), list(data.study.emotion.people_categories)
    )
    assert after.overall.filter(~machines)["accuracy"][0] == pytest.approx(shares.intended_share, abs=0.06)
    assert person_note(data) == "One person: mean over 50 draws of one rating for every image."


def test_a_persons_error_comes_near_that_of_one_left_out(small_project) -> None:
    data = StudyData(small_project)
    baselines = human_baselines(data)
    before = score_values(value_answers(data), baselines)
    after = average_values(data, before, baselines)
    assert after.columns == before.columns and after["condition"].equals(before["condition"])
    for row in after.filter(after["condition"] == HUMAN_NULL).iter_rows(named=True):
        assert row["mae"] == pytest.approx(baselines[row["dimension"]].loo_mae, rel=0.1)

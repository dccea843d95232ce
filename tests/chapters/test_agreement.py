"""The section on studies of several shapes: keys, frames, repeats, both units of resampling."""

from __future__ import annotations

from functools import cache

import numpy as np
import polars as pl
import pytest

from lib.chapters.agreement import alpha_frame, lacking_pairs, pairs_frame
from lib.chapters.agreement_values import FLEISS, REPEATS, fleiss_frame, lacking_repeats, repeats_frame, weighted_frame
from lib.chapters.answers import label_answers
from lib.chapters.beside_person import beside_frame, lacking_beside
from lib.chapters.conditions import condition_names
from lib.chapters.person import drawn_labels
from lib.chapters.scores import score_labels
from lib.metrics.agreement import krippendorff_alpha
from lib.metrics.counts import count_ratings
from lib.metrics.multiplicity import adjust
from lib.results import Results, nest
from lib.sections.agreement import agreement_section
from lib.study_data import StudyData
from lib.tables.agreement import alpha_table, beside_table, repeats_table

NAMES = pl.DataFrame({"condition": ["machine-1"], "short_name": ["One"], "type": ["VLM"]})


@cache
def _computed(project):
    data, results = StudyData(project), Results("agreement")
    return data, results, agreement_section(data, results)


def test_kappas_are_those_of_the_scores_and_pairs_those_of_the_accuracies(lab_project):
    data, results, frames = _computed(lab_project)
    categories = data.study.emotion.categories
    scores = score_labels(label_answers(data), categories, 0.95).overall
    both = frames["kappa"].join(scores, on="condition", suffix="_score").filter(pl.col("condition") != "human-null")
    assert both.height == len(data.conditions) == 13
    assert both["kappa"].to_list() == pytest.approx(both["kappa_score"].to_list(), rel=1e-12)
    assert (both["low"] < both["kappa"]).all()
    assert both["n_unanswered"].to_list() == (both["n_score"] - both["n_answered"]).to_list()
    accuracy = dict(scores.select(pl.col("condition").cast(pl.String), "accuracy").iter_rows())
    pairs = frames["pairs"]
    assert pairs.height == 13 * 12 // 2
    assert (pairs["rater_a"] < pairs["rater_b"]).all()
    for a, b, difference in pairs.select("rater_a", "rater_b", "difference").iter_rows():
        assert difference == pytest.approx(accuracy[a] - accuracy[b], abs=1e-12)
    tree = nest(results.entries.values())
    pair = tree["pairs"]["gemini-2.5-flash__gpt-4o-mini"]
    assert {"b", "c", "p_exact", "p_corrected", "p_adjusted"} <= set(pair["mcnemar"])
    assert {"kappa_se", "kappa_low", "kappa_high", "kappa_z", "kappa_p"} <= set(tree["conditions"]["posterv2"])
    assert tree["human"]["valence"]["alpha_ordinal_low"] < tree["human"]["valence"]["alpha_ordinal_high"]
    assert tree["claims"]["agreement"]["pairs"]["machines"]["differ"]["total"] == 78


def test_machines_stand_beside_the_expected_person(lab_project):
    data, results, frames = _computed(lab_project)
    beside = frames["beside_person"]
    assert sorted(beside["condition"].cast(pl.String)) == sorted(data.conditions)
    accuracy = score_labels(label_answers(data), data.study.emotion.categories, 0.95).overall
    both = beside.join(accuracy, on="condition", suffix="_score")
    assert both["accuracy"].to_list() == pytest.approx(both["accuracy_score"].to_list(), rel=1e-12)
    assert (beside["difference"] - (beside["accuracy"] - beside["person"])).abs().max() < 1e-12
    assert beside["person"].n_unique() == 1
    drawn = [score_labels(own, data.study.emotion.categories).overall["accuracy"][0] for own in drawn_labels(data)]
    assert beside["person"][0] == pytest.approx(np.mean(drawn), abs=4 * np.std(drawn) / np.sqrt(len(drawn)))
    assert beside["p_adjusted"].to_list() == adjust(beside["p"].to_list(), data.study.analysis.correction)
    tree = nest(results.entries.values())
    own = tree["conditions"]["posterv2"]["beside_person"]
    assert set(own) == set(beside.columns) - {"condition"}
    assert "beside_person" not in tree["conditions"].get("human-null", {})
    told = tree["claims"]["agreement"]
    assert sum(told[f"{word}_person"]["machines"]["count"] for word in ("above", "below", "like")) == 13
    html = beside_table(beside, condition_names(data), 0.95, 0.05).as_raw_html()
    assert html.count("more accurate") == told["above_person"]["machines"]["count"]
    assert html.count("less accurate") == told["below_person"]["machines"]["count"]


def test_without_intended_emotions_the_majority_is_the_reference(small_project):
    data = StudyData(small_project)
    emotion = data.study.emotion.model_copy(update={"intended": False})
    data.study = data.study.model_copy(update={"emotion": emotion})
    beside = beside_frame(data, label_answers(data))
    assert beside.height == len(data.conditions)
    assert beside["n_excluded"].min() > 0  # images whose labels tie
    assert beside["person"].is_between(0, 1).all()


def test_without_labels_of_people_there_is_nothing_to_compare_with(small_project):
    data = StudyData(small_project)
    answers = label_answers(data)
    data.ratings = data.ratings.with_columns(emotion=pl.lit(None, pl.String))
    assert beside_frame(data, answers).is_empty()


def test_a_study_without_machines_has_empty_frames_with_their_columns(bare_project):
    data, results, frames = _computed(bare_project)
    assert lacking_pairs(frames["pairs"]).what == "second machine"
    assert frames["beside_person"].is_empty()
    assert lacking_beside(frames["beside_person"]).what == "emotion label of a person"
    assert "p_adjusted" in frames["pairs"].columns
    assert frames["weighted_kappa"].is_empty()
    assert frames["alpha"]["dimension"].to_list() == ["emotion", "valence", "valence"]
    assert frames["kappa"]["condition"].cast(pl.String).to_list() == ["human-null"]
    assert "human.valence.alpha_ordinal_low" in results.entries
    assert lacking_repeats(data) is not None


def test_a_machine_without_an_answer_and_nobody_held_out(classifier_project):
    _, _, frames = _computed(classifier_project)
    silent = frames["kappa"].filter(pl.col("condition") == "machine-2").row(0, named=True)
    assert silent["n_unanswered"] == silent["n"]
    assert silent["kappa"] == 0
    assert frames["pairs"]["kappa"].to_list() == [None]
    assert frames["pairs"]["kappa_n"].to_list() == [0]
    assert frames["beside_person"].is_empty()
    assert frames["weighted_kappa"].is_empty()


def test_participants_can_be_the_unit(small_project):
    data = StudyData(small_project)
    data.study = data.study.model_copy(
        update={"analysis": data.study.analysis.model_copy(update={"resample": "participant", "bootstrap_draws": 300})}
    )
    by_person = alpha_frame(data)
    assert set(by_person["unit"]) == {"participant"}
    by_image = alpha_frame(StudyData(small_project))
    assert by_person["alpha"].to_list() == by_image["alpha"].to_list()
    assert by_person["low"].to_list() != by_image["low"].to_list()
    assert (by_person["low"] < by_person["high"]).all()
    dimension = by_person["dimension"][1]
    counted = count_ratings(data.ratings, dimension, data.study.dimensions[dimension].values)
    expected = krippendorff_alpha(counted.counts, "ordinal", counted.values)
    assert by_person["alpha"][1] == expected.value


def _repeated(project, change):
    """The small study whose first machine was asked three times; `change` makes the later answers of the first."""
    data = StudyData(project)
    answers = data.repeated_predictions
    first = answers["machine-1"].filter(pl.col("repeat") == 0)
    later = [change(first.with_columns(pl.lit(n, pl.Int64).alias("repeat")), n) for n in (1, 2)]
    data.repeated_predictions = answers | {"machine-1": pl.concat([first, *later])}
    return data


def test_repeats_that_never_change_agree_perfectly(small_project):
    data = _repeated(small_project, lambda frame, _: frame)
    assert lacking_repeats(data) is None
    labels, values = fleiss_frame(data), repeats_frame(data)
    assert (labels["kappa"][0], labels["low"][0], labels["labels_max"][0]) == (1.0, None, 3)
    assert values["icc2_1"].to_list() == pytest.approx([1.0] * values.height)
    assert (values["within_sd"] < 1e-9).all()
    table = repeats_table(labels, values, NAMES.with_columns(pl.col("condition").cast(labels["condition"].dtype)))
    assert "1.000" in table.as_raw_html()


def test_repeats_that_change_are_measured_and_recorded(small_project):
    generator = np.random.default_rng(1)

    def other(frame, _):
        noise = pl.Series(generator.normal(0, 0.01, frame.height))
        labels = pl.Series("emotion", generator.permutation(frame["emotion"].to_numpy()))
        changed = [(pl.col(name) + noise).alias(name) for name in small_project.study.machine_dimensions]
        return frame.with_columns(labels, *changed)

    data, results = _repeated(small_project, other), Results("agreement")
    frames = agreement_section(data, results)
    assert -0.5 < frames["fleiss"]["kappa"][0] < 0.6
    assert set(FLEISS) <= set(frames["fleiss"].columns)
    assert set(REPEATS) <= set(frames["repeats"].columns)
    assert (frames["repeats"]["icc2_1"] < 1).all()
    tree = nest(results.entries.values())
    assert tree["fleiss"]["machine-1"]["kappa"] == frames["fleiss"]["kappa"][0]
    assert {"icc2_1", "icc2_k", "within_sd"} <= set(next(iter(tree["repeats"]["machine-1"].values())))
    assert (frames["repeats"]["n_images"] + frames["repeats"]["n_excluded"]).unique().len() == 1


def test_values_between_the_steps_are_refused_with_a_reason(small_project):
    data = StudyData(small_project)
    weighted = weighted_frame(data)
    assert set(weighted["weights"]) == {"linear", "quadratic"}
    shifted = {
        name: frame.with_columns(pl.col(dimension) + 0.013 for dimension in data.study.machine_dimensions)
        for name, frame in data.repeated_predictions.items()
    }
    moved = StudyData(small_project)
    moved.repeated_predictions = shifted
    refused = weighted_frame(moved)
    assert refused["kappa"].null_count() == refused.height > 0
    assert set(refused["reason"]) == {"answers lie between the scale's steps"}


def test_the_order_of_images_that_pairs_rest_on_is_the_same_for_all(lab_project):
    data = StudyData(lab_project)
    answers = label_answers(data)
    orders = {name: own["image_id"].to_list() for (name,), own in answers.group_by("condition", maintain_order=True)}
    assert len({tuple(order) for order in orders.values()}) == 1
    assert pairs_frame(data, answers)["n"].unique().to_list() == [72]


def test_an_undefined_alpha_says_why_below_the_table():
    frame = pl.DataFrame(
        {
            "dimension": ["emotion", "valence"], "level": ["nominal", "ordinal"], "alpha": [0.5, None],
            "low": [0.4, None], "high": [0.6, None], "n_images": [10, 0], "n_ratings": [30, 0], "unit": ["image"] * 2,
            "reason": [None, "no image was rated by two or more people"],
        }
    )  # fmt: skip
    html = alpha_table(frame, 0.9).as_raw_html()
    assert "valence: no image was rated by two or more people." in html
    assert "90% CI" in html
    assert "[.400, .600]" in html

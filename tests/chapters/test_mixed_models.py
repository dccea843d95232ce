"""The sections of reliability and mixed models on studies of every shape: frames, keys, and what is not available."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import polars as pl
import pytest

from lib.chapters.answers import value_answers
from lib.chapters.mixed_models import fit_machine_models, study_models
from lib.chapters.reliability import human_reliability
from lib.metrics.multiplicity import adjust
from lib.project import Project
from lib.results import Results, nest
from lib.sections.mixed import mixed_section
from lib.sections.reliability import reliability_section
from lib.study_data import StudyData

SHAPES = ["lab_project", "small_project", "bare_project", "classifier_project"]


@cache
def _computed(project: Project) -> tuple[dict[str, pl.DataFrame], dict[str, Any]]:
    results = Results("test")
    data = StudyData(project)
    frames = reliability_section(data, results) | mixed_section(data, results)
    return frames, nest(results.entries.values())


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_of_study_gives_frames_and_plain_numbers(shape: str, request: pytest.FixtureRequest) -> None:
    frames, tree = _computed(request.getfixturevalue(shape))
    assert set(frames) == {
        "reliability", "reliability_within_emotion", "machine_reliability", "mixed_coefficients", "mixed_terms",
        "mixed_bias", "mixed_fits",
    }  # fmt: skip
    json.dumps(tree, allow_nan=False)
    if shape == "classifier_project":
        assert frames["mixed_coefficients"].is_empty()
        assert {"term", "estimate", "p_adjusted"} <= set(frames["mixed_coefficients"].columns)


def test_the_keys_are_those_of_the_documentation(lab_project: Project) -> None:
    _, tree = _computed(lab_project)
    for dimension in ("valence", "arousal", "naturalness"):
        own = tree["human"][dimension]
        assert {"icc2_1", "icc2_1_low", "icc2_k", "icc_k", "icc_k_rule"} <= set(own)
        assert set(own["variance"]) == {"participant", "image", "residual", "ratio", "singular"}
        assert set(own["variance_within_emotion"]) == set(own["variance"])
        assert own["icc_k_rule"] == "harmonic"
    machine = tree["conditions"]["gemma3-4b"]["valence"]
    assert set(machine["mixed"][0]) == {"model", "term", "estimate", "se", "df", "t", "p", "p_adjusted"}
    assert set(machine["mixed_anova"][0]) == {"model", "term", "df", "df_residual", "f", "p", "p_adjusted"}
    angry = machine["mixed_bias"]["emotion"]["angry"]
    assert set(angry) == {"estimate", "se", "low", "high", "df", "t", "p", "p_adjusted"}
    assert set(machine["mixed_bias"]) == {"emotion", "race", "gender"}
    assert set(machine["mixed_notes"]) == {"emotion", "race", "gender", "full"}
    assert {"icc2_1", "icc2_k", "icc2_1_low"} <= set(machine)
    assert {row["model"] for row in machine["mixed_anova"]} == {"emotion", "race", "gender", "full"}
    assert "posterv2" not in tree["conditions"]
    assert {"reliability", "mixed", "machine_icc"} <= set(tree["claims"])


def test_corrections_are_over_machines_of_one_dimension_and_model(lab_project: Project) -> None:
    data = StudyData(lab_project)
    frames, _ = _computed(lab_project)
    family = frames["mixed_bias"].filter(
        (pl.col("dimension").cast(pl.String) == "arousal") & (pl.col("model") == "emotion")
    )
    machines = family.filter(pl.col("condition").cast(pl.String) != "human-null")
    assert machines["p_adjusted"].to_list() == adjust(machines["p"].to_list(), data.study.analysis.correction)
    person = family.filter(pl.col("condition").cast(pl.String) == "human-null")
    assert person.height == 6
    assert person["p_adjusted"].null_count() == 6
    people = frames["mixed_coefficients"].filter(~pl.col("term").str.contains("rater_type"))
    assert people["p_adjusted"].null_count() == people.height


def test_a_bias_is_machine_minus_people(lab_project: Project) -> None:
    data = StudyData(lab_project)
    values = value_answers(data, ["gemma3-12b"]).drop_nulls(["machine", "people_mean"])
    plain = (
        values.group_by("dimension", "gender")
        .agg((pl.col("machine") - pl.col("people_mean")).mean())
        .sort("dimension", "gender")
    )
    found = fit_machine_models(data, values).bias.filter(pl.col("model") == "gender").sort("dimension", "level")
    assert found["estimate"].to_list() == pytest.approx(plain["machine"].to_list(), abs=0.02)


def test_factors_with_one_level_make_no_model(small_project: Project) -> None:
    data = StudyData(small_project)
    values = value_answers(data)
    assert "full" in study_models(data, values)
    one = values.filter(pl.col("emotion") == values["emotion"][0])
    assert "emotion" not in study_models(data, one)


def test_what_could_not_be_fitted_is_said(small_project: Project) -> None:
    data = StudyData(small_project)
    values = value_answers(data).with_columns(pl.col("people_mean").alias("machine"))
    models = fit_machine_models(data, values)
    assert models.fits["n_observations"].null_count() == models.fits.height
    assert all(note.startswith("Not fitted: ") for note in models.fits["notes"])
    assert models.bias.is_empty()


def test_the_study_says_which_mean_of_the_ratings_per_image_is_k(lab_project: Project) -> None:
    study = lab_project.study
    ragged = StudyData(lab_project).ratings[:-30]
    found = {}
    for rule in ("harmonic", "arithmetic"):
        own = study.model_copy(update={"analysis": study.analysis.model_copy(update={"icc_k": rule})})
        data = StudyData(lab_project)
        data.study, data.ratings = own, ragged
        found[rule] = human_reliability(data).row(0, named=True)
    assert found["arithmetic"]["icc_k"] == pytest.approx(ragged.height / ragged["image_id"].n_unique(), rel=1e-12)
    assert found["harmonic"]["icc_k"] < found["arithmetic"]["icc_k"]
    assert found["harmonic"]["icc2_k"] < found["arithmetic"]["icc2_k"]

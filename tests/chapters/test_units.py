"""Tests between units of faces: what is tested, what is recorded and said, and what a study without units gives."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from lib.chapters.answers import label_answers, value_answers
from lib.chapters.claims_units import claim_units, put_by_unit
from lib.chapters.group_models import omnibus_anova, with_bias
from lib.chapters.units import UNIT_FIGURES, face_note, face_units, unit_label, unit_of_faces
from lib.metrics.anova import compare_models
from lib.metrics.multiplicity import adjust
from lib.project import Project
from lib.results import Results, nest
from lib.sections.demographics import demographics_section
from lib.sections.omnibus import omnibus_section
from lib.study_data import StudyData

MACHINE = "gemini-2.5-flash"


@pytest.fixture(scope="module")
def lab(lab_project: Project) -> StudyData:
    return StudyData(lab_project)


def first(frame: pl.DataFrame, *conditions: pl.Expr) -> dict[str, Any]:
    return frame.filter(pl.col("condition").cast(pl.String) == MACHINE, *conditions).row(0, named=True)


def test_biases_are_tested_on_the_means_of_identities(lab: StudyData) -> None:
    assert (unit_of_faces(lab), unit_label(lab)) == ("identity", "identity")
    values = value_answers(lab, list(lab.conditions))
    found = omnibus_anova(lab, values)
    row = first(found, pl.col("term") == "race", pl.col("dimension") == "valence")
    own = with_bias(values).filter(
        pl.col("condition").cast(pl.String) == MACHINE, pl.col("dimension").cast(pl.String) == "valence"
    )
    complete = own.filter(pl.col("bias").is_not_null().all().over("identity"))
    means = complete.group_by("race", "identity").agg(pl.col("bias").mean())
    effect = compare_models(means, "bias", [], [("race",)])
    assert (row["f_units"], row["p_units"]) == pytest.approx((effect.f, effect.p), rel=1e-9)
    assert (row["df_residual_units"], row["n_units"]) == (means.height - 3, means.height)
    assert row["n_units"] + row["n_units_excluded"] == 12
    family = found.filter(pl.col("term") == "race", pl.col("dimension") == "valence")
    assert family["p_units_adjusted"].to_list() == adjust(family["p_units"].to_list(), "fdr_bh")


def test_shares_are_tested_between_identities_also_for_crossed_factors(lab: StudyData) -> None:
    results = Results("demographics")
    frames = demographics_section(lab, results)
    tests = frames["accuracy_tests"]
    crossed = first(tests, pl.col("factor").cast(pl.String) == "race:gender")
    assert (crossed["n_units"], crossed["df_residual_units"], crossed["n_units_excluded"]) == (12, 6, 0)
    labels = label_answers(lab, [MACHINE])
    right = (labels["predicted"].cast(pl.String) == labels["intended"].cast(pl.String)).fill_null(value=False)
    shares = labels.with_columns(right.alias("right")).group_by("gender", "identity").agg(pl.col("right").mean())
    effect = compare_models(shares, "right", [], [("gender",)])
    own = nest(results.entries.values())["conditions"][MACHINE]["accuracy_tests"]["gender"]
    assert own["f_units"] == pytest.approx(effect.f, rel=1e-9)
    assert set(UNIT_FIGURES) <= set(own)
    assert not set(UNIT_FIGURES) & set(frames["accuracy_tests_by_emotion"].columns)


def test_rows_and_verdicts_are_recorded(lab: StudyData) -> None:
    results = Results("omnibus")
    omnibus_section(lab, results)
    tree = nest(results.entries.values())
    assert all(set(UNIT_FIGURES) <= set(row) for row in tree["conditions"][MACHINE]["valence"]["anova"])
    assert set(tree["claims"]["anova"]["units"]) == {"main", "interaction"}
    assert "by_unit" in tree["claims"]["anova"]["valence"]["race"]["machines"]


def test_a_study_without_units_has_the_columns_but_no_tests(bare_project: Project, small_project: Project) -> None:
    bare = StudyData(bare_project)
    found = omnibus_anova(bare, value_answers(bare, list(bare.conditions)))
    assert found.is_empty() and set(UNIT_FIGURES) <= set(found.columns)
    assert unit_label(bare) is None
    small = StudyData(small_project)
    levels = small.images.group_by("actor").agg(pl.col(name).n_unique() for name in small.study.group_factors)
    between = [name for name in small.study.group_factors if levels[name].max() == 1]
    assert (unit_label(small) is not None) == bool(between)
    tests = omnibus_anova(small, value_answers(small, list(small.conditions)))
    within = tests.filter(~pl.col("factor").is_in(between))
    assert within["n_units"].null_count() == within.height


def test_verdicts_are_compared_where_both_tests_exist() -> None:
    tests = pl.DataFrame(
        {
            "short_name": ["A", "B", "C", "D", "E"],
            "p_adjusted": [0.01, 0.01, 0.2, 0.2, 0.01],
            "p_units_adjusted": [0.02, 0.3, 0.01, 0.4, None],
        }
    )
    results = Results("x")
    claim_units(results, ["claims", "units"], tests, 0.05)
    put_by_unit(results, ["claims"], tests, 0.05)
    claim_units(results, ["claims", "none"], tests.tail(1), 0.05)
    put_by_unit(results, ["claims", "none"], tests.tail(1), 0.05)
    tree = nest(results.entries.values())["claims"]
    assert {word: found["count"] for word, found in tree["units"].items()} == {
        "images": 2, "units": 2, "changed": 2, "lost": 1, "gained": 1,
    }  # fmt: skip
    assert (tree["units"]["changed"]["total"], tree["by_unit"]["names"]) == (4, "A and C")
    assert "none" not in tree


def test_images_are_their_own_units_where_no_identity_is_known(lab: StudyData, bare_project: Project) -> None:
    units = face_units(lab)
    assert units["unit"].equals(lab.images["identity"].alias("unit")) and units["image_id"].n_unique() == 72
    assert face_note(lab) == "Images of one identity count as one unit."
    bare = StudyData(bare_project)
    assert face_units(bare)["unit"].equals(bare.images["image_id"].alias("unit"))
    assert face_note(bare) == "Images count as independent."

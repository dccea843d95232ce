"""A second set of images: differences that were put in are found, and none where there is none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from second_set_support import EACH, checked, make_root, write_set

from lib.chapters.conditions import condition_names
from lib.chapters.real_faces import compared_sets, machine_differences, set_differences
from lib.chapters.real_faces_record import record_second_sets
from lib.results import Results
from lib.study_data import StudyData
from lib.tables.real_faces import second_groups_table, second_set_notes, second_set_table


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> StudyData:
    """On the second set both machines rate half a point lower, and the looker a whole point lower White faces only."""
    root = make_root(tmp_path_factory.mktemp("moved"))
    first = {"looker": {"Asian": 0.2, "White": 0.2}, "classifier": {"Asian": 0.0, "White": 0.4}}
    write_set(root, "first", first, {"looker": 10, "classifier": 5}, 1)
    second = {"looker": {"Asian": -0.3, "White": -1.3}, "classifier": {"Asian": -0.5, "White": -0.1}}
    write_set(root, "second", second, {"looker": 4, "classifier": 5}, 2)
    return checked(root)


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> StudyData:
    """Nothing differs but the images and the people."""
    root = make_root(tmp_path_factory.mktemp("still"))
    bias = {"looker": {"Asian": 0.2, "White": 0.7}, "classifier": {"Asian": 0.0, "White": 0.4}}
    for seed, name in enumerate(("first", "second"), 3):
        write_set(root, name, bias, {"looker": 10, "classifier": 5}, seed)
    return checked(root)


def one(frame: pl.DataFrame, **where: Any) -> dict[str, Any]:
    conditions = [pl.col(name).eq_missing(pl.lit(value)) for name, value in where.items()]
    return frame.filter(*conditions).row(0, named=True)


def test_what_changed_is_found_for_machine_and_group(moved: StudyData) -> None:
    sets = set_differences(moved)
    assert sets["title"].unique().to_list() == ["Photographs"]
    whole = one(sets, condition="looker", outcome="valence", factor=None)
    assert (whole["n_first"], whole["n_second"]) == (4 * EACH, 4 * EACH)
    assert whole["first"] == pytest.approx(0.2, abs=0.1) and whole["difference"] == pytest.approx(-1.0, abs=0.1)
    assert whole["difference_low"] < -1.0 < whole["difference_high"] < 0 and whole["p"] < 0.02
    groups = one(sets, condition="looker", outcome="valence", factor="race", group="White", reference="Asian")
    assert (
        groups["difference"] == pytest.approx(-1.0, abs=0.15)
        and groups["difference_low"] < -1.0 < groups["difference_high"] < -0.6
    )
    alike = one(sets, condition="classifier", outcome="valence", factor="race", group="White", reference="Asian")
    assert alike["first"] == pytest.approx(0.4, abs=0.1) and alike["difference_low"] < 0 < alike["difference_high"]
    single = one(sets, condition="looker", outcome="valence", factor="race", group="Asian", reference=None)
    assert single["difference"] == pytest.approx(-0.5, abs=0.12)
    right = one(sets, condition="looker", outcome="accuracy", factor=None)
    assert (right["first"], right["second"]) == (0.9, 0.75) and right["difference_high"] < 0
    assert one(sets, condition="classifier", outcome="accuracy", factor=None)["difference"] == pytest.approx(0)


def test_what_all_machines_share_drops_out_between_them(moved: StudyData) -> None:
    beside = machine_differences(moved)
    assert beside.select("condition", "against").unique().rows() == [("looker", "classifier")]
    valence = one(beside, outcome="valence")
    assert valence["difference"] == pytest.approx(-0.5, abs=0.06)  # a whole point for half of the faces
    assert valence["difference_low"] < -0.5 < valence["difference_high"] < -0.3
    assert one(beside, outcome="accuracy")["difference"] == pytest.approx(-0.15)


def test_where_nothing_differs_intervals_hold_zero(still: StudyData) -> None:
    for frame in (set_differences(still), machine_differences(still)):
        rows = frame.filter(pl.col("outcome") == "valence")
        inside = (rows["difference_low"] <= 0) & (rows["difference_high"] >= 0)
        assert rows.height and inside.mean() >= 0.9, rows.filter(~inside)
        assert frame.filter(outcome="accuracy")["difference"].abs().max() < 0.06
    assert one(set_differences(still), condition="looker", outcome="valence", factor=None)["difference_low"] < 0


def test_raters_are_others_in_each_set_even_where_they_are_called_the_same(moved: StudyData) -> None:
    ratings = compared_sets(moved)[0].ratings("valence")
    assert ratings is not None and ratings["participant_id"].n_unique() == 16


def test_numbers_tables_and_inputs(moved: StudyData) -> None:
    sets, machines = set_differences(moved), machine_differences(moved)
    results = Results("real_faces")
    record_second_sets(results, sets, machines)
    keys = results.entries
    assert keys["ablations.real-faces.looker.accuracy.second"].value == 0.75
    assert keys["ablations.real-faces.looker.valence.groups.race.White.beside.Asian.difference"].value < -0.8
    assert keys["ablations.real-faces.looker.valence.against.classifier.difference"].value < -0.4
    names = condition_names(moved)
    notes = second_set_notes(moved.study.title, sets, 0.95)
    page = second_set_table(sets, machines, names, notes).as_raw_html()
    assert "Photographs: accuracy" in page and "(beside classifier)" in page and "Made &lt;b&gt;faces" in page
    groups = second_groups_table(sets, names, notes).as_raw_html()
    assert "White − Asian" in groups and "anger − joy" in groups
    read = set(moved.inputs)
    folder = "cache/studies/first/cache/second/real-faces"
    assert {"params/second.yaml", f"{folder}/data/ratings.parquet", f"{folder}/predictions/looker.parquet"} <= read


def test_without_people_accuracy_alone_is_compared(tmp_path: Path) -> None:
    root = make_root(tmp_path)
    bias = {"looker": {"Asian": 0.0, "White": 0.0}}
    for seed, name in enumerate(("first", "second")):
        write_set(root, name, bias, {"looker": 10 - 6 * seed}, seed)
    (root / "data/second/ratings.csv").unlink()
    sets = set_differences(checked(root))
    assert sets["outcome"].unique().to_list() == ["accuracy"]
    assert one(sets, factor=None)["difference"] == pytest.approx(-0.15)
    assert machine_differences(checked(root)).is_empty()

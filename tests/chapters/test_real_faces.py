"""A second set of images: differences that were put in are found, none where there is none, and misfits are refused."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import yaml
from tests_support import CONDITION

from lib.build.data import check_data, check_predictions
from lib.build.second_set import check_second_set
from lib.chapters.conditions import condition_names
from lib.chapters.lacking import lacking
from lib.chapters.real_faces import machine_differences, set_differences
from lib.chapters.real_faces_record import record_second_sets
from lib.chapters.second_sets import open_second, refuse_other_settings, second_sets
from lib.errors import BuildError, MissingFileError, ParameterError
from lib.project import Project, open_project
from lib.results import Results
from lib.study_data import StudyData
from lib.tables.real_faces import second_groups_table, second_set_notes, second_set_table

STUDY: dict[str, Any] = {
    "id": "first", "title": "Made <b>faces</b>",
    "files": {
        "images": "data/first/images.csv", "ratings": "data/first/ratings.csv", "predictions": "data/first",
        "conditions": "params/conditions",
    },
    "factors": {"race": {"label": "Race", "levels": ["Asian", "White"]}, "actor": {"label": "Actor"}},
    "emotion": {"categories": ["joy", "anger"], "intended": True},
    "dimensions": {"valence": {"low": 1, "high": 9, "low_label": "bad", "high_label": "good"}},
    "documents": [], "analysis": {"bootstrap_draws": 300, "human_null": False},
}  # fmt: skip
SECOND = {"id": "real-faces", "letter": "A7", "title": "Real faces", "question": "?", "analysis": "real-faces",
          "second": "params/second.yaml"}  # fmt: skip
EACH = 40


def study(name: str, **changes: Any) -> dict[str, Any]:
    content = copy.deepcopy(STUDY) | {"id": name}
    content["files"] = {key: value.replace("first", name) for key, value in content["files"].items()}
    return content | changes


def write_set(root: Path, name: str, bias: dict[str, dict[str, float]], right: dict[str, int], seed: int) -> None:
    """Faces, eight raters, and machines of known bias by race, that name one emotion in so many wrong."""
    random, folder = np.random.default_rng(seed), root / f"data/{name}"
    folder.mkdir(parents=True)
    images = pl.DataFrame(
        [(f"{race[0]}{emotion[0]}{at:02d}", f"{race}{at}", race, emotion)
         for race in ("Asian", "White") for emotion in ("joy", "anger") for at in range(EACH)],
        schema=["image_id", "actor", "race", "emotion"], orient="row",
    )  # fmt: skip
    images.write_csv(folder / "images.csv")
    level = np.where(images["emotion"] == "joy", 6.0, 4.0)
    ratings = pl.concat(
        images.select("image_id", "emotion").with_columns(
            participant_id=pl.lit(f"P{rater}"),
            valence=pl.Series(np.clip(np.rint(level + random.normal(0, 0.2) + random.normal(0, 0.8, EACH * 4)), 1, 9)),
        ) for rater in range(8)
    )  # fmt: skip
    ratings.write_csv(folder / "ratings.csv")
    people = ratings.group_by("image_id", maintain_order=True).agg(pl.col("valence").mean())["valence"].to_numpy()
    for machine, by_race in bias.items():
        own = people + np.array([by_race[race] for race in images["race"]]) + random.normal(0, 0.3, len(people))
        wrong = pl.Series(np.arange(images.height) % right[machine] == 0)
        named = pl.select(pl.when(wrong).then(pl.lit("anger")).otherwise(pl.lit("joy"))).to_series()
        named = pl.Series([{"joy": emotion, "anger": "anger" if emotion == "joy" else "joy"}[said]
                           for said, emotion in zip(named, images["emotion"], strict=True)])  # fmt: skip
        frame = images.select("image_id").with_columns(emotion=named, valence=pl.Series(own))
        frame.write_csv(folder / f"{machine}.csv")


def write(path: Path, content: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(content), encoding="utf-8")


def make_root(root: Path) -> Path:
    (root / "_quarto.yml").write_text("", encoding="utf-8")
    for name, kind in (("looker", "vlm"), ("classifier", "fer")):
        described = CONDITION | {
            "id": name,
            "name": name,
            "short_name": name,
            "kind": kind,
            "steps": ["emotion", "valence"],
        }
        if kind == "fer":
            described = described | {"strategy": "classifier", "prompts": None}
        write(root / f"params/conditions/{name}.yaml", described)
    write(root / "params/first.yaml", study("first"))
    write(root / "params/second.yaml", study("second", title="Photographs", simulated="Nobody was photographed."))
    write(root / "params/ablations/real-faces.yaml", SECOND)
    return root


def checked(root: Path) -> StudyData:
    project = open_project("params/first.yaml", root)
    check_data(project)
    for name in project.available:
        check_predictions(project, name)
    for one in second_sets(project):
        check_second_set(project, one.ablation.id)
    return StudyData(project)


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
    from lib.chapters.real_faces import compared_sets

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
    groups = second_groups_table(sets, names, {"race": "Race"}, notes).as_raw_html()
    assert "Race: White beside Asian" in groups and "Emotion: anger beside joy" in groups
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


def test_nothing_happens_before_somebody_answered(tmp_path: Path) -> None:
    root = make_root(tmp_path)
    write_set(root, "first", {"looker": {"Asian": 0.0, "White": 0.0}}, {"looker": 10}, 1)
    (root / "params/second.yaml").rename(root / "params/later.yaml")
    data = checked(root)
    assert second_sets(data.project) == [] and set_differences(data).is_empty() and machine_differences(data).is_empty()
    said = lacking(data, "second set")
    assert said is not None and "rater ablate real-faces -m <condition>" in said.cure
    with pytest.raises(BuildError, match=r"real-faces: no condition has answered .* rater ablate real-faces -m"):
        check_second_set(data.project, "real-faces")


def test_a_study_of_something_else_is_refused_by_name(tmp_path: Path) -> None:
    root = make_root(tmp_path)
    project = open_project("params/first.yaml", root)
    ablation = project.known.ablation("real-faces")
    scale = STUDY["dimensions"]["valence"]
    for changes, says in (
        (
            {"emotion": {"categories": ["anger", "joy"]}},
            r"its emotion\.categories are anger, joy, and not, in this order, joy, anger",
        ),
        ({"dimensions": {"valence": scale | {"high": 7}}}, r"its dimensions\.valence\.high is 7\.0, and not 9\.0"),
        ({"dimensions": {"valence": scale, "arousal": scale}}, "machines are asked for arousal in one of the two"),
    ):
        write(root / "params/second.yaml", study("second", **changes))
        with pytest.raises(ParameterError, match=rf"second: got 'params/second.yaml', but {says}.*Only the images"):
            open_second(project, ablation)
        assert second_sets(project) == []
    for second, error, says in (
        ("params/none.yaml", MissingFileError, "got 'params/none.yaml', which is not there yet. Import a set"),
        ("params/first.yaml", ParameterError, "but it is this study itself"),
        (None, ParameterError, "is missing"),
    ):
        with pytest.raises(error, match=says):
            open_second(project, ablation.model_copy(update={"second": second}))


def test_a_condition_that_is_asked_otherwise_is_refused(tmp_path: Path) -> None:
    root = make_root(tmp_path)
    for seed, name in enumerate(("first", "second")):
        write_set(root, name, {"looker": {"Asian": 0.0, "White": 0.0}}, {"looker": 10}, seed)
    files = study("second")["files"] | {"conditions": "params/other"}
    write(root / "params/second.yaml", study("second", files=files))
    described = yaml.safe_load((root / "params/conditions/looker.yaml").read_text(encoding="utf-8"))
    write(root / "params/other/looker.yaml", described | {"short_name": "Called otherwise"})
    project = open_project("params/first.yaml", root)
    second = Project(root, root / "params/second.yaml")
    refuse_other_settings(project, second, "looker")
    assert [each.conditions for each in second_sets(project)] == [("looker",)]
    write(root / "params/other/looker.yaml", described | {"decoding": {"temperature": 0.7}})
    second = Project(root, root / "params/second.yaml")
    with pytest.raises(
        ParameterError, match=r"params/other/looker.yaml: decoding: got .*0\.7.*asked the same about both"
    ):
        refuse_other_settings(project, second, "looker")
    assert second_sets(project) == []

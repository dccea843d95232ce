"""Groups of faces in a study of its own shape: what is recorded, that frames and records agree, what is undefined."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import polars as pl
import pytest
import yaml

from lib.build.data import check_data, check_predictions
from lib.chapters.group_scores import crossings, in_groups, of_factor, with_adjusted
from lib.chapters.model_sizes import size_families, size_points, size_trends
from lib.metrics.multiplicity import adjust
from lib.project import Project, open_project
from lib.results import Results, nest
from lib.sections.demographics import demographics_section
from lib.sections.omnibus import omnibus_section
from lib.study_data import StudyData

SECTIONS: dict[str, Callable[[StudyData, Results], dict[str, pl.DataFrame]]] = {
    "demographics": demographics_section,
    "omnibus": omnibus_section,
}
EMOTIONS = ("joy", "calm")
CODES = {"joy": 1.0, "calm": 0.0}


def faces_study(root: Path, *, without: tuple[str, str, str] | None = None) -> Project:
    """3 ages x 2 makes x 2 emotions x 6 images; two factors share the level `young`; one cell may be empty."""
    rows, ratings, answers = [], [], []
    for age in ("young", "middle", "old"):
        for make in ("real", "young"):
            for emotion in EMOTIONS:
                for copy in range(6):
                    if (age, make, emotion) == without:
                        continue
                    name = f"{age}-{make}-{emotion}-{copy}"
                    rows.append({"image_id": name, "age": age, "make": make, "emotion": emotion})
                    people = [CODES[emotion] + (copy % 3) - 1 + rater * 0.0 for rater in range(3)]
                    ratings += [(name, f"p{rater}", emotion, value) for rater, value in enumerate(people)]
                    wrong = age == "old" and emotion == "calm" and copy < 5
                    bias = (age == "old") * 1.0 + (copy % 2) * (1.0 if make == "real" else -1.0)
                    answers.append((name, "joy" if wrong else emotion, max(-3.0, min(3.0, people[0] + bias))))
    (root / "params/conditions").mkdir(parents=True)
    (root / "data/predictions").mkdir(parents=True)
    (root / "_quarto.yml").write_text("project:\n  type: website\n", encoding="utf-8")
    pl.DataFrame(rows).write_csv(root / "data/images.csv")
    names = ["image_id", "participant_id", "emotion", "valence"]
    pl.DataFrame(ratings, schema=names, orient="row").write_csv(root / "data/ratings.csv")
    for place, size in enumerate(("2B", "4B", "8B", "undisclosed")):
        condition = {
            "id": f"toy-{place}", "name": f"Toy-{size}", "short_name": f"Toy-{size}", "kind": "fer", "backend": "onnx",
            "model": "toy", "strategy": "classifier", "steps": ["emotion", "valence"],
            "decoding": {"temperature": None},
            "specification": {"developer": "us", "parameters": size, "architecture": "toy"},
        }  # fmt: skip
        (root / f"params/conditions/toy-{place}.yaml").write_text(yaml.safe_dump(condition), encoding="utf-8")
        moved = [(name, label, max(-3.0, min(3.0, value + place * 0.25))) for name, label, value in answers]
        frame = pl.DataFrame(moved, schema=["image_id", "emotion", "valence"], orient="row")
        frame.write_csv(root / f"data/predictions/toy-{place}.csv")
    study = {
        "id": "faces",
        "title": "Two factors that share a level",
        "files": {"images": "data/images.csv", "ratings": "data/ratings.csv", "predictions": "data/predictions",
                  "conditions": "params/conditions"},
        "factors": {"age": {"label": "Age", "levels": ["young", "middle", "old"]},
                    "make": {"label": "Make", "levels": ["real", "young"]}},
        "emotion": {"categories": list(EMOTIONS), "intended": True},
        "dimensions": {"valence": {"low": -3, "high": 3, "low_label": "bad", "high_label": "good"}},
        "analysis": {"human_null": False, "confidence": 0.9, "correction": "holm"},
    }  # fmt: skip
    (root / "params/faces.yaml").write_text(yaml.safe_dump(study), encoding="utf-8")
    project = open_project("params/faces.yaml", root)
    check_data(project)
    for condition_id in project.available:
        check_predictions(project, condition_id)
    return project


@pytest.fixture(scope="module")
def faces(tmp_path_factory: pytest.TempPathFactory) -> StudyData:
    return StudyData(faces_study(tmp_path_factory.mktemp("faces")))


@pytest.fixture(scope="module")
def demographics(faces: StudyData) -> tuple[dict[str, pl.DataFrame], dict[str, Any]]:
    results = Results("demographics")
    return demographics_section(faces, results), nest(results.entries.values())


@pytest.fixture(scope="module")
def omnibus(faces: StudyData) -> tuple[dict[str, pl.DataFrame], dict[str, Any]]:
    results = Results("omnibus")
    return omnibus_section(faces, results), nest(results.entries.values())


def test_false_positives_are_counted_by_level_and_tell_shared_levels_apart(demographics: Any) -> None:
    frames, tree = demographics
    joy = tree["conditions"]["toy-0"]["fpr"]["joy"]
    assert set(joy) == {"age:young", "middle", "old", "real", "make:young"}
    assert (joy["old"]["x"], joy["old"]["n"], joy["middle"]["x"]) == (10, 12, 0)
    assert 0 < joy["old"]["low"] < joy["old"]["rate"] < joy["old"]["high"] < 1
    test = tree["conditions"]["toy-0"]["fpr_tests"]["age"]["joy"]
    assert (test["method"], test["highest_level"], test["cause"]) == ("Fisher's exact", "old", "over-attribution")
    assert test["p_adjusted"] >= test["p"]
    assert set(frames["false_positives"]["factor"].cast(pl.String)) == {"age", "make", "age:make"}


def test_accuracy_is_tested_alone_and_with_emotion(demographics: Any) -> None:
    frames, tree = demographics
    own = tree["conditions"]["toy-1"]
    assert own["accuracy_by"]["age"] == {"young": 1, "middle": 1, "old": pytest.approx(14 / 24)}
    assert own["accuracy_by"]["age:make"]["old:real"] == pytest.approx(7 / 12)
    assert own["accuracy_tests"]["age"]["p"] < 0.001
    assert own["accuracy_tests"]["age"]["p_yates"] is None and own["accuracy_tests"]["make"][
        "p_yates"
    ] == pytest.approx(1)
    models = {(row["term"], row["given"]): row for row in own["accuracy_models"]}
    assert set(models) == {
        ("age", ""), ("age", "emotion"), ("age:emotion", "age + emotion"), ("make", ""), ("make", "emotion"),
        ("make:emotion", "make + emotion"), ("age:make", "age + make"),
    }  # fmt: skip
    by_emotion = models["age:emotion", "age + emotion"]
    assert (by_emotion["df"], by_emotion["df_nominal"], by_emotion["n_separated"], by_emotion["p"]) == (0, 2, 60, None)
    assert tree["claims"]["accuracy_tests"]["age"]["fer"]["differ"]["count"] == 4
    assert frames["accuracy_models"].height == 4 * len(models)


def test_intervals_have_the_studys_confidence(demographics: Any) -> None:
    frames, _ = demographics
    row = frames["accuracy_by_group"].filter(pl.col("level").cast(pl.String) == "old").row(0, named=True)
    # R: prop.test(14, 24, conf.level = .9, correct = FALSE)$conf.int
    assert (row["low"], row["high"]) == pytest.approx((0.417743503542885, 0.732038132875623), rel=1e-9)


def test_bias_is_tested_by_group_and_by_emotion(faces: StudyData, demographics: Any) -> None:
    frames, tree = demographics
    groups = frames["bias_by_group"]
    own = tree["conditions"]["toy-0"]["valence"]
    assert own["bias_by"]["age"]["old"] == own["bias_tests_by"]["age"]["old"]["bias"]
    assert set(own["bias_tests"]) == set(EMOTIONS)
    emotions = frames["bias_tests_by_emotion"]
    assert emotions["p_adjusted"].to_list() == adjust(emotions["p"].to_list(), "holm")
    assert emotions["p_bonferroni"].to_list() == adjust(emotions["p"].to_list(), "bonferroni")
    single = of_factor(faces, groups, "age")
    assert single["age"].dtype == pl.Enum(["young", "middle", "old"]) and single.height == 12


def test_the_omnibus_tests_are_rows_with_their_terms(omnibus: Any) -> None:
    _, tree = omnibus
    own = tree["conditions"]["toy-0"]["valence"]
    assert [row["term"] for row in own["anova"]] == ["age", "age:emotion", "make", "make:emotion"]
    assert [(row["df"], row["df_residual"]) for row in own["anova"]] == [(2, 68), (2, 66), (1, 69), (1, 68)]
    assert {(row["emotion"], row["term"]) for row in own["anova_by_emotion"]} == {
        (emotion, term) for emotion in EMOTIONS for term in ("age", "make", "age:make")
    }
    assert {row["sums"] for row in own["anova_by_emotion"]} == {"III"}
    assert tree["claims"]["anova"]["valence"]["age"]["fer"]["significant"]["count"] == 4


def test_an_empty_cell_changes_the_type_and_costs_its_degree_of_freedom(tmp_path: Path) -> None:
    data = StudyData(faces_study(tmp_path, without=("old", "young", "calm")))
    frames = omnibus_section(data, Results("omnibus"))
    own = frames["anova_by_emotion"].filter(pl.col("condition").cast(pl.String) == "toy-0")
    kinds = dict(own.select(pl.col("emotion").cast(pl.String), "sums").iter_rows())
    assert kinds == {"joy": "III", "calm": "II"}
    crossed = own.filter(pl.col("term") == "age:make").select(pl.col("emotion").cast(pl.String), "df").rows()
    assert sorted(crossed) == [("calm", 1), ("joy", 2)]


def test_sizes_are_compared_within_families(faces: StudyData, omnibus: Any) -> None:
    frames, tree = omnibus
    assert size_families(faces) == {"Toy": ["toy-0", "toy-1", "toy-2"], "FER": ["toy-0", "toy-1", "toy-2", "toy-3"]}
    found = tree["model_size"]["toy"]["valence"]["bias"]
    assert (found["n"], found["rho"], found["p_rho"]) == (3, pytest.approx(1), pytest.approx(1 / 3))
    everyone = tree["model_size"]["fer"]["valence"]["bias"]
    assert (everyone["n"], everyone["n_excluded"], everyone["unknown"]) == (3, 1, "Toy-undisclosed")
    assert set(frames["model_sizes"]["outcome"]) == {"bias", "age gap", "make gap"}
    empty = frames["model_sizes"].head(0)
    assert size_trends(faces, empty).is_empty()
    assert size_points(
        faces, empty.with_columns(bias=0.0), empty.with_columns(bias=0.0, factor=pl.lit("age"))
    ).is_empty()


def test_corrections_stay_within_their_family(faces: StudyData) -> None:
    frame = pl.DataFrame({"family": ["a", "b", "a"], "p": [0.02, 0.02, 0.5]})
    assert with_adjusted(faces, frame, ["family"])["p_adjusted"].to_list() == [0.04, 0.02, 0.5]
    assert with_adjusted(faces, frame.head(0), ["family"]).columns == ["family", "p", "p_adjusted"]


def test_images_without_a_level_are_left_out_of_its_factor(faces: StudyData) -> None:
    answers = pl.DataFrame({"age": ["old", None], "make": ["real", "real"]})
    counted = in_groups(faces, answers).group_by("factor").len()
    assert dict(counted.select(pl.col("factor").cast(pl.String), "len").iter_rows()) == {
        "age": 1,
        "make": 2,
        "age:make": 1,
    }
    assert crossings(faces) == {"age": ("age",), "make": ("make",), "age:make": ("age", "make")}


def test_the_chapters_sources_call_the_sections() -> None:
    for name in SECTIONS:
        cells = nbformat.read(Path(__file__).parents[2] / f"notebooks/{name}.ipynb", 4).cells
        assert any(f"{name}_section(data, results)" in cell.source for cell in cells)

"""A machine that is told the emotion is in no table of emotions, and in every table of values."""

from __future__ import annotations

import shutil
from pathlib import Path

import polars as pl
import pytest
import yaml
from tests_support import CONDITION, write_small_study

from lib.build.analyze import Analysis, compute_sections
from lib.build.data import check_data, check_predictions, make_human_null
from lib.chapters.answers import label_answers, value_answers
from lib.chapters.design import prompts_in_use
from lib.project import open_project
from lib.sections.registry import SECTIONS
from lib.study_data import StudyData

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> StudyData:
    root = tmp_path_factory.mktemp("told")
    (root / "params").mkdir()
    shutil.copytree(REPOSITORY / "params/prompts", root / "params/prompts")
    (root / "_quarto.yml").write_text("project:\n  type: website\n", encoding="utf-8")
    study = write_small_study(root)
    told = {**CONDITION, "id": "told", "name": "Told", "strategy": "text_only", "steps": ["valence", "arousal"]}
    (root / "params/small_conditions/told.yaml").write_text(yaml.safe_dump(told), encoding="utf-8")
    answers = pl.read_csv(root / "data/small/predictions/machine-2.csv").drop("emotion")
    answers.write_csv(root / "data/small/predictions/told.csv")
    project = open_project(str(study), root)
    check_data(project)
    make_human_null(project)
    for condition in project.available:
        check_predictions(project, condition)
    return StudyData(project)


def test_it_gives_values_and_no_labels(data: StudyData) -> None:
    assert data.predictions["told"]["valid"].all()
    assert data.predictions["told"]["emotion"].null_count() == data.predictions["told"].height
    assert "told" not in label_answers(data)["condition"].cast(pl.String).to_list()
    values = value_answers(data, ["told"])
    assert values["machine"].null_count() == values["dimension"].n_unique()  # the image without a row


def test_its_prompts_are_shown(data: StudyData) -> None:
    rows = [row for row in prompts_in_use(data) if row[0].startswith("Text only")]
    assert [step for _, step, _ in rows] == ["1.\u00a0valence", "2.\u00a0arousal"]
    assert rows[0][2].startswith("The facial expression is {label}.\nHow pleasant")


@pytest.fixture(scope="module")
def analysis(data: StudyData) -> Analysis:
    return compute_sections(data, SECTIONS, lambda _: None)


def test_no_section_counts_its_emotions_as_wrong(analysis: Analysis) -> None:
    assert analysis.refused == {}

    def rows(table: str) -> int:
        return analysis.tables[table].filter(pl.col("condition").cast(pl.String) == "told").height

    assert [rows(name) for name in ("accuracy", "confusion", "kappa", "false_positives")] == [0, 0, 0, 0]
    assert (rows("dimension_scores"), rows("conditions")) == (2, 1)
    keys = {entry.key for entry in analysis.entries}
    assert "conditions.machine-1.kappa" in keys and "conditions.told.valence.r" in keys
    assert not {"conditions.told.kappa", "conditions.told.accuracy"} & keys

"""The sections give what the registry says, for every shape of study, and record what their notebooks do."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from tests_support import write_small_study

from lib.build.data import check_data, check_predictions, make_human_null
from lib.project import open_project
from lib.results import Results, nest
from lib.sections.calibration import calibration_section
from lib.sections.stereotypes import stereotypes_section
from lib.sections.thinking import thinking_section
from lib.study_data import StudyData

REPOSITORY = Path(__file__).resolve().parents[2]
SECTIONS = {
    "stereotypes": (stereotypes_section, ["variation", "variation_people", "variation_image_means", "stereotyping"]),
    "thinking": (thinking_section, ["pair_effects", "thinking_tokens", "thinking_ratios", "thinking_load"]),
    "calibration": (calibration_section, ["calibration", "hybrid"]),
}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory):
    root = tmp_path_factory.mktemp("sections")
    (root / "params").mkdir()
    shutil.copytree(REPOSITORY / "params/prompts", root / "params/prompts")
    (root / "_quarto.yml").write_text("project:\n  type: website\n", encoding="utf-8")
    project = open_project(str(write_small_study(root)), root)
    check_data(project)
    make_human_null(project)
    for condition in project.available:
        check_predictions(project, condition)
    return project


@pytest.mark.parametrize("name", SECTIONS)
def test_frames_and_numbers_are_the_same_every_time(name: str, small) -> None:
    section, tables = SECTIONS[name]
    first, second = Results(name), Results(name)
    frames = section(StudyData(small), first)
    again = section(StudyData(small), second)
    assert list(frames) == tables
    for table, frame in frames.items():
        assert frame.equals(again[table]), table
    assert first.entries == second.entries
    nest(first.entries.values())
    nest(first.entries.values(), text=True)


def test_resampling_participants_leaves_estimates_and_takes_or_moves_intervals(small) -> None:
    class ByParticipant(StudyData):
        @property
        def resampling(self):
            return replace(super().resampling, unit="participant")

    by_image = {name: section(StudyData(small), Results(name)) for name, (section, _) in SECTIONS.items()}
    by_person = {name: section(ByParticipant(small), Results(name)) for name, (section, _) in SECTIONS.items()}
    one, other = (frames["stereotypes"]["stereotyping"] for frames in (by_image, by_person))
    assert one["collapse"].equals(other["collapse"]) and not one["collapse_low"].equals(other["collapse_low"])
    assert other["collapse_low"].null_count() == 0
    calibrated = by_person["calibration"]["calibration"]
    assert calibrated["mae_after"].equals(by_image["calibration"]["calibration"]["mae_after"])
    assert calibrated["reduction_low"].null_count() == calibrated.height > 0


def test_a_study_without_pairs_tokens_or_classifiers_has_no_rows_there(small) -> None:
    thinking = thinking_section(StudyData(small), Results("thinking"))
    assert all(frame.is_empty() for frame in thinking.values())
    assert calibration_section(StudyData(small), Results("calibration"))["hybrid"].is_empty()
    assert isinstance(thinking["pair_effects"].schema["p_adjusted"], pl.Float64)

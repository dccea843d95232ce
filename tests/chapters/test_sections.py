"""Notebooks and `rater analyze` record the same numbers, from the build's data and from a user's files alike."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lib.build.analyze import Analysis, compute_sections
from lib.build.user_files import UserFiles, find_conditions, read_user_files
from lib.contracts.study import read_study
from lib.project import Project
from lib.results import load_results
from lib.sections.registry import SECTIONS
from lib.study_data import StudyData

ROOT = Path(__file__).parents[2]
CHAPTERS = {
    "design": ("design",),
    "human": ("human",),
    "categories": ("categories",),
    "agreement": ("agreement",),
    "dimensions": ("dimensions",),
    "substitutability": ("substitutability",),
    "stereotypes": ("stereotypes",),
    "thinking": ("thinking",),
    "demographics": ("demographics",),
    "omnibus": ("omnibus",),
    "mixed": ("reliability", "mixed"),
    "calibration": ("calibration",),
    "responses": ("responses",),
    "machines": ("machines",),
}


OF_THE_PAPER_ALONE = {"twin", "consistency", "reproduction"}
# what was asked otherwise, and what was traced, is no file that `rater analyze` could be given
OF_STORED_ANSWERS_ALONE = {"retest", "real_faces", "ablations", "inner", "attention"}


def test_every_section_belongs_to_a_chapter_and_every_chapter_but_the_papers_own_has_sections() -> None:
    assert {name for names in CHAPTERS.values() for name in names} == {section.name for section in SECTIONS}
    chapters = re.findall(r'^    "(\w+)": \[', (ROOT / "Snakefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert set(chapters) - set(CHAPTERS) == OF_THE_PAPER_ALONE | OF_STORED_ANSWERS_ALONE


@pytest.mark.parametrize("chapter", sorted(OF_THE_PAPER_ALONE))
def test_the_papers_own_chapters_record_nothing_of_people_or_machines(chapter: str, lab_project, run_cells) -> None:
    keys = load_results(run_cells(lab_project, chapter)[1])[0]
    assert all(key.startswith(("twin.", "claims.consistency.", "claims.ledger.")) for key in keys)


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_chapter_records_what_its_sections_record(
    chapter: str, lab_analysis: Analysis, lab_project, run_cells
) -> None:
    of_sections = {entry.key: entry.value for entry in lab_analysis.entries if entry.chapter in CHAPTERS[chapter]}
    _, numbers = run_cells(lab_project, chapter)
    assert {key: entry.value for key, entry in load_results(numbers)[0].items()} == of_sections


def test_files_alone_give_the_same_numbers(lab_project: Project, lab_analysis: Analysis) -> None:
    study = read_study(lab_project.study_file)
    files = UserFiles(
        *(lab_project.cache / name for name in ("data/images.parquet", "data/ratings.parquet", "predictions"))
    )
    checked, _ = read_user_files(files, study, find_conditions(lab_project.study_file, study, lab_project.root, None))
    alone = compute_sections(StudyData(checked), SECTIONS, lambda _: None)
    assert alone.refused == {}
    assert {entry.key: entry.value for entry in alone.entries} == {
        entry.key: entry.value for entry in lab_analysis.entries
    }

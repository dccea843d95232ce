"""Notebooks and `rater analyze` record the same numbers, since both call the sections."""

from __future__ import annotations

import pytest

from lib.build.analyze import Analysis
from lib.results import load_results
from lib.sections.registry import SECTIONS

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
}


def test_every_section_belongs_to_a_chapter() -> None:
    assert {name for names in CHAPTERS.values() for name in names} == {section.name for section in SECTIONS}


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_chapter_records_what_its_sections_record(
    chapter: str, lab_analysis: Analysis, lab_project, run_cells
) -> None:
    of_sections = {entry.key: entry.value for entry in lab_analysis.entries if entry.chapter in CHAPTERS[chapter]}
    _, numbers = run_cells(lab_project, chapter)
    assert {key: entry.value for key, entry in load_results(numbers)[0].items()} == of_sections

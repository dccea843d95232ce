from __future__ import annotations

from lib.chapters.notes import earlier
from lib.study_data import StudyData


def test_only_the_laboratorys_own_study_names_its_earlier_tables(lab_project, bare_project) -> None:
    assert earlier(StudyData(lab_project), "Table 1.") == "Table 1."
    assert earlier(StudyData(bare_project), "Table 1.") is None

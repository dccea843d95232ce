from __future__ import annotations

from lib.chapters.notes import earlier
from lib.study_data import StudyData


def test_only_the_laboratorys_own_study_names_its_earlier_tables(lab_project, bare_project) -> None:
    data = StudyData(lab_project)
    assert earlier(data, "Table S4 in supplement v10.8, which has no classifiers.") == (
        "Corresponds to Table S4 in the laboratory's supplement v10.8, which has no classifiers."
    )
    assert earlier(data, "The SD ratio is in section 4.2 of manuscript v5, for two machines.") == (
        "The SD ratio is in section 4.2 of the laboratory's manuscript v5, for two machines."
    )
    assert earlier(data, "Table 1 in section 8 of the experiment pipeline.") == (
        "Corresponds to Table 1 in section 8 of the laboratory's experiment pipeline."
    )
    assert earlier(data, "Table 3 of manuscripts v5 and v10.") == (
        "Corresponds to Table 3 of the laboratory's manuscripts v5 and v10."
    )
    assert earlier(data, "Table 5 of manuscript v5, Table 4 of manuscript v10.") == (
        "Corresponds to Table 5 of the laboratory's manuscript v5, Table 4 of manuscript v10."
    )
    assert earlier(StudyData(bare_project), "Table 1.") is None

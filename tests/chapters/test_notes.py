from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from fer_support import classifier_condition
from protocol_support import make_study

from lib.chapters.notes import derived_note, earlier, figure_note, scale_note
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


def test_derived_values_are_named_as_such() -> None:
    rates = classifier_condition(classifier={"values": {"valence": {"index": 7}}}, steps=["emotion", "valence"])
    derives = [
        classifier_condition(
            id=name, short_name=name, classifier={"derived": ["valence"]}, steps=["emotion", "valence"]
        )
        for name in ("one", "two")
    ]
    some, several = ([rates], []), ([rates, derives[0]], derives)
    said = [
        derived_note(SimpleNamespace(conditions={item.id: item for item in items}), "valence")
        for items in (*some, *several)
    ]
    of_one = "Values of one are derived from the probabilities of its labels: no output of its own."
    assert said[:3] == [None, None, of_one]
    assert said[3] == of_one.replace("one", "one and two").replace("its", "their")
    data = SimpleNamespace(conditions={"one": derives[0]}, study=make_study())
    assert scale_note(data, "valence").endswith(f"(very pleasant). {of_one}")
    assert scale_note(data, "arousal").endswith("(very excited).")


@pytest.mark.parametrize(
    ("said", "twin", "short"),
    [(None, False, None), ("All is the twin's.", True, "Simulated data."),
     ("People are simulated.", False, "Partly simulated data.")],
)  # fmt: skip
def test_a_figure_says_whether_all_is_simulated_or_a_part(said: str | None, twin: bool, short: str | None) -> None:
    data: Any = SimpleNamespace(simulated_note=said, source=SimpleNamespace(uses_twin=twin))
    assert figure_note(data) == short

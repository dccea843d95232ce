from __future__ import annotations

import math

import pytest

from lib.build.analyze import Analysis, choose_sections
from lib.errors import BuildError, DataError
from lib.results import Results
from lib.sections.registry import SECTIONS


def test_sections_are_chosen_in_the_papers_order() -> None:
    assert choose_sections([]) == SECTIONS
    assert [section.name for section in choose_sections(["human", "design"])] == ["design", "human"]
    with pytest.raises(DataError, match="--only: got 'people', which is none of design, human"):
        choose_sections(["people"])


def test_two_sections_may_record_one_key_but_not_two_values() -> None:
    analysis = Analysis()
    for chapter, value in (("one", 1), ("two", 1)):
        results = Results(chapter)
        results.put(["a", "b"], value)
        analysis.add(results)
    assert analysis.numbers(simulated=True) == {"a": {"b": 1}, "simulated": True}
    results = Results("three")
    results.put(["a", "b"], math.pi)
    with pytest.raises(BuildError, match=r"a\.b: got 1, then 3\.14\d+ in three"):
        analysis.add(results)

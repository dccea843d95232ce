from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from lib.build.analyze import Analysis, choose_sections, compute_sections
from lib.build.user_files import UserFiles, find_conditions, read_user_files
from lib.contracts.study import read_study
from lib.errors import BuildError, DataError
from lib.results import Results, nest
from lib.sections.registry import SECTIONS
from lib.study_data import StudyData

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "cache/results.json"


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


def _leaves(branch: Any, before: tuple[str, ...] = ()) -> dict[tuple[str, ...], Any]:
    if not isinstance(branch, dict):
        return {before: branch}
    return {path: leaf for name, inner in branch.items() for path, leaf in _leaves(inner, (*before, name)).items()}


@pytest.mark.slow
@pytest.mark.skipif(not RESULTS.is_file(), reason="nothing was built yet: make paper")
def test_the_built_papers_numbers_come_out_of_its_files_alone() -> None:
    study_file = ROOT / "params/study.yaml"
    study = read_study(study_file)
    cache = ROOT / "cache"
    files = UserFiles(cache / "data/images.parquet", cache / "data/ratings.parquet", cache / "predictions")
    checked, _ = read_user_files(files, study, find_conditions(study_file, study, ROOT, None))
    analysis = compute_sections(StudyData(checked), SECTIONS, lambda _: None)
    mine, papers = _leaves(nest(analysis.entries)), _leaves(json.loads(RESULTS.read_text(encoding="utf-8")))
    assert analysis.refused == {}
    assert {path for path in mine if path not in papers} == set()
    assert {path: papers[path] for path in mine} == mine
    others = {path[0] if path[0] != "claims" else ".".join(path[:2]) for path in papers if path not in mine}
    assert others <= {"twin", "claims.consistency", "claims.ledger"}

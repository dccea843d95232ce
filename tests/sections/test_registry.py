from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
import yaml
from tests_support import SMALL_STUDY, small_images, small_predictions, small_ratings

from lib.build.analyze import Analysis, compute_sections
from lib.build.export import numbered_sheets
from lib.build.user_files import UserFiles, read_user_files
from lib.chapters.lacking import lacking
from lib.contracts.study import Study
from lib.sections.columns import define
from lib.sections.registry import SECTIONS
from lib.study_data import StudyData

TABLES = [table for section in SECTIONS for table in section.tables]


def _study(**changes: object) -> Study:
    analysis = {"bootstrap_draws": 100, "pairs": {"ours": {"first": "one", "second": "two", "differ_in": "seed"}}}
    return Study.model_validate(yaml.safe_load(yaml.safe_dump(SMALL_STUDY | {"analysis": analysis, **changes})))


def _computed(folder: Path, *, bare: bool) -> tuple[StudyData, Analysis]:
    small_images().write_csv(folder / "images.csv")
    small_ratings().write_csv(folder / "ratings.csv")
    (folder / "machines").mkdir()
    for seed, name in enumerate(("one", "two"), 1):
        twice = [small_predictions(seed + repeat).with_columns(repeat=pl.lit(repeat)) for repeat in (0, 1)]
        pl.concat(twice).write_csv(folder / f"machines/{name}.csv")
    if bare:
        study = _study(
            analysis={"bootstrap_draws": 100},
            factors={},
            emotion={"categories": ["joy", "anger", "calm", "other"], "intended": False},
        )
        files = UserFiles(None, folder / "ratings.csv", None)
    else:
        study, files = _study(), UserFiles(folder / "images.csv", folder / "ratings.csv", folder / "machines")
    data = StudyData(read_user_files(files, study, {})[0])
    return data, compute_sections(data, SECTIONS, lambda _: None)


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> tuple[StudyData, Analysis]:
    return _computed(tmp_path_factory.mktemp("full"), bare=False)


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> tuple[StudyData, Analysis]:
    return _computed(tmp_path_factory.mktemp("bare"), bare=True)


def test_every_section_gives_the_tables_that_are_named_here(full: tuple[StudyData, Analysis]) -> None:
    assert full[1].refused == {}
    assert list(full[1].tables) == [table.name for table in TABLES]


def test_names_are_unique_and_fit_a_sheet() -> None:
    assert len({table.name for table in TABLES}) == len(TABLES)
    sheets = numbered_sheets(SECTIONS)
    assert len(sheets) == len(TABLES) and max(map(len, sheets)) <= 31
    assert [name.partition("_")[0] for name in sheets] == sorted(name.partition("_")[0] for name in sheets)
    assert sheets["23_ZScore_Per_Emotion"][1].name == "z_scores_by_emotion"  # supplement S3 refers to it


def test_every_column_is_explained(full: tuple[StudyData, Analysis]) -> None:
    data, analysis = full
    for name, frame in analysis.tables.items():
        unexplained = [column for column in frame.columns if not define(column, data.study, name)]
        assert unexplained == [], name


def test_a_study_of_ratings_alone_has_the_same_tables_and_reasons(
    full: tuple[StudyData, Analysis], bare: tuple[StudyData, Analysis]
) -> None:
    data, analysis = bare
    assert analysis.refused == {}
    for table in TABLES:
        frame = analysis.tables[table.name]
        missing = lacking(data, *table.needs)
        if frame.is_empty() and missing is not None:
            assert analysis.empty[table.name].startswith(f"this study has no {missing.what}")
        if frame.is_empty():
            assert set(frame.columns) == set(full[1].tables[table.name].columns), table.name


def test_a_section_does_not_depend_on_the_others(full: tuple[StudyData, Analysis]) -> None:
    data, analysis = full
    for section in SECTIONS[-1:]:
        alone = compute_sections(data, [section], lambda _: None)
        for table in section.tables:
            assert alone.tables[table.name].equals(analysis.tables[table.name]), table.name

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from tests_support import small_images, small_predictions, small_ratings

from lib.build.guess import guess_study
from lib.build.guess_dimensions import SaidScale
from lib.build.guess_labels import LIST_THEM
from lib.errors import DataError


@pytest.fixture
def paths(tmp_path: Path) -> tuple[Path, Path, list[Path]]:
    small_images().write_csv(tmp_path / "images.csv")
    small_ratings().write_csv(tmp_path / "ratings.csv")
    machines = [tmp_path / "one.csv", tmp_path / "two.csv"]
    for seed, path in enumerate(machines, 1):
        small_predictions(seed).write_csv(path)
    return tmp_path / "images.csv", tmp_path / "ratings.csv", machines


def relabel(path: Path, rows: list[int], label: str) -> None:
    """Write another label into rows of the file, counted as in its messages."""
    table = pl.read_csv(path)
    here = (pl.int_range(pl.len()) + 2).is_in(rows)
    table.with_columns(pl.when(here).then(pl.lit(label)).otherwise("emotion").alias("emotion")).write_csv(path)


def remarks(paths: tuple[Path, Path, list[Path]]) -> list[str]:
    return [line for line in guess_study(*paths, SaidScale((-3, 3), 0.25)).remarks if "category of its own" in line]


def test_labels_that_all_use_are_not_doubted(paths: tuple[Path, Path, list[Path]]) -> None:
    assert remarks(paths) == []


@pytest.mark.parametrize("label", ["Joy", "JOY", "j oy"])
def test_capitals_and_spaces_make_no_category(paths: tuple[Path, Path, list[Path]], label: str) -> None:
    relabel(paths[1], [7, 9], label)
    with pytest.raises(DataError) as caught:
        remarks(paths)
    said = str(caught.value)
    assert f"ratings.csv: row 7, column 'emotion': got '{label}', given 2 times, but 'joy' " in said
    assert f"only capitals or spaces differ\nWrite it alike in every file, {LIST_THEM}." in said


def test_also_between_files(paths: tuple[Path, Path, list[Path]]) -> None:
    for machine in paths[2]:
        relabel(machine, [4], "Calm")
    with pytest.raises(DataError, match=r"one\.csv: row 4, column 'emotion': got 'Calm', given 2 times, but 'calm'"):
        remarks(paths)


def test_a_rare_label_near_another_is_named(paths: tuple[Path, Path, list[Path]]) -> None:
    relabel(paths[1], [5], "joyy")
    (line,) = remarks(paths)
    assert line.startswith(str(paths[1]))
    assert line.endswith(
        "ratings.csv: row 5, column 'emotion': got 'joyy', given once, which is near 'joy'; "
        f"it counts as a category of its own. Correct it, {LIST_THEM}."
    )


def test_what_one_machine_alone_says_once_is_named(paths: tuple[Path, Path, list[Path]]) -> None:
    relabel(paths[2][1], [6], "ecstasy")
    (line,) = remarks(paths)
    assert "two.csv: row 6, column 'emotion': got 'ecstasy', given once, and by one machine alone;" in line
    relabel(paths[2][0], [6], "ecstasy")  # two machines: rare, but no slip of one
    assert remarks(paths) == []


def test_a_label_that_is_often_given_is_a_category_however_near(paths: tuple[Path, Path, list[Path]]) -> None:
    relabel(paths[1], list(range(2, 20)), "joys")
    assert remarks(paths) == []


def test_machines_in_one_file_are_told_apart_by_condition(paths: tuple[Path, Path, list[Path]]) -> None:
    frames = [pl.read_csv(path).with_columns(condition=pl.lit(path.stem)) for path in paths[2]]
    shared = paths[1].parent / "all.csv"
    pl.concat(frames).write_csv(shared)
    relabel(shared, [6, 30], "ecstasy")
    assert remarks((*paths[:2], [shared])) == []
    relabel(shared, [30], "joy")
    assert len(remarks((*paths[:2], [shared]))) == 1

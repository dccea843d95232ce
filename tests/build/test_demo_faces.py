"""The demonstration's second set: other persons than the first's, rated by people of the same rule."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from sample_support import lend_project, paint

from lib.build.asking import prepare
from lib.build.demo_faces import ABLATION, IDENTITIES, make_other_faces
from lib.errors import DataError
from lib.project import open_project

FACES = 3 * 2 * 6 * IDENTITIES


def test_other_persons_are_drawn_and_can_be_asked_about(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lib.build.demo_faces.draw_set", paint)
    project = open_project("params/demo.yaml", lend_project(tmp_path, monkeypatch))
    told: list[tuple[int, int]] = []
    second = make_other_faces(project, 2, lambda done, all_: told.append((done, all_)))
    assert told == [(FACES, FACES)] and second.study.simulated
    drawn, first = pl.read_csv(second.manifest), pl.read_csv(project.manifest)
    assert set(first["seed"]).isdisjoint(drawn["seed"])  # other persons
    assert drawn["intensity"].mean() == pytest.approx(first["intensity"].mean(), abs=0.02)
    ratings = pl.read_csv(second.ratings_file)
    assert set(ratings["image_id"]) == set(drawn["image_id"])
    for name in project.conditions:
        assert len(prepare(second, name).items) == FACES
    assert project.known.ablation(ABLATION).letter is None  # drawn, and so not the plan's real faces


def test_a_folder_of_other_faces_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = open_project("params/demo.yaml", lend_project(tmp_path, monkeypatch))
    (tmp_path / "cache/demo").mkdir(parents=True)
    (tmp_path / "cache/demo/other").symlink_to(project.root / "data/stimuli/drawn")
    with pytest.raises(DataError, match="would be lost"):
        make_other_faces(project, 1, lambda done, all_: pytest.fail("nothing may be drawn"))

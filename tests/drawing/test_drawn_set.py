from __future__ import annotations

import hashlib
import io
from pathlib import Path

import polars as pl
import pytest
from PIL import Image, features
from polars.testing import assert_frame_equal
from typer.testing import CliRunner

from lib.cli import main as cli
from lib.contracts.images import read_images
from lib.contracts.study import read_study
from lib.drawing import drawn_set
from lib.drawing.design import Plan, plan_faces
from lib.drawing.drawn_set import draw_person, draw_set, parameters, refuse_other_faces
from lib.drawing.regions import REGIONS
from lib.errors import DataError

ROOT = Path(__file__).parents[2]
COMMITTED = ROOT / "data/stimuli/drawn"
ENCODER = "1.6.0"
"""The version of libwebp in the pinned Pillow, by which the committed files were written."""


@pytest.fixture(scope="module")
def manifest() -> pl.DataFrame:
    return pl.read_csv(COMMITTED / "manifest.csv")


def test_the_committed_faces_are_those_of_the_manifest_and_under_eight_megabytes(manifest: pl.DataFrame) -> None:
    size = 0
    for file, digest in manifest.select("file", "sha256").iter_rows():
        data = (COMMITTED / file).read_bytes()
        assert hashlib.sha256(data).hexdigest() == digest, file
        size += len(data)
    assert len(list(COMMITTED.glob("*/*.webp"))) == manifest.height == 1440
    assert manifest["sha256"].n_unique() == manifest["pixels_sha256"].n_unique() == 1440
    assert size + sum(path.stat().st_size for path in COMMITTED.glob("*.*")) < 8_000_000


def test_the_committed_faces_are_the_full_factorial_that_the_study_asks_for(manifest: pl.DataFrame) -> None:
    images = read_images(COMMITTED / "manifest.csv", read_study(ROOT / "params/study.yaml"))
    assert images.warnings == ()
    wanted = pl.DataFrame([parameters(plan) for plan in plan_faces()])
    assert_frame_equal(manifest.select(wanted.columns), wanted)


def test_the_laboratorys_reader_of_folders_finds_the_same_images(manifest: pl.DataFrame) -> None:
    found = read_images(COMMITTED, read_study(ROOT / "params/study.yaml")).frame
    assert found["image_id"].to_list() == sorted(manifest["image_id"])


def test_regions_of_every_image_lie_where_a_face_has_them(manifest: pl.DataFrame) -> None:
    regions = pl.read_parquet(COMMITTED / "regions.parquet")
    assert regions.height == 1440 * len(REGIONS)
    assert set(regions["image_id"]) == set(manifest["image_id"])
    middle = regions.with_columns(
        row=(pl.col("top") + pl.col("bottom")) / 2, column=(pl.col("left") + pl.col("right")) / 2
    )
    rows = middle.pivot("region", index="image_id", values="row")
    columns = middle.pivot("region", index="image_id", values="column")
    assert (rows["left_brow"] < rows["left_eye"]).all()
    assert (rows["left_eye"] < rows["nose"]).all()
    assert (rows["nose"] < rows["mouth"]).all()
    assert (columns["right_eye"] < columns["nose"]).all()
    assert (columns["nose"] < columns["left_eye"]).all()
    assert regions["left"].min() > 20
    assert regions["right"].max() < 204
    assert (regions["x"].list.len() == regions["y"].list.len()).all()


@pytest.mark.parametrize("start", [240, 1206])
def test_a_person_is_drawn_again_to_the_committed_hashes(start: int, plans: list[Plan], manifest: pl.DataFrame) -> None:
    again = pl.DataFrame([entry for entry, _ in draw_person(plans[start : start + 6])]).drop("regions")
    committed = manifest.filter(pl.col("identity") == plans[start].person.name)
    if features.version("webp") != ENCODER:
        again, committed = again.drop("sha256"), committed.drop("sha256")
    assert_frame_equal(again, committed)


def fake_person(plans: list[Plan]) -> list[tuple[dict[str, object], bytes]]:
    regions = {name: [[1.5, 2.0], [3.0, 2.5], [2.0, 4.0]] for name in REGIONS}
    drawn = []
    for plan in plans:
        data = plan.image_id.encode()
        digest = hashlib.sha256(data).hexdigest()
        drawn.append(
            (parameters(plan) | {"hair": "none", "sha256": digest, "pixels_sha256": digest, "regions": regions}, data)
        )
    return drawn


class Interrupting:
    """Draws so many people, then is interrupted."""

    def __init__(self, people: int) -> None:
        self.left = people

    def __call__(self, plans: list[Plan]) -> list[tuple[dict[str, object], bytes]]:
        if self.left == 0:
            raise KeyboardInterrupt
        self.left -= 1
        return fake_person(plans)


@pytest.fixture
def no_mesh_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawn_set, "data_folder", Path)
    monkeypatch.setattr(drawn_set, "draw_person", fake_person)


def test_an_interrupted_run_goes_on_where_it_stopped(
    no_mesh_needed: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    plans, told = plan_faces(1), []
    monkeypatch.setattr(drawn_set, "draw_person", Interrupting(4))
    with pytest.raises(KeyboardInterrupt):
        draw_set(plans, tmp_path, 1, lambda done, total: told.append((done, total)))
    assert told == [(0, 36), (6, 36), (12, 36), (18, 36), (24, 36)]
    assert not (tmp_path / "manifest.csv").exists()
    with (tmp_path / ".drawn.jsonl").open("a") as stream:
        stream.write('{"image_id": "KM01_H')  # a run killed while it wrote
    monkeypatch.setattr(drawn_set, "draw_person", fake_person)
    assert draw_set(plans, tmp_path, 1, lambda *_: None) == 12
    whole = tmp_path / "whole"
    assert draw_set(plans, whole, 1, lambda *_: None) == 36
    for name in ("manifest.csv", "regions.parquet"):
        assert (tmp_path / name).read_bytes() == (whole / name).read_bytes()
    assert not (tmp_path / ".drawn.jsonl").exists()


def test_only_what_is_missing_changed_or_otherwise_planned_is_drawn_again(no_mesh_needed: None, tmp_path: Path) -> None:
    assert draw_set(plan_faces(2), tmp_path, 1, lambda *_: None) == 72
    assert draw_set(plan_faces(2), tmp_path, 1, lambda *_: None) == 0
    (tmp_path / "Korean Man/KM02_Hap.webp").unlink()
    (tmp_path / "Black Woman/BW01_Sad.webp").write_bytes(b"")
    assert draw_set(plan_faces(2), tmp_path, 1, lambda *_: None) == 12
    assert draw_set(plan_faces(2, seed=5), tmp_path, 1, lambda *_: None) == 72


@pytest.mark.slow
def test_other_processes_draw_the_same(mesh: None, tmp_path: Path) -> None:
    plans = [plan for plan in plan_faces(1, "training") if plan.person.race == "Korean"]
    plans = [plan for plan in plans if plan.expression.emotion == "fear"]
    assert draw_set(plans, tmp_path, 2, lambda *_: None) == 2
    here, data = draw_person(plans[:1])[0]
    assert (tmp_path / plans[0].file).read_bytes() == data
    there = pl.read_csv(tmp_path / "manifest.csv").row(0, named=True)
    assert there == {key: value for key, value in here.items() if key != "regions"}
    with Image.open(io.BytesIO(data)) as picture:
        assert (picture.format, picture.mode, picture.size) == ("WEBP", "RGB", (224, 224))


@pytest.mark.parametrize(
    ("words", "lost"), [(["--identities", "1"], 1434), (["--seed", "5"], 1440), (["--identities", "41"], 1199)]
)
def test_a_folder_of_other_faces_is_left_as_it_is(tmp_path: Path, words: list[str], lost: int) -> None:
    for name in ("manifest.csv", "regions.parquet"):
        (tmp_path / name).write_bytes((COMMITTED / name).read_bytes())
    done = CliRunner().invoke(cli.app, ["stimuli", "draw", *words, "--out", str(tmp_path)])
    assert isinstance(done.exception, DataError)
    assert f"holds 1,440 faces, of which {lost:,} would be lost" in str(done.exception)
    assert {path.name for path in tmp_path.iterdir()} == {"manifest.csv", "regions.parquet"}
    assert (tmp_path / "manifest.csv").read_bytes() == (COMMITTED / "manifest.csv").read_bytes()


def test_the_committed_faces_are_those_of_the_command_as_it_is() -> None:
    refuse_other_faces(plan_faces(), COMMITTED)


def test_the_command_draws_says_how_many_and_draws_nothing_twice(no_mesh_needed: None, tmp_path: Path) -> None:
    words = ["stimuli", "draw", "--identities", "1", "--training", "--workers", "1", "--out", str(tmp_path)]
    first, second = (CliRunner().invoke(cli.app, words) for _ in range(2))
    assert first.exit_code == second.exit_code == 0, first.output
    assert "36 faces, 36 of them drawn now" in first.output
    assert "36 faces, 0 of them drawn now" in second.output
    assert pl.read_csv(tmp_path / "manifest.csv")["identity"][0] == "TBM01"

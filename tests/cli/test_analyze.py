from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
import yaml
from tests_support import SMALL_STUDY, small_images, small_predictions, small_ratings
from typer.testing import CliRunner

from lib.build import analyze as analysis
from lib.cli import main as cli
from lib.errors import BuildError, DataError, ParameterError
from lib.sections.registry import SECTIONS, Section, Table

runner = CliRunner()
QUICK = ("--only", "design", "--only", "categories")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    small_images().write_csv(tmp_path / "images.csv")
    small_ratings().write_csv(tmp_path / "ratings.csv")
    (tmp_path / "machines").mkdir()
    for seed, name in enumerate(("one", "two"), 1):
        small_predictions(seed).write_csv(tmp_path / f"machines/{name}.csv")
    (tmp_path / "small.yaml").write_text(yaml.safe_dump(SMALL_STUDY))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def invoke(*words: str) -> tuple[str, str]:
    done = runner.invoke(cli.app, ["analyze", *words])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.stdout, done.stderr


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


FILES = ("--images", "images.csv", "--ratings", "ratings.csv", "--predictions", "machines")


def test_all_sections_of_a_study_with_a_file(folder: Path) -> None:
    said, told = invoke(*FILES, "--study", "small.yaml", "--out", "out")
    for section in SECTIONS:
        assert f"{section.name}: {len(section.tables)} tables" in told
        for table in section.tables:
            assert (folder / f"out/tables/{table.name}.csv").is_file(), table.name
            assert (folder / f"out/tables/{table.name}.parquet").is_file(), table.name
    numbers = json.loads((folder / "out/results.json").read_text())
    assert "simulated" not in numbers and numbers["design"]["simulated"] is False
    (own,) = [row for row in rows(folder / "out/tables/accuracy.csv") if row["condition"] == "one"]
    assert numbers["conditions"]["one"]["accuracy"] == float(own["accuracy"])
    assert said.startswith("out: ")
    assert (folder / "out/study.yaml").read_text() == (folder / "small.yaml").read_text()


def test_without_a_study_file_it_writes_the_one_that_it_used(folder: Path) -> None:
    small_ratings().drop("arousal").write_csv(folder / "ratings.csv")
    _, told = invoke(*FILES, "--scale", "-3", "3", "--out", "out", *QUICK)
    assert "every dimension (valence) is taken to go from -3 to 3 in steps of 1." in told
    assert "one: no file describes it" in told
    again = ("--study", "out/study.yaml", "--out", "again", *QUICK)
    _, told = invoke(*FILES, *again)
    assert "no file describes it" not in told  # out/conditions does
    assert (folder / "again/results.json").read_bytes() == (folder / "out/results.json").read_bytes()


def test_a_dimension_of_any_name_is_computed_and_what_is_left_out_is_said(folder: Path) -> None:
    for path in (folder / "ratings.csv", *(folder / "machines").iterdir()):
        path.write_text(path.read_text().replace("arousal", "pleasantness"))
    own = small_ratings().rename({"arousal": "pleasantness"})
    own.with_columns(age=30 + own["pleasantness"], comment=own["emotion"]).write_csv(folder / "ratings.csv")
    _, told = invoke(*FILES, "--out", "out", "--only", "dimensions")
    assert "pleasantness: taken to go from 0 to 1 in steps of 0.25, as the values say" in told
    for part in ("left out of the ratings: age: by", "ratings: comment: not one cell", "factor actor is not compared"):
        assert part in told and part in (folder / "out/study.yaml").read_text(), part
    assert "mae" in json.loads((folder / "out/results.json").read_text())["conditions"]["one"]["pleasantness"]


def test_headings_in_another_spelling_are_read_and_said(folder: Path) -> None:
    small_ratings().rename({"arousal": "Skin tone", "image_id": "Image ID"}).write_csv(folder / "ratings.csv")
    small_predictions(1).rename({"arousal": "Skin Tone"}).write_csv(folder / "machines/one.csv")
    _, told = invoke(*FILES, "--out", "out", "--only", "dimensions")
    for said in ("ratings.csv: column 'Skin tone' is read as skin_tone.", "ratings.csv: column 'Image ID' is read as"):
        assert said in told
    assert (
        "machines/one.csv: column 'Skin Tone' is read as skin_tone." in told and "left out of the ratings" not in told
    )
    assert "mae" in json.loads((folder / "out/results.json").read_text())["conditions"]["one"]["skin_tone"]
    _, told = invoke(*FILES, "--study", "out/study.yaml", "--out", "again", "--only", "dimensions")
    assert "ratings.csv: column 'Skin tone' is read as skin_tone." in told
    assert (folder / "again/results.json").read_bytes() == (folder / "out/results.json").read_bytes()


def test_ratings_alone_of_a_dimension_of_any_name(folder: Path) -> None:
    small_ratings().drop("valence").rename({"arousal": "Pleasantness"}).write_csv(folder / "ratings.csv")
    own = ("--ratings", "ratings.csv", "--out", "out", "--only", "human")
    with pytest.raises(DataError, match="Say --dimension NAME for each that is one"):
        invoke(*own)
    invoke(*own, "--dimension", "Pleasantness")
    assert "pleasantness" in json.loads((folder / "out/results.json").read_text())["human"]
    with pytest.raises(ParameterError, match="--dimension: got it beside --study"):
        invoke(*own, "--dimension", "pleasantness", "--study", "out/study.yaml")


def test_the_manifest_is_asked_for_again(folder: Path) -> None:
    invoke(*FILES, "--out", "out", "--only", "design")
    with pytest.raises(
        DataError, match="--images: is not given, but the study has the intended emotions, race and act"
    ):
        invoke(*FILES[2:], "--study", "out/study.yaml", "--out", "again", "--only", "design")


def test_machines_of_unknown_kind_get_a_cure_that_works(folder: Path) -> None:
    only = ("--only", "calibration", "--study", "small.yaml")
    _, told = invoke(*FILES, *only, "--out", "out")
    assert "empty: hybrid: this study has no vision-language models with predictions. The kind of some machines" in told
    assert "set `kind: vlm` in the file conditions/<id>.yaml of each" in told and "--conditions" in told
    for name, kind in (("one", "vlm"), ("two", "fer")):
        path = folder / f"out/conditions/{name}.yaml"
        path.write_text(path.read_text().replace("kind: machine", f"kind: {kind}"))
    _, told = invoke(*FILES, *only, "--out", "again", "--conditions", "out/conditions")
    assert "empty: hybrid" not in told and len(rows(folder / "again/tables/hybrid.csv")) == 2


def test_ratings_alone_give_empty_tables_and_the_reason(folder: Path) -> None:
    small_ratings().drop("arousal").write_csv(folder / "ratings.csv")
    _, told = invoke("--ratings", "ratings.csv", "--scale", "-3", "3", "--out", "out")
    record = json.loads((folder / "out/analysis.json").read_text())
    assert record["refused_sections"] == {}
    assert record["empty_tables"]["human_labels_by_emotion"].startswith("this study has no intended emotions. Add a")
    assert "empty: human_labels_by_emotion: this study has no intended emotions." in told
    for name in record["empty_tables"]:
        header = (folder / f"out/tables/{name}.csv").read_text().splitlines()
        assert len(header) == 1 and header[0].count(",") >= 1, name
    assert (folder / "out/results.json").is_file()


def test_simulated_inputs_stay_marked(folder: Path) -> None:
    (folder / "ratings.csv").rename(folder / "simulated_ratings.csv")
    _, told = invoke(
        "--images", "images.csv", "--ratings", "simulated_ratings.csv", "--study", "small.yaml", "--out", "out",
        "--only", "design",
    )  # fmt: skip
    assert "SIMULATED" in told
    assert json.loads((folder / "out/results.json").read_text())["simulated"] is True
    assert [path.name for path in sorted((folder / "out/tables").glob("*.csv"))] == [
        "simulated_conditions.csv",
        "simulated_design.csv",
        "simulated_scales.csv",
    ]


def test_a_section_that_refuses_does_not_stop_the_others(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise DataError("too few images. Add some.")

    broken = Section("broken", refuse, (Table("nothing", "Nothing"),))
    monkeypatch.setattr(analysis, "SECTIONS", (broken, SECTIONS[0]))
    with pytest.raises(BuildError, match="not computed, all else is written: broken"):
        invoke(*FILES, "--study", "small.yaml", "--out", "out")
    assert (folder / "out/tables/design.csv").is_file() and not (folder / "out/tables/nothing.csv").exists()
    record = json.loads((folder / "out/analysis.json").read_text())
    assert record["refused_sections"] == {"broken": "too few images. Add some."}


def test_mistakes_are_told_before_anything_is_written(folder: Path) -> None:
    common = (*FILES, "--out", "out")
    with pytest.raises(DataError, match=r"--only: got 'huamn', which is none of design, human"):
        invoke(*common, "--study", "small.yaml", "--only", "huamn")
    with pytest.raises(ParameterError, match="The study file says what the scales are"):
        invoke(*common, "--study", "small.yaml", "--scale", "1", "9")
    with pytest.raises(DataError, match=r"row 2, column 'arousal': got '0.25', which is outside 1 to 9(?s:.*) --scale"):
        invoke(*common, "--scale", "1", "9")
    assert not (folder / "out").exists()

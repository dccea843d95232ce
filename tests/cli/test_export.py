from __future__ import annotations

import json
import shutil
from pathlib import Path

import openpyxl
import pytest
import yaml
from tests_support import write_small_study
from typer.testing import CliRunner

from lib.build import export as exporting
from lib.build.data import check_data, check_predictions, make_human_null
from lib.cli import main as cli
from lib.errors import MissingFileError, ParameterError
from lib.project import ROOT_VARIABLE, open_project
from lib.sections.registry import SECTIONS

ROOT = Path(__file__).parents[2]
runner = CliRunner()


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("project")
    shutil.copytree(ROOT / "params/prompts", root / "params/prompts")
    (root / "_quarto.yml").write_text("project: {}\n")
    study = root / write_small_study(root)
    settings = yaml.safe_load(study.read_text(encoding="utf-8")) | {"analysis": {"bootstrap_draws": 100}}
    study.write_text(yaml.safe_dump(settings), encoding="utf-8")
    machine = root / "params/small_conditions/machine-2.yaml"
    machine.write_text(machine.read_text().replace("name: A machine", "name: =HYPERLINK(1)"))
    project = open_project("params/small.yaml", root)
    check_data(project)
    make_human_null(project)
    for condition in project.available:
        check_predictions(project, condition)
    return root


def invoke(root: Path, *words: str) -> str:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(ROOT_VARIABLE, str(root))
        done = runner.invoke(cli.app, ["export", "--study", "params/small.yaml", *words])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0
    return done.output


def test_statistics_have_a_sheet_for_every_table_and_notes_first(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "SECTIONS", SECTIONS[:4])
    assert "1 file (" in invoke(root, "--only", "statistics", "--out", str(root / "out"))
    book = openpyxl.load_workbook(root / "out/comprehensive_stats.xlsx")
    assert book.sheetnames[:3] == ["Notes", "01_Design", "02_Scales"]
    assert len(book.sheetnames) == 1 + sum(len(section.tables) for section in SECTIONS[:4])
    notes = [[cell.value for cell in row] for row in book["Notes"].iter_rows()]
    assert notes[1][0] == "Computed from the study's real data."
    (tables,) = [row[1] for row in notes if row[0] == "kappa" and row[1] != "kappa"]
    assert tables == "human_null_labels, accuracy, kappa, pairs, weighted_kappa, fleiss"
    counts = {row[1]: row[2] for row in notes if isinstance(row[2], int)}
    assert (counts["scales"], counts["accuracy"]) == (2, 3)  # numbers, not texts
    assert [book["02_Scales"].cell(2, column).number_format for column in (2, 3, 4)] == ["General"] * 3
    sheet = book["10_Accuracy"]
    assert sheet["A1"].value == "condition" and sheet.max_row == 4
    names = {cell.value: cell.data_type for cell in book["03_Conditions"]["C"]}
    assert names["=HYPERLINK(1)"] == "s"


def test_answers_stand_beside_people(root: Path) -> None:
    invoke(root, "--only", "answers", "--out", str(root / "out"))
    book = openpyxl.load_workbook(root / "out/inference_results.xlsx")
    assert book.sheetnames == ["Notes", "Overview", "machine-1", "machine-2", "human-null"]
    header, *rows = [[cell.value for cell in row] for row in book["machine-1"].iter_rows()]
    assert len(rows) == 24  # the image without an answer stays
    for row in (dict(zip(header, row, strict=True)) for row in rows):
        assert row["correct"] is (row["emotion"] == row["intended"] and row["emotion"] is not None)
        if row["valence"] is not None:
            assert row["bias_valence"] == pytest.approx(row["valence"] - row["people_valence"])
    content = json.loads((root / "out/machine-1_predictions.json").read_text(encoding="utf-8"))
    assert content["simulated"] is False and len(content["predictions"]) == 24
    assert content["predictions"][0]["image_id"] == rows[0][0]


def test_every_machine_has_its_figures(root: Path) -> None:
    out = invoke(root, "--only", "figures", "--out", str(root / "out"))
    drawn = {path.name for path in (root / "out/figures").glob("*.png")}
    kinds = {f"{kind}_{dimension}" for kind in ("scatter", "ba", "boxplot") for dimension in ("valence", "arousal")}
    assert drawn == {f"{name}_{kind}.png" for name in ("machine-1", "machine-2") for kind in kinds | {"confusion"}}
    assert "figures: machine-2: 7" in out
    assert all(path.read_bytes()[:4] == b"\x89PNG" for path in (root / "out/figures").glob("*.png"))


def test_mistakes_are_told(root: Path, tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="--only: got 'pictures', which is none of statistics, answers, figures"):
        invoke(root, "--only", "pictures")
    shutil.copytree(root / "params", tmp_path / "params")
    shutil.copytree(root / "data", tmp_path / "data")
    with pytest.raises(MissingFileError, match="Run `rater build`"):
        invoke(tmp_path, "--only", "answers")

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml
from typer.testing import CliRunner

from lib.cli.main import app
from lib.contracts.predictions import read_predictions
from lib.errors import RaterError, StoreError
from lib.project import Project, open_project
from lib.responses.report import CURE
from lib.responses.shard import ALL
from lib.responses.store import open_store, read_store

ROOT = Path(__file__).parents[2]
NAME = "machine"
STUDY = {
    "id": "three-faces", "title": "Three faces", "unrated_images": "exclude",
    "files": {
        "images": "data/faces/manifest.csv", "ratings": "data/ratings.csv", "predictions": "data/predictions",
        "conditions": "params/own",
    },
    "emotion": {"categories": ["happy", "sad"], "intended": False},
    "dimensions": {
        "valence": {"low": 1, "high": 9, "low_label": "bad", "high_label": "good"},
        "arousal": {"low": 1, "high": 9, "low_label": "calm", "high_label": "excited"},
    },
}  # fmt: skip
CONDITION = {
    "id": NAME, "name": "M", "short_name": "M", "kind": "vlm", "backend": "openai", "model": "gpt-4o-mini",
    "strategy": "context_carry", "prompts": "json", "specification": {"developer": "us"},
}  # fmt: skip
THEIRS = [
    {"image": f"{name}.png", "emotion": "happy", "valence": 7, "arousal": 3, "model_time": 2}
    for name in ("a", "b", "z")
]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    root = tmp_path / "project"
    shutil.copytree(ROOT / "params", root / "params", ignore=shutil.ignore_patterns("conditions", "library"))
    (root / "_quarto.yml").write_text("", encoding="utf-8")
    for folder in ("data/faces", "params/own"):
        (root / folder).mkdir(parents=True)
    rows = "\n".join(["image_id,file", *(f"{name},{name}.png" for name in "abc")])
    (root / "data/faces/manifest.csv").write_text(rows, encoding="utf-8")
    for name in "abc":
        (root / f"data/faces/{name}.png").write_bytes(name.encode())
    (root / "params/study.yaml").write_text(yaml.safe_dump(STUDY), encoding="utf-8")
    (root / f"params/own/{NAME}.yaml").write_text(yaml.safe_dump(CONDITION), encoding="utf-8")
    (root / "theirs.json").write_text(json.dumps(THEIRS), encoding="utf-8")
    monkeypatch.setenv("RATER_ROOT", str(root))
    monkeypatch.delenv("RATER_STUDY", raising=False)
    monkeypatch.chdir(root)
    return open_project(root=root)


def run(*arguments: str, fails: bool = False) -> Any:
    result = CliRunner().invoke(app, ["responses", *arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert (result.exit_code != 0) == fails, result.output
    return result


def lines(project: Project, shard: str = "all") -> Path:
    return project.responses / NAME / f"{shard}.jsonl"


def test_the_laboratorys_predictions_are_imported_checked_exported_and_compacted(project: Project) -> None:
    said = run("import", "theirs.json", "-m", NAME).output
    for part in (
        "3 predictions read; recognised: image (3), emotion (3), valence (3), arousal (3)",
        "not recognised and left out: model_time (3)",
        "predictions taken: 2",
        "the study does not have: 1 (z.png)",
        f"Images are there: stored as answers of {NAME} in cache/responses/{NAME}.",
    ):
        assert part in said
    assert not (project.root / "data/predictions").exists()
    assert project.asked_about(NAME) == (2, 3)
    assert "Nothing was taken." in run("import", "theirs.json", "-m", NAME).output
    checked = run("check").output
    assert f"{NAME}: 6 answers, 0 failures in 6 lines (all.jsonl); 0 replaced" in checked
    assert "came by imported (6)" in checked
    lines(project).write_bytes(lines(project).read_bytes() * 2)
    assert "6 replaced" in run("check", "-m", NAME).output
    run("export")
    table = pl.read_parquet(project.cache / f"export/responses/{NAME}.parquet")
    assert (table.height, table["superseded"].sum()) == (12, 6)
    assert "6 lines kept, 6 taken out, replaced by later ones" in run("compact", "-m", NAME).output
    assert lines(project).with_name("all.jsonl.before-compact").exists()


def test_lines_that_cannot_be_used_are_an_exit_code(project: Project) -> None:
    run("import", "theirs.json", "-m", NAME)
    lines(project).write_bytes(lines(project).read_bytes() + b"{broken\n" + lines(project).read_bytes()[:-1])
    result = run("check", fails=True)
    assert "1 that cannot be used" in result.output and f"{NAME}/all.jsonl: line 7: broken JSON" in result.output
    with pytest.raises(StoreError, match="1 line cannot be used"):
        run("compact", "-m", NAME)
    assert "1 line that cannot be used set aside" in run("compact", "-m", NAME, "--set-aside", "--discard").output
    run("check")


def test_a_cut_off_end_is_no_fault_but_is_said(project: Project) -> None:
    run("import", "theirs.json", "-m", NAME)
    lines(project).write_bytes(lines(project).read_bytes()[:-9])
    result = run("check")
    assert "5 answers" in result.output and "the last line is cut off" in result.output
    assert "0 that cannot be used, 1 cut off at the end" in result.output


def test_of_two_bad_lines_at_the_end_both_are_counted(project: Project) -> None:
    run("import", "theirs.json", "-m", NAME)
    lines(project).write_bytes(lines(project).read_bytes() + b"{broken\n{broken again\n")
    assert "1 that cannot be used, 1 cut off at the end" in run("check", fails=True).output


def test_compacting_that_stops_sets_no_cut_end_aside(project: Project) -> None:
    run("import", "theirs.json", "-m", NAME)
    lines(project).write_bytes(b"{broken\n" + lines(project).read_bytes()[:-9])
    before = {path.name: path.read_bytes() for path in lines(project).parent.glob("all.jsonl*")}
    with pytest.raises(StoreError, match="1 line cannot be used") as caught:
        run("compact", "-m", NAME)
    assert "Nothing was changed" in str(caught.value)
    assert {path.name: path.read_bytes() for path in lines(project).parent.glob("all.jsonl*")} == before
    said = run("compact", "-m", NAME, "--set-aside").output
    assert f"{NAME}: 5 lines kept, none replaced" in said and "set aside in all.jsonl.truncated-" in said


def test_no_table_is_written_beside_stored_answers(project: Project) -> None:
    run("import", "theirs.json", "-m", NAME)
    (project.root / "data/faces/a.png").unlink()
    with pytest.raises(RaterError, match="holds answers already, and no table is written beside them"):
        run("import", "theirs.json", "-m", NAME)
    assert not (project.root / "data/predictions").exists()


def test_pruning_takes_out_what_the_study_asks_no_more(project: Project) -> None:
    run("import", "theirs.json", "-m", NAME)
    assert (
        f"{NAME}: 6 lines would be kept, none of questions that the study does not ask"
        in run("prune", "-m", NAME, "--dry-run").output
    )
    (project.root / "data/faces/b.png").write_bytes(b"another picture")
    before = lines(project).read_bytes()
    assert (
        f"{NAME}: 3 lines would be kept, 3 taken out, of questions that the study does not ask"
        in run("prune", "-m", NAME, "--dry-run").output
    )
    assert lines(project).read_bytes() == before
    assert "kept beside: all.pruned.jsonl" in run("prune", "-m", NAME).output
    assert len(read_store(project.responses, NAME)) == 3
    (project.root / "data/faces/a.png").unlink()
    with pytest.raises(RaterError, match="are not there"):
        run("prune", "-m", NAME)
    assert len(read_store(project.responses, NAME)) == 3


def test_nothing_is_rewritten_under_a_run(project: Project) -> None:
    run("import", "theirs.json", "-m", NAME)
    with open_store(project.responses, NAME, ALL):
        for arguments in (("compact", "-m", NAME), ("prune", "-m", NAME), ("import", "theirs.json", "-m", NAME)):
            with pytest.raises(StoreError, match="asks its shard all"):
                run(*arguments)
        run("check")
        run("export", "--out", str(project.root / "out"))


def test_without_images_predictions_become_the_conditions_table(project: Project) -> None:
    shutil.rmtree(project.root / "data/faces")
    said = run("import", "theirs.json", "-m", NAME).output
    target = project.root / f"data/predictions/{NAME}.csv"
    assert f"Written to data/predictions/{NAME}.csv instead, since images are not there" in said
    frame = read_predictions(target, project.conditions[NAME], project.study)
    assert frame.select("image_id", "emotion", "valence").rows() == [
        ("a", "happy", 7.0), ("b", "happy", 7.0), ("z", "happy", 7.0),
    ]  # fmt: skip
    assert not project.responses.exists()
    before = target.read_bytes()
    with pytest.raises(RaterError, match="is there already and stays"):
        run("import", "theirs.json", "-m", NAME)
    assert target.read_bytes() == before


def test_a_classifier_asks_nothing_so_that_its_predictions_become_a_table(project: Project) -> None:
    described = CONDITION | {
        "id": "fer",
        "strategy": "classifier",
        "prompts": None,
        "steps": ["emotion"],
        "kind": "fer",
    }
    (project.root / "params/own/fer.yaml").write_text(yaml.safe_dump(described), encoding="utf-8")
    said = run("import", "theirs.json", "-m", "fer").output
    assert "instead, since fer asks nothing by prompts." in said and "does not have: 1 (z.png)" in said
    assert (project.root / "data/predictions/fer.csv").read_text().splitlines()[0] == "image_id,repeat,emotion"


def test_a_condition_without_answers_is_explained(project: Project) -> None:
    for command in ("check", "compact", "export", "prune"):
        with pytest.raises(RaterError, match="has no stored answers"):
            run(command, "-m", NAME)
    for command in ("check", "export"):
        assert "holds no answers yet" in run(command).output


@pytest.mark.parametrize("arguments", [("check", "-m", "../x"), ("compact", "-m", "../x"), ("export", "-m", "../x")])
def test_a_condition_is_no_path(project: Project, arguments: tuple[str, ...]) -> None:
    with pytest.raises(RaterError, match=r"got '\.\./x'"):
        run(*arguments)


def test_what_to_do_about_broken_lines_is_said_once_and_is_no_finding(project: Project) -> None:
    for name in (NAME, "other"):
        (project.responses / name).mkdir(parents=True)
        (project.responses / name / "all.jsonl").write_text('{"x": 1}\n', encoding="utf-8")
    for command in ("check", "export"):
        lines = run(command, fails=command == "check").output.splitlines()
        cure = [line for line in lines if "rater responses compact --set-aside" in line]
        assert cure == [CURE] == lines[-1:]
        assert sum("line 1: not an answer" in line for line in lines) == 2

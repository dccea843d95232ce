"""Which second sets a study has: those that fit it and were asked about; what does not fit is refused by name."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml
from PIL import Image
from sample_support import lend_project
from second_set_support import STUDY, checked, make_root, study, write, write_set
from typer.testing import CliRunner

from lib.build.asking import prepare
from lib.build.second_set import check_second_set
from lib.chapters.lacking import lacking
from lib.chapters.real_faces import machine_differences, set_differences
from lib.chapters.second_sets import open_second, refuse_other_settings, second_sets
from lib.cli.main import app
from lib.errors import BuildError, MissingFileError, ParameterError
from lib.project import Project, open_project


def test_nothing_happens_before_somebody_answered(tmp_path: Path) -> None:
    root = make_root(tmp_path)
    write_set(root, "first", {"looker": {"Asian": 0.0, "White": 0.0}}, {"looker": 10}, 1)
    (root / "params/second.yaml").rename(root / "params/later.yaml")
    data = checked(root)
    assert second_sets(data.project) == [] and set_differences(data).is_empty() and machine_differences(data).is_empty()
    said = lacking(data, "second set")
    assert said is not None and "rater ablate real-faces -m <condition>" in said.cure
    with pytest.raises(BuildError, match=r"real-faces: no condition has answered .* rater ablate real-faces -m"):
        check_second_set(data.project, "real-faces")


def test_a_study_of_something_else_is_refused_by_name(tmp_path: Path) -> None:
    root = make_root(tmp_path)
    project = open_project("params/first.yaml", root)
    ablation = project.known.ablation("real-faces")
    scale = STUDY["dimensions"]["valence"]
    for changes, says in (
        (
            {"emotion": {"categories": ["anger", "joy"]}},
            r"its emotion\.categories are anger, joy, and not, in this order, joy, anger",
        ),
        ({"dimensions": {"valence": scale | {"high": 7}}}, r"its dimensions\.valence\.high is 7\.0, and not 9\.0"),
        ({"dimensions": {"valence": scale, "arousal": scale}}, "machines are asked for arousal in one of the two"),
    ):
        write(root / "params/second.yaml", study("second", **changes))
        with pytest.raises(ParameterError, match=rf"second: got 'params/second.yaml', but {says}.*Only the images"):
            open_second(project, ablation)
        assert second_sets(project) == []
    for second, error, says in (
        ("params/none.yaml", MissingFileError, "got 'params/none.yaml', which is not there yet. Import a set"),
        ("params/first.yaml", ParameterError, "but it is this study itself"),
        (None, ParameterError, "is missing"),
    ):
        with pytest.raises(error, match=says):
            open_second(project, ablation.model_copy(update={"second": second}))


def test_a_condition_that_is_asked_otherwise_is_refused(tmp_path: Path) -> None:
    root = make_root(tmp_path)
    for seed, name in enumerate(("first", "second")):
        write_set(root, name, {"looker": {"Asian": 0.0, "White": 0.0}}, {"looker": 10}, seed)
    files = study("second")["files"] | {"conditions": "params/other"}
    write(root / "params/second.yaml", study("second", files=files))
    described = yaml.safe_load((root / "params/conditions/looker.yaml").read_text(encoding="utf-8"))
    write(root / "params/other/looker.yaml", described | {"short_name": "Called otherwise"})
    project = open_project("params/first.yaml", root)
    second = Project(root, root / "params/second.yaml")
    refuse_other_settings(project, second, "looker")
    assert [each.conditions for each in second_sets(project)] == [("looker",)]
    write(root / "params/other/looker.yaml", described | {"decoding": {"temperature": 0.7}})
    second = Project(root, root / "params/second.yaml")
    with pytest.raises(
        ParameterError, match=r"params/other/looker.yaml: decoding: got .*0\.7.*asked the same about both"
    ):
        refuse_other_settings(project, second, "looker")
    assert second_sets(project) == []


def test_what_the_import_of_photographs_writes_is_a_second_set_of_the_papers_study(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = lend_project(tmp_path, monkeypatch)
    for person in ("AF01", "AM02"):
        for code in ("AF", "AN", "DI", "HA", "NE", "SA", "SU"):
            file = root / f"data/kdef/{person}/{person}{code}S.JPG"
            file.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (8, 8), (len(code), ord(code[0]), ord(person[1]))).save(file, "JPEG")
    words = "happy,sad,angry,fear,disgust,neutral"
    done = CliRunner().invoke(app, ["stimuli", "import", "kdef", str(root / "data/kdef"), "--emotions", words])
    assert done.exit_code == 0, done.output
    shutil.copy(root / "data/kdef/study.yaml", root / "params/real-faces.yaml")
    project = open_project("params/study.yaml", root)
    second = open_second(project, project.known.ablation("real-faces"))
    refuse_other_settings(project, second, "gpt-4o-mini")
    assert len(prepare(second, "gpt-4o-mini").items) == 12

"""`rater demo`: what it asks, in which order, and that simulated people are written first; the machines are not run."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from sample_support import lend_project, paint
from typer.testing import CliRunner

from lib.cli.main import app


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return lend_project(tmp_path, monkeypatch)


def test_people_machines_ablations_and_the_report(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[tuple[str, object]] = []

    def ask(project, inquiries, forecasts, told, **given) -> int:
        assert project.ratings_file.is_file() and project.simulated_note
        assert all(each.free for each in forecasts) and given["yes"]
        done.append(("asked", [one.condition.id for one in inquiries]))
        return 0

    def ablate(project, runs, told, **given) -> None:
        if runs[0].ablation.id == "other-faces":
            assert project.study.id == "demo-other" and project.manifest.is_file() and told.limit is None
            done.append(("other faces", [run.base.id for run in runs]))
            return
        done.append((f"ablated {told.limit} {told.traces}", {run.ablation.id: run.conditions for run in runs}))
        assert {run.base.id for run in runs} == {"pocket-rater"}

    monkeypatch.setattr("lib.build.demo_faces.draw_set", paint)
    monkeypatch.setattr("lib.cli.infer.ask_open", ask)
    monkeypatch.setattr("lib.cli.ablate.run_ablations", ablate)
    monkeypatch.setattr("lib.cli.build.paper", lambda study, cores: done.append(("paper", study)))
    came = CliRunner().invoke(app, ["demo"])
    assert came.exit_code == 0, came.output
    assert "17,280 ratings of simulated people" in came.output
    changed, pilots, traced = "ablated 120 None", "ablated 50 None", "ablated 120 attention,logits,hidden"
    assert [what for what, _ in done] == ["asked", changed, pilots, traced, "other faces", "paper"]
    assert done[0][1] == ["pocket-rater", "pocket-rater-json", "face-api-drawn", "fer-drawn"]
    ablated = done[1][1]
    varied = {"label-alone", "single-shot", "temperature", "quantisation"}
    assert isinstance(ablated, dict) and set(ablated) == varied
    assert ablated["label-alone"] == ["pocket-rater", "pocket-rater.label-alone.label"]
    assert "pocket-rater" not in ablated["temperature"]
    again, looked = done[2][1], done[3][1]
    assert isinstance(again, dict) and set(again) == {"retest-r3", "retest-r3-t0_7"}
    assert isinstance(looked, dict) and list(looked.values()) == [["pocket-rater"]]
    assert done[4][1] == done[0][1] and done[5][1] == "params/demo.yaml"
    assert "`rater paper` will put this report into the paper's site." in came.output
    ratings = pl.read_csv(root / "cache/demo/simulated_ratings.csv")
    assert (
        ratings.columns == ["image_id", "participant_id", "emotion", "valence", "arousal"] and ratings.height == 17280
    )


def test_what_fails_ends_it_with_its_code(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lib.cli.infer.ask_open", lambda *_, **__: 130)
    monkeypatch.setattr("lib.cli.build.paper", lambda **_: pytest.fail("nothing may be built"))
    assert CliRunner().invoke(app, ["demo"]).exit_code == 130

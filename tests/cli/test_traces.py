from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from lib.build.inference import AskOptions
from lib.build.inference_jobs import Job, command_for
from lib.cli.main import app
from lib.project import open_project
from lib.responses.record import Response
from lib.responses.shard import ALL
from lib.responses.store import open_store
from lib.traces.files import write_part
from lib.traces.manifest import append, line_for, text_digest
from lib.traces.naming import trace_file
from lib.traces.parts import Part

ROOT = Path(__file__).parents[2]
KEY = "ab" * 32


@pytest.fixture
def traced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with one stored answer and its trace; gives the trace's file."""
    (tmp_path / "_quarto.yml").write_text("", encoding="utf-8")
    (tmp_path / "params").mkdir()
    (tmp_path / "params/study.yaml").write_bytes((ROOT / "params/study.yaml").read_bytes())
    monkeypatch.setenv("RATER_ROOT", str(tmp_path))
    monkeypatch.delenv("RATER_STUDY", raising=False)
    project = open_project(root=tmp_path)
    with open_store(project.responses, "c") as store:
        store.append(
            Response(
                key=KEY, condition="c", image_id="x", step="emotion", prompt="?", text="happy", finish_reason="stop",
                backend="transformers", model="m", asked_at="2026-01-01T00:00:00.000+00:00",
            )
        )  # fmt: skip
    about = {
        "key": KEY, "step": "emotion", "text_sha256": text_digest("happy", "stop"), "model_version": "m@1",
        "device": "cpu",
    }  # fmt: skip
    part, home = Part({"last": np.ones((2, 4), np.float16)}, about), project.cache / "traces"
    path = trace_file(home, "c", "hidden", "x")
    size = write_part(path, "emotion", part)
    append(home, "c", "all", line_for(home, "hidden", part, size, condition="c", image_id="x", repeat=0))
    return path


def said(*words: str, code: int = 0) -> str:
    came = CliRunner().invoke(app, ["traces", *words])
    assert came.exit_code == code, came.output
    return came.output


def test_traces_are_listed_and_checked(traced: Path) -> None:
    assert "c: 1 image, " in said("list") and "hidden: 1 answer" in said("list") and "last <f2 2x4; m@1" in said("list")
    assert said("check") == "c: 1 trace sound, 0 not\n"
    traced.write_bytes(traced.read_bytes()[:-40])
    output = said("check", "-m", "c", code=1)
    assert "c: 0 traces sound, 1 not" in output and "damaged: c_hidden_x.npz emotion: it is not what was" in output
    assert "rater infer -m c --traces KINDS makes those anew" in output
    traced.unlink()
    for path in traced.parent.iterdir():
        path.unlink()
    traced.parent.rmdir()
    assert "cache/traces: holds no traces. Keep some: rater infer -m CONDITION --traces all" in said("list")


def test_what_is_traced_reaches_each_run(tmp_path: Path) -> None:
    project: Any = SimpleNamespace(study_file=tmp_path / "s.yaml", relative=lambda path: path.name)
    command = command_for(project, [Job("c", ALL)], AskOptions(traces="hidden:0+4,logits"), None)
    assert command[command.index("--traces") + 1] == "hidden:0+4,logits"
    assert "--traces" not in command_for(project, [Job("c", ALL)], AskOptions(), None)

"""`rater models check`: a tiny model is loaded and tried, and what cannot be tried is said in one line."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from stimuli_support import ROOT
from typer.testing import CliRunner

from lib.cli.main import app
from lib.errors import BackendUnavailableError, ParameterError, RaterError

Checked = Callable[..., str]


@pytest.fixture
def check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Checked:
    """Gives what the command says of a condition with these settings; raises what it ends with."""
    (tmp_path / "params/conditions").mkdir(parents=True)
    (tmp_path / "_quarto.yml").touch()
    shutil.copy(ROOT / "params/study.yaml", tmp_path / "params/study.yaml")
    monkeypatch.setenv("RATER_ROOT", str(tmp_path))

    def said(**settings: object) -> str:
        content = {
            "id": "tiny", "name": "Tiny", "short_name": "Tiny", "kind": "vlm", "strategy": "context_carry",
            "prompts": "plain", "decoding": {"max_tokens": 3}, "specification": {"developer": "tests"}, **settings,
        }  # fmt: skip
        (tmp_path / "params/conditions/tiny.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
        done = CliRunner().invoke(app, ["models", "check", "tiny"])
        if done.exception is not None:
            raise done.exception
        return done.output

    return said


def test_a_model_is_loaded_asked_twice_and_described(check: Checked, zoo: Callable[[str], Path]) -> None:
    first, times, answer = check(backend="transformers", model=str(zoo("qwen2_vl"))).splitlines()
    assert re.fullmatch(r".*qwen2_vl@sha256:\w+ float32 \(transformers [\d.]+.*\) on cpu", first)
    seconds, again = re.fullmatch(
        r"loaded and asked in ([\d.]+) s, asked again about the same image in ([\d.]+) s", times
    ).groups()
    assert float(again) >= 0 and float(seconds) > 0
    tokens = re.fullmatch(r"to a blank picture it said '.*' \((\d+) tokens in, (\d+) out\)", answer)
    assert int(tokens[1]) > 10 and 1 <= int(tokens[2]) <= 3


@pytest.mark.parametrize(
    ("settings", "kind", "says"),
    [
        ({"backend": "transformers", "model": "./none"}, BackendUnavailableError, "none: there is no such folder"),
        ({"backend": "gemini", "model": "gemini-2.5-flash"}, ParameterError, "which runs no model in this process"),
    ],
)
def test_what_cannot_be_tried_is_one_line(
    check: Checked, monkeypatch: pytest.MonkeyPatch, settings: dict[str, object], kind: type[RaterError], says: str
) -> None:
    pytest.importorskip("torch", reason="needs the extra local (make local)")
    monkeypatch.setenv("GEMINI_API_KEY", "none")
    with pytest.raises(kind, match=says) as caught:
        check(**settings)
    assert "\n" not in str(caught.value).strip()

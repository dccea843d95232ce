from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from lib.backends.registry import REGISTRY
from lib.cli import main as cli
from lib.project import ROOT_VARIABLE

ROOT = Path(__file__).parents[2]
NAMES = ("OPENAI_API_KEY", "GEMINI_API_KEY", "GOOGLE_API_KEY", "RATER_KEY_FILE", "OPENAI_BASE_URL")


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ROOT_VARIABLE, str(ROOT))
    monkeypatch.setenv("OLLAMA_HOST", "127.0.0.1:1")
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)


def listed() -> dict[str, list[str]]:
    done = CliRunner().invoke(cli.app, ["backends"])
    assert done.exit_code == 0
    blocks: dict[str, list[str]] = {}
    for line in done.output.splitlines():
        if not line.startswith("       "):
            name = line[7:].partition(":")[0]
        blocks.setdefault(name, []).append(line)
    return blocks


def test_each_backend_says_what_it_needs_who_asks_it_and_the_one_cure() -> None:
    found = listed()
    assert list(found) == [
        "openai", "gemini", "ollama", "mlx", "transformers", "onnx", "tflite", "image-classification", "emotiefflib",
    ]  # fmt: skip
    assert found["gemini"][0] == "todo   gemini: Google's Gemini"
    assert "needs GEMINI_API_KEY or GOOGLE_API_KEY; 2 conditions: " in found["gemini"][1]
    assert "cure: Set GEMINI_API_KEY" in found["gemini"][2]
    assert found["ollama"][2] == (
        "       cure: No server at http://127.0.0.1:1. Start it (`ollama serve`), or correct its address."
    )
    later = {name for name, entry in REGISTRY.items() if entry.factory is None}
    assert {name for name, lines in found.items() if lines[0].startswith("later  ")} == later


def test_a_classifier_without_its_weights_is_named_with_the_cure() -> None:
    found = listed()
    assert found["tflite"] == [
        "ready  tflite: classifiers of facial expressions in TensorFlow Lite, in this process",
        "       needs no key; 0 conditions",
    ]
    assert found["onnx"][1] == "       needs no key; 2 conditions: emonet, posterv2"
    assert "cure: condition emonet: classifier.weights: got 'models/emonet_8.onnx', but there is no" in found["onnx"][2]


def test_a_key_makes_ready_and_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-planted-0123456789")
    found = listed()
    assert found["openai"][0].startswith("ready  openai: ")
    assert len(found["openai"]) == 2
    assert not any("planted" in line for lines in found.values() for line in lines)


def test_a_server_of_one_s_own_needs_no_key_but_must_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1/v1")
    assert listed()["openai"][2] == "       cure: No server at http://127.0.0.1:1/v1. Start it, or correct its address."


def test_a_faulty_key_file_is_the_cure_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RATER_KEY_FILE", "/nowhere/keys")
    assert "RATER_KEY_FILE: got '/nowhere/keys', which cannot be read" in listed()["openai"][2]


def test_a_condition_that_cannot_be_asked_as_written_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "params/conditions"
    folder.mkdir(parents=True)
    (tmp_path / "_quarto.yml").write_text("project: {}\n")
    (tmp_path / "params/study.yaml").write_text((ROOT / "params/study.yaml").read_text())
    asked = yaml.safe_load((ROOT / "params/conditions/gpt-4o-mini.yaml").read_text())
    asked["decoding"]["repetition_penalty"] = 1.5
    (folder / "gpt-4o-mini.yaml").write_text(yaml.safe_dump(asked))
    monkeypatch.setenv(ROOT_VARIABLE, str(tmp_path))
    (line,) = [line for line in listed()["openai"] if "cannot be asked" in line]
    assert "condition gpt-4o-mini: decoding.repetition_penalty: got 1.5" in line

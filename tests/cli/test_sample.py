"""`rater sample` as a user types it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from sample_support import answer, around, corner, lend_project, trace
from typer.testing import CliRunner, Result

from lib.build.sample import prepare_sample, sample_project
from lib.cli.main import app
from lib.errors import BackendUnavailableError, ParameterError

ROOT = Path(__file__).parents[2]
CACHE = "cache/studies/demo/cache"
TEXTS = {"emotion": "happy", "valence": "7", "arousal": "6"}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project without anybody's weights, keys or answers, and with the drawn faces."""
    lend_project(tmp_path, monkeypatch)
    (tmp_path / "notebooks").mkdir()
    shutil.copy(ROOT / "notebooks/inference.ipynb", tmp_path / "notebooks/inference.ipynb")
    for name in ("OPENAI_API_KEY", "GEMINI_API_KEY", "GOOGLE_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def said(*words: str) -> Result:
    return CliRunner().invoke(app, ["sample", *words])


def test_stored_answers_make_the_default_page_without_model_or_question(root: Path) -> None:
    sample = prepare_sample(sample_project(None, "pocket-rater"), "pocket-rater", 5, 42)
    answer(sample.inquiry, lambda question: TEXTS[question.step])
    trace(sample.inquiry, lambda _: corner(), lambda _: around(7, 1))
    before = sorted(path.stat().st_size for path in (root / CACHE / "responses").rglob("*.jsonl"))
    came = said()
    assert came.exit_code == 0, came.output
    assert "Images of params/demo.yaml, since the paper's are not there." in came.output
    assert f"5 of 1,440 images: {', '.join(sample.ids)}" in came.output
    assert "Nothing to ask: every question has its answer." in came.output
    assert came.output.splitlines()[-1] == f"Page: {CACHE}/sample/pocket-rater-n5-seed42.html"
    assert (root / came.output.splitlines()[-1].removeprefix("Page: ")).read_text(encoding="utf-8").count(
        "<article"
    ) == 5
    assert sorted(path.stat().st_size for path in (root / CACHE / "responses").rglob("*.jsonl")) == before
    again = said("--dry-run", "--out", str(root / "elsewhere"))
    assert again.exit_code == 0 and "Page:" not in again.output


def test_without_weights_or_key_there_is_one_line_with_the_cure(root: Path) -> None:
    pytest.importorskip("torch", reason="needs the extra local (make local)")
    came = said()
    assert came.exit_code == 1 and isinstance(came.exception, BackendUnavailableError)
    assert "\n" not in str(came.exception) and "Make them once (docs/pocket.md)" in str(came.exception)
    came = said("-m", "gpt-4o-mini", "--yes")
    assert isinstance(came.exception, BackendUnavailableError) and "OPENAI_API_KEY" in str(came.exception)
    assert not list(root.rglob("*.html"))


def test_hosted_machines_need_what_infer_needs(root: Path) -> None:
    came = said("-m", "gpt-4o-mini", "--dry-run", "-n", "3")
    assert came.exit_code == 0, came.output
    assert "Nothing was asked (--dry-run)." in came.output and "USD" in came.output and "traces" not in came.output
    came = said("-m", "gpt-4o-mini", "--budget", "-1")
    assert isinstance(came.exception, ParameterError) and "--budget: got -1" in str(came.exception)
    came = said("-m", "gpt-4o-mini", "--images", "Nobody*")
    assert isinstance(came.exception, ParameterError) and "--images: got 'Nobody*'" in str(came.exception)
    came = said("-m", "pocket-ratr")
    assert isinstance(came.exception, ParameterError) and "did you mean 'pocket-rater'" in str(came.exception)
    assert said("-n", "0").exit_code == 2 and said("-n", "61").exit_code == 2


@pytest.mark.slow
def test_what_is_missing_is_asked_once_and_shown(root: Path) -> None:
    came = said("-m", "face-api-drawn", "-n", "2", "--seed", "3")
    assert came.exit_code == 0, came.output
    page = root / came.output.splitlines()[-1].removeprefix("Page: ")
    text = page.read_text(encoding="utf-8")
    assert text.count("<article") == 2 and "a classifier of expressions writes no words" in text
    assert "2 answered now" in came.output
    assert "Nothing to ask" in said("-m", "face-api-drawn", "-n", "2", "--seed", "3").output

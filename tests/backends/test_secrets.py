from __future__ import annotations

import io
import json
import logging
from pathlib import Path
from urllib.parse import quote

import pytest

from lib.backends import secrets
from lib.backends.secrets import HIDDEN, find_key, hide_in_logs, scrub
from lib.errors import BackendUnavailableError

KEY = 'planted "key"/with+odd&marks'


@pytest.fixture(autouse=True)
def _fresh(no_keys: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "_seen", set())


@pytest.fixture
def key_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "keys"
    path.write_text('# mine\nOPENAI_API_KEY=from-the-file\nexport GEMINI_API_KEY="quoted"\n\nnonsense\n')
    path.chmod(0o600)
    monkeypatch.setenv("RATER_KEY_FILE", str(path))
    return path


def test_the_environment_goes_before_the_file(key_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_key("OPENAI_API_KEY") == "from-the-file"
    assert find_key("GEMINI_API_KEY", "GOOGLE_API_KEY") == "quoted"
    monkeypatch.setenv("OPENAI_API_KEY", " from-the-environment\n")
    assert find_key("OPENAI_API_KEY") == "from-the-environment"
    monkeypatch.setenv("OPENAI_API_KEY", "  ")
    assert find_key("OPENAI_API_KEY") == "from-the-file"


def test_no_key_is_none() -> None:
    assert find_key("OPENAI_API_KEY") is None


def test_a_key_file_in_a_repository_is_refused(key_file: Path) -> None:
    (key_file.parent / ".git").mkdir()
    with pytest.raises(BackendUnavailableError, match="lies in a repository"):
        find_key("OPENAI_API_KEY")


def test_a_link_out_of_the_repository_counts_as_where_it_leads(
    key_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = tmp_path / "project"
    (inside / ".git").mkdir(parents=True)
    (inside / "keys").symlink_to(key_file)
    monkeypatch.setenv("RATER_KEY_FILE", str(inside / "keys"))
    assert find_key("OPENAI_API_KEY") == "from-the-file"


def test_a_key_file_that_others_can_read_is_refused(key_file: Path) -> None:
    key_file.chmod(0o640)
    with pytest.raises(BackendUnavailableError, match=f"chmod 600 {key_file}"):
        find_key("OPENAI_API_KEY")


def test_a_missing_key_file_is_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RATER_KEY_FILE", str(tmp_path / "none"))
    with pytest.raises(BackendUnavailableError, match="cannot be read") as caught:
        find_key("OPENAI_API_KEY")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("written", [KEY, json.dumps(KEY)[1:-1], quote(KEY, safe="")])
def test_a_key_is_scrubbed_however_it_is_written(written: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    assert scrub(f"Incorrect key {written}.") == f"Incorrect key {HIDDEN}."


def test_a_key_that_the_environment_has_lost_meanwhile_is_still_scrubbed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "planted-0123456789")
    find_key("OPENAI_API_KEY")
    monkeypatch.delenv("OPENAI_API_KEY")
    assert "planted" not in scrub("the key planted-0123456789")


@pytest.mark.parametrize(
    "text", ["sk-proj-0123456789abcdef", "AIza" + "b" * 35, "Bearer 0123456789", "https://x/?key=0123456789&a=1"]
)
def test_what_looks_like_a_key_is_scrubbed(text: str) -> None:
    assert "0123456789" not in scrub(text)
    assert "bbbbb" not in scrub(text)


def test_short_words_are_no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    assert scrub("none of these") == "none of these"


def test_logs_of_the_sdks_hold_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "planted-0123456789")
    hide_in_logs()
    hide_in_logs()
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    logging.getLogger().addHandler(handler)
    try:
        for name in ("openai._base_client", "google_genai.models", "httpx", "aiohttp.client", "ollama"):
            logging.getLogger(name).warning("headers %s", {"authorization": "planted-0123456789"})
        try:
            raise ValueError("planted-0123456789")
        except ValueError:
            logging.getLogger("openai").exception("failed")
        logging.getLogger("mine").warning("%s things", 3)
    finally:
        logging.getLogger().removeHandler(handler)
    assert "planted" not in stream.getvalue()
    assert stream.getvalue().count(HIDDEN) == 5
    assert "3 things" in stream.getvalue()

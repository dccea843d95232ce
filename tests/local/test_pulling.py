"""Fetching from a small server that speaks what the hub's client asks for; the hub itself could not be asked here."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

pytest.importorskip("huggingface_hub", reason="needs the extra local (make local)")

from lib.cli.main import app
from lib.errors import BackendUnavailableError
from lib.local.pulling import pull
from lib.local.weights import find_weights

COMMIT = "0123456789abcdef0123456789abcdef01234567"
FILES = {
    "config.json": b'{"model_type": "llava"}',
    "model.safetensors": b"weights" * 100,
    "tokenizer.json": b"{}",
    "chat_template.jinja": b"{{ messages }}",
    "pytorch_model.bin": b"\x80\x04pickle",
    "modeling_own.py": b"raise SystemExit",
    "README.md": b"about",
}


class Hub(BaseHTTPRequestHandler):
    """One model, `owner/name`; `owner/secret` wants its licence accepted, `owner/other` is of no known family."""

    asked: list[str]
    refuse: int | None = None
    cut: str | None = None

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def log_message(self, *_: Any) -> None:
        return

    def _answer(self, body: bool) -> None:
        type(self).asked.append(f"{self.command} {self.path}")
        path = self.path.partition("?")[0]
        if self.refuse is not None:
            self._say(self.refuse, b"busy", body)
        elif "owner/secret" in path:
            self._say(403, b"gated", body, {"X-Error-Code": "GatedRepo"})
        elif "owner/nobody" in path:
            self._say(401, b"no", body, {"X-Error-Code": "RepoNotFound"})
        elif "/other-branch" in path:
            self._say(404, b"no", body, {"X-Error-Code": "RevisionNotFound"})
        elif path.startswith("/api/models/owner/"):
            siblings = [{"rfilename": name, "size": len(data)} for name, data in FILES.items()]
            told = {"id": "owner/name", "sha": COMMIT, "siblings": siblings, "private": False}
            tree = [
                {"type": "file", "path": name, "size": len(data), "oid": _oid(data)} for name, data in FILES.items()
            ]
            self._say(200, json.dumps(tree if "/tree/" in path else told).encode(), body)
        else:
            data = FILES.get(path.rpartition("/")[2])
            if data is not None and "owner/other" in path:
                data = b'{"model_type": "blip"}'
            if data is None:
                self._say(404, b"no", body, {"X-Error-Code": "EntryNotFound"})
            else:
                self._say(200, data, body, {"ETag": f'"{_oid(data)}"', "X-Repo-Commit": COMMIT})

    def _say(self, status: int, data: bytes, body: bool, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(data))} | (headers or {})).items():
            self.send_header(name, value)
        self.end_headers()
        if body:
            broken = self.cut is not None and self.cut in self.path
            self.wfile.write(data[: len(data) // 2] if broken else data)


def _oid(data: bytes) -> str:
    return hashlib.sha1(data).hexdigest()


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[type[Hub]]:
    Hub.asked, Hub.refuse, Hub.cut = [], None, None
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    yield Hub
    server.shutdown()
    server.server_close()
    thread.join()


def refused(model: str, revision: str | None = None) -> str:
    with pytest.raises(BackendUnavailableError) as caught:
        pull(model, revision)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_settings_and_safetensors_are_fetched_and_neither_pickles_nor_code(hub: type[Hub]) -> None:
    weights = pull("owner/name")
    assert (weights.revision, weights.model_type) == (COMMIT, "llava")
    there = {path.name for path in weights.folder.iterdir()}
    assert there == {"config.json", "model.safetensors", "tokenizer.json", "chat_template.jinja"}
    assert not any("modeling_own" in path or ".bin" in path for path in hub.asked)
    assert find_weights("owner/name").folder == weights.folder


def test_what_is_there_is_not_fetched_again(hub: type[Hub]) -> None:
    pull("owner/name")
    hub.asked.clear()
    pull("owner/name")
    assert not [path for path in hub.asked if path.startswith("GET") and "safetensors" in path]


def test_a_family_that_does_not_run_is_refused_before_its_weights_are_fetched(hub: type[Hub]) -> None:
    assert "got 'blip'" in refused("owner/other")
    assert not any("safetensors" in path for path in hub.asked)


@pytest.mark.parametrize(
    ("model", "revision", "said"),
    [
        ("owner/secret", None, "HF_TOKEN"),
        ("owner/nobody", None, "no such model"),
        ("owner/name", "other-branch", "no such revision"),
    ],
)
def test_what_the_hub_refuses_is_said_with_its_cure(
    model: str, revision: str | None, said: str, hub: type[Hub]
) -> None:
    assert said in refused(model, revision)


def test_a_name_that_no_model_of_the_hub_can_have(hub: type[Hub]) -> None:
    assert "is like owner/name" in refused("./models/mine")
    assert "is like owner/name" in refused("own/er/name")
    assert hub.asked == []


def test_without_a_hub_the_first_attempt_says_so_in_one_line(hub: type[Hub], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.setattr("huggingface_hub.utils._http.time.sleep", lambda _: pytest.fail("waits for another attempt"))
    assert "owner/name: cannot be fetched (ConnectError)" in refused("owner/name")


def test_a_connection_that_breaks_in_the_middle_of_the_weights_is_no_stack_trace(
    hub: type[Hub], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.file_download.time.sleep", lambda _: None)  # between its own attempts
    hub.cut = "model.safetensors"
    assert "run the same command again; what came is kept" in refused("owner/name")
    hub.cut = None
    assert pull("owner/name").size == len(FILES["model.safetensors"])


def test_no_leave_to_ask_the_hub(hub: type[Hub], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert "Unset it" in refused("owner/name")
    assert hub.asked == []


def test_the_commands(hub: type[Hub]) -> None:
    done = CliRunner().invoke(app, ["models", "pull", "owner/name"])
    assert done.exit_code == 0, done.output
    assert f"local: {{revision: {COMMIT}}}" in done.output
    shown = CliRunner().invoke(app, ["models", "list"]).output
    assert f"owner/name {COMMIT[:12]} (llava, 0.0 MB)" in shown
    folders, _, rest = shown.partition("In ")[2].partition("In ")
    assert "data/models/pocket-rater (llava, 3.4 MB)  pocket-rater-json" in folders
    assert "pocket-rater" not in rest
    assert "llava-hf/llava-1.5-7b-hf  llava-1.5-7b" in shown

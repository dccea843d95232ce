from __future__ import annotations

from collections.abc import Iterator

import pytest
from backends_support import KEYS, environment
from wire.running import Running, wire_server


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with wire_server(tmp_path_factory.mktemp("wire") / "log.jsonl") as running:
        yield running


@pytest.fixture
def wire(server: Running, monkeypatch: pytest.MonkeyPatch) -> Running:
    """The wire server as it is when it begins, and the environment that leads every backend to it."""
    server.set(
        faults={}, script=[], key=None, models=None, owned_by=None, latency=0.0, stall_seconds=0.3, slow_seconds=0.3,
        model_version_after=None, capabilities=None, thinking=None, version="0.12.11", strict=True, retry_after=1.0,
        server_header=None,
    )  # fmt: skip
    for name, value in environment(server).items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("RATER_KEY_FILE", raising=False)
    monkeypatch.delenv("GOOGLE_API_KEY", raising=False)
    return server


@pytest.fixture
def no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*KEYS, "GOOGLE_API_KEY", "RATER_KEY_FILE"):
        monkeypatch.delenv(name, raising=False)

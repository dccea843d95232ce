from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from stimuli_support import KEY, MODEL, project, short_waits
from wire.running import Running, wire_server

from lib.build import stimuli_transform
from lib.stimuli import transform_checks


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with wire_server(tmp_path_factory.mktemp("wire") / "log.jsonl", models=[MODEL]) as running:
        yield running


@pytest.fixture
def wire(server: Running, monkeypatch: pytest.MonkeyPatch) -> Running:
    """The wire server as it is when it begins, and the environment that leads Gemini to it."""
    server.set(faults={}, script=[], key=None, latency=0.0, retry_after=0.05, models=[MODEL])
    monkeypatch.setenv("GEMINI_API_KEY", KEY)
    monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", server.gemini)
    for name in ("RATER_KEY_FILE", "GOOGLE_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(stimuli_transform, "run_settings", short_waits(stimuli_transform.run_settings))
    monkeypatch.setattr(transform_checks, "face_counter", lambda: None)  # no schematic face is one to a detector
    return server


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return project(tmp_path / "project")

"""No key in anything that asking writes or prints, though the server echoes it and all logs are at their loudest."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from base64 import b64encode
from pathlib import Path

import pytest
from backends_support import KEYS, PROVIDERS, ROOT, environment
from wire.running import Running

ECHOING = {"server_500": 0.2, "server_503": 0.1, "bad_request": 0.1}


@pytest.mark.parametrize("more", [{}, {"unauthorized": 0.05}], ids=["failing", "refused in mid-run"])
def test_a_planted_key_is_found_nowhere(wire: Running, tmp_path: Path, more: dict[str, float]) -> None:
    wire.set(faults={**ECHOING, **more}, seed=len(more))
    done = subprocess.run(
        [sys.executable, "-X", "dev", str(ROOT / "tests/backends_leaking.py"), str(tmp_path)],
        capture_output=True, text=True, check=True, cwd=ROOT, timeout=300,
        env={**os.environ, **environment(wire), "OPENAI_LOG": "debug", "PYTHONPATH": "tests"},
    )  # fmt: skip
    (tmp_path / "stdout").write_text(done.stdout)
    (tmp_path / "stderr").write_text(done.stderr)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    stores = [path for path in files if path.suffix == ".jsonl"]
    assert {path.parent.name for path in stores} == {f"{name}-test" for name in PROVIDERS}
    failures = [
        json.loads(line)["failure"] for path in stores for line in path.read_text().splitlines() if "failure" in line
    ]
    assert any("[key]" in failure["message"] for failure in failures), (
        "the server echoed no key: the test shows nothing"
    )
    assert (tmp_path / "debug.log").stat().st_size > 10_000
    assert "[key]" in done.stdout
    for path in files:
        content = path.read_bytes()
        for key in KEYS.values():
            for written in (key.encode(), b64encode(key.encode()), json.dumps(key).encode()[1:-1]):
                assert written not in content, f"{path.name} holds a key"


def test_no_error_on_the_way_in_shows_a_key(wire: Running, tmp_path: Path) -> None:
    wire.set(key="another one")
    done = subprocess.run(
        [sys.executable, str(ROOT / "tests/backends_leaking.py"), str(tmp_path)],
        capture_output=True, text=True, check=True, cwd=ROOT, timeout=300,
        env={**os.environ, **environment(wire), "PYTHONPATH": "tests"},
    )  # fmt: skip
    assert "openai-test" in done.stdout and "gemini-test" in done.stdout
    for key in KEYS.values():
        assert key not in done.stdout + done.stderr + (tmp_path / "debug.log").read_text()

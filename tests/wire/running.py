"""Start the wire server in a process of its own, change how it behaves, and read what it saw."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TESTS = Path(__file__).parents[1]


@dataclass(frozen=True)
class Running:
    """A running wire server. `openai`, `local`, `gemini` and `ollama` are its addresses as the clients want them."""

    port: int
    pid: int
    log: Path | None

    @property
    def url(self) -> str:
        """Its root; the address of its Gemini and of its Ollama."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def openai(self) -> str:
        """As strict as the hosted OpenAI."""
        return f"{self.url}/v1"

    @property
    def local(self) -> str:
        """As tolerant as an OpenAI-compatible server of one's own."""
        return f"{self.url}/local/v1"

    gemini = url
    ollama = url

    def set(self, **settings: object) -> None:
        """Change settings (`wire.faults.Settings`) from the next request on."""
        body = json.dumps(settings).encode()
        urllib.request.urlopen(urllib.request.Request(f"{self.url}/_wire", body, method="POST"), timeout=10).close()

    def status(self) -> dict[str, Any]:
        """Counts: requests, answered, in_flight, most_in_flight, connections, failed; and the settings."""
        with urllib.request.urlopen(f"{self.url}/_wire", timeout=10) as reply:
            return json.load(reply)  # type: ignore[no-any-return]

    def events(self, name: str | None = None) -> list[dict[str, Any]]:
        """The log so far.

        `request` (as it came, with its fault), `answered` (an answer fully sent, with its text and the tokens that a
        right reader counts), `failed` (a failure sent, or an answer cut), `refused` (400 for its content), `unknown`.
        """
        assert self.log is not None
        with contextlib.suppress(OSError):
            # The server does one thing after the other: once it answers this, what it sent before is in the log.
            self.status()
        lines = [json.loads(line) for line in self.log.read_text().splitlines()] if self.log.exists() else []
        return [line for line in lines if name in {None, line["event"]}]


@contextmanager
def wire_server(log: Path | None = None, **settings: object) -> Iterator[Running]:
    """Run a server with `settings` (`wire.faults.Settings`) until the block ends; `log` is written as JSON lines."""
    given = {**settings, "log": str(log.resolve()) if log else None}
    process = subprocess.Popen(
        [sys.executable, "-m", "wire", json.dumps(given)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        cwd=TESTS,
    )  # fmt: skip
    assert process.stdout is not None and process.stdin is not None
    try:
        port = process.stdout.readline()
        if not port:
            raise RuntimeError("the wire server did not start")
        yield Running(int(port), process.pid, log)
    finally:
        process.stdin.close()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()

"""Servers of other people, as installed by `make local`, run over loopback for as long as the tests do."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

PATIENCE = 300
"""Seconds: a machine with more to do starts a server in a minute or two."""


@dataclass(frozen=True)
class Peer:
    """A server that was started. `name` is as the backend recognises it."""

    name: str
    port: int
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def ready(self) -> Peer:
        """Wait until it answers."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and self.process.poll() is None:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health", timeout=5).close()
            except OSError:
                time.sleep(0.1)
            else:
                return self
        raise RuntimeError(f"{self.name} did not start:\n{self.log.read_text(encoding='utf-8')[-2000:]}")

    def asked(self) -> int:
        """How many questions it was asked."""
        return len(re.findall(r'"POST /v1/chat/completions', self.log.read_text(encoding="utf-8")))


def start_mlx(folder: Path) -> Peer:
    """`mlx_vlm.server`.

    It says log-probabilities of more than one token only if it is started so; and 0.7.10 answers 500 to questions to
    Gemma 3 that come while it is at another one of another length, unless it is told to take them one after the other.
    """
    options = ["--top-logprobs-k", "20", "--max-num-seqs", "1"]
    return _start("mlx_vlm.server", folder, [sys.executable, "-m", "mlx_vlm.server", *options])


def start_transformers(folder: Path) -> Peer:
    """`transformers serve`."""
    command = [str(Path(sys.executable).with_name("transformers")), "serve", "--device", "cpu"]
    return _start("transformers serve", folder, command)


def stop(peer: Peer) -> None:
    """End a server."""
    peer.process.terminate()
    try:
        peer.process.wait(10)
    except subprocess.TimeoutExpired:
        peer.process.kill()
        peer.process.wait()


def _start(name: str, folder: Path, command: list[str]) -> Peer:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = folder / f"{name.replace(' ', '-')}.log"
    # Nothing is looked for on the network; without compilation MLX answers its first question at once.
    own = {
        "HF_HOME": str(folder / "hub"), "HF_HUB_OFFLINE": "1", "MLX_DISABLE_COMPILE": "1", "OMP_NUM_THREADS": "1",
        "TOKENIZERS_PARALLELISM": "false",
    }  # fmt: skip
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("RATER_", "COV_"))}
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [*command, "--host", "127.0.0.1", "--port", str(port)], cwd=folder, env=environment | own,
            stdin=subprocess.DEVNULL, stdout=stream, stderr=subprocess.STDOUT,
        )  # fmt: skip
    return Peer(name, port, process, log)

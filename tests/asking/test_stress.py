"""Real processes against a server that fails, killed again and again: nothing is lost and nothing is paid for twice."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest
from asking_checks import (
    check_answers_and_tokens,
    check_complete,
    check_nothing_asked_after_it_was_answered,
    check_unread_answers,
)
from asking_nursery import make_plan
from asking_support import make_items
from wire.running import wire_server

from lib.responses.record import Response

TESTS = Path(__file__).parents[1]
pytestmark = pytest.mark.slow
KILLS = 50
CONCURRENCY = 16
DEADLINE = 1.5
PROVIDERS = """
providers:
  local: {{concurrency: {most}, deadline: {deadline}, retries: 12, first_wait: 0.05, longest_wait: 0.5}}
"""
FAULTS = {
    "rate_limit": 0.02, "rate_limit_date": 0.001, "rate_limit_bare": 0.019, "server_500": 0.02, "server_503": 0.02,
    "reset": 0.02, "half_body": 0.02, "invalid_json": 0.01, "wrong_shape": 0.01, "stall": 0.004, "slow": 0.006,
    "refusal": 0.01, "empty": 0.01, "cut": 0.005, "duplicate": 0.005, "twice": 0.005, "model_version": 0.005,
    "wrong_tokens": 0.01,
}  # fmt: skip


class Nursery:
    def __init__(self, process):
        self.process = process

    def order(self, text: str) -> int:
        self.process.stdin.write(f"{text}\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def start(self, shard="all") -> int:
        return self.order(f"start {shard}")

    def wait(self, pid: int) -> int:
        return self.order(f"wait {pid}")


@contextmanager
def nursery(folder, server, items):
    given = {"folder": str(folder), "server": server}
    known = [(item.image_id, str(item.path), item.sha256) for item in items]
    (folder / "items.json").write_text(json.dumps(known))
    errors = (folder / "errors.txt").open("a")
    process = subprocess.Popen(
        [sys.executable, "-m", "asking_nursery", json.dumps(given)], cwd=TESTS, text=True, stderr=errors,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": f"{TESTS}:{TESTS.parent}"},
    )  # fmt: skip
    try:
        yield Nursery(process)
    finally:
        process.stdin.close()
        process.wait(30)
        process.stdout.close()
        errors.close()


@pytest.fixture
def place(tmp_path):
    (tmp_path / "providers.yaml").write_text(PROVIDERS.format(most=CONCURRENCY, deadline=60))
    return tmp_path


def lines_of(folder, shard="all") -> list[Response]:
    path = folder / "responses" / "local-vlm" / f"{shard}.jsonl"
    if not path.exists():
        return []
    whole = path.read_bytes().rpartition(b"\n")[0]
    return [msgspec.json.decode(line, type=Response) for line in whole.splitlines()]


def reports(folder) -> list[dict]:
    return [json.loads(line) for line in (folder / "reports.jsonl").read_text().splitlines()]


def kill_at_random(folder, server, started: Nursery, chance: random.Random, lines: int) -> float:
    """Kill the process after a random number of lines, or in its first moments; give the time."""
    path = folder / "responses" / "local-vlm" / "all.jsonl"

    def size() -> int:
        return path.stat().st_size if path.exists() else 0

    pid, before = started.start(), size()
    if chance.random() < 0.2:
        time.sleep(chance.uniform(0, 0.1))
    else:
        wanted, deadline = chance.uniform(0, 2 * lines) * 560, time.monotonic() + 20
        while size() - before < wanted and time.monotonic() < deadline:
            time.sleep(0.002)
        time.sleep(chance.uniform(0, 0.02))
    os.kill(pid, signal.SIGKILL)
    assert started.wait(pid) == -signal.SIGKILL, (folder / "errors.txt").read_text()
    server.status()  # what was sent to it before has been read by it now
    return time.time()


def test_nothing_is_lost_and_nothing_paid_for_twice(place):
    """1,440 images x 3 steps, a fifth of all requests fail, and 50 processes are killed at random moments."""
    (place / "providers.yaml").write_text(PROVIDERS.format(most=CONCURRENCY, deadline=DEADLINE))
    chance, items = random.Random(4), make_items(1440, place / "images")
    log = place / "server.jsonl"
    with wire_server(log, faults=FAULTS, seed=1, retry_after=0.05, stall_seconds=30, slow_seconds=0.2,
                     latency=0.01) as server:  # fmt: skip
        with nursery(place, server.local, items) as started:
            kills = [kill_at_random(place, server, started, chance, lines=60) for _ in range(KILLS)]
            last = started.start()
            time.sleep(0.3)
            assert started.wait(started.start()) == 3
            assert started.wait(last) == 0
        events = server.events()
    assert "asks its shard all" in (place / "errors.txt").read_text()
    plan, lines, report = make_plan(server.local), lines_of(place), reports(place)[-1]
    assert (report["complete"], report["stopped"], report["questions"]) == (True, None, 4320)
    check_complete(place, plan, items)
    check_nothing_asked_after_it_was_answered(lines, events)
    check_unread_answers(lines, events, kills, deadline=DEADLINE, most=CONCURRENCY)
    check_answers_and_tokens(lines, events)
    hit = Counter(event["fault"] for event in events if event["event"] == "request")
    assert sum(count for fault, count in hit.items() if fault) > 0.15 * sum(hit.values())
    assert set(FAULTS) <= set(hit)


def test_two_shards_side_by_side_ask_everything_once(place):
    items, log = make_items(120, place / "images"), place / "server.jsonl"
    with wire_server(log, latency=0.01) as server, nursery(place, server.local, items) as started:
        pids = [started.start(shard) for shard in ("1of2", "2of2")]
        assert [started.wait(pid) for pid in pids] == [0, 0]
        assert started.wait(started.start("all")) == 0
        events = server.events("request")
    assert len(events) == 360
    first, second = (lines_of(place, shard) for shard in ("1of2", "2of2"))
    assert len(first) + len(second) == 360
    assert min(len(first), len(second)) > 100
    assert not {line.key for line in first} & {line.key for line in second}
    whole = reports(place)[-1]
    assert (whole["shard"], whole["answered_before"], whole["answered"], whole["complete"]) == ("all", 360, 0, True)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_a_process_in_seconds_and_the_next_goes_on(place, number):
    items, log = make_items(100, place / "images"), place / "server.jsonl"
    with wire_server(log, latency=0.3) as server, nursery(place, server.local, items) as started:
        pid = started.start()
        while len(lines_of(place)) < 20:
            time.sleep(0.02)
        os.kill(pid, number)
        before = time.monotonic()
        assert started.wait(pid) == 0
        assert time.monotonic() - before < 5
        (report,) = reports(place)
        assert report["stopped"] == "interrupted"
        assert len(server.events("answered")) == len(lines_of(place)) == report["answered"] < 300
        server.set(latency=0.0)
        assert started.wait(started.start()) == 0
        assert len(server.events("request")) == 300
    assert reports(place)[-1]["complete"]

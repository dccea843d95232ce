"""Real processes against a server that fails, killed again and again: nothing is lost and nothing is paid for twice."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import msgspec
import pytest
from asking_nursery import PRICE, make_plan
from asking_support import make_items
from wire.answers import expected
from wire.running import wire_server

from lib.protocol.replay import replay
from lib.responses.record import Response
from lib.responses.store import read_store

TESTS = Path(__file__).parents[1]
pytestmark = pytest.mark.slow
KILLS = 50
CONCURRENCY = 16
DEADLINE = 1.5
PROVIDERS = f"""
providers:
  local: {{concurrency: {CONCURRENCY}, deadline: {DEADLINE}, retries: 12, first_wait: 0.05, longest_wait: 0.5}}
"""
FAULTS = {
    "rate_limit": 0.02, "rate_limit_date": 0.001, "rate_limit_bare": 0.019, "server_500": 0.02, "server_503": 0.02,
    "reset": 0.02, "half_body": 0.02, "invalid_json": 0.01, "wrong_shape": 0.01, "stall": 0.004, "slow": 0.006,
    "refusal": 0.01, "empty": 0.01, "cut": 0.005, "duplicate": 0.005, "twice": 0.005, "model_version": 0.005,
    "wrong_tokens": 0.01,
}  # fmt: skip
PASSING = frozenset({None, "duplicate", "twice", "model_version", "wrong_tokens", "slow", "stall"})
"""Faults after which the text of the answer is the right one."""


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
    (tmp_path / "providers.yaml").write_text(PROVIDERS)
    return tmp_path


def lines_of(folder, shard="all") -> list[Response]:
    path = folder / "responses" / "local-vlm" / f"{shard}.jsonl"
    if not path.exists():
        return []
    whole = path.read_bytes().rpartition(b"\n")[0]
    return [msgspec.json.decode(line, type=Response) for line in whole.splitlines()]


def reports(folder) -> list[dict]:
    return [json.loads(line) for line in (folder / "reports.jsonl").read_text().splitlines()]


def kill_at_random(folder, started: Nursery, chance: random.Random, lines: int) -> float:
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
    assert started.wait(pid) == -signal.SIGKILL, "the process ended before it was killed"
    return time.time()


def test_nothing_is_lost_and_nothing_paid_for_twice(place):
    """1,440 images x 3 steps, a fifth of all requests fail, and 50 processes are killed at random moments."""
    chance, items = random.Random(4), make_items(1440, place / "images")
    log = place / "server.jsonl"
    with wire_server(log, faults=FAULTS, seed=1, retry_after=0.05, stall_seconds=30, slow_seconds=0.2,
                     latency=0.01) as server:  # fmt: skip
        with nursery(place, server.local, items) as started:
            kills = [kill_at_random(place, started, chance, lines=60) for _ in range(KILLS)]
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
    check_unread_answers(lines, events, kills)
    check_answers_and_tokens(lines, events)
    hit = Counter(event["fault"] for event in events if event["event"] == "request")
    assert sum(count for fault, count in hit.items() if fault) > 0.15 * sum(hit.values())
    assert set(FAULTS) <= set(hit)


def check_complete(folder, plan, items):
    """Every image has its three answers, and the file holds nothing but whole lines and the set-aside tails."""
    store = read_store(folder / "responses", "local-vlm")
    assert (store.report.answers, store.report.fault_count) == (4320, 0)
    for item in items:
        walked = replay(plan, item, 0, store.lookup)
        assert walked.pending is None
        assert [outcome.skipped for outcome in walked.outcomes] == [None, None, None]


def check_nothing_asked_after_it_was_answered(lines, events):
    """No request for a question leaves once its answer was read; and each has one line with an answer."""
    read: dict[tuple[str, str | None], float] = {}
    for line in lines:
        if line.failure is None:
            question = (line.prompt, line.image_sha256)
            assert question not in read, "answered twice"
            read[question] = datetime.fromisoformat(line.asked_at).timestamp() + (line.latency or 0)
    late = [
        event for event in events
        if event["event"] == "request" and event["time"] > read[event["prompt"].strip(), event["image"]] + 0.05
    ]  # fmt: skip
    assert late == []


def check_unread_answers(lines, events, kills):
    """What was answered but is not in the store was on its way at a kill: among the last answers before it.

    The exception are answers that came after the deadline.
    """
    asked = {event["n"]: event for event in events if event["event"] == "request"}
    answered = [event for event in events if event["event"] == "answered"]
    in_time = [event for event in answered if event["time"] - asked[event["n"]]["time"] < DEADLINE / 2]
    stored = Counter((line.prompt, line.image_sha256) for line in lines if line.failure is None)
    lives: dict[int, list[bool]] = defaultdict(list)
    for event in reversed(in_time):  # the last answer to a question is the one that was read
        question = asked[event["n"]]["prompt"].strip(), asked[event["n"]]["image"]
        stored[question] -= 1
        lives[sum(kill < event["time"] for kill in kills)].append(stored[question] < 0)
    for unread in lives.values():  # each from its end
        assert not any(unread[2 * CONCURRENCY :])
        assert sum(unread) <= CONCURRENCY
    assert not any(lives[len(kills)])


def check_answers_and_tokens(lines, events):
    """Each line is one of the answers that the server sent to this question, to the token and to the cent."""
    asked = {event["n"]: event for event in events if event["event"] == "request"}
    sent = defaultdict(list)
    for event in events:
        if event["event"] == "answered":
            request = asked[event["n"]]
            sent[request["prompt"].strip(), request["image"]].append(event)
    tokens = {"store": Counter(), "server": Counter()}
    cost = 0.0
    for line in lines:
        if line.failure is not None:
            continue
        answers = sent[line.prompt, line.image_sha256]
        counts = {name: getattr(line, name) for name in ("tokens_in", "tokens_out", "tokens_thinking")}
        text = line.text or line.refusal or ""
        same = [event for event in answers if event["text"] == text and matches(event, counts)]
        assert same, (line, answers)
        for name, count in counts.items():
            tokens["store"][name] += count or 0
            tokens["server"][name] += same[0][name] or 0
        if same[0]["fault"] in PASSING:
            assert json.loads(text) == expected(line.prompt, line.image_sha256)
        if counts["tokens_in"] is not None and counts["tokens_out"] is not None:
            spent = (
                counts["tokens_in"] * PRICE.input
                + (counts["tokens_out"] + (counts["tokens_thinking"] or 0)) * PRICE.output
            )
            assert line.cost == pytest.approx(float(spent) / 1e6, rel=1e-12)
            cost += float(spent) / 1e6
        else:
            assert line.cost is None
    assert tokens["store"] == tokens["server"]
    assert tokens["store"]["tokens_in"] > 1_000_000
    assert sum(line.cost or 0 for line in lines) == pytest.approx(cost)


def matches(event, counts) -> bool:
    return all((event[name] or 0) == (count or 0) for name, count in counts.items())


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

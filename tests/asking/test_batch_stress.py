"""Real processes that ask by batches, killed again and again: nothing is lost, nothing is handed in or stored twice."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import msgspec
import pytest
from asking_support import make_items
from backends_support import environment
from batch_nursery import make_plan
from wire.answers import expected
from wire.running import wire_server

from lib.contracts.prices import read_prices
from lib.protocol.replay import replay
from lib.responses.batch_lines import Fetched, Void
from lib.responses.batches import read_book
from lib.responses.record import Response
from lib.responses.store import read_store

TESTS = Path(__file__).parents[1]
pytestmark = pytest.mark.slow
KILLS = 30
IMAGES = 60
GOES = {
    "polls": 1, "shuffle": True, "twice": 0.05, "missing": 0.04, "broken": 0.01, "errors": {"500": 0.04, "429": 0.02},
    "listed_after": 0.3, "create": ["", "lost", "429", "", "500", "lost", "", "429", "", "lost"] * 3,
    "upload": ["", "", "500", "", "429"] * 3,
}  # fmt: skip


@pytest.mark.parametrize("provider", ["openai", "gemini"])
def test_nothing_is_lost_handed_in_twice_or_stored_twice(tmp_path, provider):
    chance, items = random.Random(7), make_items(IMAGES, tmp_path / "images")
    (tmp_path / "items.json").write_text(json.dumps([(each.image_id, str(each.path), each.sha256) for each in items]))
    with wire_server(tmp_path / "server.jsonl", batches=GOES, latency=0.0) as wire:
        child = subprocess.Popen(
            [sys.executable, "-m", "batch_nursery", json.dumps({"folder": str(tmp_path), "provider": provider})],
            cwd=TESTS, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            env={**os.environ, **environment(wire), "PYTHONPATH": f"{TESTS}:{TESTS.parent}"},
        )  # fmt: skip

        def order(text: str) -> int:
            child.stdin.write(f"{text}\n")
            child.stdin.flush()
            return int(child.stdout.readline())

        kills = 0
        for _ in range(KILLS):
            pid = order("start")
            time.sleep(chance.choice([0.05, 0.15, 0.4, 1.2]) * chance.random())
            os.kill(pid, signal.SIGKILL)
            kills += order(f"wait {pid}") == -signal.SIGKILL
        assert order(f"wait {order('start')}") == 0
        child.stdin.close()
        child.wait(30)
        child.stdout.close()
        events = wire.events()
    assert (tmp_path / "complete").exists()
    assert kills > KILLS // 2
    check(tmp_path, provider, items, events)


def check(folder, provider, items, events) -> None:
    plan = make_plan(provider)
    store, book = read_store(folder / "responses", "asked"), read_book(folder / "responses/asked")
    assert (store.report.fault_count, book.report.fault_count, book.open, book.uncertain) == (0, 0, [], [])
    for item in items:
        assert replay(plan, item, 0, store.lookup).pending is None
    content = (folder / "responses/asked/all.jsonl").read_bytes()
    lines = [msgspec.json.decode(line, type=Response) for line in content.splitlines()]
    answers = [line for line in lines if line.failure is None]
    assert set(Counter(line.key for line in answers).values()) == {1}
    assert len(answers) == 3 * IMAGES

    handed_in = {event["id"]: event for event in events if event["event"] == "batch"}
    known = {batch.id: batch for batch in book.batches.values() if isinstance(batch.ended, Fetched)}
    assert handed_in.keys() == known.keys(), "a batch was made that nobody knows of, or the other way round"
    assert any(isinstance(batch.ended, Void) for batch in book.batches.values())
    times = Counter(key for event in handed_in.values() for key in event["keys"])
    marks = [batch.ended for batch in known.values()]
    assert sum(times.values()) - len(times) == sum(mark.missing + mark.failed for mark in marks)
    assert sum(mark.answered for mark in marks) == len(answers)

    by_time = {batch.intent.time: name for name, batch in known.items()}
    worked = {(event["batch"], event["key"]): event for event in events if event["event"] == "batched"}
    price = read_prices(TESTS.parent).find(provider, plan.condition.model)
    for line in answers:
        event = worked[by_time[line.asked_at], line.key]
        assert (line.prompt, line.image_sha256, line.text) == (event["prompt"].strip(), event["image"], event["text"])
        assert json.loads(line.text) == expected(line.prompt, line.image_sha256)
        tokens = [event[name] or 0 for name in ("tokens_in", "tokens_out", "tokens_thinking")]
        assert tokens == [line.tokens_in, line.tokens_out, line.tokens_thinking]
        cost = (tokens[0] * price.input + sum(tokens[1:]) * price.output) * price.batch_factor
        assert line.cost == pytest.approx(float(cost) / 1e6, rel=1e-12)
    assert sum(store.spent().values()) == pytest.approx(sum(line.cost for line in answers))

"""The wire server itself: what it answers can be foretold, and what it injects does not depend on time or order."""

from __future__ import annotations

import http.client
import json
import socket
import urllib.error
import urllib.request
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from wire.answers import answer_text, expected
from wire.faults import FAULTS, Settings, everything
from wire.running import Running, wire_server

PROMPT = 'Choose one from: joy, anger.\nRespond with ONLY a JSON object: {"emotion": "<your answer>"}'


def post(wire: Running, prompt: str = PROMPT, **more: Any) -> tuple[int, bytes]:
    body = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": prompt}], **more}
    request = urllib.request.Request(f"{wire.openai}/chat/completions", json.dumps(body).encode())
    try:
        with urllib.request.urlopen(request, timeout=20) as reply:
            return reply.status, reply.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()
    except (OSError, http.client.HTTPException):
        return 0, b""


@pytest.mark.parametrize(
    ("prompt", "steps"),
    [
        (PROMPT, {"emotion": {"joy", "anger"}}),
        ('Rate from -3 to 3.\nRespond with ONLY a JSON object: {"valence": <integer -3-3>}', {"valence": range(-3, 4)}),
        ("Choose one from: joy, anger. Answer with a single word only.", {"emotion": {"joy", "anger"}}),
        ("How pleasant? Rate from 1 to 9. Answer with a single number only.", {"valence": range(1, 10)}),
        ("How intense? Rate from 1 to 9. Answer with a single number only.", {"arousal": range(1, 10)}),
    ],
)
def test_answers_are_of_the_kind_asked_for(prompt: str, steps: dict[str, Any]) -> None:
    seen = [expected(prompt, str(image)) for image in range(200)]
    for name, allowed in steps.items():
        assert {values[name] for values in seen} == set(allowed)
    assert all(set(values) == set(steps) for values in seen)
    if "JSON" in prompt:
        assert json.loads(answer_text(prompt, "7")) == expected(prompt, "7")


def test_faults_come_at_their_rate_whatever_the_order() -> None:
    settings = Settings(faults=everything(0.2), seed=3)
    hit = {(digest, attempt): settings.fault(str(digest), attempt) for digest in range(5000) for attempt in range(2)}
    counts = Counter(hit.values())
    assert 0.18 < 1 - counts[None] / len(hit) < 0.22
    assert set(counts) == {None, *everything(0.2)}
    again = Settings(faults=everything(0.2), seed=3)
    assert all(again.fault(str(digest), attempt) == hit[digest, attempt] for digest, attempt in reversed(hit))
    assert any(Settings(faults=everything(0.2), seed=4).fault(str(digest), 0) != hit[digest, 0] for digest in range(99))


@pytest.mark.parametrize("settings", [{"faults": {"typo": 0.1}}, {"script": ["typo"]}, {"faults": {"stall": 1.1}}])
def test_unknown_faults_and_rates_above_one_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="known are"):
        Settings(**settings)


def test_the_log_tells_what_was_asked_and_what_was_fully_sent(tmp_path: Path) -> None:
    with wire_server(tmp_path / "log", script=["half_body", "reset", "server_500", "empty", ""]) as wire:
        said = [post(wire) for _ in range(5)]
        events = wire.events()
    assert [status for status, _ in said] == [0, 0, 500, 200, 200]
    asked = [event for event in events if event["event"] == "request"]
    assert [event["fault"] for event in asked] == ["half_body", "reset", "server_500", "empty", None]
    assert [event["attempt"] for event in asked] == [0, 1, 2, 3, 4]
    ends = [(event["event"], event["whole"]) for event in events if event["event"] != "request"]
    assert ends == [("failed", False), ("failed", False), ("failed", True), ("answered", True), ("answered", True)]
    last = events[-1]
    usage = json.loads(said[-1][1])["usage"]
    assert (last["tokens_in"], last["tokens_out"]) == (usage["prompt_tokens"], usage["completion_tokens"])
    assert last["text"] == answer_text(PROMPT, None)


def test_a_client_that_goes_away_got_no_answer(tmp_path: Path) -> None:
    with wire_server(tmp_path / "log", script=["stall"], stall_seconds=30.0) as wire:
        with socket.create_connection(("127.0.0.1", wire.port)) as client:
            body = json.dumps({"model": "m", "messages": [{"role": "user", "content": PROMPT}]}).encode()
            client.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
            while not wire.events("request"):
                pass
        while not wire.events("failed"):
            pass
        assert wire.status()["in_flight"] == 0
        assert not wire.events("answered")


def test_the_hosted_server_is_strict(tmp_path: Path) -> None:
    with wire_server(tmp_path / "log") as wire:
        assert post(wire, repetition_penalty=1.5)[0] == 400
        wire.set(strict=False)
        assert post(wire, repetition_penalty=1.5)[0] == 200


def test_every_fault_can_be_had(tmp_path: Path) -> None:
    with wire_server(tmp_path / "log", script=list(FAULTS), stall_seconds=0.1, slow_seconds=0.1) as wire:
        for _ in FAULTS:
            post(wire)
        assert [event["fault"] for event in wire.events("request")] == list(FAULTS)
        assert wire.status()["in_flight"] == 0

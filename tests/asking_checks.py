"""The store held against the wire server's log."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from datetime import datetime

import pytest
from asking_nursery import PRICE
from wire.answers import expected

from lib.protocol.replay import replay
from lib.responses.store import read_store

PASSING = frozenset({None, "duplicate", "twice", "model_version", "wrong_tokens", "slow", "stall"})
"""Faults after which the text of the answer is the right one."""


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


def check_unread_answers(lines, events, kills, deadline, most):
    """What was answered but is not in the store was on its way at a kill: among the last answers before it.

    The exception are answers that came after the deadline.
    """
    asked = {event["n"]: event for event in events if event["event"] == "request"}
    answered = [event for event in events if event["event"] == "answered"]
    in_time = [event for event in answered if event["time"] - asked[event["n"]]["time"] < deadline / 2]
    stored = Counter((line.prompt, line.image_sha256) for line in lines if line.failure is None)
    lives: dict[int, list[bool]] = defaultdict(list)
    for event in reversed(in_time):  # the last answer to a question is the one that was read
        question = asked[event["n"]]["prompt"].strip(), asked[event["n"]]["image"]
        stored[question] -= 1
        asked_at = asked[event["n"]]["time"]
        lives[sum(kill < asked_at for kill in kills)].append(stored[question] < 0)
    for unread in lives.values():  # each from its end
        assert not any(unread[2 * most :])
        assert sum(unread) <= most
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

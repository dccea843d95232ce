"""Responses and stores for tests, and strategies that draw them."""

from __future__ import annotations

import hashlib
from typing import Any

from hypothesis import strategies as st

from lib.responses.record import Failure, Response

CONDITION = "some-model"


def key_of(number: object) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()


def response(number: int = 0, **changed: Any) -> Response:
    """A response to question `number`; equal numbers are the same question."""
    fields: dict[str, Any] = {
        "key": key_of(number),
        "condition": CONDITION,
        "image_id": f"image-{number}",
        "step": "emotion",
        "prompt": "What is the facial expression in this image?",
        "text": f'{{"emotion": "happy"}} {number}',
        "backend": "openai",
        "model": "m",
        "asked_at": "2026-11-22T05:00:00+00:00",
    }
    return Response(**{**fields, **changed})


def failed(number: int = 0, **changed: Any) -> Response:
    return response(number, **{"text": "", "failure": Failure("timeout", "nothing came within 60 s"), **changed})


TEXTS = st.text(max_size=40) | st.sampled_from(["cut \ud83d", "\U0001f600"]) | st.just("x" * 700)
AMOUNTS = st.none() | st.integers(0, 10_000)


@st.composite
def responses(draw: st.DrawFn, questions: int = 6) -> Response:
    """Any response to one of a few questions, so that questions are often answered twice."""
    number = draw(st.integers(0, questions - 1))
    if draw(st.booleans()) and draw(st.booleans()):
        return failed(number, cost=draw(st.none() | st.just(0.25)), currency="USD")
    return response(
        number,
        text=draw(TEXTS),
        refusal=draw(st.none() | TEXTS),
        finish_reason=draw(st.none() | st.sampled_from(["stop", "length"])),
        thoughts=draw(st.none() | TEXTS),
        values=draw(st.dictionaries(st.sampled_from(["emotion", "valence"]), st.none() | TEXTS | st.floats(1, 9))),
        tokens_in=draw(AMOUNTS),
        tokens_thinking=draw(AMOUNTS),
        log_probabilities=draw(st.none() | st.just([[("ha", -0.1), ("sa", -2.5)]])),
        cost=draw(st.none() | st.integers(0, 64).map(lambda amount: amount / 64)),
        currency="USD",
    )

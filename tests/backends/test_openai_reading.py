from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.backends.base import BackendError
from lib.backends.openai_reading import read_answer, read_usage

COUNTS = st.one_of(st.none(), st.integers(-5, 400), st.text(max_size=3), st.booleans(), st.floats(allow_nan=False))


def body(message: dict[str, Any] | None = None, **more: Any) -> bytes:
    choice = {"index": 0, "finish_reason": "stop", "message": message or {"role": "assistant", "content": "5"}}
    return json.dumps({"choices": [choice], "model": "m", **more}).encode()


@pytest.mark.parametrize(
    ("usage", "counted"),
    [
        (None, (None, None, None, None)),
        ("many", (None, None, None, None)),
        ({"prompt_tokens": 10, "completion_tokens": 4, "total_tokens": 14}, (10, 4, None, None)),
        ({"prompt_tokens": 10, "completion_tokens": 30, "total_tokens": 40,
          "completion_tokens_details": {"reasoning_tokens": 25}}, (10, 5, 25, None)),
        ({"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 40,
          "completion_tokens_details": {"reasoning_tokens": 25}}, (10, 5, 25, None)),
        ({"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15,
          "completion_tokens_details": {"reasoning_tokens": 25}}, (10, None, None, None)),
        ({"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15,
          "completion_tokens_details": {"reasoning_tokens": 0}, "prompt_tokens_details": {"cached_tokens": 8}},
         (10, 5, 0, 8)),
    ],
)  # fmt: skip
def test_usage(usage: object, counted: tuple[int | None, ...]) -> None:
    assert read_usage(usage) == counted


@given(prompt=COUNTS, written=COUNTS, total=COUNTS, reasoning=COUNTS)
def test_no_count_is_ever_negative_or_made_up(prompt: Any, written: Any, total: Any, reasoning: Any) -> None:
    usage = {
        "prompt_tokens": prompt, "completion_tokens": written, "total_tokens": total,
        "completion_tokens_details": {"reasoning_tokens": reasoning},
    }  # fmt: skip
    counts = read_usage(usage)
    assert all(count is None or count >= 0 for count in counts)
    if counts[1] is not None and counts[2] is not None:
        assert counts[1] + counts[2] in {written, written + reasoning}


@given(st.binary(max_size=60))
def test_any_bytes_are_an_answer_or_malformed(data: bytes) -> None:
    try:
        read_answer("X", data)
    except BackendError as error:
        assert error.kind in {"malformed", "server"}


@pytest.mark.parametrize(
    "data", [b"", b"{}", b'{"choices": []}', b'{"choices": [{}]}', b'{"choices": [{"message": 5}]}', b"[]", b"<html>"]
)
def test_no_answer_is_malformed(data: bytes) -> None:
    with pytest.raises(BackendError) as caught:
        read_answer("X", data)
    assert caught.value.kind == "malformed"


@pytest.mark.parametrize(
    ("code", "kind"), [(429, "rate_limit"), (502, "server"), ("odd", "server"), (401, "unauthorized")]
)
def test_a_failure_under_status_200_is_a_failure(code: object, kind: str) -> None:
    with pytest.raises(BackendError) as caught:
        read_answer("X", json.dumps({"error": {"code": code, "message": "no"}}).encode())
    assert caught.value.kind == kind


def test_texts_and_thoughts() -> None:
    assert (
        read_answer("X", body({"content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]})).text == "ab"
    )
    assert read_answer("X", body({"content": None})).text == ""
    assert read_answer("X", body({"content": "5", "reasoning_content": "hm"})).thoughts == "hm"
    assert read_answer("X", body({"content": "5", "reasoning": "hm"})).thoughts == "hm"
    assert read_answer("X", body({"content": "5", "reasoning": "hm"}), with_thoughts=False).thoughts is None


def test_a_filter_is_a_refusal() -> None:
    filtered = json.loads(body({"content": ""}))
    filtered["choices"][0]["finish_reason"] = "content_filter"
    assert read_answer("X", json.dumps(filtered).encode()).refusal == "content_filter"
    assert read_answer("X", body({"content": None, "refusal": "I cannot."})).refusal == "I cannot."


@pytest.mark.parametrize("logprobs", [None, 5, {"content": None}, {"content": [{"token": "a"}]}, {"content": [5]}])
def test_log_probabilities_that_are_none_do_not_cost_the_answer(logprobs: object) -> None:
    odd = json.loads(body())
    odd["choices"][0]["logprobs"] = logprobs
    answer = read_answer("X", json.dumps(odd).encode())
    assert (answer.text, answer.log_probabilities) == ("5", None)

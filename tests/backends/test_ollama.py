"""Contract tests: there is no real Ollama here."""

from __future__ import annotations

from typing import Any

import pytest
from backends_support import ask, condition
from wire.ollama_dialect import digest
from wire.running import Running

from lib.backends.ollama_settings import address_of, chat_settings
from lib.errors import BackendUnavailableError, ParameterError

THINKER = "qwen3-vl:4b-thinking"
DYNAMIC, BUDGET = {"mode": "dynamic"}, {"mode": "budget", "budget": 1024}


def settings(**changes: Any) -> dict[str, Any]:
    return chat_settings(condition("ollama", **changes))


def test_the_paper_s_qwen_in_ollama_s_words() -> None:
    decoding = {"temperature": 0, "repetition_penalty": 1.5}
    assert settings(model=THINKER, thinking=BUDGET, decoding=decoding) == {
        "model": THINKER, "think": True, "options": {"temperature": 0, "repeat_penalty": 1.5, "num_predict": 1280},
    }  # fmt: skip


def test_everything_that_ollama_takes() -> None:
    decoding = {"temperature": 1, "top_p": 0.9, "seed": 42, "max_tokens": 64, "log_probabilities": 5}
    assert settings(decoding=decoding) == {
        "model": "llava:7b", "think": False, "logprobs": True, "top_logprobs": 5,
        "options": {"temperature": 1, "top_p": 0.9, "seed": 42, "num_predict": 64},
    }  # fmt: skip
    assert settings(model=THINKER, thinking=BUDGET, decoding={"max_tokens": 64})["options"]["num_predict"] == 1088


@pytest.mark.parametrize("setting", ["image_detail", "media_resolution"])
def test_what_ollama_cannot_take_is_refused(setting: str) -> None:
    with pytest.raises(ParameterError, match=f"condition ollama-test: decoding.{setting}: got 'low'"):
        settings(decoding={setting: "low"})


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ("", "http://127.0.0.1:11434"), ("0.0.0.0", "http://127.0.0.1:11434"), ("box", "http://box:11434"),
        ("box:1", "http://box:1"), ("http://box", "http://box:80"), ("https://box/", "https://box:443"),
        ("http://box:1/ollama", "http://box:1/ollama"), ("[::1]:5", "http://[::1]:5"), (":5", "http://127.0.0.1:5"),
    ],
)  # fmt: skip
def test_where_ollama_is(given: str, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLLAMA_HOST", given)
    assert address_of(condition("ollama")) == address
    assert address_of(condition("ollama", server="http://mine:9")) == "http://mine:9"


def test_the_version_is_the_digest_of_the_weights(wire: Running) -> None:
    assert ask(condition("ollama")).model_version == f"llava:7b@{digest('llava:7b')}"
    assert ask(condition("ollama"), preflight=False).model_version == "llava:7b"


def test_thinking_and_answer_are_counted_together_and_not_told_apart(wire: Running) -> None:
    thought = ask(condition("ollama", model=THINKER, thinking=DYNAMIC))
    assert thought.thoughts is not None
    assert thought.tokens_thinking is None
    plain = ask(condition("ollama", model=THINKER, thinking={"mode": "off"}))
    assert (plain.thoughts, plain.tokens_thinking) == (None, 0)
    assert thought.tokens_out > plain.tokens_out  # type: ignore[operator]


def test_log_probabilities(wire: Running) -> None:
    answer = ask(condition("ollama", decoding={"log_probabilities": 5}))
    assert answer.log_probabilities is not None
    assert {len(token) for token in answer.log_probabilities} == {5}
    assert "".join(token[0][0] for token in answer.log_probabilities) == answer.text


@pytest.mark.parametrize(
    ("says", "changes", "why"),
    [
        ({}, {"thinking": DYNAMIC}, "llava:7b does not think"),
        ({"capabilities": ["completion"]}, {}, "takes no images"),
        ({"thinking": {"values": [True]}}, {"model": THINKER}, r"only takes think = \[True\]"),
        ({"version": "0.8.9"}, {"model": THINKER, "thinking": DYNAMIC}, r"Update Ollama to 0\.9\.0"),
        ({"version": "0.12.10"}, {"decoding": {"log_probabilities": 5}}, r"Update Ollama to 0\.12\.11"),
    ],
)
def test_what_server_or_model_cannot_do_is_refused_by_preflight(
    wire: Running, says: dict[str, Any], changes: dict[str, Any], why: str
) -> None:
    wire.set(**says)
    before = wire.status()["requests"]
    with pytest.raises(ParameterError, match=why):
        ask(condition("ollama", **changes))
    assert wire.status()["requests"] == before


@pytest.mark.parametrize("version", ["0.0.0", "0.20.1-rc2", "mine"])
def test_a_version_that_says_nothing_is_let_through(wire: Running, version: str) -> None:
    wire.set(version=version)
    assert ask(condition("ollama", decoding={"log_probabilities": 5})).text


def test_another_server_at_that_address_is_named(wire: Running) -> None:
    with pytest.raises(BackendUnavailableError, match="as no Ollama does"):
        ask(condition("ollama", server=wire.local))


def test_ollama_s_key_is_not_given_to_a_server_that_a_file_names(wire: Running) -> None:
    wire.set(key="planted-server-0123456789")
    assert ask(condition("ollama", server=wire.ollama)).text
    wire.set(key="planted-ollama-0123456789")
    assert ask(condition("ollama")).text

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any

import openai
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from backends_support import STUDY, ask, condition, outcome, picture, question, with_backend
from wire.faults import Settings
from wire.openai_dialect import HOSTED as TAKEN_BY_OPENAI
from wire.openai_dialect import parse
from wire.running import Running

from lib.backends import openai_settings
from lib.backends.base import Backend, BackendError
from lib.backends.openai_settings import (
    HOSTED,
    LLAMA_CPP,
    LM_STUDIO,
    MLX,
    OTHER,
    TRANSFORMERS,
    VLLM,
    Flavour,
    address_of,
    is_hosted,
    request_settings,
)  # fmt: skip
from lib.backends.registry import open_backend
from lib.contracts.condition import Condition, Decoding
from lib.errors import BackendUnavailableError, ParameterError

EVERYTHING = {"temperature": 0.5, "top_p": 0.9, "seed": 42, "max_tokens": 64, "log_probabilities": 5}
OFF, DYNAMIC, BUDGET = {"mode": "off"}, {"mode": "dynamic"}, {"mode": "budget", "budget": 1024}


def settings(flavour: Flavour = HOSTED, **changes: Any) -> dict[str, Any]:
    return request_settings(condition("openai", **changes), flavour)


def test_the_paper_s_decoding_in_openai_s_words() -> None:
    decoding = {"temperature": 0, "seed": 42, "image_detail": "high"}
    assert settings(decoding=decoding) == {"model": "gpt-4o-mini", "temperature": 0, "seed": 42}


def test_everything_that_openai_takes() -> None:
    assert settings(decoding=EVERYTHING) == {
        "model": "gpt-4o-mini", "temperature": 0.5, "top_p": 0.9, "seed": 42, "max_completion_tokens": 64,
        "logprobs": True, "top_logprobs": 5,
    }  # fmt: skip
    assert set(settings(decoding=EVERYTHING)) <= TAKEN_BY_OPENAI


def test_what_is_not_set_is_not_sent() -> None:
    assert settings(decoding={"temperature": None}) == {"model": "gpt-4o-mini"}


@pytest.mark.parametrize(
    ("model", "thinking", "sent"),
    [
        ("gpt-4o-mini", OFF, None),
        ("gpt-4.1", OFF, None),
        ("gpt-5-chat-latest", OFF, None),
        ("ft:gpt-4o-mini:lab", OFF, None),
        ("gpt-5-mini", DYNAMIC, None),
        ("o4-mini", DYNAMIC, None),
        ("gpt-5.1", OFF, "none"),
        ("gpt-5.2-mini", OFF, "none"),
        ("gpt-6", OFF, "none"),
    ],
)
def test_reasoning_of_openai(model: str, thinking: dict[str, Any], sent: str | None) -> None:
    found = settings(model=model, thinking=thinking, decoding={"temperature": None})
    assert found.get("reasoning_effort") == sent


@pytest.mark.parametrize(
    ("changes", "named", "cure"),
    [
        ({"thinking": DYNAMIC}, "thinking.mode", "off"),
        ({"thinking": BUDGET}, "thinking.mode", "dynamic"),
        ({"model": "gpt-5-mini", "thinking": OFF}, "thinking.mode", "dynamic"),
        ({"model": "o3", "thinking": OFF}, "thinking.mode", "dynamic"),
        ({"model": "gpt-5.2-pro", "thinking": OFF}, "thinking.mode", "dynamic"),
        ({"model": "gpt-5-mini", "thinking": DYNAMIC, "decoding": {"temperature": 0}}, "temperature", "null"),
        ({"model": "o3", "thinking": DYNAMIC, "decoding": {"temperature": None, "top_p": 0.5}}, "top_p", "null"),
        ({"decoding": {"repetition_penalty": 1.5}}, "repetition_penalty", "Take it out"),
        ({"decoding": {"include_thoughts": True}}, "include_thoughts", "Take it out"),
    ],
)
def test_what_openai_cannot_take_is_refused_with_the_cure(changes: dict[str, Any], named: str, cure: str) -> None:
    with pytest.raises(ParameterError, match=f"condition openai-test: .*{named}: got ") as caught:
        settings(**changes)
    assert cure in str(caught.value)


@pytest.mark.parametrize(
    ("flavour", "extra"),
    [
        (VLLM, {"repetition_penalty": 1.5, "thinking_token_budget": 1024,
                "chat_template_kwargs": {"enable_thinking": True, "thinking": True}}),
        (MLX, {"repetition_penalty": 1.5, "thinking_budget": 1024, "enable_thinking": True}),
    ],
)  # fmt: skip
def test_a_budget_and_a_penalty_in_the_words_of_those_who_know_both(flavour: Flavour, extra: dict[str, Any]) -> None:
    found = settings(flavour, thinking=BUDGET, decoding={"repetition_penalty": 1.5, "max_tokens": 9})
    assert found == {"model": "gpt-4o-mini", "temperature": 0, "max_tokens": 9, **extra}


@pytest.mark.parametrize(
    ("flavour", "name", "value"),
    [
        (VLLM, "repetition_penalty", 1.25), (MLX, "repetition_penalty", 1.25), (LLAMA_CPP, "repeat_penalty", 1.25),
        (LM_STUDIO, "repeat_penalty", 1.25), (TRANSFORMERS, "frequency_penalty", 0.25),
    ],
)  # fmt: skip
def test_the_repetition_penalty_has_many_names(flavour: Flavour, name: str, value: float) -> None:
    assert settings(flavour, decoding={"repetition_penalty": 1.25})[name] == value


@pytest.mark.parametrize("flavour", [OTHER, LM_STUDIO, LLAMA_CPP, TRANSFORMERS])
def test_a_budget_is_refused_by_those_who_have_none(flavour: Flavour) -> None:
    with pytest.raises(ParameterError, match=r"thinking\.mode"):
        settings(flavour, thinking=BUDGET)


@pytest.mark.parametrize("flavour", [LM_STUDIO, TRANSFORMERS])
def test_log_probabilities_are_refused_by_those_who_have_none(flavour: Flavour) -> None:
    with pytest.raises(ParameterError, match="log_probabilities"):
        settings(flavour, decoding={"log_probabilities": 5})


def test_an_unknown_server_is_not_trusted_with_what_it_may_drop() -> None:
    with pytest.raises(ParameterError, match=r"repetition_penalty.*in silence"):
        settings(OTHER, decoding={"repetition_penalty": 1.5})


def test_thinking_off_is_said_to_those_who_can_be_told() -> None:
    assert settings(VLLM)["chat_template_kwargs"] == {"enable_thinking": False, "thinking": False}
    assert settings(MLX)["enable_thinking"] is False
    assert "chat_template_kwargs" not in settings(VLLM, model="mistralai/Pixtral-12B-2409")
    assert settings(OTHER) == {"model": "gpt-4o-mini", "temperature": 0}


@pytest.mark.parametrize("flavour", [VLLM, MLX, LLAMA_CPP, LM_STUDIO, TRANSFORMERS])
def test_detail_of_images_is_openai_s(flavour: Flavour) -> None:
    with pytest.raises(ParameterError, match="image_detail"):
        settings(flavour, decoding={"image_detail": "high"})


def test_where_a_condition_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    assert address_of(condition("openai")) == "https://api.openai.com/v1"
    monkeypatch.setenv("OPENAI_BASE_URL", "http://gate/v1/")
    assert address_of(condition("openai")) == "http://gate/v1"
    assert address_of(condition("openai", server="http://mine:1/v1")) == "http://mine:1/v1"


@pytest.mark.parametrize(
    ("address", "hosted"),
    [
        ("https://api.openai.com/v1", True), ("https://eu.api.openai.com/v1", True), ("https://notopenai.com", False),
        ("https://x.openai.azure.com/openai/v1", True), ("http://127.0.0.1:1/v1", False),
        ("https://openai.com.evil/v1", False),
    ],
)  # fmt: skip
def test_openai_is_told_from_others(address: str, hosted: bool) -> None:
    assert is_hosted(address) == hosted


@pytest.mark.parametrize(
    ("owned_by", "header", "flavour"),
    [
        ("vllm", None, VLLM), ("llamacpp", None, LLAMA_CPP), ("organization_owner", None, LM_STUDIO),
        (None, "uvicorn, mlx_vlm/0.7.10", MLX), (None, "llama.cpp", LLAMA_CPP), (None, "uvicorn", OTHER),
        (None, None, OTHER),
    ],
)  # fmt: skip
def test_servers_are_recognised(wire: Running, owned_by: str | None, header: str | None, flavour: Flavour) -> None:
    wire.set(owned_by=owned_by, server_header=header)
    asked = condition("openai", server=wire.local, model="local-vlm")

    async def flavour_of(backend: Backend) -> Flavour:
        return backend.flavour  # type: ignore[attr-defined,no-any-return]

    assert with_backend(asked, flavour_of) == flavour


def test_a_budget_reaches_vllm_and_its_thoughts_come_back(wire: Running) -> None:
    wire.set(owned_by="vllm")
    asked = condition("openai", server=wire.local, model="local-vlm", thinking={"mode": "budget", "budget": 7})
    answer = ask(asked)
    assert answer.tokens_thinking == 7
    assert answer.thoughts is not None
    hidden = asked.model_copy(update={"decoding": Decoding(include_thoughts=False)})
    assert ask(hidden).thoughts is None


def test_what_only_the_server_can_tell_is_refused_by_preflight(wire: Running) -> None:
    wire.set(owned_by="llamacpp")
    asked = condition("openai", server=wire.local, model="local-vlm", thinking=BUDGET)
    before = wire.status()["requests"]
    with pytest.raises(ParameterError, match=r"llama\.cpp takes no budget"):
        ask(asked)
    assert wire.status()["requests"] == before


def test_a_server_that_loads_what_it_is_asked_for_need_not_list_it(wire: Running) -> None:
    wire.set(server_header="mlx_vlm/0.7.10", models=["another"])
    with_backend(condition("openai", server=wire.local, model="/models/mine"), lambda backend: _nothing())
    wire.set(server_header=None, owned_by="llamacpp")
    with pytest.raises(BackendUnavailableError, match="does not serve '/models/mine', but another"):
        ask(condition("openai", server=wire.local, model="/models/mine"))


async def _nothing() -> None:
    return None


def test_openai_s_key_is_not_given_to_a_server_that_a_file_names(wire: Running) -> None:
    wire.set(key="planted-server-0123456789")
    assert ask(condition("openai", server=wire.local, model="local-vlm")).text
    wire.set(key="sk-planted-openai-0123456789")
    with pytest.raises(BackendUnavailableError, match="RATER_SERVER_KEY"):
        ask(condition("openai", server=wire.local, model="local-vlm"))


def test_the_hosted_server_takes_the_paper_s_condition_to_the_letter(
    wire: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(openai_settings, "is_hosted", lambda _address: True)
    monkeypatch.setattr("lib.backends.openai_compatible.is_hosted", lambda _address: True)
    answer = ask(condition("openai", decoding={"temperature": 0, "seed": 42, "image_detail": "high", **EVERYTHING}))
    assert (answer.fingerprint, answer.model_version) == ("fp_wire", "gpt-4o-mini-2024-07-18")
    assert answer.log_probabilities is not None
    assert [len(token) for token in answer.log_probabilities] == [5] * len(answer.log_probabilities)
    assert "".join(token[0][0] for token in answer.log_probabilities) == answer.text
    reasoned = ask(
        condition("openai", model="gpt-5-mini", thinking=DYNAMIC, decoding={"temperature": None, "max_tokens": 9})
    )
    assert reasoned.tokens_thinking
    assert reasoned.thoughts is None


def test_the_image_comes_first_and_in_the_detail_asked_for(wire: Running) -> None:
    async def body(backend: Backend) -> dict[str, Any]:
        return json.loads(backend.body(question("all"), picture()))  # type: ignore[attr-defined,no-any-return]

    sent = with_backend(condition("openai", decoding={"image_detail": "high"}), body)
    (message,) = sent["messages"]
    assert [part["type"] for part in message["content"]] == ["image_url", "text"]
    assert message["content"][0]["image_url"]["detail"] == "high"
    assert parse("/v1/chat/completions", sent, Settings().strict).prompt == question("all").prompt


def headers_sent(asked: Condition, address: str | None = None) -> str:
    """What a server sees of a request, before it hangs up."""

    async def run() -> str:
        seen: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

        async def look(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            seen.set_result(await reader.readuntil(b"\r\n\r\n"))
            writer.close()

        listening = await asyncio.start_server(look, "127.0.0.1", 0)
        there = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/v1"
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("OPENAI_BASE_URL", there)
            backend = open_backend(asked if address is None else asked.model_copy(update={"server": there}), STUDY)
            assert isinstance(await outcome(backend), BackendError)
            await backend.close()
        listening.close()
        return (await seen).decode().lower()

    return asyncio.run(run())


def test_what_the_sdk_takes_from_the_environment_stays_with_openai(
    wire: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OPENAI_ADMIN_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.setenv(name, "planted-more-0123456789")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Mine: planted-more-0123456789")
    named = headers_sent(condition("openai"), "a file names it")
    assert "bearer planted-server-0123456789" in named
    assert "planted-more" not in named and "planted-openai" not in named
    chosen = headers_sent(condition("openai"))
    assert "bearer sk-planted-openai-0123456789" in chosen
    assert "x-mine: planted-more" in chosen


def test_openais_own_sdk_sends_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Path, key and body as the SDK writes them, which is not used for single questions since it takes longer."""
    decoding = {"temperature": 0.0, "seed": 42, "max_tokens": 64, "image_detail": "high"}
    asked = condition("openai", decoding=decoding)
    monkeypatch.setenv("OPENAI_API_KEY", "planted-key-0123456789")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-1")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-1")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Mine: a: b\nnot a header\nX-More: c")
    names = ("authorization", "openai-organization", "openai-project", "x-mine", "x-more", "content-type")

    async def sent() -> list[dict[str, Any]]:
        seen: list[dict[str, Any]] = []

        async def take(request: web.Request) -> web.Response:
            seen.append({"path": request.path, "body": await request.json()} | {
                name: request.headers.get(name) for name in names})  # fmt: skip
            return web.json_response(
                {"id": "1", "object": "chat.completion", "created": 1, "model": "m",
                 "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "5"}}]}
            )  # fmt: skip

        site = web.Application(client_max_size=10**8)
        site.router.add_post("/{path:.*}", take)
        async with TestServer(site) as server:
            monkeypatch.setenv("OPENAI_BASE_URL", str(server.make_url("/v1")))
            ours = open_backend(asked, STUDY)
            assert (await ours.ask(question(), picture())).text == "5"
            await ours.close()
            url = f"data:{picture().media_type};base64,{base64.b64encode(picture().data).decode()}"
            image = {"type": "image_url", "image_url": {"url": url, "detail": "high"}}
            content = [image, {"type": "text", "text": question().prompt}]
            async with openai.AsyncOpenAI() as client:
                await client.chat.completions.create(
                    model=asked.model, messages=[{"role": "user", "content": content}],  # type: ignore[misc,list-item]
                    temperature=0.0, seed=42, max_tokens=64,
                )  # fmt: skip
        return seen

    mine, theirs = asyncio.run(sent())
    assert mine == theirs
    assert mine["x-mine"] == "a: b"

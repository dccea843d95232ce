"""Contract tests: there is no real Gemini here."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from backends_support import STUDY, ask, condition, picture, question, with_backend
from hypothesis import given
from hypothesis import strategies as st
from wire.gemini_dialect import LEFT_OVER
from wire.running import Running

from lib.backends.base import Answer, Backend, BackendError
from lib.backends.gemini_reading import read_answer, read_usage
from lib.backends.gemini_settings import generation_settings
from lib.backends.registry import open_backend
from lib.errors import BackendUnavailableError, ParameterError

OFF, DYNAMIC = {"mode": "off", "budget": 0}, {"mode": "dynamic"}


def settings(**changes: Any) -> dict[str, Any]:
    return generation_settings(condition("gemini", **changes))


def test_the_paper_s_two_conditions_in_gemini_s_words() -> None:
    decoding = {"temperature": 0, "media_resolution": "medium"}
    shared = {"temperature": 0, "mediaResolution": "MEDIA_RESOLUTION_MEDIUM"}
    assert settings(thinking=DYNAMIC, decoding={**decoding, "include_thoughts": True}) == {
        **shared, "thinkingConfig": {"thinkingBudget": -1, "includeThoughts": True},
    }  # fmt: skip
    assert settings(thinking=OFF, decoding=decoding) == {**shared, "thinkingConfig": {"thinkingBudget": 0}}


def test_everything_that_gemini_takes() -> None:
    decoding = {"temperature": 1, "top_p": 0.9, "seed": 42, "max_tokens": 64, "log_probabilities": 5}
    assert settings(decoding=decoding, thinking={"mode": "budget", "budget": 512}) == {
        "temperature": 1, "topP": 0.9, "seed": 42, "maxOutputTokens": 64, "responseLogprobs": True, "logprobs": 5,
        "thinkingConfig": {"thinkingBudget": 512},
    }  # fmt: skip


def test_a_model_without_thinking_is_told_nothing_of_it() -> None:
    assert "thinkingConfig" not in settings(model="gemini-2.0-flash")


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"model": "gemini-2.0-flash", "thinking": DYNAMIC}, "thinking.mode"),
        ({"model": "gemini-2.5-pro", "thinking": OFF}, "thinking.mode"),
        ({"model": "gemini-3-pro-preview", "thinking": OFF}, "thinking.mode"),
        ({"model": "gemini-2.5-pro", "thinking": {"mode": "budget", "budget": 64}}, "thinking.budget"),
        ({"model": "gemini-2.5-flash-lite", "thinking": {"mode": "budget", "budget": 64}}, "thinking.budget"),
        ({"thinking": {"mode": "budget", "budget": 99999}}, "thinking.budget"),
        ({"decoding": {"repetition_penalty": 1.5}}, "repetition_penalty"),
        ({"decoding": {"image_detail": "high"}}, "image_detail"),
        ({"server": "http://127.0.0.1:1"}, "server"),
    ],
)
def test_what_gemini_cannot_take_is_refused(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(ParameterError, match=f"condition gemini-test: .*{named}: got "):
        settings(**changes)


def test_thinking_comes_back_with_its_tokens_and_off_is_not_none(wire: Running) -> None:
    shown = ask(condition("gemini", thinking=DYNAMIC, decoding={"include_thoughts": True}))
    assert shown.thoughts is not None
    assert shown.tokens_thinking is not None and shown.tokens_thinking > LEFT_OVER
    off = ask(condition("gemini", thinking=OFF))
    assert (off.thoughts, off.tokens_thinking) == (None, LEFT_OVER)
    assert shown.text == off.text
    assert off.model_version == "gemini-2.5-flash-001"


def test_log_probabilities(wire: Running) -> None:
    answer = ask(condition("gemini", decoding={"log_probabilities": 5}))
    assert answer.log_probabilities is not None
    assert {len(token) for token in answer.log_probabilities} == {5}
    assert "".join(token[0][0] for token in answer.log_probabilities) == answer.text


def test_a_block_is_a_refusal_whether_of_question_or_answer(wire: Running) -> None:
    async def refused(backend: Backend) -> list[Answer]:
        wire.set(script=["refusal"] * 12)
        return [await backend.ask(question(), picture(number)) for number in range(12)]

    answers = with_backend(condition("gemini"), refused)
    assert {answer.refusal for answer in answers} == {
        "the answer was blocked: SAFETY", "the question was blocked: SAFETY",
    }  # fmt: skip
    assert {(answer.text, answer.finish_reason) for answer in answers} == {("", "SAFETY")}


@pytest.mark.parametrize("reason", ["STOP", "MAX_TOKENS", "OTHER", "MALFORMED_FUNCTION_CALL"])
def test_other_reasons_to_finish_are_no_refusals(reason: str) -> None:
    body = {"candidates": [{"content": {"parts": [{"text": "5"}]}, "finishReason": reason}]}
    assert read_answer("X", json.dumps(body)) == Answer(text="5", finish_reason=reason)


@pytest.mark.parametrize(
    ("usage", "counted"),
    [
        (None, (None, None, None, None)),
        ({"promptTokenCount": 10, "candidatesTokenCount": 5, "totalTokenCount": 15}, (10, 5, 0, None)),
        ({"promptTokenCount": 10, "thoughtsTokenCount": 90, "totalTokenCount": 100}, (10, 0, 90, None)),
        ({"promptTokenCount": 10, "candidatesTokenCount": 5, "totalTokenCount": 40}, (10, 5, None, None)),
        ({"promptTokenCount": 10, "candidatesTokenCount": 5, "thoughtsTokenCount": 25, "totalTokenCount": 40,
          "cachedContentTokenCount": 8}, (10, 5, 25, 8)),
        ({"candidatesTokenCount": -1}, (None, None, None, None)),
    ],
)  # fmt: skip
def test_usage_left_out_is_zero_only_if_the_total_says_so(usage: object, counted: tuple[int | None, ...]) -> None:
    assert read_usage(usage) == counted


@given(st.one_of(st.binary(max_size=60), st.text(max_size=60)))
def test_any_body_is_an_answer_or_malformed(body: str | bytes) -> None:
    try:
        read_answer("X", body)
    except BackendError as error:
        assert error.kind == "malformed"


@pytest.mark.parametrize("key", ["GEMINI_API_KEY", "GOOGLE_API_KEY"])
def test_either_name_of_the_key_will_do(wire: Running, monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    monkeypatch.delenv("GEMINI_API_KEY")
    with pytest.raises(BackendUnavailableError, match="GEMINI_API_KEY"):
        ask(condition("gemini"))
    monkeypatch.setenv(key, "planted-other-0123456789")
    wire.set(key="planted-other-0123456789")
    assert ask(condition("gemini")).text


def test_the_image_comes_first(wire: Running) -> None:
    async def body(backend: Any) -> dict[str, Any]:
        return backend.body(question(), picture())  # type: ignore[no-any-return]

    (content,) = with_backend(condition("gemini"), body)["contents"]
    assert [set(part) for part in content["parts"]] == [{"inlineData"}, {"text"}]


def test_googles_own_sdk_sends_the_same() -> None:
    """Path, key and body as google-genai writes them, which is not used for single questions since it takes longer."""
    asked = condition("gemini", thinking=DYNAMIC, decoding={"media_resolution": "low", "max_tokens": 64, "seed": 7})

    async def sent() -> list[dict[str, Any]]:
        from google import genai
        from google.genai import types

        seen: list[dict[str, Any]] = []

        async def take(request: web.Request) -> web.Response:
            key, kind = request.headers["x-goog-api-key"], request.content_type
            seen.append({"path": request.path, "key": key, "kind": kind, "body": await request.json()})
            return web.json_response({"candidates": [{"content": {"parts": [{"text": "5"}]}, "finishReason": "STOP"}]})

        site = web.Application(client_max_size=10**8)
        site.router.add_post("/{path:.*}", take)
        async with TestServer(site) as server:
            address = str(server.make_url("")).rstrip("/")
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("GEMINI_API_KEY", "planted-key-0123456789")
                patch.setenv("GOOGLE_GEMINI_BASE_URL", address)
                ours = open_backend(asked, STUDY)
            assert (await ours.ask(question(), picture())).text == "5"
            await ours.close()
            client = genai.Client(
                api_key="planted-key-0123456789", vertexai=False,
                http_options=types.HttpOptions(base_url=address, api_version="v1beta"),
            )  # fmt: skip
            config = types.GenerateContentConfig(
                media_resolution=types.MediaResolution.MEDIA_RESOLUTION_LOW, max_output_tokens=64, seed=7,
                temperature=0.0, thinking_config=types.ThinkingConfig(thinking_budget=-1),
            )  # fmt: skip
            image = types.Part.from_bytes(data=picture().data, mime_type=picture().media_type)
            await client.aio.models.generate_content(
                model=asked.model, contents=[image, question().prompt], config=config
            )
            await client.aio.aclose()
        return seen

    mine, theirs = asyncio.run(sent())
    theirs["body"] = in_camel_case(theirs["body"])  # the API takes either way to write a name, and the SDK mixes them
    part = theirs["body"]["contents"][0]["parts"][0]["inlineData"]
    part["data"] = part["data"].replace("-", "+").replace("_", "/")  # and either alphabet of base64
    assert mine == theirs


def in_camel_case(value: Any) -> Any:
    if isinstance(value, list):
        return [in_camel_case(one) for one in value]
    if isinstance(value, dict):
        return {re.sub("_(.)", lambda m: m[1].upper(), name): in_camel_case(one) for name, one in value.items()}
    return value

"""The wire server's OpenAI: `/v1` as strict as the hosted one, `/local/v1` as tolerant as one's own servers."""

from __future__ import annotations

import re
from typing import Any

from wire.dialect import Asked, BadRequestError, Said, image_hash

VERSION = "gpt-4o-mini-2024-07-18"
REASONING = re.compile(r"^(o\d|gpt-5)")
HOSTED = frozenset({
    "model", "messages", "temperature", "top_p", "seed", "max_tokens", "max_completion_tokens", "logprobs",
    "top_logprobs", "reasoning_effort", "response_format", "n", "stream", "user", "store", "metadata", "service_tier",
    "verbosity", "stop", "frequency_penalty", "presence_penalty",
})  # fmt: skip


def key_of(headers: dict[str, str]) -> str | None:
    """The key that was sent."""
    return headers.get("authorization", "").removeprefix("Bearer ").strip() or None


def parse(path: str, body: dict[str, Any], strict: bool) -> Asked:
    """Read a request for a chat completion, as strictly as the server of that path does."""
    hosted = strict and path.startswith("/v1")
    model = body["model"]
    thinks = bool(REASONING.match(model))
    if hosted:
        _check_hosted(body, thinks)
    texts, images = [], []
    for message in body["messages"]:
        for part in message["content"] if isinstance(message["content"], list) else [message]:
            if part.get("type") == "image_url":
                head, _, encoded = part["image_url"]["url"].partition(";base64,")
                if not head.startswith("data:image/"):
                    raise BadRequestError(f"image_url: got {head[:40]!r}, which is no image")
                if part["image_url"].get("detail") not in {None, "low", "high", "auto"}:
                    raise BadRequestError("image_url.detail: must be low, high or auto")
                images.append(image_hash(encoded))
            else:
                texts.append(part.get("text") or part.get("content") or "")
    return Asked(
        model=model,
        prompt="\n".join(texts),
        image=images[0] if images else None,
        thinking=_thinking(body, thinks, hosted),
        shows_thoughts=not hosted,
        top=(body.get("top_logprobs") or 1) if body.get("logprobs") else None,
        seed=body.get("seed"),
        more={"hosted": hosted},
    )


def _check_hosted(body: dict[str, Any], thinks: bool) -> None:
    unknown = sorted(set(body) - HOSTED)
    if unknown:
        raise BadRequestError(f"Unrecognized request argument supplied: {unknown[0]}", code="unknown_parameter")
    if thinks and "max_tokens" in body:
        raise BadRequestError(
            "Unsupported parameter: 'max_tokens' is not supported with this model. "
            "Use 'max_completion_tokens' instead.",
            code="unsupported_parameter",
        )
    off = body.get("reasoning_effort") == "none"
    if thinks and not off and body.get("temperature") not in {None, 1}:
        raise BadRequestError(
            "Unsupported value: 'temperature' does not support 0 with this model.", code="unsupported_value"
        )
    if not thinks and "reasoning_effort" in body:
        raise BadRequestError("Unrecognized request argument supplied: reasoning_effort", code="unknown_parameter")
    if body.get("top_logprobs") and not body.get("logprobs"):
        raise BadRequestError("top_logprobs: logprobs must be true")


def _thinking(body: dict[str, Any], thinks: bool, hosted: bool) -> int | None:
    if hosted:
        return -1 if thinks and body.get("reasoning_effort") != "none" else None
    template = body.get("chat_template_kwargs") or {}
    wanted = template.get("enable_thinking", body.get("enable_thinking", "thinking" in body["model"].lower()))
    limits = [body.get(name) for name in ("thinking_budget", "thinking_token_budget", "thinking_budget_tokens")]
    return next((limit for limit in limits if limit is not None), -1) if wanted else None


def render(asked: Asked, said: Said) -> dict[str, Any]:
    """The body of an answer."""
    message: dict[str, Any] = {"role": "assistant", "content": said.text, "refusal": None}
    if said.fault == "refusal":
        message |= {"content": None, "refusal": said.text}
    if said.thoughts and asked.shows_thoughts:
        message["reasoning_content"] = said.thoughts
    probable = said.log_probabilities and {
        "content": [
            {"token": top[0][0], "logprob": top[0][1], "bytes": None,
             "top_logprobs": [{"token": token, "logprob": value, "bytes": None} for token, value in top]}
            for top in said.log_probabilities
        ]
    }  # fmt: skip
    reason = "length" if said.fault == "cut" else "stop"
    choice = {"index": 0, "finish_reason": reason, "message": message, "logprobs": probable}
    body: dict[str, Any] = {
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": said.version,
        "system_fingerprint": "fp_wire" if asked.more["hosted"] else None,
        "choices": [choice, choice | {"index": 1}] if said.fault == "duplicate" else [choice],
    }  # fmt: skip
    if said.odd != 0:
        body["usage"] = _usage(said)
    return body


def _usage(said: Said) -> dict[str, Any]:
    spent = said.usage
    assert spent.tokens_in is not None and spent.tokens_out is not None and spent.tokens_thinking is not None
    written = spent.tokens_out + spent.tokens_thinking
    usage = {
        "prompt_tokens": spent.tokens_in,
        "completion_tokens": written,
        "total_tokens": spent.tokens_in + written,
        "completion_tokens_details": {"reasoning_tokens": spent.tokens_thinking},
    }
    if said.odd == 1:
        usage |= {"completion_tokens": 3, "completion_tokens_details": {"reasoning_tokens": 5000}}
    if said.odd == 2:
        usage["prompt_tokens"] = -7
    return usage


def error(status: int, message: str, code: str | None) -> dict[str, Any]:
    """The body of a failure."""
    return {"error": {"message": message, "type": "invalid_request_error" if status < 500 else "server_error",
                      "param": None, "code": code}}  # fmt: skip


def model(name: str) -> dict[str, Any]:
    """One model as `/models` lists it."""
    return {"id": name, "object": "model", "created": 1, "owned_by": "wire"}

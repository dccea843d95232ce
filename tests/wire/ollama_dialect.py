"""The wire server's Ollama: `/api/chat` without streaming, `/api/tags`, `/api/show` and `/api/version`."""

from __future__ import annotations

from typing import Any

from wire.answers import Usage, draw
from wire.dialect import Asked, BadRequestError, Said, image_hash

KNOWN = frozenset({
    "model", "messages", "stream", "options", "think", "format", "keep_alive", "tools", "logprobs", "top_logprobs",
})  # fmt: skip
THINKERS = ("thinking", "qwen3.5", "gpt-oss", "deepseek-r1")


def key_of(headers: dict[str, str]) -> str | None:
    """The key that was sent; an Ollama of one's own asks for none."""
    return headers.get("authorization", "").removeprefix("Bearer ").strip() or None


def can_think(name: str) -> bool:
    """Whether the model of that name has the capability `thinking`."""
    return any(word in name for word in THINKERS)


def parse(_path: str, body: dict[str, Any], strict: bool) -> Asked:
    """Read a request for a chat."""
    unknown = sorted(set(body) - KNOWN)
    if strict and unknown:
        raise BadRequestError(f"unknown field {unknown[0]!r}")
    if body.get("stream", True):
        raise BadRequestError("this server does not stream")
    if body.get("think") and not can_think(body["model"]):
        raise BadRequestError(f'"{body["model"]}" does not support thinking')
    images = [image_hash(image) for message in body["messages"] for image in message.get("images") or []]
    thinks = body.get("think", can_think(body["model"]))
    return Asked(
        model=body["model"],
        prompt="\n".join(message["content"] for message in body["messages"]),
        image=images[0] if images else None,
        thinking=-1 if thinks else None,
        shows_thoughts=bool(thinks),
        top=(body.get("top_logprobs") or 1) if body.get("logprobs") else None,
        seed=body.get("options", {}).get("seed"),
    )


def render(asked: Asked, said: Said) -> dict[str, Any]:
    """The body of an answer; the tokens of thinking are among those of `eval_count`."""
    message: dict[str, Any] = {"role": "assistant", "content": said.text}
    if said.thoughts and asked.shows_thoughts:
        message["thinking"] = said.thoughts
    if said.fault == "duplicate":
        message["content"] = f"{said.text}\n{said.text}"
    body: dict[str, Any] = {
        "model": said.version, "created_at": "2026-11-01T00:00:00Z", "message": message, "done": True,
        "done_reason": "length" if said.fault == "cut" else "stop",
        "total_duration": 9, "load_duration": 1, "prompt_eval_duration": 5, "eval_duration": 3,
    }  # fmt: skip
    if said.log_probabilities:
        body["logprobs"] = [
            {"token": top[0][0], "logprob": top[0][1],
             "top_logprobs": [{"token": token, "logprob": value} for token, value in top]}
            for top in said.log_probabilities
        ]  # fmt: skip
    if said.odd != 0:
        spent = said.usage
        written = (spent.tokens_out or 0) + (spent.tokens_thinking or 0)
        body["prompt_eval_count"] = -7 if said.odd == 2 else spent.tokens_in
        body["eval_count"] = -1 if said.odd == 1 else written
    return body


def told(spent: Usage) -> Usage:
    """What a right reader counts: thinking and answer come as one number."""
    if spent.tokens_out is None or not spent.tokens_thinking:
        return spent
    return Usage(spent.tokens_in, spent.tokens_out + spent.tokens_thinking, None)


def error(_status: int, message: str, _code: str | None) -> dict[str, Any]:
    """The body of a failure."""
    return {"error": message}


def model(name: str) -> dict[str, Any]:
    """One model as `/api/tags` lists it."""
    return {"name": name, "model": name, "modified_at": "2026-11-01T00:00:00Z", "size": 1, "digest": digest(name),
            "details": {"family": "wire", "parameter_size": "1B", "quantization_level": "Q4_K_M"}}  # fmt: skip


def digest(name: str) -> str:
    """The digest of a model's weights."""
    return f"{draw('digest', name):016x}" * 4

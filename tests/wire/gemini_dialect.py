"""The wire server's Gemini: `generateContent` of the developer API, version v1beta."""

from __future__ import annotations

import re
from typing import Any

from wire import made_images
from wire.answers import draw
from wire.dialect import Asked, BadRequestError, Said, image_hash

VERSION = "gemini-2.5-flash-001"
LEFT_OVER = 9
"""Thinking tokens that are spent although the budget is 0, as the laboratory saw (supplement v10.8, S6.1)."""
KNOWN = frozenset({
    "temperature", "topP", "topK", "seed", "maxOutputTokens", "candidateCount", "responseLogprobs", "logprobs",
    "thinkingConfig", "mediaResolution", "responseMimeType", "stopSequences", "responseModalities", "imageConfig",
})  # fmt: skip
REASON_OF_FAULT = {"cut": "MAX_TOKENS", "refusal": "SAFETY"}


def key_of(headers: dict[str, str]) -> str | None:
    """The key that was sent."""
    return headers.get("x-goog-api-key")


def parse(path: str, body: dict[str, Any], strict: bool) -> Asked:
    """Read a request to generate content; names may be written either way, as in every JSON of protocol buffers."""
    body = _camel(body)
    settings = body.get("generationConfig", {})
    unknown = sorted(set(settings) - KNOWN)
    if strict and unknown:
        raise BadRequestError(f'Invalid JSON payload received. Unknown name "{unknown[0]}" at generation_config')
    texts, images, encoded = [], [], []
    for content in body["contents"]:
        for part in content["parts"]:
            if "inlineData" in part:
                if not part["inlineData"]["mimeType"].startswith("image/"):
                    raise BadRequestError("inlineData.mimeType: no image")
                images.append(image_hash(part["inlineData"]["data"]))
                encoded.append(part["inlineData"]["data"])
            else:
                texts.append(part["text"])
    thinking = settings.get("thinkingConfig", {})
    budget = thinking.get("thinkingBudget", -1)
    if "logprobs" in settings and not settings.get("responseLogprobs"):
        raise BadRequestError("logprobs: responseLogprobs must be true")
    return Asked(
        model=path.rpartition("/")[2].partition(":")[0],
        prompt="\n".join(texts),
        image=images[0] if images else None,
        thinking=LEFT_OVER if budget == 0 else budget,
        shows_thoughts=bool(thinking.get("includeThoughts")),
        top=(settings.get("logprobs") or 1) if settings.get("responseLogprobs") else None,
        seed=settings.get("seed"),
        more=made_images.wanted(settings, encoded),
    )


def _camel(value: Any) -> Any:
    if isinstance(value, dict):
        return {re.sub(r"_(\w)", lambda found: found[1].upper(), name): _camel(one) for name, one in value.items()}
    return [_camel(one) for one in value] if isinstance(value, list) else value


def render(asked: Asked, said: Said) -> dict[str, Any]:
    """The body of an answer."""
    if made_images.WANTED in asked.more:
        return made_images.render(asked, said)
    shown = said.thoughts and asked.shows_thoughts
    parts: list[dict[str, Any]] = [{"text": said.thoughts, "thought": True}] if shown else []
    if said.fault != "refusal":
        parts.append({"text": said.text})
    candidate: dict[str, Any] = {
        "content": {"role": "model", "parts": parts},
        "finishReason": REASON_OF_FAULT.get(said.fault or "", "STOP"),
        "index": 0,
    }
    if said.fault == "refusal":
        candidate["safetyRatings"] = [
            {"category": "HARM_CATEGORY_DANGEROUS_CONTENT", "probability": "HIGH", "blocked": True}
        ]
    if said.fault == "empty":
        candidate["content"] = {"role": "model"}
    if said.log_probabilities:
        candidate["logprobsResult"] = {
            "chosenCandidates": [_candidate(top[0]) for top in said.log_probabilities],
            "topCandidates": [{"candidates": [_candidate(one) for one in top]} for top in said.log_probabilities],
        }
    body: dict[str, Any] = {"modelVersion": said.version, "responseId": "r1"}
    if said.fault == "refusal" and draw("blocked", asked.prompt, asked.image) % 2:
        body["promptFeedback"] = {"blockReason": "SAFETY"}
    else:
        body["candidates"] = [candidate, candidate | {"index": 1}] if said.fault == "duplicate" else [candidate]
    if said.odd != 0:
        body["usageMetadata"] = _usage(said)
    return body


def _candidate(one: tuple[str, float]) -> dict[str, Any]:
    return {"token": one[0], "logProbability": one[1], "tokenId": 1}


def _usage(said: Said) -> dict[str, Any]:
    spent = said.usage
    counts = {
        "promptTokenCount": spent.tokens_in,
        "candidatesTokenCount": spent.tokens_out,
        "thoughtsTokenCount": spent.tokens_thinking,
        "totalTokenCount": (spent.tokens_in or 0) + (spent.tokens_out or 0) + (spent.tokens_thinking or 0),
    }
    if said.odd == 1:
        counts |= {"candidatesTokenCount": -1, "thoughtsTokenCount": -1}
    if said.odd == 2:
        counts["promptTokenCount"] = -7
    # The real server leaves out what is zero.
    return {name: count for name, count in counts.items() if count}


STATUS = {400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND",
          429: "RESOURCE_EXHAUSTED", 500: "INTERNAL", 503: "UNAVAILABLE"}  # fmt: skip


def error(status: int, message: str, code: str | None) -> dict[str, Any]:
    """The body of a failure. A wrong key is a 400 at Gemini; `code` is its reason."""
    details = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": code}] if code else []
    return {"error": {"code": status, "message": message, "status": STATUS.get(status, "UNKNOWN"), "details": details}}


def retry_info(seconds: float) -> dict[str, Any]:
    """How Gemini says when to come back: not in a header, but among the details of the failure."""
    return {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": f"{seconds:g}s"}


def model(name: str) -> dict[str, Any]:
    """One model as `/models` lists it."""
    return {"name": f"models/{name}", "version": "001", "displayName": name, "inputTokenLimit": 1048576,
            "outputTokenLimit": 65536, "supportedGenerationMethods": ["generateContent"]}  # fmt: skip

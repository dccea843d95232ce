"""What Gemini answered, read into an `Answer`."""

from __future__ import annotations

from typing import Any

import msgspec

from lib.backends.base import Answer
from lib.backends.failures import malformed
from lib.backends.openai_reading import count

BLOCKED = frozenset({
    "SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT",
    "IMAGE_RECITATION", "MODEL_ARMOR",
})  # fmt: skip
"""Reasons to finish that mean: the server did not want to answer."""


class _Part(msgspec.Struct):
    text: str | None = None
    thought: bool = False


class _Content(msgspec.Struct):
    parts: list[_Part] = []


class _Candidate(msgspec.Struct, rename="camel"):
    content: _Content | None = None
    finish_reason: str | None = None
    logprobs_result: Any = None


class _Feedback(msgspec.Struct, rename="camel"):
    block_reason: str | None = None


class _Response(msgspec.Struct, rename="camel"):
    candidates: list[_Candidate] = []
    prompt_feedback: _Feedback | None = None
    usage_metadata: Any = None
    model_version: str | None = None


class _Error(msgspec.Struct):
    details: Any = None


class _Failure(msgspec.Struct):
    error: _Error


_decoder = msgspec.json.Decoder(_Response)
_failure_decoder = msgspec.json.Decoder(_Failure)


def read_answer(server: str, body: str | bytes) -> Answer:
    """Read the body of status 200; a blocked question and a blocked answer are refusals.

    Raises
    ------
    lib.backends.base.BackendError
        It is no answer, nor says that it was blocked.
    """
    try:
        response = _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise malformed(server, error, body) from None
    blocked = response.prompt_feedback.block_reason if response.prompt_feedback else None
    if not response.candidates and blocked is None:
        raise malformed(server, "no candidates", body)
    candidate = response.candidates[0] if response.candidates else _Candidate(finish_reason=blocked)
    parts = candidate.content.parts if candidate.content else []
    tokens_in, tokens_out, thinking, cached = read_usage(response.usage_metadata)
    return Answer(
        text="".join(part.text or "" for part in parts if not part.thought),
        finish_reason=candidate.finish_reason,
        refusal=_refusal(blocked, candidate.finish_reason),
        thoughts="".join(part.text or "" for part in parts if part.thought) or None,
        tokens_in=tokens_in,
        tokens_out=tokens_out,
        tokens_thinking=thinking,
        tokens_cached=cached,
        model_version=response.model_version,
        log_probabilities=_log_probabilities(candidate.logprobs_result),
        more=max(0, len(response.candidates) - 1),
    )


def _refusal(blocked: str | None, reason: str | None) -> str | None:
    if blocked is not None:
        return f"the question was blocked: {blocked}"
    return f"the answer was blocked: {reason}" if reason in BLOCKED else None


def read_usage(usage: object) -> tuple[int | None, int | None, int | None, int | None]:
    """Tokens of the question, of the answer, of thinking (beside those of the answer), and the question's cached part.

    The API leaves out counts of zero; one that is left out is zero if the total says so, else not known.
    """
    if not isinstance(usage, dict):
        return None, None, None, None
    prompt, total = count(usage.get("promptTokenCount")), count(usage.get("totalTokenCount"))
    tools = count(usage.get("toolUsePromptTokenCount")) or 0
    written, thought = (_given(usage, name) for name in ("candidatesTokenCount", "thoughtsTokenCount"))
    known = (prompt or 0) + tools + sum(part for part in (written, thought) if isinstance(part, int))
    nothing = 0 if prompt is not None and total == known else None
    written, thought = (nothing if part == "absent" else part for part in (written, thought))
    return prompt, _number(written), _number(thought), count(usage.get("cachedContentTokenCount"))


def _given(usage: dict[str, Any], name: str) -> int | str | None:
    return count(usage[name]) if usage.get(name) is not None else "absent"


def _number(value: int | str | None) -> int | None:
    return value if isinstance(value, int) else None


def _log_probabilities(result: object) -> list[list[tuple[str, float]]] | None:
    if not isinstance(result, dict):
        return None
    top = result.get("topCandidates")
    try:
        steps = [step["candidates"] for step in top] if top else [[one] for one in result["chosenCandidates"]]
        return [[(str(one["token"]), float(one["logProbability"])) for one in step] for step in steps]
    except (KeyError, TypeError, ValueError):
        return None


def retry_info(body: bytes) -> float | None:
    """Seconds to wait that the body of a failure asks for (google.rpc.RetryInfo); None if it does not."""
    try:
        details = _failure_decoder.decode(body).error.details
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    for detail in details if isinstance(details, list) else []:
        delay = detail.get("retryDelay") if isinstance(detail, dict) else None
        if isinstance(delay, str) and delay.endswith("s"):
            try:
                return max(0.0, float(delay[:-1]))
            except ValueError:
                return None
    return None

"""What an OpenAI-compatible server answered, read into an `Answer`."""

from __future__ import annotations

from typing import Any

import msgspec

from lib.backends.base import Answer, BackendError
from lib.backends.failures import from_status, malformed

FILTERED = frozenset({"content_filter", "content_policy_violation", "invalid_prompt", "moderation_blocked"})


class _Message(msgspec.Struct):
    content: str | list[Any] | None = None
    refusal: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None


class _Choice(msgspec.Struct):
    message: _Message
    finish_reason: str | None = None
    logprobs: Any = None


class _Completion(msgspec.Struct):
    choices: list[_Choice] = []
    model: str | None = None
    system_fingerprint: str | None = None
    usage: Any = None
    error: Any = None


_decoder = msgspec.json.Decoder(_Completion)


def read_answer(server: str, body: bytes, with_thoughts: bool = True) -> Answer:
    """Read the body of status 200.

    Raises
    ------
    BackendError
        It is no chat completion, or a failure under that status, as gateways send.
    """
    try:
        completion = _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise malformed(server, error, body) from None
    if completion.error:
        raise _hidden_failure(server, completion.error, body)
    if not completion.choices:
        raise malformed(server, "no choices", body)
    choice = completion.choices[0]
    message = choice.message
    refusal = message.refusal or (choice.finish_reason if choice.finish_reason in FILTERED else None)
    tokens_in, tokens_out, thinking, cached = read_usage(completion.usage)
    return Answer(
        text=_text(message.content),
        finish_reason=choice.finish_reason,
        refusal=refusal,
        thoughts=(message.reasoning_content or message.reasoning or None) if with_thoughts else None,
        tokens_in=tokens_in,
        tokens_out=tokens_out,
        tokens_thinking=thinking,
        tokens_cached=cached,
        model_version=completion.model,
        fingerprint=completion.system_fingerprint or None,
        log_probabilities=_log_probabilities(choice.logprobs),
        more=len(completion.choices) - 1,
    )


def read_usage(usage: object) -> tuple[int | None, int | None, int | None, int | None]:
    """Tokens of the question, of the answer without reasoning, of reasoning, and of the question's cached part.

    OpenAI counts reasoning among `completion_tokens`; some gateways count it beside them, which the total tells apart.
    Counts that contradict each other are not known.
    """
    if not isinstance(usage, dict):
        return None, None, None, None
    prompt, written, total = (count(usage.get(name)) for name in ("prompt_tokens", "completion_tokens", "total_tokens"))
    reasoning = count(_inside(usage, "completion_tokens_details", "reasoning_tokens"))
    cached = count(_inside(usage, "prompt_tokens_details", "cached_tokens"))
    if written is None or reasoning is None:
        return prompt, written, reasoning if written is not None else None, cached
    beside = prompt is not None and reasoning > 0 and total == prompt + written + reasoning
    if beside:
        return prompt, written, reasoning, cached
    if reasoning > written:
        return prompt, None, None, cached
    return prompt, written - reasoning, reasoning, cached


def count(value: object) -> int | None:
    """A number of tokens, if it is one."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def refused(failure: BackendError, codes: frozenset[str]) -> Answer | None:
    """The answer that a failure is, where the server's filter stopped the question; else None."""
    if failure.kind == "rejected" and codes & FILTERED:
        return Answer(text="", refusal=failure.message, finish_reason="content_filter")
    return None


def _text(content: str | list[Any] | None) -> str:
    if isinstance(content, list):
        return "".join(str(part.get("text") or "") for part in content if isinstance(part, dict))
    return content or ""


def _inside(usage: dict[str, Any], outer: str, inner: str) -> object:
    details = usage.get(outer)
    return details.get(inner) if isinstance(details, dict) else None


def _log_probabilities(logprobs: object) -> list[list[tuple[str, float]]] | None:
    tokens = logprobs.get("content") if isinstance(logprobs, dict) else None
    if not isinstance(tokens, list):
        return None
    try:
        return [
            [(str(one["token"]), float(one["logprob"])) for one in token.get("top_logprobs") or [token]]
            for token in tokens
        ]
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def _hidden_failure(server: str, error: object, body: bytes) -> BackendError:
    status = count(error.get("code")) if isinstance(error, dict) else None
    return from_status(server, status if status and 400 <= status < 600 else 500, body, {})

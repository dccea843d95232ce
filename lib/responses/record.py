"""One line of the store: one raw answer to one question, or the failure to get one."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec

from lib.protocol.plan import Plan
from lib.protocol.question import Question

HALF_CHARACTER = re.compile("[\ud800-\udfff]")


class Failure(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why a question was not answered, after all retries."""

    kind: str
    message: str


class Response(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One answer (or failure) with everything that a reader needs to follow a number back to it.

    `values`, `stage`, `flags` and `reason` are how the text was read when it came; the text is what counts, and
    everything is read anew from it. `latency` is in seconds, `cost` in `currency`; None is what is not known.
    """

    key: str
    condition: str
    image_id: str
    image_sha256: str | None = None
    step: str
    repeat: int = 0
    prompt: str
    text: str = ""
    values: dict[str, str | float | None] = {}
    stage: str = "none"
    flags: tuple[str, ...] = ()
    reason: str | None = None
    thoughts: str | None = None
    finish_reason: str | None = None
    refusal: str | None = None
    tokens_in: int | None = None
    tokens_out: int | None = None
    tokens_thinking: int | None = None
    tokens_cached: int | None = None
    log_probabilities: list[list[tuple[str, float]]] | None = None
    latency: float | None = None
    cost: float | None = None
    currency: str | None = None
    attempts: int = 1
    backend: str
    model: str
    model_version: str | None = None
    fingerprint: str | None = None
    asked_at: str
    mode: Literal["live", "batch", "imported"] = "live"
    failure: Failure | None = None


def now() -> str:
    """The time in UTC to the millisecond, as the store writes it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def line_for(plan: Plan, question: Question, **said: Any) -> Response:  # noqa: ANN401, the fields of Response check them
    """A line about `question` as `plan` asks it; `said` are the other fields of the line."""
    item, condition = question.item, plan.condition
    return Response(
        key=question.key, condition=condition.id, image_id=item.image_id,
        image_sha256=item.sha256 if question.with_image else None, step=question.step, repeat=question.repeat,
        prompt=question.prompt, backend=condition.backend, model=condition.model, **said,
    )  # fmt: skip


def encode(response: Response) -> bytes:
    """One line of JSON, newline included; raises UnicodeEncodeError on halves of characters."""
    return msgspec.json.encode(response) + b"\n"


def with_whole_characters(response: Response) -> Response:
    """Put U+FFFD, the mark of what was no character, for every half of a character.

    A server sends such halves when its token limit cuts an emoji in two; they are no text that a file could hold.
    """
    return msgspec.convert(_mend(msgspec.to_builtins(response)), Response)


def _mend(value: object) -> object:
    if isinstance(value, str):
        return HALF_CHARACTER.sub("\ufffd", value)
    if isinstance(value, dict):
        return {_mend(key): _mend(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_mend(item) for item in value]
    return value

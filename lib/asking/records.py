"""Lines of the store made from answers and failures."""

from __future__ import annotations

from typing import Literal

from lib.backends.base import Answer
from lib.protocol.parsing import Parsed
from lib.protocol.plan import Plan
from lib.protocol.question import Question
from lib.responses.record import Failure, Response, line_for

UNREAD = "none"


def answer_line(
    plan: Plan,
    question: Question,
    answer: Answer,
    parsed: Parsed | None,
    *,
    asked_at: str,
    latency: float | None = None,
    attempts: int = 1,
    cost: float | None = None,
    currency: str | None = None,
    mode: Literal["live", "batch"] = "live",
) -> Response:
    """One answer as a line; `parsed` is None only if reading it failed in an unforeseen way."""
    return line_for(
        plan,
        question,
        text=answer.text,
        values=parsed.values if parsed else {},
        stage=parsed.stage if parsed else UNREAD,
        flags=parsed.flags if parsed else (),
        reason=parsed.reason if parsed else None,
        thoughts=answer.thoughts,
        finish_reason=answer.finish_reason,
        refusal=answer.refusal,
        tokens_in=answer.tokens_in,
        tokens_out=answer.tokens_out,
        tokens_thinking=answer.tokens_thinking,
        tokens_cached=answer.tokens_cached,
        log_probabilities=answer.log_probabilities,
        latency=latency,
        cost=cost,
        currency=currency if cost is not None else None,
        attempts=attempts,
        model_version=answer.model_version,
        fingerprint=answer.fingerprint,
        asked_at=asked_at,
        mode=mode,
    )


def failure_line(
    plan: Plan,
    question: Question,
    kind: str,
    message: str,
    *,
    asked_at: str,
    attempts: int = 1,
    mode: Literal["live", "batch"] = "live",
) -> Response:
    """One failure as a line."""
    return line_for(
        plan,
        question,
        attempts=attempts,
        asked_at=asked_at,
        mode=mode,
        failure=Failure(kind, message),
    )

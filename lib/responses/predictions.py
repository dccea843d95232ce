"""From stored answers to predictions: the same walk as the run's, asking nothing, reading every text anew."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from lib.contracts.predictions import step_token_columns
from lib.protocol.plan import Plan
from lib.protocol.question import Item
from lib.protocol.replay import replay
from lib.responses.index import Details
from lib.responses.store import Store

ANSWERED, FAILED, OPEN, SKIPPED = "answered", "failed", "open", "skipped"
NOTHING = Details(mode="")

ANSWERS_SCHEMA: dict[str, Any] = {
    "condition": pl.String,
    "image_id": pl.String,
    "repeat": pl.Int64,
    "step": pl.String,
    "state": pl.String,
    "stage": pl.String,
    "flags": pl.List(pl.String),
    "reason": pl.String,
    "with_context": pl.Boolean,
    "tokens_in": pl.Int64,
    "tokens_out": pl.Int64,
    "tokens_thinking": pl.Int64,
    "cost": pl.Float64,
    "currency": pl.String,
    "latency": pl.Float64,
    "finish_reason": pl.String,
    "model_version": pl.String,
    "mode": pl.String,
    "key": pl.String,
}


@dataclass(frozen=True)
class Predicted:
    """A condition's predictions, and how each step came about.

    Attributes
    ----------
    predictions : polars.DataFrame
        As `lib.contracts.predictions.read_predictions` gives them: condition, image_id, repeat, emotion, one column a
        machine dimension, valid, thinking_tokens (the sum over the steps that were answered; null where one of them is
        not known), thinking_tokens_<step>. An image of which no step was answered has no row.
    answers : polars.DataFrame
        One row an item, repeat and step, whether answered or not: `state` is answered, failed (the last attempt brought
        no answer), open (not asked yet) or skipped; `stage`, `flags` and `reason` say how an answer was read and why a
        step has no value (the failure's kind, or why it was skipped); tokens, cost, currency, latency in seconds,
        finish_reason, model_version and mode are those of the standing line; `key` leads to it. Null is what is not
        known or does not apply.
    """

    predictions: pl.DataFrame
    answers: pl.DataFrame


def predictions_of(plan: Plan, items: Iterable[Item], store: Store, repeats: Sequence[int] | None = None) -> Predicted:
    """Replay all items and repeats of a condition with what is stored.

    Parameters
    ----------
    plan
        What was asked.
    items
        The study's images (or labels); those with the same bytes share their answers.
    store
        Opened by `read_store(..., detailed=True)`; without details tokens and costs are null.
    repeats
        All of the condition's by default.

    Returns
    -------
    Predicted
        Both frames sorted by image_id and repeat, the answers then by the order of the steps.
    """
    rows: list[tuple[Any, ...]] = []
    steps: list[tuple[Any, ...]] = []
    for item in sorted(items, key=lambda item: item.image_id):
        for repeat in range(plan.condition.repeats) if repeats is None else repeats:
            walked = _Walked(plan, item, repeat, store)
            steps += walked.steps()
            if walked.details:
                rows.append(walked.row())
    return Predicted(
        pl.DataFrame(rows, schema=_prediction_schema(plan), orient="row"),
        pl.DataFrame(steps, schema=ANSWERS_SCHEMA, orient="row"),
    )


def _prediction_schema(plan: Plan) -> dict[str, Any]:
    return {
        "condition": pl.String, "image_id": pl.String, "repeat": pl.Int64, "emotion": pl.String,
        **dict.fromkeys(plan.study.machine_dimensions, pl.Float64), "valid": pl.Boolean, "thinking_tokens": pl.Int64,
        **dict.fromkeys(step_token_columns(plan.study), pl.Int64),
    }  # fmt: skip


class _Walked:
    """One item in one repeat, replayed, with the details of what was answered."""

    def __init__(self, plan: Plan, item: Item, repeat: int, store: Store) -> None:
        self.plan, self.store = plan, store
        self.who = (plan.condition.id, item.image_id, repeat)
        self.replayed = replay(plan, item, repeat, store.lookup)
        self.details = {
            outcome.step: store.details(outcome.key) or NOTHING for outcome in self.replayed.outcomes if outcome.key
        }

    def row(self) -> tuple[Any, ...]:
        """The predictions, in the order of their schema."""
        values = self.replayed.values
        thinking = {step: known.tokens_thinking for step, known in self.details.items()}
        known = [count for count in thinking.values() if count is not None]
        names = ("emotion", *self.plan.study.machine_dimensions)
        return (
            *self.who,
            *(values.get(name) for name in names),
            all(values.get(name) is not None for name in self.plan.condition.steps),
            sum(known) if len(known) == len(thinking) else None,
            *(thinking.get(name) for name in names),
        )

    def steps(self) -> Iterator[tuple[Any, ...]]:
        """How each step came about, in the order of the answers' schema."""
        for outcome in self.replayed.outcomes:
            parsed = outcome.parsed
            if parsed is None:
                yield (*self.who, outcome.step, SKIPPED, None, None, outcome.skipped, None, *_shown(NOTHING), None)
                continue
            read = (parsed.stage, list(parsed.flags), parsed.reason, outcome.with_context)
            yield (*self.who, outcome.step, ANSWERED, *read, *_shown(self.details[outcome.step]), outcome.key)
        question = self.replayed.pending
        if question is None:
            return
        failure = self.store.failure(question.key)
        known = self.store.details(question.key) or NOTHING
        state, reason = (FAILED, failure.kind) if failure else (OPEN, None)
        key = question.key if failure else None
        yield (*self.who, question.step, state, None, None, reason, None, *_shown(known), key)
        for step in self.plan.steps[len(self.replayed.outcomes) + 1 :]:
            yield (*self.who, step.name, OPEN, None, None, None, None, *_shown(NOTHING), None)


def _shown(known: Details) -> tuple[Any, ...]:
    return (
        known.tokens_in, known.tokens_out, known.tokens_thinking, known.cost, known.currency, known.latency,
        known.finish_reason, known.model_version, known.mode or None,
    )  # fmt: skip

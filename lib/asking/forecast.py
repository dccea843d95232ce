"""What asking will take before it is begun: questions exactly, tokens and money within stated bounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from lib.asking.counting import Count
from lib.asking.image_tokens import image_tokens, read_size, sent_size
from lib.asking.money import Tariff
from lib.asking.usage import Usage
from lib.protocol.plan import Plan
from lib.protocol.question import ALL_STEPS

Span = tuple[float, float]

CHARACTERS_A_TOKEN = (5, 3)
ANSWER_TOKENS: Span = (5, 20)
WHOLE_ANSWER_TOKENS: Span = (15, 50)
DYNAMIC_THINKING: Span = (100, 1_500)
RESIDUAL_THINKING: Span = (0, 200)
LOOKED_AT = 500
NO_TOKENS = "a classifier takes no tokens"


@dataclass(frozen=True, slots=True)
class Forecast:
    """Questions, tokens and cost of asking one condition.

    `tokens_in` and `tokens_out` (thinking included) and `cost` are least and most; None is not known, and
    `assumptions` says what they rest on, or why they are not known. `held` is the cost of what is in batches already.
    """

    condition: str
    count: Count
    tariff: Tariff
    tokens_in: Span | None
    tokens_out: Span | None
    cost: tuple[Decimal, Decimal] | None
    assumptions: tuple[str, ...]
    held: tuple[Decimal, Decimal] | None = (Decimal(0), Decimal(0))

    @property
    def free(self) -> bool:
        """Whether asking costs nothing for certain."""
        return self.count.to_ask == 0 or (self.cost is not None and self.cost[1] == 0)


def forecast(plan: Plan, count: Count, tariff: Tariff, usage: Mapping[str, Usage], *, batch: bool = False) -> Forecast:
    """Give bounds for tokens and cost of the questions that were counted.

    Where at least five answers to a step are stored, their means (two standard errors either way) stand for the next
    ones. Otherwise images count by the provider's rule, text a token for 3 to 5 characters, and answers what the
    constants above say; those of dynamic thinking span what the laboratory's own run took (300 to 450 a question).
    """
    said: dict[str, None] = {}
    image = _image_span(plan, count, tariff) if plan.with_image else (0.0, 0.0)
    of_steps = {step: _step_spans(plan, step, image, usage.get(step), said) for step in (*count.steps, *count.held)}
    inputs, outputs = _sum(count.steps, of_steps)
    known = [usage[step] for step in count.steps if step in usage and usage[step].enough]
    notes = [*([stored_words(known)] if known else []), *said]
    if not tariff.known:
        notes.append(tariff.note)
    return Forecast(
        plan.condition.id, count, tariff, inputs, outputs,
        _cost(tariff, inputs, outputs, batch=batch, asked=count.to_ask), tuple(notes),
        _cost(tariff, *_sum(count.held, of_steps), batch=True, asked=count.in_batches),
    )  # fmt: skip


def _step_spans(
    plan: Plan, step: str, image: Span | None, known: Usage | None, said: dict[str, None]
) -> tuple[Span | None, Span]:
    """Tokens of one question of a step and of its answer; `said` takes what is only assumed."""
    if plan.condition.classifier is not None:
        said[NO_TOKENS] = None
        return (0.0, 0.0), (0.0, 0.0)
    if known is not None and known.enough:
        return known.tokens_in.around(), known.tokens_out.around()
    low, high = (len(plan.longest_prompts()[step]) / each for each in CHARACTERS_A_TOKEN)
    one_out = _answer_span(plan, step, said)
    said[_image_note(image, plan.with_image)] = None
    return (low + image[0], high + image[1]) if image is not None else None, one_out


def stored_words(known: Sequence[Usage]) -> str:
    """Say what stored answers took: means over them, thinking apart where the server counts it."""
    answers = sum(each.tokens_in.n for each in known)
    asked, out = (sum(getattr(each, name).total for each in known) / answers for name in ("tokens_in", "tokens_out"))
    thought = [each.thinking for each in known if each.thinking.n]
    thinking = ""
    if thought and any(each.total for each in thought):
        mean = sum(each.total for each in thought) / sum(each.n for each in thought)
        thinking = f", thinking {mean:,.0f} of that"
    return (
        f"tokens as in {answers:,} stored answers: on average {asked:,.0f} a question, {out:,.0f} an answer{thinking}"
    )


def _sum(steps: Mapping[str, int], of_steps: Mapping[str, tuple[Span | None, Span]]) -> tuple[Span | None, Span]:
    inputs: Span | None = (0.0, 0.0)
    outputs: Span = (0.0, 0.0)
    for step, n in steps.items():
        one_in, one_out = of_steps[step]
        inputs, outputs = _more(inputs, one_in, n), _more(outputs, one_out, n) or outputs
    return inputs, outputs


def _more(total: Span | None, one: Span | None, n: int) -> Span | None:
    return None if total is None or one is None else (total[0] + n * one[0], total[1] + n * one[1])


def _cost(
    tariff: Tariff, inputs: Span | None, outputs: Span, *, batch: bool, asked: int
) -> tuple[Decimal, Decimal] | None:
    if asked == 0 or tariff.local:
        return Decimal(0), Decimal(0)
    if inputs is None:
        return None
    low = tariff.cost(round(inputs[0]), round(outputs[0]), batch=batch)
    high = tariff.cost(round(inputs[1]), round(outputs[1]), batch=batch)
    return None if low is None or high is None else (low, high)


def _image_span(plan: Plan, count: Count, tariff: Tariff) -> Span | None:
    """Least and most tokens of a mean image; None where no rule is known or no image can be read."""
    rule = tariff.price.image_tokens if tariff.price else None
    if rule is None:
        return (0.0, 0.0) if tariff.local else None
    stride = max(1, len(count.items) // LOOKED_AT)
    sizes = [read_size(item.path) for item in count.items[::stride] if item.path is not None]
    decoding = plan.condition.decoding
    spans = [image_tokens(rule, decoding, sent_size(size, plan.longest_side)) for size in sizes if size is not None]
    if not spans:
        return None
    return sum(low for low, _ in spans) / len(spans), sum(high for _, high in spans) / len(spans)


def _image_note(image: Span | None, with_image: bool) -> str:
    text = f"text of a token for {CHARACTERS_A_TOKEN[1]} to {CHARACTERS_A_TOKEN[0]} characters"
    if not with_image:
        return text
    if image is None:
        return "unknown how many tokens an image counts as: ask a few with --limit 5, and the next forecast knows"
    if not any(image):
        return f"{text}, images not counted"
    low, high = round(image[0]), round(image[1])
    return f"{text}, an image {low:,}" + (f" to {high:,} tokens" if high > low else " tokens")


def _answer_span(plan: Plan, step: str, said: dict[str, None]) -> Span:
    answer = WHOLE_ANSWER_TOKENS if step == ALL_STEPS else ANSWER_TOKENS
    thinking = plan.condition.thinking
    spans: dict[str, Span] = {"off": (0, 0), "dynamic": DYNAMIC_THINKING, "budget": (0, thinking.budget or 0)}
    thought = spans[thinking.mode]
    if thinking.mode == "off" and plan.condition.backend == "gemini":
        thought = RESIDUAL_THINKING
    said[f"an answer of {answer[0]:.0f} to {answer[1]:.0f} tokens"] = None
    if thought[1]:
        why = " that Gemini spends although it is off" if thinking.mode == "off" else ""
        said[
            f"thinking assumed to take {thought[0]:,.0f} to {thought[1]:,.0f} tokens a question{why}, counted as output"
        ] = None
    most = plan.condition.decoding.max_tokens
    low, high = answer[0] + thought[0], answer[1] + thought[1]
    return (min(low, most), min(high, most)) if most else (low, high)

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
FROM_STORED = "tokens as in the stored answers"


@dataclass(slots=True)
class Count:
    """Questions of a condition, counted by replaying what is stored.

    Attributes
    ----------
    images, questions : int
        Images that are asked about, and all questions about them in all repeats.
    stored : int
        Questions that have an answer.
    skipped : int
        Those that are not to be asked, since an earlier answer could not be parsed.
    open : int
        Questions that can be asked now.
    following : int
    held: tuple[Decimal, Decimal] | None = (Decimal(0), Decimal(0))
        Those that may follow them; fewer are asked where an answer cannot be parsed.
    kept : int
        Those that the server refused for good, with what would follow them.
    in_batches : int
        Those that are with the provider in batches; for a live run with what would follow them.
    steps : Counter of str
        Open and following questions by step.
    items : list of Item
        Those that have an open question.
    """

    images: int = 0
    questions: int = 0
    stored: int = 0
    skipped: int = 0
    open: int = 0
    following: int = 0
    kept: int = 0
    in_batches: int = 0
    steps: Counter[str] = field(default_factory=Counter)
    items: list[Item] = field(default_factory=list)

    @property
    def to_ask(self) -> int:
        """How many questions will be asked if every answer can be parsed: the most that can be."""
        return self.open + self.following


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
        said[tariff.note] = None
    return Forecast(plan.condition.id, count, tariff, inputs, outputs, cost, tuple(name for name in said if name))


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
            f"thinking assumed to take {thought[0]:,.0f} to {thought[1]:,.0f} tokens a question{why}, billed as output"
        ] = None
    most = plan.condition.decoding.max_tokens
    low, high = answer[0] + thought[0], answer[1] + thought[1]
    return (min(low, most), min(high, most)) if most else (low, high)

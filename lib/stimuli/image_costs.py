"""What images cost, and what making them will take."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from lib.asking.counting import Count
from lib.asking.forecast import CHARACTERS_A_TOKEN, Forecast, Span
from lib.asking.image_tokens import image_tokens, read_size
from lib.asking.money import Tariff
from lib.asking.usage import Usage, stored_usage
from lib.backends.base import Answer
from lib.contracts.prices import MILLION, PRICES_FILE, Price, Prices, Range
from lib.stimuli.image_answers import ImageAnswer
from lib.stimuli.transform_plan import TransformPlan

LOOKED_AT = 200
NONE_SPENT = (Decimal(0), Decimal(0))


@dataclass(frozen=True, slots=True)
class ImageTariff(Tariff):
    """What the answers of an image model cost: its images at a price of their own, its words at the usual one."""

    @property
    def known(self) -> bool:
        """Whether the price of images is listed."""
        return self.price is not None and self.price.image_output is not None

    @property
    def note(self) -> str:
        """Where the cost comes from, in a few words."""
        if self.price is None:
            return f"unknown: {PRICES_FILE} has no price of {self.model}"
        if self.price.image_output is None:
            return f"unknown: {PRICES_FILE} has no image_output for {self.model}"
        return f"prices of {self.price.date:%Y-%m-%d}"

    def image_cost(self, tokens_in: float | None, tokens_image: float | None, tokens_words: float) -> Decimal | None:
        """The cost of one answer or many; None where the price or a count is not known."""
        if self.price is None or self.price.image_output is None or tokens_in is None or tokens_image is None:
            return None
        parts = (
            (tokens_in, self.price.input),
            (tokens_image, self.price.image_output),
            (tokens_words, self.price.output),
        )
        return sum((Decimal(str(tokens)) * price for tokens, price in parts), Decimal(0)) / MILLION

    def answer_cost(self, answer: Answer, *, batch: bool = False) -> Decimal | None:
        """The cost of one answer; tokens that the server did not part count as an image's where there is one."""
        if not isinstance(answer, ImageAnswer) or answer.tokens_out is None:
            return None
        image = answer.tokens_image if answer.tokens_image is not None else answer.tokens_out if answer.images else 0
        words = max(0, answer.tokens_out - image) + (answer.tokens_thinking or 0)
        return self.image_cost(answer.tokens_in, image, words)


def image_tariff(plan: TransformPlan, prices: Prices) -> ImageTariff:
    """The listed price of a transformation's model."""
    model = plan.condition.model
    return ImageTariff(model, prices.find(plan.condition.backend, model), local=False)


def image_forecast(plan: TransformPlan, count: Count, tariff: ImageTariff, files: Iterable[Path]) -> Forecast:
    """Give bounds for tokens and cost of the images that were counted.

    Where at least five answers are stored in `files`, their means (two standard errors either way) stand for the next
    ones. Otherwise base faces and images count by the provider's rules in the file of prices, words a token for 3 to 5
    characters. What is not known there is said, never guessed.
    """
    said: list[str] = []
    known = stored_usage(files, plan.condition.model).get(plan.steps[0].name)
    one_in, one_out = _stored(known, said) if known and known.enough else _listed(plan, count, tariff.price, said)
    if not tariff.known:
        said.append(tariff.note)
    n = count.to_ask
    inputs, outputs = _times(one_in, n), _times(one_out, n)
    ends = [tariff.image_cost(inputs[end] if inputs else None, outputs[end] if outputs else None, 0) for end in (0, 1)]
    low, high = ends
    cost = NONE_SPENT if n == 0 else None if low is None or high is None else (low, high)
    return Forecast(plan.condition.id, count, tariff, inputs, outputs, cost, tuple(said))


def _stored(known: Usage, said: list[str]) -> tuple[Span | None, Span | None]:
    said.append(f"tokens as in {known.tokens_in.n:,} stored answers")
    return known.tokens_in.around(), known.tokens_out.around()


def _listed(plan: TransformPlan, count: Count, price: Price | None, said: list[str]) -> tuple[Span | None, Span | None]:
    words = len(plan.longest_prompts()[plan.steps[0].name])
    low, high = (words / each for each in CHARACTERS_A_TOKEN)
    base = _base_span(plan, count, price)
    made: Range | None = price.image_output_tokens if price else None
    if base is None:
        said.append("unknown how many tokens a base face counts as (image_tokens in the file of prices)")
    if made is None:
        said.append("unknown how many tokens an image takes (image_output_tokens in the file of prices)")
    else:
        said.append(f"an image of {_range(made)} tokens, no second try")
    inputs = None if base is None else (base[0] + low, base[1] + high)
    return inputs, None if made is None else (float(made[0]), float(made[1]))


def _range(span: Range) -> str:
    return f"{span[0]:,}" if span[0] == span[1] else f"{span[0]:,} to {span[1]:,}"


def _base_span(plan: TransformPlan, count: Count, price: Price | None) -> Span | None:
    if price is None or price.image_tokens is None:
        return None
    stride = max(1, len(count.items) // LOOKED_AT)
    sizes = [read_size(item.path) for item in count.items[::stride] if item.path is not None]
    spans = [image_tokens(price.image_tokens, plan.condition.decoding, size) for size in sizes if size is not None]
    if not spans:
        return None
    return sum(low for low, _ in spans) / len(spans), sum(high for _, high in spans) / len(spans)


def _times(span: Span | None, n: int) -> Span | None:
    return (0.0, 0.0) if n == 0 else None if span is None else (n * span[0], n * span[1])

"""A condition's settings in the words of the Gemini API (`generationConfig`).

Source: Gemini API reference (models.generateContent) and its guide to thinking: which models can stop thinking, and how
large a budget each takes.
"""

from __future__ import annotations

import os
import re
from typing import Any

from lib.backends.addresses import web_address
from lib.backends.refusing import refuse, refuse_decoding
from lib.contracts.condition import Condition

ADDRESS = "https://generativelanguage.googleapis.com"
ADDRESS_VARIABLE = "GOOGLE_GEMINI_BASE_URL"
NEVER_THINKS = re.compile(r"gemini-(?:1\.|2\.0-)(?!.*thinking)|gemma-[1-3]")
ALWAYS_THINKS = re.compile(r"gemini-(?:2\.5|[3-9](?:\.\d+)?)-pro")
BUDGETS = (
    (re.compile(r"gemini-2\.5-pro"), 128, 32768),
    (re.compile(r"gemini-2\.5-flash-lite"), 512, 24576),
    (re.compile(r"gemini-2\.5-flash"), 1, 24576),
)


def check(condition: Condition) -> None:
    """Refuse what Gemini cannot take.

    Raises
    ------
    lib.errors.ParameterError
        One of the settings is of that kind.
    """
    address()
    generation_settings(condition)


def address() -> str:
    """Where Gemini is asked: the environment's GOOGLE_GEMINI_BASE_URL, else Google.

    Raises
    ------
    lib.errors.ParameterError
        The variable holds no address of a server.
    """
    given = os.environ.get(ADDRESS_VARIABLE, "").strip()
    return web_address(given, ADDRESS_VARIABLE) if given else ADDRESS


def generation_settings(condition: Condition) -> dict[str, Any]:
    """The `generationConfig` of a request, as the API writes it."""
    refuse_decoding(condition, "Gemini", "repetition_penalty", "image_detail")
    if condition.server is not None:
        raise refuse(
            condition, "server", condition.server, "Gemini is asked at Google's address",
            "Take it out; for a gateway of your own set GOOGLE_GEMINI_BASE_URL.",
        )  # fmt: skip
    decoding = condition.decoding
    named = {
        "temperature": decoding.temperature,
        "topP": decoding.top_p,
        "seed": decoding.seed,
        "maxOutputTokens": decoding.max_tokens,
        "responseLogprobs": True if decoding.log_probabilities is not None else None,
        "logprobs": decoding.log_probabilities,
        "mediaResolution": decoding.media_resolution and f"MEDIA_RESOLUTION_{decoding.media_resolution.upper()}",
        "thinkingConfig": _thinking(condition),
    }
    return {name: value for name, value in named.items() if value is not None}


def _thinking(condition: Condition) -> dict[str, Any] | None:
    """Give -1 for dynamic, 0 for off, else the budget; nothing for a model that never thinks."""
    model, thinking = condition.model.removeprefix("models/"), condition.thinking
    if NEVER_THINKS.match(model):
        if thinking.mode != "off":
            raise refuse(
                condition, "thinking.mode", thinking.mode, f"{model} does not think",
                'Write `thinking: {mode: "off"}`.',
            )  # fmt: skip
        refuse_decoding(condition, model, "include_thoughts")
        return None
    if thinking.mode == "off" and ALWAYS_THINKS.match(model):
        raise refuse(
            condition, "thinking.mode", "off", f"{model} always thinks",
            "Write `thinking: {mode: dynamic}`, or take a Flash model.",
        )  # fmt: skip
    budget = {"off": 0, "dynamic": -1, "budget": thinking.budget}[thinking.mode]
    for pattern, least, most in BUDGETS:
        if thinking.mode == "budget" and pattern.match(model):
            assert budget is not None
            if not least <= budget <= most:
                raise refuse(
                    condition, "thinking.budget", budget, f"{model} takes {least} to {most}", "Choose one of these."
                )
            break
    include = {"includeThoughts": condition.decoding.include_thoughts}
    return {"thinkingBudget": budget, **{name: value for name, value in include.items() if value is not None}}

"""A condition's settings in the words of OpenAI and of the servers that speak its language.

Sources: OpenAI's API reference (chat completions) and its guide to reasoning models; vLLM 0.26 "Reasoning Outputs";
llama.cpp `tools/server/README.md`; LM Studio "Supported payload parameters"; mlx-vlm 0.7.10 `server/schemas.py`;
transformers 5.23 `cli/serving/chat_completion.py`.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

from lib.backends.addresses import web_address
from lib.backends.refusing import refuse, refuse_decoding
from lib.contracts.condition import Condition

ADDRESS = "https://api.openai.com/v1"
ADDRESS_VARIABLE = "OPENAI_BASE_URL"
REASONS = re.compile(r"(?:ft:)?(?:o\d|gpt-(?:[5-9]|\d\d))(?!.*-chat)")
CAN_STOP_REASONING = re.compile(r"(?:ft:)?gpt-(?:5\.[1-9]|[6-9]|\d\d)(?!.*-(?:pro|codex))")
REFUSES_TEMPLATES = re.compile(r"mistral|pixtral|magistral|devstral", re.IGNORECASE)
"""vLLM answers 400 where settings of the chat template come with a model that has Mistral's own tokenizer."""


@dataclass(frozen=True, slots=True)
class Flavour:
    """What one kind of server takes beyond the settings that all of them share.

    `penalty` is its name of the repetition penalty (transformers adds 1 to `frequency_penalty`), `thinking` how it is
    told to reason or not, `budget` its name of the most tokens of reasoning. `lists_all` says that a model which it
    does not list is one that it does not have.
    """

    name: str
    penalty: str | None = None
    log_probabilities: bool = True
    detail: bool = False
    thinking: Literal["template", "flag"] | None = None
    budget: str | None = None
    lists_all: bool = True


OTHER = Flavour("a server of an unknown kind", detail=True)
HOSTED = Flavour("OpenAI", detail=True)
VLLM = Flavour("vLLM", penalty="repetition_penalty", thinking="template", budget="thinking_token_budget")
LLAMA_CPP = Flavour("llama.cpp", penalty="repeat_penalty", thinking="template")
LM_STUDIO = Flavour("LM Studio", penalty="repeat_penalty", log_probabilities=False)
MLX = Flavour(
    "mlx_vlm.server", penalty="repetition_penalty", thinking="flag", budget="thinking_budget", lists_all=False
)
TRANSFORMERS = Flavour(
    "transformers serve", penalty="frequency_penalty", log_probabilities=False, thinking="template", lists_all=False
)
LOCAL = (VLLM, LLAMA_CPP, LM_STUDIO, MLX, TRANSFORMERS)
KNOWN = "vLLM, llama.cpp, LM Studio, mlx_vlm.server or transformers serve"


def address_of(condition: Condition) -> str:
    """Where a condition is asked: its own server, else the environment's OPENAI_BASE_URL, else OpenAI.

    Raises
    ------
    lib.errors.ParameterError
        That is no address of a server.
    """
    if condition.server:
        return web_address(condition.server, f"condition {condition.id}: server")
    given = os.environ.get(ADDRESS_VARIABLE, "").strip()
    return web_address(given, ADDRESS_VARIABLE) if given else ADDRESS


def is_hosted(address: str) -> bool:
    """Whether an address is OpenAI's own."""
    host = urlsplit(address).hostname or ""
    return host == "openai.com" or host.endswith((".openai.com", ".openai.azure.com"))


def key_name(condition: Condition, hosted: bool) -> str:
    """The variable that holds the key for a server.

    OpenAI's key goes to OpenAI, and to the server that the same environment names; never to a server that a condition
    file names, which has its own.
    """
    return "RATER_SERVER_KEY" if condition.server is not None and not hosted else "OPENAI_API_KEY"


def check(condition: Condition) -> None:
    """Refuse what can be refused without asking the server what it is.

    Raises
    ------
    lib.errors.ParameterError
        A setting that OpenAI, or no server at all, can take.
    """
    address = address_of(condition)
    refuse_decoding(condition, "an OpenAI-compatible server", "media_resolution")
    if is_hosted(address):
        request_settings(condition, HOSTED)


def request_settings(condition: Condition, flavour: Flavour) -> dict[str, Any]:
    """All fields of a request but the messages.

    Raises
    ------
    lib.errors.ParameterError
        The condition sets something that this kind of server cannot take.
    """
    decoding = condition.decoding
    settings: dict[str, Any] = {"model": condition.model}
    for name in ("temperature", "top_p", "seed"):
        value = getattr(decoding, name)
        if value is not None:
            settings[name] = value
    if decoding.image_detail is not None and not flavour.detail:
        refuse_decoding(condition, flavour.name, "image_detail")
    if decoding.log_probabilities is not None:
        if not flavour.log_probabilities:
            refuse_decoding(condition, flavour.name, "log_probabilities")
        settings |= {"logprobs": True, "top_logprobs": decoding.log_probabilities}
    if flavour is HOSTED:
        return settings | _hosted(condition)
    if decoding.max_tokens is not None:
        settings["max_tokens"] = decoding.max_tokens
    if decoding.repetition_penalty is not None:
        settings |= _penalty(condition, flavour)
    return settings | _thinking(condition, flavour)


def _hosted(condition: Condition) -> dict[str, Any]:
    decoding, thinking = condition.decoding, condition.thinking
    refuse_decoding(condition, "OpenAI", "repetition_penalty", "include_thoughts")
    settings: dict[str, Any] = {}
    if decoding.max_tokens is not None:
        settings["max_completion_tokens"] = decoding.max_tokens
    if thinking.mode == "budget":
        raise refuse(
            condition, "thinking.mode", "budget", "OpenAI takes no budget of reasoning in tokens",
            "Write `thinking: {mode: dynamic}`.",
        )  # fmt: skip
    if not REASONS.match(condition.model):
        if thinking.mode != "off":
            raise refuse(
                condition, "thinking.mode", thinking.mode, f"{condition.model} does not reason",
                'Write `thinking: {mode: "off"}`.',
            )  # fmt: skip
        return settings
    if thinking.mode == "off":
        if not CAN_STOP_REASONING.match(condition.model):
            raise refuse(
                condition, "thinking.mode", "off", f"{condition.model} always reasons",
                "Write `thinking: {mode: dynamic}`, or take a model that can be told not to (gpt-5.1 and later).",
            )  # fmt: skip
        return settings | {"reasoning_effort": "none"}
    for name in ("temperature", "top_p", "log_probabilities"):
        value = getattr(decoding, name)
        if value is not None:
            raise refuse(
                condition, f"decoding.{name}", value, f"{condition.model} takes none while it reasons",
                f"Write `{name}: null`.",
            )  # fmt: skip
    return settings


def _penalty(condition: Condition, flavour: Flavour) -> dict[str, Any]:
    value = condition.decoding.repetition_penalty
    assert value is not None
    if flavour.penalty is None:
        raise refuse(
            condition, "decoding.repetition_penalty", value, f"{flavour.name} may drop it in silence",
            f"Take it out, or serve the model with {KNOWN}.",
        )  # fmt: skip
    return {flavour.penalty: round(value - 1, 12) if flavour is TRANSFORMERS else value}


def _thinking(condition: Condition, flavour: Flavour) -> dict[str, Any]:
    mode, budget = condition.thinking.mode, condition.thinking.budget
    if mode == "budget" and flavour.budget is None:
        raise refuse(
            condition, "thinking.mode", "budget", f"{flavour.name} takes no budget of reasoning with a question",
            "Write `thinking: {mode: dynamic}`, or serve the model with vLLM or mlx_vlm.server.",
        )  # fmt: skip
    limit: dict[str, Any] = {flavour.budget: budget} if mode == "budget" and flavour.budget else {}
    wanted = mode != "off"
    if flavour.thinking == "flag":
        return limit | {"enable_thinking": wanted}
    if flavour.thinking == "template" and not REFUSES_TEMPLATES.search(condition.model):
        # Models differ in which of the two their template reads; the other one is passed over.
        return limit | {"chat_template_kwargs": {"enable_thinking": wanted, "thinking": wanted}}
    return limit

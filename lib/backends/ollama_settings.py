"""A condition's settings in the words of Ollama's `/api/chat`.

Source: Ollama `docs/api.md` and `docs/capabilities/thinking.mdx`.
"""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import urlsplit

from lib.backends.addresses import web_address
from lib.backends.refusing import refuse_decoding
from lib.contracts.condition import Condition

ADDRESS_VARIABLE = "OLLAMA_HOST"
PORT = 11434
ROOM_TO_ANSWER = 256
"""Tokens left for the answer after a budget of thinking, where the condition does not say (`max_tokens`)."""


def address_of(condition: Condition) -> str:
    """Where a condition is asked: its own server, else the environment's OLLAMA_HOST, else this machine.

    Raises
    ------
    lib.errors.ParameterError
        That is no address of a server.
    """
    return _address(condition.server, f"condition {condition.id}: server") if condition.server else default_address()


def default_address() -> str:
    """Where Ollama is, if a condition does not say."""
    return _address(os.environ.get(ADDRESS_VARIABLE, "").strip(), ADDRESS_VARIABLE)


def _address(given: str, name: str) -> str:
    """Ollama's own way with addresses: http://, the host and the port may be left out."""
    named = f"127.0.0.1{given}" if not given or given.startswith(":") else given
    parts = urlsplit(web_address(named if "://" in named else f"http://{named}", name))
    # OLLAMA_HOST may be the address to listen at, which is none to ask.
    host = "127.0.0.1" if parts.hostname in {None, "0.0.0.0"} else str(parts.hostname)
    port = parts.port or (PORT if "://" not in named else 443 if parts.scheme == "https" else 80)
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}:{port}{parts.path}"


def check(condition: Condition) -> None:
    """Refuse what Ollama cannot take.

    Raises
    ------
    lib.errors.ParameterError
        One of the settings is of that kind.
    """
    address_of(condition)
    refuse_decoding(condition, "Ollama", "image_detail", "media_resolution")


def chat_settings(condition: Condition) -> dict[str, Any]:
    """Everything of a request but the messages.

    Ollama has no budget of thinking. A budget is asked for as the most tokens that thinking and answer may take
    together (`num_predict`: budget plus `max_tokens`, or plus 256): thinking that is longer is cut off and stays
    without an answer (finish reason `length`), where a true budget would have made the model answer.
    """
    check(condition)
    decoding, thinking = condition.decoding, condition.thinking
    limit = decoding.max_tokens
    if thinking.mode == "budget":
        limit = (thinking.budget or 0) + (decoding.max_tokens or ROOM_TO_ANSWER)
    named = {
        "temperature": decoding.temperature,
        "top_p": decoding.top_p,
        "seed": decoding.seed,
        "repeat_penalty": decoding.repetition_penalty,
        "num_predict": limit,
    }
    settings: dict[str, Any] = {
        "model": condition.model,
        "think": condition.thinks,
        "options": {name: value for name, value in named.items() if value is not None},
    }
    if decoding.log_probabilities is not None:
        settings |= {"logprobs": True, "top_logprobs": decoding.log_probabilities}
    return settings

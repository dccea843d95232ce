"""What every dialect of the wire server shares: a request understood, and an answer to be rendered."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from wire.answers import Usage


class BadRequestError(Exception):
    """The server refuses the request for what is in it."""

    def __init__(self, message: str, status: int = 400, code: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


@dataclass(frozen=True)
class Asked:
    """One request, as the server understood it. `thinking`: None is none, -1 freely, else at most so many tokens."""

    model: str
    prompt: str
    image: str | None
    thinking: int | None = None
    shows_thoughts: bool = False
    top: int | None = None
    seed: int | None = None
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Said:
    """What is to be rendered as an answer. `odd` says in which way the usage is wrong (0: none, 1 and 2: nonsense)."""

    text: str
    usage: Usage
    thoughts: str | None
    version: str
    log_probabilities: list[list[tuple[str, float]]] | None
    fault: str | None
    odd: int | None = None


@lru_cache(maxsize=4096)
def image_hash(encoded: str) -> str:
    """SHA-256 of the bytes that base64 text (of either alphabet) stands for."""
    try:
        data = base64.b64decode(encoded.replace("-", "+").replace("_", "/"), validate=True)
    except binascii.Error as error:
        raise BadRequestError(f"image: not base64: {error}") from None
    if not data:
        raise BadRequestError("image: empty")
    return hashlib.sha256(data).hexdigest()

"""The faults that the wire server injects: by rate and seed, by a script, or always."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from wire.answers import draw

FAULTS = (
    "rate_limit",  # 429 with Retry-After (in seconds; Gemini: RetryInfo in the body)
    "rate_limit_date",  # 429 with Retry-After as an HTTP date
    "rate_limit_bare",  # 429 without Retry-After
    "server_500",
    "server_503",
    "reset",  # the connection is reset before anything was sent
    "half_body",  # half of the promised body, then the connection is closed
    "stall",  # nothing for `stall_seconds`, then the answer
    "invalid_json",  # status 200 with a body that is no JSON
    "wrong_shape",  # status 200 with JSON that is no answer
    "refusal",
    "empty",  # an answer without text
    "cut",  # an answer cut at the limit of tokens
    "duplicate",  # the answer twice in one body
    "twice",  # the whole response sent twice on the connection
    "model_version",  # another version of the model answers
    "wrong_tokens",  # usage that contradicts itself, or none
    "slow",  # the body in pieces over `slow_seconds`
    "unauthorized",  # 401 whose body echoes the key that was sent
    "bad_request",  # 400: the request will never be answered
    "no_image",  # an image was asked for, and words came
    "two_images",
    "broken_image",  # an image cut short
)
OF_IMAGES = frozenset({"no_image", "two_images", "broken_image"})
"""Faults of answers that hold images; other answers are as without them."""
HIDES_ANSWER = frozenset({
    "rate_limit", "rate_limit_date", "rate_limit_bare", "server_500", "server_503", "reset", "half_body",
    "invalid_json", "wrong_shape", "unauthorized", "bad_request",
})  # fmt: skip
"""Faults after which the client has no answer."""


@dataclass
class Settings:
    """How the server behaves; everything can be changed while it runs (`Wire.set`).

    `faults` are rates by name (their sum at most 1); which request is hit depends on `seed`, the request's content and
    how often it was asked before, never on time or order. `script` names the faults of the next requests, one each
    ("" is none); only when it is used up do rates count. `key` is the only key let in (None lets in everybody).
    `model_version_after` is the number of answers after which another version answers. `owned_by` and `server_header`
    are what an OpenAI-compatible server says of itself; `version`, `capabilities` and `thinking` what an Ollama does.
    `batches` is how batches go (`wire.batches`).
    """

    faults: dict[str, float] = field(default_factory=dict)
    seed: int = 0
    script: list[str] = field(default_factory=list)
    latency: float = 0.0
    stall_seconds: float = 30.0
    slow_seconds: float = 1.0
    retry_after: float = 1.0
    key: str | None = None
    models: list[str] | None = None
    model_version_after: int | None = None
    strict: bool = True
    owned_by: str | None = None
    server_header: str | None = None
    version: str = "0.12.11"
    capabilities: list[str] | None = None
    thinking: dict[str, object] | None = None
    batches: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        unknown = sorted({*self.faults, *filter(None, self.script)} - set(FAULTS))
        if unknown or sum(self.faults.values()) > 1 + 1e-9:
            raise ValueError(f"faults: got {self.faults!r}, {self.script!r}; known are {', '.join(FAULTS)}, sum <= 1")

    def fault(self, digest: str, attempt: int) -> str | None:
        """The fault of the `attempt`-th request with this content, or None."""
        if self.script:
            return self.script.pop(0) or None
        at = draw(self.seed, digest, attempt) / 2**64
        for name, rate in self.faults.items():
            at -= rate
            if at < 0:
                return name
        return None


def everything(rate: float) -> dict[str, float]:
    """Rates of all transport and answer faults that a run must survive, which sum to `rate`."""
    names = [name for name in FAULTS if name not in {"unauthorized", "bad_request", *OF_IMAGES}]
    return dict.fromkeys(names, rate / len(names))

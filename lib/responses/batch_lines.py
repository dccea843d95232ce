"""What a line of `batches.jsonl` says: a batch is about to be made, was made, never was, or has ended."""

from __future__ import annotations

import msgspec


class Request(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One question of a batch; `prompt` is its place among the batch's prompts."""

    key: str
    image_id: str
    image_sha256: str | None
    step: str
    repeat: int
    prompt: int


class Intent(msgspec.Struct, frozen=True, kw_only=True, tag="intent", omit_defaults=True):
    """A batch is about to be made.

    `time` is unique among a condition's batches: answers name it as the time of asking, which tells from which batch
    they came. `renews` says that its questions were answered before, without a usable value.
    """

    reference: str
    time: str
    backend: str
    model: str
    prompts: list[str]
    requests: list[Request]
    renews: bool = False


class Submitted(msgspec.Struct, frozen=True, kw_only=True, tag="submitted"):
    """The provider has the batch, under this id."""

    reference: str
    time: str
    batch: str


class Void(msgspec.Struct, frozen=True, kw_only=True, tag="void"):
    """The provider never had the batch."""

    reference: str
    time: str
    reason: str


class Fetching(msgspec.Struct, frozen=True, kw_only=True, tag="fetching"):
    """The batch has ended and its answers are about to be stored."""

    reference: str
    time: str


class Fetched(msgspec.Struct, frozen=True, kw_only=True, tag="fetched", omit_defaults=True):
    """All that came of the batch is stored.

    `missing` are questions without answer or failure. `beside` are answers to questions that had been answered
    meanwhile, which were not stored, and `beside_cost` is what they cost. `queue_limit` is the most tokens that the
    provider lets wait, where it refused the batch for that.
    """

    reference: str
    time: str
    status: str
    answered: int = 0
    failed: int = 0
    missing: int = 0
    beside: int = 0
    beside_cost: float | None = None
    message: str | None = None
    queue_limit: int | None = None


Line = Intent | Submitted | Void | Fetching | Fetched
DECODER = msgspec.json.Decoder(Line)

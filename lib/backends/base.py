"""What every backend does: take a question, give an answer, or say in which way it failed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO, Literal, Protocol

from lib.protocol.question import Picture as Picture  # noqa: PLC0414, for those who import it from here
from lib.protocol.question import Question

FailureKind = Literal[
    "rate_limit",  # the server asks for patience (429)
    "timeout",  # nothing came within the deadline
    "server",  # 5xx
    "connection",  # refused, reset, or half a body
    "malformed",  # a body that is not what the protocol promises
    "rejected",  # the request itself will never be answered (400, 404, 413, 422, ...)
    "unauthorized",  # the key is missing, wrong or not allowed (401, 403)
]
RETRIED: frozenset[FailureKind] = frozenset({"rate_limit", "timeout", "server", "connection", "malformed"})


@dataclass(frozen=True, slots=True)
class Answer:
    """What the machine said, as the server reported it; None is what the server did not say.

    `tokens_out` are those of the answer without thinking; where a server counts both together, `tokens_out` is that
    count and `tokens_thinking` None. `log_probabilities` are, for each token of the answer, the
    likeliest tokens with their natural logarithms. `more` is the number of further candidates, which are not used.
    `tokens_cached` are those of `tokens_in` that the server had seen before and bills for less.
    `trace` is what went on inside (`lib.local.engine.Generation`), of models in this process and where it is wanted.
    """

    text: str
    finish_reason: str | None = None
    refusal: str | None = None
    thoughts: str | None = None
    tokens_in: int | None = None
    tokens_out: int | None = None
    tokens_thinking: int | None = None
    tokens_cached: int | None = None
    model_version: str | None = None
    fingerprint: str | None = None
    log_probabilities: list[list[tuple[str, float]]] | None = None
    more: int = 0
    trace: object | None = field(default=None, compare=False, repr=False)


class BackendError(Exception):
    """A question was not answered.

    `message` names no key and holds no header. `retry_after` is in seconds, as the server asked for.
    """

    def __init__(self, kind: FailureKind, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.kind: FailureKind = kind
        self.message = message
        self.retry_after = retry_after


class Backend(Protocol):
    """One connection to one kind of server for one condition, used by many tasks of one event loop at once."""

    async def preflight(self) -> None:
        """Check key, server and model before anything is asked, without asking anything that costs.

        Raises
        ------
        lib.errors.BackendUnavailableError
            One line with the cure.
        """

    async def ask(self, question: Question, picture: Picture | None) -> Answer:
        """Ask once; no retries of its own, no deadline of its own beyond that for connecting.

        Raises
        ------
        BackendError
        """

    async def close(self) -> None:
        """Close all connections."""


@dataclass(frozen=True, slots=True)
class BatchState:
    """How far a batch is.

    `done` means that it will not change any more and that its answers can be fetched, whole or in part. `message` is
    why the provider refused or ended it, `queue_limit` the most tokens that may wait there, where that was the reason.
    """

    status: str
    done: bool
    total: int | None = None
    finished: int | None = None
    failed: int | None = None
    message: str | None = None
    queue_limit: int | None = None


class BatchBackend(Protocol):
    """A backend whose server also takes many questions at once, cheaper and later.

    All methods but `preflight` raise BackendError. What `create` raises says whether the batch can be there all the
    same: not after `rate_limit`, `rejected` and `unauthorized`, perhaps after all others.
    """

    max_requests: int
    max_bytes: int

    async def preflight(self) -> None:
        """Check key, server and model, as `Backend` does; refuse a server without batches."""

    def line(self, question: Question, picture: Picture | None) -> bytes:
        """One question as a line of a batch's file, with its end; the same body as when it is asked by itself."""

    async def upload(self, lines: IO[bytes]) -> str:
        """Send a batch's file; give the provider's name of it. Nothing is asked by that."""

    async def create(self, file: str, reference: str) -> str:
        """Make a batch of a file, with a reference of ours that the provider keeps; give the provider's id of it."""

    async def find(self, references: Collection[str], since: datetime) -> dict[str, str]:
        """Find batches made since a time by their references: reference -> id."""

    async def state(self, batch_id: str) -> BatchState:
        """Ask how far a batch is."""

    async def fetch(self, batch_id: str) -> dict[str, Answer | BackendError]:
        """Give what came of a batch that is done, by the questions' keys; what is missing was not answered."""

    async def close(self) -> None:
        """Close all connections."""

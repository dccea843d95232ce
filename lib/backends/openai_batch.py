"""OpenAI's batches: a file of chat completions, answered within a day at the batch price.

Sources: OpenAI's guide to batches and API reference (files, batches): at most 50,000 requests and 200 MB a file; the
answers come in no particular order, those that failed in a file of their own.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import IO, Any, Literal

import httpx2
import msgspec
import openai
from openai.types import Batch

from lib.backends.base import Answer, BackendError, BatchState, Picture
from lib.backends.batch_lines import collect
from lib.backends.failures import explain, from_network, from_status, line_without_keys, malformed
from lib.backends.openai_compatible import OpenAIBackend
from lib.backends.openai_reading import read_answer, refused
from lib.backends.openai_sdk import open_client
from lib.backends.openai_settings import LOCAL
from lib.contracts.condition import Condition
from lib.contracts.study import Study
from lib.errors import BackendUnavailableError
from lib.protocol.question import Question

ENDPOINT: Literal["/v1/chat/completions"] = "/v1/chat/completions"
REFERENCE = "rater"
DONE = frozenset({"completed", "failed", "expired", "cancelled"})
UNASKED = frozenset({"batch_expired", "batch_cancelled", "batch_cancelling"})
"""Codes of requests that OpenAI never came to."""
QUEUE_LIMIT = re.compile(r"[Ll]imit:? ([\d,]+) enqueued tokens")
KEPT_SECONDS = 7 * 24 * 3600
"""How long OpenAI keeps the images that were sent; by default it is thirty days."""
CLOCKS = timedelta(hours=1)
"""How far clocks may differ."""
PAGE = 100


class _Reply(msgspec.Struct):
    status_code: int
    body: msgspec.Raw = msgspec.Raw(b"null")


class _Error(msgspec.Struct):
    code: str | None = None
    message: str | None = None


class _Line(msgspec.Struct):
    custom_id: str
    response: _Reply | None = None
    error: _Error | None = None


_decoder = msgspec.json.Decoder(_Line)


class OpenAIBatches:
    """Batches of one condition at OpenAI, or at a gateway that OPENAI_BASE_URL names."""

    max_requests = 50_000
    max_bytes = 200_000_000

    def __init__(self, condition: Condition, study: Study | None = None) -> None:
        self._live = OpenAIBackend(condition, study)
        if condition.server is not None and not self._live.hosted:
            raise _without_batches(condition, condition.server)
        self._client, self._server = open_client(self._live.address, self._live.key), self._live.server

    async def preflight(self) -> None:
        """Check key, server, model and settings; costs nothing."""
        await self._live.preflight()
        if self._live.flavour in LOCAL:
            raise _without_batches(self._live.condition, self._live.flavour.name)

    def line(self, question: Question, picture: Picture | None) -> bytes:
        """One question as a line of a batch's file; call it after `preflight`, as `ask`."""
        body = msgspec.Raw(self._live.body(question, picture))
        return msgspec.json.encode({"custom_id": question.key, "method": "POST", "url": ENDPOINT, "body": body}) + b"\n"

    async def upload(self, lines: IO[bytes]) -> str:
        """Send a batch's file, to be forgotten by OpenAI after a week."""
        try:
            kept = {"anchor": "created_at", "seconds": KEPT_SECONDS}
            sent = await self._client.files.create(
                file=("rater.jsonl", lines, "application/jsonl"),
                purpose="batch",
                expires_after=kept,  # type: ignore[arg-type]
            )
        except (openai.APIError, httpx2.HTTPError, OSError) as error:
            raise self._failure(error) from None
        return sent.id

    async def create(self, file: str, reference: str) -> str:
        """Make a batch of a file."""
        try:
            made = await self._client.batches.create(
                input_file_id=file, endpoint=ENDPOINT, completion_window="24h", metadata={REFERENCE: reference}
            )
        except (openai.APIError, httpx2.HTTPError, OSError) as error:
            raise self._failure(error) from None
        if not made.id:
            raise malformed(self._server, "a batch without id")
        return made.id

    async def find(self, references: Collection[str], since: datetime) -> dict[str, str]:
        """Look through the account's batches, latest first."""
        found: dict[str, str] = {}
        try:
            async for batch in self._client.batches.list(limit=PAGE):
                reference = (batch.metadata or {}).get(REFERENCE)
                if reference is not None and reference in references:
                    found[reference] = batch.id
                if len(found) == len(references) or batch.created_at < (since - CLOCKS).timestamp():
                    break
        except (openai.APIError, httpx2.HTTPError, OSError) as error:
            raise self._failure(error) from None
        return found

    async def state(self, batch_id: str) -> BatchState:
        """Ask how far a batch is."""
        batch = await self._retrieve(batch_id)
        counts = batch.request_counts
        message = _why(batch)
        limit = QUEUE_LIMIT.search(message or "")
        return BatchState(
            status=batch.status,
            done=batch.status in DONE,
            total=counts.total if counts else None,
            finished=counts.completed if counts else None,
            failed=counts.failed if counts else None,
            message=message,
            queue_limit=int(limit[1].replace(",", "")) if limit else None,
        )

    async def fetch(self, batch_id: str) -> dict[str, Answer | BackendError]:
        """Read both files of a batch, as far as there are any."""
        batch = await self._retrieve(batch_id)
        if batch.status == "completed" and not (batch.output_file_id or batch.error_file_id):
            raise malformed(self._server, f"{batch_id} is complete, but names no file of answers")
        lines: list[bytes] = []
        for file in (batch.output_file_id, batch.error_file_id):
            if file is not None:
                lines += (await self._content(file)).splitlines()
        return collect(self._read(lines))

    def _read(self, lines: Iterable[bytes]) -> Iterable[tuple[str, Answer | BackendError]]:
        for text in lines:
            try:
                line = _decoder.decode(text)
            except (msgspec.DecodeError, UnicodeDecodeError):
                continue  # its question counts as not answered
            if line.error is not None and line.error.code in UNASKED:
                continue
            yield line.custom_id, self._outcome(line)

    def _outcome(self, line: _Line) -> Answer | BackendError:
        if line.response is None:
            error = line.error or _Error()
            return BackendError("server", line_without_keys(f"{self._server}: {error.code}: {error.message}"))
        body = bytes(line.response.body)
        if line.response.status_code == 200:
            try:
                return read_answer(self._server, body, self._live.condition.decoding.include_thoughts is not False)
            except BackendError as unread:
                return unread
        failure = from_status(self._server, line.response.status_code, body, {})
        return refused(failure, explain(body)[1]) or failure

    async def _retrieve(self, batch_id: str) -> Batch:
        try:
            batch = await self._client.batches.retrieve(batch_id)
        except (openai.APIError, httpx2.HTTPError, OSError) as error:
            raise self._failure(error) from None
        if not isinstance(batch, Batch) or not batch.status:
            raise malformed(self._server, "not a batch")
        return batch

    async def _content(self, file: str) -> bytes:
        try:
            return (await self._client.files.content(file)).content
        except (openai.APIError, httpx2.HTTPError, OSError) as error:
            raise self._failure(error) from None

    def _failure(self, error: Exception) -> BackendError:
        if isinstance(error, openai.APIStatusError):
            response = error.response
            return from_status(self._server, error.status_code, response.content, response.headers)
        return from_network(self._server, error)

    async def close(self) -> None:
        """Close all connections."""
        await self._client.close()
        await self._live.close()


def _why(batch: Batch) -> str | None:
    errors: list[Any] = (batch.errors.data if batch.errors else None) or []
    said = dict.fromkeys(error.message or error.code or "" for error in errors)
    return line_without_keys("; ".join(filter(None, said))) or None


def _without_batches(condition: Condition, server: str) -> BackendUnavailableError:
    return BackendUnavailableError(
        f"condition {condition.id}: {server} has no batches; only OpenAI and Gemini do. Ask without --batch."
    )

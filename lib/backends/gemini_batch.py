"""Gemini's batches: a file of questions, answered within a day at the batch price.

The questions always go as a file, also where they would fit into the request itself: answers to questions inside the
request come back out of order and without the names that were given to them (googleapis/python-genai issues 1886, 1909
and 2008), so that nobody could say which image an answer is about. In a file every line has its key.

Source: Gemini API guide to batches and its reference (batches, files).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import IO, Any

import aiohttp
import msgspec
from google import genai
from google.genai import errors, types

from lib.backends.base import Answer, BackendError, BatchState, Picture
from lib.backends.batch_lines import collect
from lib.backends.failures import from_network, from_status, line_without_keys, malformed
from lib.backends.gemini import SERVER, VERSION, GeminiBackend
from lib.backends.gemini_reading import read_answer
from lib.backends.gemini_sdk import from_api, open_client
from lib.backends.openai_reading import count
from lib.contracts.condition import Condition
from lib.contracts.study import Study
from lib.protocol.question import Question

DONE = frozenset({"SUCCEEDED", "FAILED", "CANCELLED", "EXPIRED", "PARTIALLY_SUCCEEDED"})
PAGE = 100
MOST_PAGES = 100
MEDIA_TYPE = "application/jsonl"
STATUS_OF_CODE = {1: 499, 2: 500, 3: 400, 4: 504, 5: 404, 7: 403, 8: 429, 9: 400, 13: 500, 14: 503, 16: 401}
"""HTTP's words for those of google.rpc.Code, in which single failures are told."""
UNASKED = frozenset({1})
"""google.rpc.Code of questions that were cancelled before Gemini came to them."""

NOTHING = b"null"


class _Line(msgspec.Struct):
    key: str
    response: msgspec.Raw = msgspec.Raw(NOTHING)
    error: Any = None
    status: Any = None


_decoder = msgspec.json.Decoder(_Line)


class GeminiBatches:
    """Batches of one condition at the Gemini API.

    States are read from the response itself: the SDK's `BatchJob` drops why a batch failed, and its counts.
    """

    max_requests = 50_000
    max_bytes = 200_000_000
    """The API takes files of 2 GB; smaller ones are sent again sooner when something breaks."""

    def __init__(self, condition: Condition, study: Study | None = None) -> None:
        self._live = GeminiBackend(condition, study)
        self._client: genai.Client | None = None

    def _sdk(self) -> genai.Client:
        if self._client is None:
            self._client = open_client(self._live.address, self._live.key, self._live.open())
        return self._client

    async def preflight(self) -> None:
        """Check key, server and model; costs nothing."""
        await self._live.preflight()

    def line(self, question: Question, picture: Picture | None) -> bytes:
        """One question as a line of a batch's file."""
        return msgspec.json.encode({"key": question.key, "request": self._live.body(question, picture)}) + b"\n"

    async def upload(self, lines: IO[bytes]) -> str:
        """Send a batch's file, which Gemini forgets after two days."""
        try:
            sent = await self._sdk().aio.files.upload(
                file=lines,  # type: ignore[arg-type]
                config=types.UploadFileConfig(mime_type=MEDIA_TYPE, display_name="rater"),
            )
        except errors.APIError as error:
            raise from_api(error) from None
        except (aiohttp.ClientError, OSError) as error:
            raise from_network(SERVER, error) from None
        except (KeyError, TypeError, ValueError) as error:
            raise malformed(SERVER, error) from None
        if not sent.name:
            raise malformed(SERVER, "a file without name")
        return sent.name

    async def create(self, file: str, reference: str) -> str:
        """Make a batch of a file; the reference is its display name."""
        try:
            made = await self._sdk().aio.batches.create(
                model=self._live.condition.model, src=file, config=types.CreateBatchJobConfig(display_name=reference)
            )
        except errors.APIError as error:
            raise from_api(error) from None
        except (aiohttp.ClientError, OSError) as error:
            raise from_network(SERVER, error) from None
        except ValueError as error:
            raise malformed(SERVER, error) from None
        if not made.name:
            raise malformed(SERVER, "a batch without name")
        return made.name

    async def find(self, references: Collection[str], since: datetime) -> dict[str, str]:
        """Look through all batches of the account, which come in no order that is promised."""
        found: dict[str, str] = {}
        token = None
        for _ in range(MOST_PAGES):
            query = {"pageSize": str(PAGE)} | ({"pageToken": token} if token else {})
            page = await self._get("batches", query)
            for operation in page.get("operations") or []:
                name = _metadata(operation).get("displayName")
                if isinstance(name, str) and name in references:
                    found[name] = operation["name"]
            token = page.get("nextPageToken")
            if not token or len(found) == len(references):
                break
        return found

    async def state(self, batch_id: str) -> BatchState:
        """Ask how far a batch is."""
        operation = await self._get(batch_id)
        metadata = _metadata(operation)
        status = _status(operation)
        if not status:
            raise malformed(SERVER, "a batch without state", msgspec.json.encode(operation))
        stats = metadata.get("batchStats") or {}
        error = operation.get("error")
        message = error.get("message") if isinstance(error, dict) else None
        total, good, bad = (
            _number(stats.get(name)) for name in ("requestCount", "successfulRequestCount", "failedRequestCount")
        )
        return BatchState(
            status=status.lower(),
            done=status in DONE,
            total=total,
            finished=good,
            failed=bad,
            message=line_without_keys(str(message)) if message else None,
        )

    async def fetch(self, batch_id: str) -> dict[str, Answer | BackendError]:
        """Read the file of answers, if there is one."""
        operation = await self._get(batch_id)
        output = operation.get("response") or _metadata(operation).get("output") or {}
        file = output.get("responsesFile") or (_metadata(operation).get("output") or {}).get("responsesFile")
        if not file:
            if _status(operation) == "SUCCEEDED":
                raise malformed(SERVER, f"{batch_id} has succeeded, but names no file of answers")
            return {}
        try:
            content = await self._sdk().aio.files.download(file=file)
        except errors.APIError as error:
            raise from_api(error) from None
        except (aiohttp.ClientError, OSError) as error:
            raise from_network(SERVER, error) from None
        except ValueError as error:
            raise malformed(SERVER, error) from None
        return collect(_read((content or b"").splitlines()))

    async def _get(self, path: str, query: dict[str, str] | None = None) -> dict[str, Any]:
        """Get one thing as the API writes it."""
        live = self._live
        address = f"{live.address}/{VERSION}/{path}"
        try:
            async with live.open().get(address, params=query, headers=live.headers, allow_redirects=False) as reply:
                body = await reply.read()
                if reply.status != 200:
                    raise from_status(SERVER, reply.status, body, reply.headers)
        except (aiohttp.ClientError, OSError) as error:
            raise from_network(SERVER, error) from None
        try:
            return msgspec.json.decode(body, type=dict[str, Any])
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise malformed(SERVER, error, body) from None

    async def close(self) -> None:
        """Close all connections."""
        client, self._client = self._client, None
        if client is not None:
            await client.aio.aclose()
            client.close()
        await self._live.close()


def _read(lines: Iterable[bytes]) -> Iterable[tuple[str, Answer | BackendError]]:
    for text in lines:
        try:
            line = _decoder.decode(text)
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue  # its question counts as not answered
        outcome = _outcome(line)
        if outcome is not None:
            yield line.key, outcome


def _outcome(line: _Line) -> Answer | BackendError | None:
    if bytes(line.response) != NOTHING:
        try:
            return read_answer(SERVER, bytes(line.response))
        except BackendError as failure:
            return failure
    error = line.error if line.error is not None else line.status
    code = count(error.get("code")) if isinstance(error, dict) else None
    if code in UNASKED:
        return None
    status = STATUS_OF_CODE.get(code or 0, code if code and 400 <= code < 600 else 500)
    return from_status(SERVER, status, msgspec.json.encode({"error": error}), {})


def _metadata(operation: object) -> dict[str, Any]:
    found = operation.get("metadata") if isinstance(operation, dict) else None
    return found if isinstance(found, dict) else {}


def _status(operation: object) -> str:
    return str(_metadata(operation).get("state", "")).removeprefix("BATCH_STATE_").removeprefix("JOB_STATE_")


def _number(value: object) -> int | None:
    """A count, which the API writes as text."""
    return int(value) if isinstance(value, str) and value.isdigit() else count(value)

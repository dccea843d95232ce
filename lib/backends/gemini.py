"""Gemini, over Google's SDK.

Thinking is dynamic (-1), up to a budget, or off (0). Off is not none: with a budget of 0 the laboratory's logs still
show some 199 thinking tokens an image (supplement v10.8, S6.1). They are counted here as the server reports them, so
read such a condition as one of minimal thinking.
"""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import msgspec
from google import genai
from google.genai import errors, types

from lib.backends.base import Answer, BackendError, Picture
from lib.backends.encoding import Encoded
from lib.backends.failures import from_network, from_status, malformed
from lib.backends.gemini_reading import read_answer
from lib.backends.gemini_settings import ADDRESS_VARIABLE, address, generation_settings
from lib.backends.secrets import find_key, hide_in_logs
from lib.backends.sessions import open_session
from lib.contracts.condition import Condition
from lib.contracts.study import Study
from lib.errors import BackendUnavailableError
from lib.protocol.question import Question

VERSION = "v1beta"
KEYS = ("GEMINI_API_KEY", "GOOGLE_API_KEY")
WITHIN = 10.0
SERVER = "Gemini"


class GeminiBackend:
    """One condition asked over `generateContent` of the Gemini API.

    The request's body is handed to the SDK as it goes over the wire (its `extra_body`), and the response is taken from
    it unread: to build and check the SDK's models would cost more time than the request. The session is our own, since
    the SDK's looks for proxies and logins on disk before every request.
    """

    def __init__(
        self, condition: Condition, _study: Study | None = None, generation: dict[str, Any] | None = None
    ) -> None:
        self._generation = generation_settings(condition) if generation is None else generation
        hide_in_logs()
        self.condition = condition
        self.address = address()
        self.key = find_key(*KEYS)
        self._encoded = Encoded()
        self.session: aiohttp.ClientSession | None = None
        self._client: genai.Client | None = None
        self._without_functions = types.AutomaticFunctionCallingConfig(disable=True)

    def open(self) -> genai.Client:
        """Open the connections, which belong to the event loop that runs now."""
        if self._client is None:
            self.session = open_session(self.address)
            self._client = genai.Client(
                api_key=self.key or "none",
                vertexai=False,
                http_options=types.HttpOptions(
                    base_url=self.address,
                    api_version=VERSION,
                    aiohttp_client=self.session,
                    # Without this the SDK waits up to ten seconds and asks again by itself when a connection breaks.
                    retry_options=types.HttpRetryOptions(attempts=1),
                ),
            )
        return self._client

    async def preflight(self) -> None:
        """Check key, server and model; costs nothing."""
        if self.key is None:
            raise BackendUnavailableError(
                f"condition {self.condition.id}: Gemini wants a key. Set GEMINI_API_KEY, or put it into the file that "
                "RATER_KEY_FILE names."
            )
        where = f"condition {self.condition.id}: Gemini"
        try:
            async with asyncio.timeout(WITHIN):
                await self.open().aio.models.get(model=self.condition.model)
        except errors.APIError as error:
            if error.code == 404:
                raise BackendUnavailableError(
                    f"{where} has no model {self.condition.model!r}. Correct `model` in the condition."
                ) from None
            failure = from_api(error)
            cure = "Set GEMINI_API_KEY to a valid key." if failure.kind == "unauthorized" else "Try again later."
            raise BackendUnavailableError(f"{where}: {failure.message} {cure}") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise BackendUnavailableError(
                f"{where}: {from_network(self.address, error).message}. Look at the network, and at {ADDRESS_VARIABLE} "
                "if it is set."
            ) from None

    async def ask(self, question: Question, picture: Picture | None) -> Answer:
        """Ask one question, alone: no earlier turns are sent."""
        failure: BackendError
        config = types.GenerateContentConfig(
            http_options=types.HttpOptions(extra_body=self.body(question, picture)),
            should_return_http_response=True,
            automatic_function_calling=self._without_functions,
        )
        try:
            response = await self.open().aio.models.generate_content(
                model=self.condition.model, contents="", config=config
            )
            reply = response.sdk_http_response
        except errors.APIError as error:
            failure = from_api(error)
        except (aiohttp.ClientError, OSError) as error:
            failure = from_network(SERVER, error)
        except ValueError as error:
            failure = malformed(SERVER, error)
        else:
            return self.read((reply.body if reply else None) or b"")
        raise failure

    def read(self, body: bytes | str) -> Answer:
        """Read the body of an answer."""
        return read_answer(SERVER, body)

    def body(self, question: Question, picture: Picture | None) -> dict[str, Any]:
        """The request's body as the API writes it: the image first, then the words."""
        parts: list[dict[str, Any]] = [{"text": question.prompt}]
        if picture is not None:
            data = self._encoded(picture).decode("ascii")
            parts.insert(0, {"inlineData": {"mimeType": picture.media_type, "data": data}})
        body: dict[str, Any] = {"contents": [{"role": "user", "parts": parts}]}
        return body | {"generationConfig": self._generation} if self._generation else body

    async def close(self) -> None:
        """Close all connections."""
        client, session, self._client, self.session = self._client, self.session, None, None
        if client is not None:
            await client.aio.aclose()
            client.close()
        if session is not None:
            await session.close()


def from_api(error: errors.APIError) -> BackendError:
    """Read the SDK's error; Gemini says in the body (RetryInfo) when to come back."""
    headers = getattr(error.response, "headers", None) or {}
    body = msgspec.json.encode(error.details) if isinstance(error.details, dict | list) else str(error.details)
    return from_status(SERVER, error.code or 500, body, dict(headers), wait=_retry_info(error.details))


def _retry_info(details: object) -> float | None:
    inner = details.get("error", details) if isinstance(details, dict) else None
    listed = inner.get("details") if isinstance(inner, dict) else None
    for detail in listed if isinstance(listed, list) else []:
        delay = detail.get("retryDelay") if isinstance(detail, dict) else None
        if isinstance(delay, str) and delay.endswith("s"):
            try:
                return max(0.0, float(delay[:-1]))
            except ValueError:
                return None
    return None

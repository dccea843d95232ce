"""Gemini, over the HTTP of its API.

Thinking is dynamic (-1), up to a budget, or off (0). Off is not none: with a budget of 0 the laboratory's logs still
show some 199 thinking tokens an image (supplement v10.8, S6.1). They are counted here as the server reports them, so
read such a condition as one of minimal thinking.
"""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import msgspec

from lib.backends.base import Answer, BackendError, Picture
from lib.backends.encoding import Encoded, of_repeat
from lib.backends.failures import from_network, from_status
from lib.backends.gemini_reading import read_answer, retry_info
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

    Bodies are written and read here, and sent over a session of our own: what Google's SDK adds to that (it takes two
    seconds to load, and builds and checks models of both bodies) costs more time than the request. That the SDK would
    send the same is tested; it makes and fetches the batches (`lib.backends.gemini_batch`).
    """

    def __init__(
        self, condition: Condition, _study: Study | None = None, generation: dict[str, Any] | None = None
    ) -> None:
        self._generation = generation_settings(condition) if generation is None else generation
        hide_in_logs()
        self.condition = condition
        self.address = address()
        self.key = find_key(*KEYS)
        model = condition.model if "/" in condition.model else f"models/{condition.model}"
        self.model_url = f"{self.address}/{VERSION}/{model}"
        self.headers = {"x-goog-api-key": self.key or "none", "content-type": "application/json"}
        self._encoded = Encoded()
        self.session: aiohttp.ClientSession | None = None

    def open(self) -> aiohttp.ClientSession:
        """Open the connections, which belong to the event loop that runs now."""
        if self.session is None:
            self.session = open_session(self.address)
        return self.session

    async def preflight(self) -> None:
        """Check key, server and model; costs nothing."""
        if self.key is None:
            raise BackendUnavailableError(
                f"condition {self.condition.id}: Gemini wants a key. Set GEMINI_API_KEY, or put it into the file that "
                "RATER_KEY_FILE names."
            )
        where = f"condition {self.condition.id}: Gemini"
        try:
            async with (
                asyncio.timeout(WITHIN),
                self.open().get(self.model_url, headers=self.headers, allow_redirects=False) as reply,
            ):
                body = await reply.read()
        except (aiohttp.ClientError, OSError) as error:
            raise BackendUnavailableError(
                f"{where}: {from_network(self.address, error).message}. Look at the network, and at {ADDRESS_VARIABLE} "
                "if it is set."
            ) from None
        if reply.status == 404:
            raise BackendUnavailableError(
                f"{where} has no model {self.condition.model!r}. Correct `model` in the condition."
            )
        if reply.status != 200:
            failure = from_status(SERVER, reply.status, body, reply.headers)
            cure = "Set GEMINI_API_KEY to a valid key." if failure.kind == "unauthorized" else "Try again later."
            raise BackendUnavailableError(f"{where}: {failure.message} {cure}")

    async def ask(self, question: Question, picture: Picture | None) -> Answer:
        """Ask one question, alone: no earlier turns are sent."""
        failure: BackendError
        body = msgspec.json.encode(self.body(question, picture))
        try:
            async with self.open().post(
                f"{self.model_url}:generateContent", data=body, headers=self.headers, allow_redirects=False
            ) as reply:
                content = await reply.read()
        except (aiohttp.ClientError, OSError) as error:
            failure = from_network(SERVER, error)
        else:
            if reply.status == 200:
                return self.read(content)
            failure = from_status(SERVER, reply.status, content, reply.headers, wait=retry_info(content))
        raise failure

    def read(self, body: bytes | str) -> Answer:
        """Read the body of an answer."""
        return read_answer(SERVER, body)

    def body(self, question: Question, picture: Picture | None) -> dict[str, Any]:
        """The request's body as the API writes it, to be encoded by msgspec: the image first, then the words."""
        parts: list[dict[str, Any]] = [{"text": question.prompt}]
        if picture is not None:
            data = msgspec.Raw(b'"%b"' % self._encoded(picture))
            parts.insert(0, {"inlineData": {"mimeType": picture.media_type, "data": data}})
        body: dict[str, Any] = {"contents": [{"role": "user", "parts": parts}]}
        generation = of_repeat(self._generation, self.condition.decoding, question.repeat)
        return body | {"generationConfig": generation} if generation else body

    async def close(self) -> None:
        """Close all connections."""
        session, self.session = self.session, None
        if session is not None:
            await session.close()

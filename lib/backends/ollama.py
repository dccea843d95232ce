"""Ollama, over its own SDK."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import httpx
import ollama

from lib.backends.base import Answer, BackendError, Picture
from lib.backends.encoding import of_repeat
from lib.backends.failures import from_network, from_status, malformed
from lib.backends.ollama_probe import examine
from lib.backends.ollama_settings import address_of, chat_settings
from lib.backends.openai_reading import count
from lib.backends.secrets import find_key, hide_in_logs
from lib.backends.sessions import open_session
from lib.contracts.condition import Condition
from lib.contracts.study import Study
from lib.protocol.question import Question

SERVER = "Ollama"


class _RefusedError(Exception):
    """A failure's status, with the headers that the SDK's own error leaves out."""

    def __init__(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        super().__init__(status)
        self.status = status
        self.headers = headers
        self.body = body


class _OverAiohttp(httpx.AsyncBaseTransport):
    """What carries the SDK's requests."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.session: aiohttp.ClientSession | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self.session is None:
            self.session = open_session(self.address)
        async with self.session.request(
            request.method, str(request.url), headers=request.headers, data=await request.aread(), allow_redirects=False
        ) as response:
            body = await response.read()
            if response.status >= 400:
                raise _RefusedError(response.status, response.headers, body)
            return httpx.Response(response.status, content=body, request=request)

    async def aclose(self) -> None:
        if self.session is not None:
            await self.session.close()


class OllamaBackend:
    """One condition asked over `/api/chat`.

    The version of the model is the digest of its weights and template, which `preflight` reads. Ollama counts thinking
    and answer together: where the model thought, `tokens_out` holds both and `tokens_thinking` is not known.
    """

    def __init__(self, condition: Condition, _study: Study | None = None) -> None:
        self._settings = chat_settings(condition)
        hide_in_logs()
        self.condition = condition
        self.digest: str | None = None
        self.client = ollama.AsyncClient(
            host=address_of(condition),
            headers=_headers(condition),
            transport=_OverAiohttp(address_of(condition)),
        )

    async def preflight(self) -> None:
        """Check server, model and settings; asks nothing, and loads no model."""
        found = await examine(self.condition, _headers(self.condition))
        self.digest = found.digest
        if found.think is None:
            self._settings.pop("think", None)

    def _of_repeat(self, repeat: int) -> dict[str, Any]:
        options = of_repeat(self._settings["options"], self.condition.decoding, repeat)
        return {**self._settings, "options": options}

    async def ask(self, question: Question, picture: Picture | None) -> Answer:
        """Ask one question, alone: no earlier turns are sent."""
        failure: BackendError
        message = ollama.Message(
            role="user",
            content=question.prompt,
            images=[ollama.Image(value=picture.data)] if picture is not None else None,
        )
        try:
            response = await self.client.chat(messages=[message], stream=False, **self._of_repeat(question.repeat))
        except _RefusedError as error:
            failure = from_status(SERVER, error.status, error.body, error.headers)
        except (aiohttp.ClientError, httpx.HTTPError, OSError) as error:
            failure = from_network(SERVER, error)
        except ValueError as error:
            failure = malformed(SERVER, type(error).__name__)
        else:
            return self._read(response)
        raise failure

    def _read(self, response: ollama.ChatResponse) -> Answer:
        thoughts = response.message.thinking or None
        return Answer(
            text=response.message.content or "",
            finish_reason=response.done_reason,
            thoughts=thoughts if self.condition.decoding.include_thoughts is not False else None,
            tokens_in=count(response.prompt_eval_count),
            tokens_out=count(response.eval_count),
            tokens_thinking=0 if thoughts is None and count(response.eval_count) is not None else None,
            model_version=f"{response.model}@{self.digest}" if self.digest else response.model,
            log_probabilities=_log_probabilities(response),
        )

    async def close(self) -> None:
        """Close all connections."""
        await self.client.close()  # type: ignore[no-untyped-call]


def _headers(condition: Condition) -> dict[str, str]:
    """The key of Ollama's own service goes there, or where OLLAMA_HOST says; never to a server that a file names."""
    theirs = (urlsplit(address_of(condition)).hostname or "").endswith("ollama.com")
    key = find_key("OLLAMA_API_KEY") if theirs or condition.server is None else find_key("RATER_SERVER_KEY")
    # Without a header of ours the SDK would send OLLAMA_API_KEY anywhere.
    return {"authorization": f"Bearer {key or 'none'}"}


def _log_probabilities(response: ollama.ChatResponse) -> list[list[tuple[str, float]]] | None:
    if not response.logprobs:
        return None
    return [[(one.token, one.logprob) for one in token.top_logprobs or [token]] for token in response.logprobs]

"""OpenAI, and the servers that speak its language: vLLM, llama.cpp, LM Studio, mlx_vlm.server, transformers serve."""

from __future__ import annotations

from typing import Any

import aiohttp
import msgspec

from lib.backends.base import Answer, Picture
from lib.backends.encoding import Encoded, of_repeat
from lib.backends.failures import explain, from_network, from_status
from lib.backends.openai_http import OpenAIHttp, headers_for
from lib.backends.openai_probe import recognise
from lib.backends.openai_reading import read_answer, refused
from lib.backends.openai_settings import (
    HOSTED,
    OTHER,
    Flavour,
    address_of,
    check,
    is_hosted,
    key_name,
    request_settings,
)
from lib.backends.secrets import find_key, hide_in_logs
from lib.contracts.condition import Condition
from lib.contracts.study import Study
from lib.errors import BackendUnavailableError
from lib.protocol.question import Question


class OpenAIBackend:
    """One condition asked over the chat completions of OpenAI's API.

    Bodies are written and read here, and sent over a session of our own: what OpenAI's SDK adds to that (it takes two
    seconds to load, and builds and checks models of both bodies) costs more time than the request. That the SDK would
    send the same is tested; it makes and fetches the batches (`lib.backends.openai_batch`). Settings that are the
    server's own are settled by `preflight`, which recognises the server; without it the server is taken for one of an
    unknown kind.
    """

    def __init__(self, condition: Condition, _study: Study | None = None) -> None:
        check(condition)
        hide_in_logs()
        self.condition = condition
        self.address = address_of(condition)
        self.questions = f"{self.address}/chat/completions"
        self.hosted = is_hosted(self.address)
        self.server = "OpenAI" if self.hosted else self.address
        self.key = find_key(key_name(condition, self.hosted))
        self.http = OpenAIHttp(self.address, headers_for(condition, self.hosted, self.key))
        self._encoded = Encoded()
        self._settings: dict[str, Any] = {}
        self._settle(HOSTED if self.hosted else OTHER, strictly=self.hosted)

    def _settle(self, flavour: Flavour, strictly: bool = True) -> None:
        self.flavour = flavour
        if strictly:
            self._settings = request_settings(self.condition, flavour)

    async def preflight(self) -> None:
        """Check key, server, model and settings; costs nothing."""
        if self.hosted and self.key is None:
            raise BackendUnavailableError(
                f"condition {self.condition.id}: OpenAI wants a key. Set OPENAI_API_KEY, or put it into the file that "
                "RATER_KEY_FILE names."
            )
        self._settle(await recognise(self.http, self.condition, self.address, self.hosted, self.key is None))

    async def ask(self, question: Question, picture: Picture | None) -> Answer:
        """Ask one question, alone: no earlier turns are sent."""
        if not self._settings:
            self._settle(self.flavour)
        body = self.body(question, picture)
        try:
            response = await self.http.post(self.questions, body)
        except (aiohttp.ClientError, OSError) as error:
            failure = from_network(self.server, error)
        else:
            if response.status_code == 200:
                return read_answer(self.server, response.content, self.condition.decoding.include_thoughts is not False)
            failure = from_status(self.server, response.status_code, response.content, response.headers)
            answer = refused(failure, explain(response.content)[1])
            if answer is not None:
                return answer
        raise failure

    def body(self, question: Question, picture: Picture | None) -> bytes:
        """The request's body: the image first, then the words."""
        content: list[dict[str, Any]] = [{"type": "text", "text": question.prompt}]
        if picture is not None:
            url = b'"data:%b;base64,%b"' % (picture.media_type.encode(), self._encoded(picture))
            image: dict[str, Any] = {"url": msgspec.Raw(url)}
            if self.condition.decoding.image_detail is not None:
                image["detail"] = self.condition.decoding.image_detail
            content.insert(0, {"type": "image_url", "image_url": image})
        settings = of_repeat(self._settings, self.condition.decoding, question.repeat)
        return msgspec.json.encode({**settings, "messages": [{"role": "user", "content": content}]})

    async def close(self) -> None:
        """Close all connections."""
        await self.http.close()

"""The HTTP of OpenAI's API over a session of our own, with the headers that OpenAI's SDK would send."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import NamedTuple

import aiohttp

from lib.backends.sessions import open_session
from lib.contracts.condition import Condition

NO_KEY = "none"
THEIRS = {"OpenAI-Organization": "OPENAI_ORG_ID", "OpenAI-Project": "OPENAI_PROJECT_ID"}
CUSTOM_HEADERS = "OPENAI_CUSTOM_HEADERS"


class Reply(NamedTuple):
    """What came back."""

    status_code: int
    headers: Mapping[str, str]
    content: bytes


class OpenAIHttp:
    """Sends requests to one server; what breaks below HTTP is raised as aiohttp's errors or OSError."""

    def __init__(self, address: str, headers: Mapping[str, str]) -> None:
        self.address, self.headers = address, dict(headers)
        self._session: aiohttp.ClientSession | None = None

    async def get(self, url: str) -> Reply:
        """Get `url`, or what it is below the server's address."""
        return await self._send("GET", url if "://" in url else f"{self.address}{url}", None)

    async def post(self, url: str, body: bytes) -> Reply:
        """Send JSON."""
        return await self._send("POST", url, body)

    async def _send(self, method: str, url: str, body: bytes | None) -> Reply:
        if self._session is None:  # belongs to the event loop that runs now
            self._session = open_session(self.address)
        async with self._session.request(
            method, url, data=body, headers=self.headers, allow_redirects=False
        ) as response:
            return Reply(response.status, response.headers, await response.read())

    async def close(self) -> None:
        """Close all connections."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()


def headers_for(condition: Condition, hosted: bool, key: str | None) -> dict[str, str]:
    """The headers of every request.

    What the environment holds for OpenAI beside its key (organisation, project, headers of one's own) is kept from a
    server that a condition file names.
    """
    headers = {"Authorization": f"Bearer {key or NO_KEY}", "Content-Type": "application/json"}
    if condition.server is not None and not hosted:
        return headers
    headers |= {name: value for name, variable in THEIRS.items() if (value := os.environ.get(variable))}
    lines = (line.partition(":") for line in os.environ.get(CUSTOM_HEADERS, "").split("\n"))
    return headers | {name.strip(): value.strip() for name, colon, value in lines if colon}

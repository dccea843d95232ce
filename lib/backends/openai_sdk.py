"""OpenAI's SDK, for batches."""

from __future__ import annotations

import httpx2
import openai

from lib.backends.openai_http import NO_KEY
from lib.backends.sessions import CONNECT_WITHIN, CONNECTIONS


def open_client(address: str, key: str | None) -> openai.AsyncOpenAI:
    """Open the SDK's client, over aiohttp, without retries of its own.

    Organisation, project and further headers are those of the environment; only servers that it names, and OpenAI's
    own, have batches.
    """
    timeout = httpx2.Timeout(None, connect=CONNECT_WITHIN)
    http = openai.DefaultAioHttpClient(
        timeout=timeout,
        limits=httpx2.Limits(max_connections=CONNECTIONS, max_keepalive_connections=None, keepalive_expiry=30),
        follow_redirects=False,
    )
    return openai.AsyncOpenAI(base_url=address, api_key=key or NO_KEY, max_retries=0, timeout=timeout, http_client=http)

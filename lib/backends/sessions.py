"""Connections of our own, for SDKs that can be given one.

aiohttp's, since it costs a third of httpx's time, and since a connection on which a server sent more than was asked
for is dropped: httpx 0.28 takes such a rest for the answer to the next question.
"""

from __future__ import annotations

import urllib.request
from urllib.parse import urlsplit

import aiohttp

CONNECT_WITHIN = 10.0
CONNECTIONS = 1024
"""More than any run asks at once, so that no request waits for a connection."""


def open_session(address: str) -> aiohttp.ClientSession:
    """Open a session for the event loop that runs now; it has no deadline but that for connecting."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=CONNECTIONS),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_WITHIN),
        proxy=_proxy(address),
    )


def _proxy(address: str) -> str | None:
    """The proxy that the environment names for an address, looked up once instead of before every request."""
    parts = urlsplit(address)
    if urllib.request.proxy_bypass(parts.hostname or ""):
        return None
    return urllib.request.getproxies().get(parts.scheme)

"""Google's SDK over a session of ours, and its errors in our words; for batches."""

from __future__ import annotations

import aiohttp
import msgspec
from google import genai
from google.genai import errors, types

from lib.backends.base import BackendError
from lib.backends.failures import from_status
from lib.backends.gemini import SERVER, VERSION
from lib.backends.gemini_reading import retry_info


def open_client(address: str, key: str | None, session: aiohttp.ClientSession) -> genai.Client:
    """Open the SDK's client; the session is our own, since the SDK's looks for proxies and logins on disk each time."""
    return genai.Client(
        api_key=key or "none",
        vertexai=False,
        http_options=types.HttpOptions(
            base_url=address,
            api_version=VERSION,
            aiohttp_client=session,
            # Without this the SDK waits up to ten seconds and asks again by itself when a connection breaks.
            retry_options=types.HttpRetryOptions(attempts=1),
        ),
    )


def from_api(error: errors.APIError) -> BackendError:
    """Read the SDK's error; Gemini says in the body (RetryInfo) when to come back."""
    headers = getattr(error.response, "headers", None) or {}
    known = isinstance(error.details, dict | list)
    body = msgspec.json.encode(error.details) if known else str(error.details).encode()
    return from_status(SERVER, error.code or 500, body, dict(headers), wait=retry_info(body))

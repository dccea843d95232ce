"""Everything that can go wrong between a question and its answer, said in the words of `BackendError`."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime
from typing import Any

import msgspec

from lib.backends.base import BackendError, FailureKind
from lib.backends.secrets import scrub
from lib.errors import one_line

UNAUTHORIZED_CODES = frozenset({"insufficient_quota", "billing_not_active", "API_KEY_INVALID", "FAILED_PRECONDITION"})
"""What a provider answers to every question of an account until its owner does something."""
TIMED_OUT = frozenset({"TimeoutError", "TimeoutException", "ServerTimeoutError"})
BROKEN = {
    "ClientPayloadError": "the answer broke off",
    "IncompleteRead": "the answer broke off",
    "ServerDisconnectedError": "the server closed the connection without an answer",
    "ConnectionResetError": "the server reset the connection",
}
"""What says more than the name of an exception."""
CUT_OFF = frozenset({
    "ConnectionError", "ClientConnectionError", "ClientPayloadError", "ServerDisconnectedError", "ClientConnectorError",
    "ClientResponseError", "NetworkError", "ProtocolError", "ProxyError", "SSLError", "IncompleteRead",
})  # fmt: skip


def from_status(
    server: str, status: int, body: bytes | str, headers: Mapping[str, str], wait: float | None = None
) -> BackendError:
    """Say what a status other than 200 means; `wait` is a pause that the body asked for."""
    message, codes = explain(body)
    kind: FailureKind = "rejected"
    if status in {401, 403} or codes & UNAUTHORIZED_CODES:
        kind = "unauthorized"
    elif status == 429:
        kind = "rate_limit"
    elif status == 408:
        kind = "timeout"
    elif status >= 500 or status in {409, 425}:
        kind = "server"
    after = retry_after(headers)
    return BackendError(kind, line_without_keys(f"{server}: {status}: {message}"), wait if after is None else after)


def from_network(server: str, error: BaseException) -> BackendError:
    """Say what broke below HTTP: a deadline, or the connection."""
    chain = list(_chain(error))
    for cause in reversed(chain):
        names = {kind.__name__ for kind in type(cause).__mro__}
        if names & TIMED_OUT and "ServerDisconnectedError" not in names:
            return BackendError("timeout", line_without_keys(f"{server}: no answer in time ({type(cause).__name__})"))
        if names & CUT_OFF:
            return BackendError("connection", line_without_keys(f"{server}: {_broken(names, cause)}"))
    return BackendError("connection", line_without_keys(f"{server}: {type(error).__name__}: {error}"))


def _broken(names: set[str], cause: BaseException) -> str:
    words = next((words for name, words in BROKEN.items() if name in names), None)
    return words or f"{type(cause).__name__}: {cause}"


def malformed(server: str, error: BaseException | str, body: bytes | str = b"") -> BackendError:
    """Say that a body is not what the protocol promises."""
    return BackendError("malformed", line_without_keys(f"{server}: not an answer: {error}: {_text(body)[:120]!r}"))


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait that the headers `retry-after-ms` or `Retry-After` (seconds or a date) ask for, or None.

    A date is read against the server's own clock (`Date`), where it says what that shows.
    """
    known = {name.lower(): value.strip() for name, value in headers.items()}
    for name, unit in (("retry-after-ms", 1e-3), ("retry-after", 1.0)):
        try:
            seconds = float(known[name]) * unit
        except (KeyError, ValueError):
            continue
        return max(0.0, seconds) if math.isfinite(seconds) else None
    until = _date(known.get("retry-after"))
    if until is None:
        return None
    now = _date(known.get("date"))
    return max(0.0, until - (time.time() if now is None else now))


def explain(body: bytes | str) -> tuple[str, frozenset[str]]:
    """Give a failure's message, and its codes, out of a body such as OpenAI, Gemini, Ollama or a proxy send it."""
    try:
        value: Any = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _text(body), frozenset()
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    error = value.get("error", value) if isinstance(value, dict) else value
    if not isinstance(error, dict):
        return str(error), frozenset()
    details = error.get("details")
    reasons = (
        [detail.get("reason") for detail in details if isinstance(detail, dict)] if isinstance(details, list) else []
    )
    codes = {str(code) for code in (error.get("code"), error.get("type"), error.get("status"), *reasons) if code}
    message = error.get("message") or error.get("detail") or _text(body)
    return str(message), frozenset(codes)


def line_without_keys(text: str) -> str:
    """Give `text` on one line, not too long, and without keys."""
    return one_line(scrub(text))


def _text(body: bytes | str) -> str:
    return body.decode(errors="replace") if isinstance(body, bytes) else body


def _date(text: str | None) -> float | None:
    try:
        return parsedate_to_datetime(text).timestamp() if text else None
    except ValueError:
        return None


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__

from __future__ import annotations

import json

import aiohttp
import httpx
import pytest

from lib.backends.failures import explain, from_network, from_status, line_without_keys, malformed, retry_after

NOW = "Wed, 18 Nov 2026 10:00:00 GMT"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "7"}, 7.0),
        ({"retry-after": "0.25"}, 0.25),
        ({"Retry-After": "0"}, 0.0),
        ({"Retry-After": "-3"}, 0.0),
        ({"Retry-After": "nan"}, None),
        ({"Retry-After": "inf"}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After-Ms": "1500", "Retry-After": "9"}, 1.5),
        ({"Retry-After": "Wed, 18 Nov 2026 10:00:30 GMT", "Date": NOW}, 30.0),
        ({"Retry-After": "Wed, 18 Nov 2026 09:59:00 GMT", "Date": NOW}, 0.0),
    ],
)  # fmt: skip
def test_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == seconds


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "rejected"), (401, "unauthorized"), (403, "unauthorized"), (404, "rejected"), (408, "timeout"),
        (409, "server"), (413, "rejected"), (422, "rejected"), (425, "server"), (429, "rate_limit"), (500, "server"),
        (502, "server"), (503, "server"), (504, "server"), (529, "server"), (301, "rejected"),
    ],
)  # fmt: skip
def test_every_status_has_a_kind(status: int, kind: str) -> None:
    assert from_status("X", status, b"", {}).kind == kind


@pytest.mark.parametrize(
    ("status", "error", "kind"),
    [
        (429, {"code": "insufficient_quota", "message": "You exceeded your current quota"}, "unauthorized"),
        (429, {"code": "rate_limit_exceeded", "message": "slow down"}, "rate_limit"),
        (400, {"code": 400, "status": "INVALID_ARGUMENT", "message": "API key not valid",
               "details": [{"@type": "x/ErrorInfo", "reason": "API_KEY_INVALID"}]}, "unauthorized"),
        (400, {"code": 400, "status": "FAILED_PRECONDITION", "message": "User location"}, "unauthorized"),
        (400, {"code": 400, "status": "INVALID_ARGUMENT", "message": "bad"}, "rejected"),
    ],
)  # fmt: skip
def test_an_account_that_cannot_ask_is_told_from_a_question_that_cannot_be_asked(
    status: int, error: dict[str, object], kind: str
) -> None:
    assert from_status("X", status, json.dumps({"error": error}), {}).kind == kind


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"error": {"message": "no"}}', "no"),
        (b'[{"error": {"message": "no"}}]', "no"),
        (b'{"error": "no"}', "no"),
        (b'{"detail": "no"}', "no"),
        (b'{"error": {"message": "no", "details": "none"}}', "no"),
        (b"<html>Bad gateway</html>", "<html>Bad gateway</html>"),
        (b"[]", "[]"),
        (b"null", "None"),
        (b"\xff\xfe", "��"),
        (b"", ""),
    ],
)
def test_the_message_of_any_body(body: bytes, message: str) -> None:
    assert explain(body)[0] == message


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (TimeoutError(), "timeout"),
        (TimeoutError(), "timeout"),
        (aiohttp.ServerTimeoutError(), "timeout"),
        (aiohttp.ConnectionTimeoutError(), "timeout"),
        (httpx.ReadTimeout("x"), "timeout"),
        (aiohttp.ServerDisconnectedError(), "connection"),
        (aiohttp.ClientOSError(104, "reset"), "connection"),
        (aiohttp.ClientPayloadError("half"), "connection"),
        (httpx.RemoteProtocolError("half"), "connection"),
        (httpx.ConnectError("refused"), "connection"),
        (ConnectionResetError(104, "reset"), "connection"),
        (OSError("no route"), "connection"),
    ],
)
def test_what_breaks_below_http(error: Exception, kind: str) -> None:
    assert from_network("X", error).kind == kind


def test_the_innermost_cause_counts() -> None:
    """The SDK of OpenAI calls a reset of the connection a time-out."""
    try:
        try:
            raise aiohttp.ClientOSError(104, "reset by peer")
        except aiohttp.ClientError as inner:
            raise httpx.ConnectTimeout("timed out") from inner
    except httpx.ConnectTimeout as error:
        assert from_network("X", error).kind == "connection"


def test_messages_are_one_short_line() -> None:
    message = malformed("X", "a\nb", b"\n" * 5000 + b"y" * 5000).message
    assert "\n" not in message
    assert len(line_without_keys("z " * 5000)) == 300

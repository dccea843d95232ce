from __future__ import annotations

import asyncio
import re

import pytest
from backends_support import STUDY, condition
from wire.running import Running

from lib.backends import gemini_settings, ollama_settings, openai_settings
from lib.backends.addresses import web_address
from lib.backends.registry import check_settings, open_backend
from lib.errors import BackendUnavailableError, ParameterError

SCHEMELESS = ("localhost:1234/v1", "127.0.0.1:8000", "api.example.com/v1/")
NO_SERVER = ("ftp://host/v1", "http://", "https:///v1", "http://host:port", "http://host:99999", "http://[::1", "x://y")


@pytest.mark.parametrize("given", SCHEMELESS)
def test_an_address_without_its_beginning_is_told_how_to_write_it(given: str) -> None:
    with pytest.raises(ParameterError, match=re.escape(f"HERE: got '{given}'")) as caught:
        web_address(given, "HERE")
    assert f"Write http://{given.rstrip('/')} (or https://)." in str(caught.value)


@pytest.mark.parametrize("given", NO_SERVER)
def test_what_is_no_address_is_refused(given: str) -> None:
    with pytest.raises(ParameterError, match=re.escape(f"HERE: got {given!r}, which is no address of a server")):
        web_address(given, "HERE")


@pytest.mark.parametrize("given", ["http://h", "https://h.example/v1", "HTTP://h:1", "http://[::1]:8080/v1"])
def test_an_address_stays_as_it_is(given: str) -> None:
    assert web_address(f" {given}/ ", "HERE") == given


@pytest.mark.parametrize(
    ("backend", "variable"),
    [("openai", "OPENAI_BASE_URL"), ("gemini", "GOOGLE_GEMINI_BASE_URL"), ("ollama", "OLLAMA_HOST")],
)
def test_the_variable_or_the_condition_is_named(monkeypatch: pytest.MonkeyPatch, backend: str, variable: str) -> None:
    monkeypatch.setenv(variable, "http://host:port")
    with pytest.raises(ParameterError, match=f"^{variable}: got"):
        check_settings(condition(backend))
    if backend != "gemini":
        with pytest.raises(ParameterError, match=rf"^condition {backend}-test: server: got 'http://other:port'"):
            check_settings(condition(backend, server="http://other:port"))


@pytest.mark.parametrize(
    ("given", "address"),
    [("", "http://127.0.0.1:11434"), (":5000", "http://127.0.0.1:5000"), ("0.0.0.0", "http://127.0.0.1:11434"),
     ("gpu1:8080", "http://gpu1:8080"), ("https://ollama.com", "https://ollama.com:443"), ("::", None)],
)  # fmt: skip
def test_ollama_s_own_way_to_write_an_address(monkeypatch: pytest.MonkeyPatch, given: str, address: str | None) -> None:
    monkeypatch.setenv("OLLAMA_HOST", given)
    if address is None:
        with pytest.raises(ParameterError, match="OLLAMA_HOST"):
            ollama_settings.default_address()
    else:
        assert ollama_settings.default_address() == address


def test_without_variables_everyone_is_asked_at_home(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_BASE_URL", "GOOGLE_GEMINI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    assert openai_settings.address_of(condition("openai")) == "https://api.openai.com/v1"
    assert gemini_settings.address() == "https://generativelanguage.googleapis.com"


@pytest.mark.parametrize("by_file", [True, False])
def test_a_key_that_is_not_set_is_named(wire: Running, monkeypatch: pytest.MonkeyPatch, by_file: bool) -> None:
    variable = "RATER_SERVER_KEY" if by_file else "OPENAI_API_KEY"
    asked = condition("openai", server=wire.local) if by_file else condition("openai")
    wire.set(key="the right one")

    async def preflight() -> str:
        backend = open_backend(asked, STUDY)
        with pytest.raises(BackendUnavailableError) as caught:
            await backend.preflight()
        await backend.close()
        return str(caught.value)

    assert f"Set {variable} to a key that is allowed here." in asyncio.run(preflight())
    monkeypatch.delenv(variable)
    said = asyncio.run(preflight())
    assert f"wants a key (401), and {variable} is not set. Set it, or put it into" in said
    assert "none" not in said

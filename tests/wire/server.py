"""A server of the tests that speaks OpenAI, Gemini and Ollama over loopback, and fails as told.

`wire.running.wire_server` runs it in a process of its own.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import re
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from email.utils import formatdate
from pathlib import Path
from types import ModuleType
from typing import Any

from wire import gemini_dialect, ollama_dialect, openai_dialect
from wire.answers import Usage, answer_text, draw, log_probabilities_of, thoughts_of, usage_of
from wire.connection import Connection, Reply, Request
from wire.dialect import Asked, BadRequestError, Said
from wire.faults import HIDES_ANSWER, Settings

Handler = Callable[["Wire", Request, re.Match[str]], Reply]
MODELS = ("gpt-4o-mini", "gpt-5-mini", "gemini-2.5-flash", "llava:7b", "qwen3-vl:4b-thinking", "local-vlm")


class Wire:
    """The server's state: settings, counts and the log."""

    def __init__(self, settings: Settings, log: Path | None) -> None:
        self.settings = settings
        self.descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND) if log else None
        self.attempts: dict[str, int] = {}
        self.count = 0
        self.state: dict[str, Any] = {}
        """Room for further routes, such as batches."""
        self.status = {"requests": 0, "answered": 0, "in_flight": 0, "most_in_flight": 0, "connections": 0, "failed": 0}

    def log(self, event: str, **values: object) -> None:
        """Write one line at once, so that nothing is lost however the test ends."""
        if self.descriptor is not None:
            line = json.dumps({"event": event, "time": time.time(), **values})
            os.write(self.descriptor, line.encode() + b"\n")

    def handle(self, request: Request) -> Reply:
        """Answer one request."""
        path = request.path.partition("?")[0]
        for method, pattern, handler in ROUTES:
            found = pattern.fullmatch(path)
            if found and method == request.method:
                return handler(self, request, found)
        self.log("unknown", path=path, method=request.method)
        return as_json({"error": f"no route {request.method} {path}"}, 404)

    def connected(self) -> Connection:
        """Take one more connection."""
        self.status["connections"] += 1
        return Connection(self.handle)


def as_json(body: object, status: int = 200, **more: Any) -> Reply:
    """A reply with `body` as JSON."""
    return Reply(status, json.dumps(body).encode(), **more)


def ask(dialect: ModuleType, provider: str) -> Handler:
    """The handler of questions in one dialect."""

    def handle(wire: Wire, request: Request, found: re.Match[str]) -> Reply:
        path = found.string
        key = dialect.key_of(request.headers)
        digest = hashlib.blake2b(path.encode() + request.body, digest_size=12).hexdigest()
        try:
            asked: Asked = dialect.parse(path, json.loads(request.body), wire.settings.strict)
        except (BadRequestError, KeyError, ValueError) as error:
            wire.log("refused", provider=provider, path=path, message=repr(error))
            code = getattr(error, "code", None)
            return as_json(dialect.error(400, str(error), code), getattr(error, "status", 400))
        attempt = wire.attempts[digest] = wire.attempts.get(digest, -1) + 1
        wire.count += 1
        number, settings = wire.count, wire.settings
        if settings.key is not None and key != settings.key:
            fault: str | None = "unauthorized"
        elif settings.models is not None and asked.model not in settings.models:
            return as_json(dialect.error(404, f"model '{asked.model}' not found", "model_not_found"), 404)
        else:
            fault = settings.fault(digest, attempt)
        wire.log("request", n=number, provider=provider, path=path, model=asked.model, digest=digest, attempt=attempt,
                 prompt=asked.prompt, image=asked.image, seed=asked.seed, fault=fault)  # fmt: skip
        wire.status["requests"] += 1
        wire.status["in_flight"] += 1
        wire.status["most_in_flight"] = max(wire.status["most_in_flight"], wire.status["in_flight"])
        reply, usage, text = _failure(dialect, settings, fault, key), None, None
        if reply is None:
            reply, usage, text = _answer(wire, dialect, asked, fault)
        reply.delay = max(reply.delay, settings.latency)

        def ended(whole: bool) -> None:
            good = whole and reply.status == 200 and fault not in HIDES_ANSWER
            wire.status["in_flight"] -= 1
            wire.status["answered" if good else "failed"] += 1
            spent = asdict(usage) if good and usage else {}
            wire.log("answered" if good else "failed", n=number, digest=digest, attempt=attempt, status=reply.status,
                     whole=whole, fault=fault, text=text if good else None, **spent)  # fmt: skip

        reply.ended = ended
        return reply

    return handle


def _failure(dialect: ModuleType, settings: Settings, fault: str | None, key: str | None) -> Reply | None:
    if fault is None or fault not in {*HIDES_ANSWER} - {"half_body", "invalid_json", "wrong_shape"}:
        return None
    if fault == "reset":
        return Reply(reset=True)
    if fault.startswith("rate_limit"):
        body = dialect.error(429, "Too many requests; please slow down.", "rate_limit_exceeded")
        seconds, headers = settings.retry_after, {}
        if fault == "rate_limit_date":
            headers["Retry-After"] = formatdate(time.time() + max(seconds, 1), usegmt=True)
        elif fault == "rate_limit" and dialect is gemini_dialect:
            body["error"]["details"].append(gemini_dialect.retry_info(seconds))
        elif fault == "rate_limit":
            headers["Retry-After"] = f"{seconds:g}"
        return as_json(body, 429, headers=headers)
    if fault == "unauthorized" and dialect is gemini_dialect:
        return as_json(dialect.error(400, f"API key not valid: {key}.", "API_KEY_INVALID"), 400)
    if fault == "unauthorized":
        return as_json(dialect.error(401, f"Incorrect API key provided: {key}.", "invalid_api_key"), 401)
    status = 400 if fault == "bad_request" else int(fault.removeprefix("server_"))
    return as_json(dialect.error(status, f"{fault} (with the key {key})", None), status)


def _answer(wire: Wire, dialect: ModuleType, asked: Asked, fault: str | None) -> tuple[Reply, Usage, str]:
    settings = wire.settings
    text = answer_text(asked.prompt, asked.image)
    text = {"refusal": "I'm sorry, I can't help with that.", "empty": "", "cut": text[: len(text) // 2]}.get(
        fault or "", text
    )
    usage = usage_of(asked.prompt, asked.image, asked.thinking)
    odd = draw("odd", asked.prompt, asked.image) % 3 if fault == "wrong_tokens" else None
    late = settings.model_version_after is not None and wire.status["answered"] >= settings.model_version_after
    version = getattr(dialect, "VERSION", asked.model) + ("-changed" if late or fault == "model_version" else "")
    said = Said(
        text, usage, thoughts_of(asked.prompt, asked.image) if usage.tokens_thinking else None, version,
        log_probabilities_of(text, asked.top) if asked.top else None, fault, odd,
    )  # fmt: skip
    reply = as_json(dialect.render(asked, said))
    told = {0: Usage(None, None, None), 1: Usage(usage.tokens_in, None, None),
            2: replace(usage, tokens_in=None)}  # fmt: skip
    if fault == "invalid_json":
        reply.body = b'{"choices": [{"message": {"content": "<html>Bad gate'
    if fault == "wrong_shape":
        reply.body = b'{"object": "list", "data": [], "choices": {}, "candidates": 3, "message": []}'
    if fault == "half_body":
        reply.keep = 0.5
    if fault == "twice":
        reply.times = 2
    if fault == "stall":
        reply.delay = settings.stall_seconds
    if fault == "slow":
        reply.over, reply.pieces = settings.slow_seconds, 5
    right = usage if odd is None else told[odd]
    return reply, dialect.told(right) if hasattr(dialect, "told") else right, text


def _listed(dialect: ModuleType, wrap: Callable[[list[dict[str, Any]]], object]) -> Handler:
    def handle(wire: Wire, request: Request, found: re.Match[str]) -> Reply:
        key = dialect.key_of(request.headers)
        if wire.settings.key is not None and key != wire.settings.key:
            failure = _failure(dialect, wire.settings, "unauthorized", key)
            assert failure is not None
            return failure
        models = MODELS if wire.settings.models is None else wire.settings.models
        name = found.groupdict().get("model")
        if name is None:
            listed = [dialect.model(one) for one in models]
            for one in listed if wire.settings.owned_by and dialect is openai_dialect else []:
                one["owned_by"] = wire.settings.owned_by
            header = {"Server": wire.settings.server_header} if wire.settings.server_header else {}
            return as_json(wrap(listed), headers=header)
        if name not in models:
            return as_json(dialect.error(404, f"The model '{name}' does not exist", "model_not_found"), 404)
        return as_json(dialect.model(name))

    return handle


def _show(wire: Wire, request: Request, _found: re.Match[str]) -> Reply:
    name = json.loads(request.body)["model"]
    if name not in (MODELS if wire.settings.models is None else wire.settings.models):
        return as_json({"error": f"model '{name}' not found"}, 404)
    capabilities = ["completion", "vision", *(["thinking"] if ollama_dialect.can_think(name) else [])]
    shown = {
        "details": {"family": "wire"},
        "model_info": {},
        "capabilities": wire.settings.capabilities or capabilities,
    }
    return as_json(shown if wire.settings.thinking is None else shown | {"thinking": wire.settings.thinking})


def _control(wire: Wire, request: Request, _found: re.Match[str]) -> Reply:
    if request.method == "POST":
        wire.settings = Settings(**{**asdict(wire.settings), **json.loads(request.body)})
    return as_json({**wire.status, "settings": asdict(wire.settings)})


ROUTES: list[tuple[str, re.Pattern[str], Handler]] = [
    ("POST", re.compile(r"(/local)?/v1/chat/completions"), ask(openai_dialect, "openai")),
    ("GET", re.compile(r"(/local)?/v1/models"), _listed(openai_dialect, lambda all_: {"object": "list", "data": all_})),
    ("GET", re.compile(r"(/local)?/v1/models/(?P<model>.+)"), _listed(openai_dialect, list)),
    ("POST", re.compile(r"/v1beta/models/[^/]+:generateContent"), ask(gemini_dialect, "gemini")),
    ("GET", re.compile(r"/v1beta/models"), _listed(gemini_dialect, lambda models: {"models": models})),
    ("GET", re.compile(r"/v1beta/models/(?P<model>[^/:]+)"), _listed(gemini_dialect, list)),
    ("POST", re.compile(r"/api/chat"), ask(ollama_dialect, "ollama")),
    ("GET", re.compile(r"/api/tags"), _listed(ollama_dialect, lambda models: {"models": models})),
    ("POST", re.compile(r"/api/show"), _show),
    ("GET", re.compile(r"/api/version"), lambda wire, *_: as_json({"version": wire.settings.version})),
    ("GET", re.compile(r"/_wire"), _control),
    ("POST", re.compile(r"/_wire"), _control),
]  # fmt: skip
"""What is answered, by method and path; further dialects (batches) append theirs here."""


async def serve(settings: Settings, log: Path | None, port: int = 0) -> None:
    """Serve until standard input ends."""
    wire = Wire(settings, log)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(wire.connected, "127.0.0.1", port, backlog=1024)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    ended = asyncio.Event()
    loop.add_reader(sys.stdin.fileno(), lambda: None if os.read(sys.stdin.fileno(), 4096) else ended.set())
    await ended.wait()

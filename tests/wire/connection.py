"""HTTP/1.1 over raw asyncio: as little as three clients need, so that it hardly shows in measurements."""

from __future__ import annotations

import asyncio
import itertools
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass, field

REASONS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 413: "Too Large",
           429: "Too Many Requests", 500: "Internal Server Error", 503: "Service Unavailable"}  # fmt: skip


@dataclass
class Request:
    """One request, whole."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Reply:
    """One answer.

    It is sent after `delay` seconds, in `pieces` over `over` seconds, so many `times`, and only the share `keep` of its
    body; `reset` sends nothing at all. `ended` is called once: with True when the whole was handed to the kernel.
    """

    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json"
    delay: float = 0.0
    pieces: int = 1
    over: float = 0.0
    keep: float = 1.0
    times: int = 1
    reset: bool = False
    ended: Callable[[bool], None] | None = None

    def head(self) -> bytes:
        """Status line and headers."""
        lines = [f"HTTP/1.1 {self.status} {REASONS.get(self.status, 'Status')}"]
        headers = {"Content-Type": self.content_type, "Content-Length": str(len(self.body)), **self.headers}
        return "\r\n".join([*lines, *(f"{name}: {value}" for name, value in headers.items()), "", ""]).encode()


class Connection(asyncio.Protocol):
    """One connection; requests on it are answered one after the other."""

    def __init__(self, handle: Callable[[Request], Reply]) -> None:
        self.handle = handle
        self.buffer = bytearray()
        self.head: tuple[str, str, dict[str, str]] | None = None
        self.busy: Reply | None = None
        self.tasks: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def connection_lost(self, _error: Exception | None) -> None:
        for task in self.tasks:
            task.cancel()
        if self.busy:
            self.end(self.busy, whole=False)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        self.advance()

    def advance(self) -> None:
        """Take the next whole request out of the buffer and answer it."""
        while not self.busy:
            if self.head is None:
                end = self.buffer.find(b"\r\n\r\n")
                if end < 0:
                    return
                first, *lines = self.buffer[:end].decode("latin-1").split("\r\n")
                del self.buffer[: end + 4]
                method, path, _ = first.split(" ", 2)
                headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
                self.head = (method, path, headers)
                if headers.get("expect", "").lower() == "100-continue":
                    self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            body = self.body(self.head[2])
            if body is None:
                return
            request, self.head = Request(*self.head, body), None
            reply = self.handle(request)
            if reply.delay or reply.over:
                self.busy = reply
                task = asyncio.get_running_loop().create_task(self.later(reply))
                self.tasks.add(task)
                task.add_done_callback(self.tasks.discard)
            else:
                self.write(reply)

    def body(self, headers: dict[str, str]) -> bytes | None:
        """The body of the request whose head was read, once it is there."""
        if "chunked" in headers.get("transfer-encoding", ""):
            return self.chunked()
        length = int(headers.get("content-length", 0))
        if len(self.buffer) < length:
            return None
        body = bytes(self.buffer[:length])
        del self.buffer[:length]
        return body

    def chunked(self) -> bytes | None:
        at, parts = 0, []
        while True:
            end = self.buffer.find(b"\r\n", at)
            if end < 0:
                return None
            size = int(self.buffer[at:end].split(b";")[0], 16)
            if len(self.buffer) < end + 4 + size:
                return None
            parts.append(bytes(self.buffer[end + 2 : end + 2 + size]))
            at = end + 4 + size
            if size == 0:
                del self.buffer[:at]
                return b"".join(parts)

    async def later(self, reply: Reply) -> None:
        await asyncio.sleep(reply.delay)
        if reply.over and not reply.reset and reply.keep == 1:
            whole, step = reply.head() + reply.body, -(-len(reply.body) // reply.pieces)
            cuts = [0, *range(len(whole) - len(reply.body) + step, len(whole), step), len(whole)]
            for start, end in itertools.pairwise(cuts):
                await asyncio.sleep(reply.over / reply.pieces)
                self.transport.write(whole[start:end])
            self.end(reply, whole=True)
        else:
            self.write(reply)
        self.busy = None
        self.advance()

    def write(self, reply: Reply) -> None:
        if reply.reset:
            # A linger of zero makes the kernel send RST instead of FIN.
            linger = struct.pack("ii", 1, 0)
            self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.transport.abort()
        elif reply.keep < 1:
            self.transport.write(reply.head() + reply.body[: int(len(reply.body) * reply.keep)])
            self.transport.close()
        else:
            self.transport.write((reply.head() + reply.body) * reply.times)
        self.end(reply, whole=not reply.reset and reply.keep == 1)

    def end(self, reply: Reply, whole: bool) -> None:
        if reply.ended:
            reply.ended(whole and not self.transport.is_closing())
            reply.ended = None

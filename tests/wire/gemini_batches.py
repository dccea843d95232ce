"""The wire server's files and batches of Gemini."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

from wire import gemini_dialect as dialect
from wire.batches import Batch, batches_of, chosen, listed, lost, next_fault, progress, told, written
from wire.connection import Reply, Request
from wire.dialect import BadRequestError
from wire.server import ROUTES, Wire, _answer, as_json

CODES = {400: 3, 403: 7, 404: 5, 429: 8, 500: 13, 503: 14}
"""google.rpc.Code of single failures."""


def _failure(fault: str) -> Reply | None:
    if fault in {"400", "429", "500"}:
        return as_json(dialect.error(int(fault), f"no more now ({fault})", None), int(fault))
    return None


def _refused(wire: Wire, request: Request) -> Reply | None:
    key = dialect.key_of(request.headers)
    if wire.settings.key is not None and key != wire.settings.key:
        return as_json(dialect.error(400, f"API key not valid: {key}.", "API_KEY_INVALID"), 400)
    return None


def begin_upload(wire: Wire, request: Request, _found: re.Match[str]) -> Reply:
    """The first request of an upload: gives the address of the second."""
    failure = _refused(wire, request) or _failure(next_fault(wire, "upload"))
    if failure:
        return failure
    name = batches_of(wire).name("file")
    batches_of(wire).files[name] = b""
    host = request.headers["host"]
    return as_json({}, headers={"X-Goog-Upload-URL": f"http://{host}/upload-to/{name}"})


def upload(wire: Wire, request: Request, found: re.Match[str]) -> Reply:
    """A part of a file."""
    files, name = batches_of(wire).files, found["id"]
    files[name] += request.body
    final = "finalize" in request.headers["x-goog-upload-command"]
    headers = {"X-Goog-Upload-Status": "final" if final else "active"}
    if final:
        wire.log("uploaded", file=name, size=len(files[name]))
    return as_json({"file": {"name": f"files/{name}", "state": "ACTIVE"}} if final else {}, headers=headers)


def create(wire: Wire, request: Request, found: re.Match[str]) -> Reply:
    """`batchGenerateContent` with a file."""
    fault = next_fault(wire, "create")
    failure = _refused(wire, request) or _failure(fault)
    if failure:
        return failure
    body, batches = json.loads(request.body)["batch"], batches_of(wire)
    lines = [
        json.loads(line) for line in batches.files[body["inputConfig"]["fileName"].rpartition("/")[2]].splitlines()
    ]
    keys = [line["key"] for line in lines]
    if not body.get("displayName") or len(set(keys)) < len(keys):
        return as_json(dialect.error(400, "the batch is not as it should be", None), 400)
    batch = Batch(batches.name("batches/b"), "gemini", found["model"], body["displayName"], lines)
    batches.all[batch.id] = batch
    wire.log("batch", id=batch.id, keys=keys, reference=batch.reference)
    return lost() if fault == "lost" else as_json(_shown(wire, batch))


def state(wire: Wire, request: Request, found: re.Match[str]) -> Reply:
    """One batch, as an operation."""
    failure = _refused(wire, request)
    batch = batches_of(wire).all.get(found["id"])
    if failure or batch is None:
        return failure or as_json(dialect.error(404, f"{found['id']}: not found", None), 404)
    if progress(wire, batch):
        for line, status in chosen(wire, batch):
            _work(wire, batch, line, status)
        batches_of(wire).files[f"{batch.id.rpartition('/')[2]}-out"] = b"".join(batch.good)
    return as_json(_shown(wire, batch))


def _work(wire: Wire, batch: Batch, line: dict[str, Any], status: int) -> None:
    if status == 0:
        return
    said: dict[str, Any] = {"key": line["key"]}
    try:
        asked = dialect.parse(f"/v1beta/models/{batch.model}:generateContent", line["request"], wire.settings.strict)
    except (BadRequestError, KeyError) as error:
        status, message = 400, str(error)
    else:
        message = f"it failed ({status})"
    if status != 200:
        said["error"] = {"code": CODES[status], "message": message}
        wire.log("batched", batch=batch.id, key=line["key"], status=status, text=None)
    else:
        reply, usage, text = _answer(wire, dialect, asked, None)
        said["response"] = json.loads(reply.body)
        wire.log("batched", batch=batch.id, key=line["key"], status=200, prompt=asked.prompt, image=asked.image,
                 text=text, tokens_in=usage.tokens_in, tokens_out=usage.tokens_out,
                 tokens_thinking=usage.tokens_thinking, body=line["request"])  # fmt: skip
    batch.good += written(wire, batch, json.dumps(said).encode() + b"\n")


def _shown(wire: Wire, batch: Batch) -> dict[str, Any]:
    ended = {"completed": "SUCCEEDED"}.get(batch.end or "", (batch.end or "RUNNING").upper())
    stats = {"requestCount": str(len(batch.lines)), "successfulRequestCount": str(len(batch.good))}
    metadata: dict[str, Any] = {
        "model": f"models/{batch.model}", "displayName": batch.reference, "state": f"BATCH_STATE_{ended}",
        "batchStats": stats, "name": batch.id,
    }  # fmt: skip
    shown: dict[str, Any] = {"name": batch.id, "metadata": metadata}
    if batch.end is not None:
        shown["done"] = True
        if batch.good:
            metadata["output"] = {"responsesFile": f"files/{batch.id.rpartition('/')[2]}-out"}
            shown["response"] = metadata["output"]
        if batch.end == "failed":
            shown["error"] = {"code": 3, "message": told(wire, "message", "The model is not there.")}
    return shown


def page(wire: Wire, request: Request, _found: re.Match[str]) -> Reply:
    """All batches, in pages."""
    failure = _refused(wire, request)
    if failure:
        return failure
    query = parse_qs(urlsplit(request.path).query)
    begin = int(query.get("pageToken", ["0"])[0])
    limit = min(int(query["pageSize"][0]), told(wire, "page", 100))
    shown = listed(wire, "gemini")
    part = [_shown(wire, batch) for batch in shown[begin : begin + limit]]
    wire.log("listed", shown=len(part))
    more = {"nextPageToken": str(begin + limit)} if begin + limit < len(shown) else {}
    return as_json(({"operations": part} if part else {}) | more)


def download(wire: Wire, request: Request, found: re.Match[str]) -> Reply:
    """The content of a file."""
    return _refused(wire, request) or Reply(200, batches_of(wire).files[found["id"]])


ROUTES += [
    ("POST", re.compile(r"/upload/v1beta/files"), begin_upload),
    ("POST", re.compile(r"/upload-to/(?P<id>[^/]+)"), upload),
    ("GET", re.compile(r"/v1beta/files/(?P<id>[^/]+):download"), download),
    ("POST", re.compile(r"/v1beta/models/(?P<model>[^/]+):batchGenerateContent"), create),
    ("GET", re.compile(r"/v1beta/(?P<id>batches/[^/]+)"), state),
    ("GET", re.compile(r"/v1beta/batches"), page),
]

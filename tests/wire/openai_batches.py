"""The wire server's files and batches of OpenAI."""

from __future__ import annotations

import json
import re
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any
from urllib.parse import parse_qs, urlsplit

from wire import openai_dialect as dialect
from wire.batches import Batch, batches_of, chosen, listed, lost, next_fault, progress, told, written
from wire.connection import Reply, Request
from wire.dialect import BadRequestError
from wire.server import ROUTES, Wire, _answer, as_json

MOST = 50_000
STATES = {"completed": "completed", "failed": "failed", "expired": "expired", "cancelled": "cancelled"}


def _parts(request: Request) -> dict[str, tuple[str, bytes]]:
    """The parts of a form: name -> (file name, content)."""
    head = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
    message = BytesParser(policy=HTTP).parsebytes(head + request.body)
    found = {}
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        found[str(name)] = (part.get_filename() or "", part.get_payload(decode=True) or b"")
    return found


def _failure(fault: str) -> Reply | None:
    if fault in {"400", "429", "500"}:
        return as_json(dialect.error(int(fault), f"no more now ({fault})", None), int(fault))
    return None


def _refused(wire: Wire, request: Request) -> Reply | None:
    key = dialect.key_of(request.headers)
    if wire.settings.key is not None and key != wire.settings.key:
        return as_json(dialect.error(401, f"Incorrect API key provided: {key}.", "invalid_api_key"), 401)
    return None


def upload(wire: Wire, request: Request, _found: re.Match[str]) -> Reply:
    """`files.create`."""
    failure = _refused(wire, request) or _failure(next_fault(wire, "upload"))
    if failure:
        return failure
    parts = _parts(request)
    content = parts["file"][1]
    if parts["purpose"][1] != b"batch" or b"\n" not in content:
        return as_json(dialect.error(400, "purpose: must be batch", None), 400)
    batches = batches_of(wire)
    name = batches.name("file-")
    batches.files[name] = content
    kept = parts.get("expires_after[seconds]", ("", b""))[1].decode()
    wire.log("uploaded", file=name, size=len(content), kept=kept)
    return as_json({"id": name, "object": "file", "bytes": len(content), "created_at": 1, "filename": "rater.jsonl",
                    "purpose": "batch", "status": "processed"})  # fmt: skip


def create(wire: Wire, request: Request, _found: re.Match[str]) -> Reply:
    """`batches.create`."""
    fault = next_fault(wire, "create")
    failure = _refused(wire, request) or _failure(fault)
    if failure:
        return failure
    body, batches = json.loads(request.body), batches_of(wire)
    lines = [json.loads(line) for line in batches.files[body["input_file_id"]].splitlines()]
    keys = [line["custom_id"] for line in lines]
    wrong = len(keys) > MOST or len(set(keys)) < len(keys) or any(line["url"] != body["endpoint"] for line in lines)
    if wrong or body["completion_window"] != "24h" or any(len(key) > 64 for key in keys):
        return as_json(dialect.error(400, "the batch is not as it should be", None), 400)
    model = lines[0]["body"]["model"]
    batch = Batch(batches.name("batch_"), "openai", model, (body.get("metadata") or {}).get("rater"), lines)
    batches.all[batch.id] = batch
    wire.log("batch", id=batch.id, keys=keys, reference=batch.reference)
    return lost() if fault == "lost" else as_json(_shown(wire, batch))


def state(wire: Wire, request: Request, found: re.Match[str]) -> Reply:
    """`batches.retrieve`."""
    failure = _refused(wire, request)
    batch = batches_of(wire).all.get(found["id"])
    if failure or batch is None:
        return failure or as_json(dialect.error(404, f"No batch found with id '{found['id']}'.", None), 404)
    if progress(wire, batch):
        for line, status in chosen(wire, batch):
            _work(wire, batch, line, status)
        batches_of(wire).files |= {f"{batch.id}-out": b"".join(batch.good), f"{batch.id}-err": b"".join(batch.bad)}
    return as_json(_shown(wire, batch))


def _work(wire: Wire, batch: Batch, line: dict[str, Any], status: int) -> None:
    said: dict[str, Any] = {"id": "batch_req_1", "custom_id": line["custom_id"], "response": None, "error": None}
    if status == 0:
        if batch.end != "failed":
            said["error"] = {"code": f"batch_{batch.end}", "message": "This request could not be executed in time."}
            batch.bad.append(json.dumps(said).encode() + b"\n")
        return
    try:
        asked = dialect.parse("/v1/chat/completions", line["body"], wire.settings.strict)
    except (BadRequestError, KeyError) as error:
        status, message = 400, str(error)
    else:
        message = f"it failed ({status})"
    if status != 200:
        body: Any = dialect.error(status, message, None)
        wire.log("batched", batch=batch.id, key=line["custom_id"], status=status, text=None)
    else:
        reply, usage, text = _answer(wire, dialect, asked, None)
        body = json.loads(reply.body)
        wire.log("batched", batch=batch.id, key=line["custom_id"], status=200, prompt=asked.prompt, image=asked.image,
                 text=text, tokens_in=usage.tokens_in, tokens_out=usage.tokens_out,
                 tokens_thinking=usage.tokens_thinking, body=line["body"])  # fmt: skip
    said["response"] = {"status_code": status, "request_id": "r", "body": body}
    goes_to = batch.good if status == 200 else batch.bad
    goes_to += written(wire, batch, json.dumps(said).encode() + b"\n")


def _shown(wire: Wire, batch: Batch) -> dict[str, Any]:
    status = STATES[batch.end] if batch.end else "in_progress" if batch.polls else "validating"
    shown: dict[str, Any] = {
        "id": batch.id, "object": "batch", "endpoint": "/v1/chat/completions", "completion_window": "24h",
        "input_file_id": "file", "created_at": int(batch.created), "status": status, "errors": None,
        "metadata": {"rater": batch.reference} if batch.reference else None,
        "request_counts": {"total": len(batch.lines), "completed": len(batch.good), "failed": len(batch.bad)},
        "output_file_id": f"{batch.id}-out" if batch.good else None,
        "error_file_id": f"{batch.id}-err" if batch.bad else None,
    }  # fmt: skip
    if batch.end == "failed":
        message = told(wire, "message", "The model is not there.")
        shown["errors"] = {"object": "list", "data": [{"code": "token_limit_exceeded", "message": message}]}
    return shown


def page(wire: Wire, request: Request, _found: re.Match[str]) -> Reply:
    """`batches.list`, in pages."""
    failure = _refused(wire, request)
    if failure:
        return failure
    query = parse_qs(urlsplit(request.path).query)
    shown = listed(wire, "openai")
    names = [batch.id for batch in shown]
    begin = names.index(query["after"][0]) + 1 if "after" in query else 0
    limit = min(int(query.get("limit", ["20"])[0]), told(wire, "page", 100))
    part = shown[begin : begin + limit]
    wire.log("listed", shown=len(part))
    return as_json({
        "object": "list", "data": [_shown(wire, batch) for batch in part], "has_more": begin + limit < len(shown),
        "first_id": part[0].id if part else None, "last_id": part[-1].id if part else None,
    })  # fmt: skip


def content(wire: Wire, request: Request, found: re.Match[str]) -> Reply:
    """`files.content`."""
    return _refused(wire, request) or Reply(200, batches_of(wire).files[found["id"]])


ROUTES += [
    ("POST", re.compile(r"/v1/files"), upload),
    ("GET", re.compile(r"/v1/files/(?P<id>[^/]+)/content"), content),
    ("POST", re.compile(r"/v1/batches"), create),
    ("GET", re.compile(r"/v1/batches/(?P<id>[^/]+)"), state),
    ("GET", re.compile(r"/v1/batches"), page),
]

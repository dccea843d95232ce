"""The manifest of traces: one line of JSON for each trace of each answer, by the answer's key."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import msgspec

from lib.errors import BuildError
from lib.responses.record import now
from lib.traces.files import digest
from lib.traces.naming import manifest_file, trace_file
from lib.traces.parts import Part


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One trace of one answer.

    `key` and `text_sha256` (over text and finish reason) say which answer it belongs to; `file` is seen from the
    condition's folder; `arrays` are dtype and shape by name; `bytes` what they take in the file; `sha256` is
    `lib.traces.files.digest`; `again` that the answer was stored before, and came out the same when it was traced.
    """

    key: str
    kind: str
    image_id: str
    repeat: int
    step: str
    file: str
    text_sha256: str
    model_version: str | None
    device: str | None
    arrays: dict[str, tuple[str, list[int]]]
    bytes: int
    sha256: str
    again: bool = False
    written_at: str = ""


def line_for(
    folder: Path, kind: str, part: Part, size: int, *, condition: str, image_id: str, repeat: int, again: bool = False
) -> Line:
    """The line about a part that was written; its `about` says whose it is."""
    about = part.about
    path = trace_file(folder, condition, kind, image_id, repeat)
    return Line(
        key=about["key"], kind=kind, image_id=image_id, repeat=repeat, step=about["step"],
        file=path.relative_to(folder / condition).as_posix(), text_sha256=about["text_sha256"],
        model_version=about["model_version"], device=about["device"],
        arrays={name: (values.dtype.str, list(values.shape)) for name, values in part.arrays.items()},
        bytes=size, sha256=digest(part), again=again, written_at=now(),
    )  # fmt: skip


def text_digest(text: str, finish_reason: str | None) -> str:
    """Hexadecimal SHA-256 that two answers to one question share only if they say the same."""
    return hashlib.sha256(json.dumps([text, finish_reason]).encode("ascii")).hexdigest()


def append(folder: Path, condition: str, shard: str, line: Line) -> None:
    """Append one line; half a line that a killed run left is closed first.

    Raises
    ------
    BuildError
        It cannot be written.
    """
    path = manifest_file(folder, condition, shard)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab+") as stream:
            end = stream.seek(0, 2)
            stream.seek(max(0, end - 1))
            broken = end > 0 and stream.read(1) != b"\n"
            stream.write((b"\n" if broken else b"") + msgspec.json.encode(line) + b"\n")
    except OSError as error:
        raise BuildError(
            f"{path}: cannot be written ({error.strerror or error}). Free some disk space, then run the same command "
            "again; no answer was lost."
        ) from error


def standing_lines(folder: Path, condition: str) -> list[Line]:
    """The latest line about each step of each file, of all shards; lines that cannot be read are passed over."""
    found: dict[tuple[str, str], Line] = {}
    for line in _lines(folder, condition):
        before = found.get((line.file, line.step))
        if before is None or line.written_at >= before.written_at:
            found[line.file, line.step] = line
    return list(found.values())


def _lines(folder: Path, condition: str) -> Iterator[Line]:
    for path in sorted(manifest_file(folder, condition, "all").parent.glob(f"{condition}_manifest_*.jsonl")):
        for data in path.read_bytes().splitlines():
            try:
                yield msgspec.json.decode(data, type=Line)
            except (msgspec.DecodeError, UnicodeDecodeError):
                continue

"""What was spent on lines that were taken out of a condition's files, so that spending stays known to the cent."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from lib.errors import StoreError

LEDGER = "removed.ndjson"


class Removed(msgspec.Struct):
    """Lines that were taken out of one file at once.

    `before` is the file's SHA-256 before: a removal that was interrupted and done again is the same one.
    """

    file: str
    before: str
    at: str
    lines: int = 0
    spent: dict[str, float] = {}

    def add(self, cost: float | None, currency: str | None) -> None:
        """Count one line."""
        self.lines += 1
        if cost is not None:
            self.spent[currency or ""] = self.spent.get(currency or "", 0.0) + cost


def note_removed(folder: Path, removed: Removed) -> None:
    """Write down one removal, before it is done."""
    try:
        with (folder / LEDGER).open("ab") as stream:
            stream.write(b"\n" + msgspec.json.encode(removed) + b"\n")  # its own line even after half a line
            stream.flush()
            os.fsync(stream.fileno())
    except OSError as error:
        raise StoreError(
            f"{folder / LEDGER}: cannot be written ({error.strerror or error}). Free some disk space, then run the "
            "same command again; nothing was changed."
        ) from error


def read_removed(folder: Path) -> list[Removed]:
    """All removals of a condition; lines that cannot be read are passed over."""
    try:
        lines = (folder / LEDGER).read_bytes().split(b"\n")
    except FileNotFoundError:
        return []
    found: dict[tuple[str, str], Removed] = {}
    for line in lines:
        try:
            removed = msgspec.json.decode(line, type=Removed)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            continue
        found[removed.file, removed.before] = removed
    return list(found.values())

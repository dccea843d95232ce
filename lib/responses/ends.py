"""The ends of files of stored answers, where a kill, a crash or a full disk may have cut a line off."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import msgspec

from lib.errors import StoreError
from lib.responses.lines import BYTE_ORDER_MARK
from lib.responses.locks import is_held
from lib.responses.report import Tail
from lib.responses.shard import parse_shard

STEP_BACK = 1 << 16


@dataclass(frozen=True, slots=True)
class End:
    """Where the whole lines of a file end; what comes after is the rest of a line that was cut off.

    `complete` says that the last line is whole but for the mark of its end.
    """

    good: int
    size: int
    complete: bool = False

    @property
    def cut(self) -> int:
        """Bytes of a line that was cut off."""
        return self.size - self.good


def find_end(handle: int) -> End:
    """Look at the last line of a file.

    A line without its end whose JSON is whole is kept, since no part of an object is an object: its answer is there.
    A last line that is broken JSON counts as cut off even with an end, as a crash of the whole machine may leave it.
    """
    size = os.fstat(handle).st_size
    if not size:
        return End(0, 0)
    ended = os.pread(handle, 1, size - 1) == b"\n"
    start = _line_start(handle, size - 1 if ended else size)
    line = os.pread(handle, size - start, start)
    if ended and not line.strip():
        return End(size, size)
    text = line.removeprefix(BYTE_ORDER_MARK) if start == 0 else line
    try:
        msgspec.json.decode(text, type=msgspec.Raw)
        whole = True
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        whole = False
    if ended:
        return End(size if whole else start, size)
    return End(size, size, complete=True) if whole else End(start, size)


def noted_tail(path: Path, name: str, end: End) -> list[Tail]:
    """What is to be said of the end of a shard's file, called `name`, that stays as it is.

    Nothing while a process has the shard: it may be writing this very line.
    """
    if not (end.cut or end.complete) or is_held(path.parent, parse_shard(path.stem)):
        return []
    return [Tail(name, end.cut, complete=end.complete)]


def _line_start(handle: int, end: int) -> int:
    """Where the line begins whose last byte is before `end`."""
    while end > 0:
        begin = max(0, end - STEP_BACK)
        found = os.pread(handle, end - begin, begin).rfind(b"\n")
        if found >= 0:
            return begin + found + 1
        end = begin
    return 0


def mend_end(path: Path, name: str, now: str) -> Tail | None:
    """Make a file end with a whole line, so that lines can be added to it.

    What is left of a line that was cut off goes to `<file>.truncated-<now>` beside it before it is taken away here.

    Raises
    ------
    StoreError
        The disk is full, or the folder cannot be written to; nothing was changed.
    """
    try:
        handle = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        end = find_end(handle)
        if end.complete:
            os.pwrite(handle, b"\n", end.size)
            os.fsync(handle)
            return Tail(name, 0, complete=True)
        if not end.cut:
            return None
        kept = _keep(path, os.pread(handle, end.cut, end.good), now)
        os.ftruncate(handle, end.good)
        os.fsync(handle)
        return Tail(name, end.cut, kept.name)
    except OSError as error:
        raise StoreError(
            f"{path}: its last line is cut off and cannot be set aside ({error.strerror or error}). "
            "Free some disk space, then run the same command again; nothing was changed."
        ) from error
    finally:
        os.close(handle)


def _keep(path: Path, content: bytes, now: str) -> Path:
    for attempt in range(10_000):
        kept = path.with_name(f"{path.name}.truncated-{now}{f'-{attempt}' if attempt else ''}")
        try:
            handle = os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
        except FileExistsError:
            continue
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        return kept
    raise FileExistsError(f"{path.name}.truncated-{now}")

"""Only one process writes one shard of a condition, and none while another cuts the condition into other shards."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from lib.errors import StoreError
from lib.responses.shard import Shard, parse_shard

try:
    import fcntl

    HAS_LOCKS = True
except ImportError:  # Windows
    HAS_LOCKS = False

UPKEEP = "upkeep"
"""Name of the lock of whoever rewrites a condition's files."""
NO_LOCKS = (
    "this system or disk has no file locks: nothing stops a second process from asking the same questions. "
    "Start each condition and shard only once"
)
DOOR = "open.lock"
PATIENCE = 10.0
LOOKS = 5
UNSUPPORTED = frozenset({errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP, errno.EINVAL})


class Holder(msgspec.Struct, frozen=True):
    """Who holds a lock: for the message to whoever comes second."""

    pid: int
    host: str
    since: str

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host} since {self.since}"


@contextlib.contextmanager
def held(folder: Path, claim: Shard | None) -> Iterator[bool]:
    """Hold a shard of the condition whose files are in `folder`, or the whole condition (None), until the block ends.

    Locks are the operating system's (flock): they end with their process however it ends, so that a file left behind
    is no lock. Between machines they hold where the shared disk supports them (NFS does, by default).

    Yields
    ------
    bool
        Whether this system has such locks at all; where it has none, nothing is refused.

    Raises
    ------
    StoreError
        Another process has the shard, has the condition in another number of shards, or rewrites its files.
    """
    handle = _acquire(folder, claim)
    try:
        yield handle is not None
    finally:
        if handle is not None:
            os.close(handle)


def refuse_if_held(folder: Path, claim: Shard | None) -> None:
    """Raise what `held` would raise now, without holding anything: for whoever is about to start a process that will.

    Raises
    ------
    StoreError
        As `held`.
    """
    with held(folder, claim):
        pass


def name_of(claim: Shard | None) -> str:
    """The name of a lock's file, without its ending."""
    return UPKEEP if claim is None else claim.name


def is_held(folder: Path, claim: Shard | None) -> bool:
    """Whether a process has the shard (or the whole condition) now."""
    if not HAS_LOCKS:
        return False
    try:
        handle = os.open(folder / f"{name_of(claim)}.lock", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno in {errno.EAGAIN, errno.EACCES}
    finally:
        os.close(handle)
    return False


def _acquire(folder: Path, claim: Shard | None) -> int | None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not HAS_LOCKS:
            return None
        with _door(folder):
            _refuse_others(folder, claim)
            return _take(folder, name_of(claim))
    except OSError as error:
        if error.errno in UNSUPPORTED:
            return None
        raise StoreError(
            f"{folder}: cannot be locked ({error.strerror or error}). Make the folder writable, then try again."
        ) from error


@contextlib.contextmanager
def _door(folder: Path) -> Iterator[None]:
    """Let one process at a time look at the locks and take one."""
    handle = os.open(folder / DOOR, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        deadline = time.monotonic() + PATIENCE
        while not _try(handle):
            if time.monotonic() > deadline:
                raise StoreError(f"{folder / DOOR}: is held by a process that does not go on. End it, then try again.")
            time.sleep(0.01)
        yield
    finally:
        os.close(handle)


def _refuse_others(folder: Path, claim: Shard | None) -> None:
    for path in sorted(folder.glob("*.lock")):
        other = _claim_of(path.stem)
        if path.name == DOOR or (path.stem != UPKEEP and other is None):
            continue
        if claim is not None and other is not None and other.of == claim.of:
            continue
        handle = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        try:
            if not _persist(handle):
                raise StoreError(_refusal(folder, path, claim))
        finally:
            os.close(handle)


def _take(folder: Path, name: str) -> int:
    path = folder / f"{name}.lock"
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        if not _persist(handle):
            raise StoreError(_refusal(folder, path, _claim_of(name)))
        now = datetime.now(UTC).isoformat(timespec="seconds")
        os.ftruncate(handle, 0)
        os.pwrite(handle, msgspec.json.encode(Holder(os.getpid(), socket.gethostname(), now)) + b"\n", 0)
    except BaseException:
        os.close(handle)
        raise
    return handle


def _persist(handle: int) -> bool:
    """Try a few times: a process that only looks whether a lock is held has it for a moment, too."""
    for _ in range(LOOKS):
        if _try(handle):
            return True
        time.sleep(0.01)
    return False


def _try(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in {errno.EAGAIN, errno.EACCES}:
            return False
        raise
    return True


def _claim_of(name: str) -> Shard | None:
    try:
        return parse_shard(name)
    except StoreError:
        return None


def _refusal(folder: Path, path: Path, claim: Shard | None) -> str:
    try:
        holder = str(msgspec.json.decode(path.read_bytes(), type=Holder))
    except (OSError, msgspec.DecodeError):
        holder = "another process"
    other = _claim_of(path.stem)
    if other is None:
        doing = "is rewriting its files"
    elif claim is not None and other.of != claim.of:
        doing = f"asks its shard {other.name}, another way of sharing than {claim.name}"
    else:
        doing = f"asks its shard {other.name}"
    return f"{folder}: {holder} {doing}. Wait until it ends or stop it, then run the same command again."

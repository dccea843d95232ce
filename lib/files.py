"""Writing that never leaves half a file behind, and hashes of what was read."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from lib.errors import BackendUnavailableError, BuildError

BLOCK = 1 << 20


def write_aside(path: Path, write: Callable[[Path], object]) -> Path:
    """Let `write` fill a temporary file beside `path`, then rename it into place.

    An interruption or an error leaves the old file, or none, but never half of one.

    Parameters
    ----------
    path
        Where the file shall be. Missing folders are made.
    write
        Is given the path of the temporary file, which ends like `path`.

    Returns
    -------
    Path
        `path`.

    Raises
    ------
    BuildError
        The disk is full, or the folder cannot be written to. Nothing was changed.
    """
    temporary: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.stem}.", suffix=path.suffix, dir=path.parent)
        os.close(handle)
        temporary = Path(name)
        write(temporary)
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    except OSError as error:
        raise BuildError(
            f"{path}: cannot be written ({error.strerror or error}). "
            f"Free some disk space or make {path.parent} writable, then run the same command again; nothing was lost."
        ) from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
    return path


def write_text(path: Path, text: str) -> Path:
    """Write `text` as UTF-8, whole or not at all."""
    return write_aside(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))


def write_json(path: Path, value: object) -> Path:
    """Write `value` as indented JSON with sorted keys; NaN and infinities are refused, since JSON has none."""
    return write_text(path, json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n")


def copy_changed(source: Path, target: Path) -> None:
    """Copy a file where it differs, whole or not at all: whoever reads `target` meanwhile reads one or the other."""
    if not target.is_file() or target.read_bytes() != source.read_bytes():
        write_aside(target, lambda temporary: shutil.copyfile(source, temporary))


def sha256_file(path: Path) -> str:
    """Hexadecimal SHA-256 of the bytes of one file."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


def checked_sha256(found: str, declared: str | None, setting: str, what: Path) -> str:
    """Give a hash that was found of weights, if a condition declares none or the same.

    Parameters
    ----------
    found, declared
        Hexadecimal SHA-256; what the condition's `setting` says, None where it says nothing.
    setting, what
        For the message: `condition x: classifier.sha256`, and the file or folder.

    Raises
    ------
    BackendUnavailableError
        They are not the weights that the condition declares.
    """
    if declared not in {None, found}:
        raise BackendUnavailableError(
            f"{setting}: got {declared!r}, but {what} has {found}. Put the right weights there, or write their hash "
            "into the condition: its answers are asked anew then."
        )
    return found


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current

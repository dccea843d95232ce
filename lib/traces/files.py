"""NPZ files that hold several answers' traces side by side, written whole or not at all, and never with pickles."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lib.errors import DataError, named_line
from lib.files import write_aside
from lib.traces.parts import Part

ABOUT = "about"
SUFFIX = ".npy"
BEGINNING = (1980, 1, 1, 0, 0, 0)
"""Of time, in a ZIP: the same arrays are the same bytes."""
FAST = 1
DAMAGES = (OSError, zipfile.BadZipFile, zlib.error, ValueError, KeyError, EOFError, NotImplementedError, SyntaxError)


def write_part(path: Path, step: str, part: Part) -> int:
    """Put one answer's trace into a file, beside those of other steps, in the place of an earlier one of its own.

    A damaged file is given up; what it held is found missing and traced again.

    Parameters
    ----------
    path
        `lib.traces.naming.trace_file`.
    step
        Stands before the names of its arrays: `<step>/<name>`.
    part
        Its arrays; `about` becomes `<step>/about`, JSON as bytes.

    Returns
    -------
    int
        Bytes that the arrays take in the file.

    Raises
    ------
    lib.errors.BuildError
        The disk is full or the folder cannot be written to; the file is as it was.
    """
    others = _others(path, step)
    own = {f"{step}/{name}{SUFFIX}": _encoded(values) for name, values in _all_arrays(part).items()}

    def write(temporary: Path) -> None:
        with zipfile.ZipFile(temporary, "w") as file:
            for name, data in {**others, **own}.items():
                file.writestr(zipfile.ZipInfo(name, BEGINNING), data, zipfile.ZIP_DEFLATED, FAST)

    write_aside(path, write)
    with zipfile.ZipFile(path) as file:
        return sum(file.getinfo(name).compress_size for name in own)


def read_part(path: Path, step: str) -> Part:
    """Read one answer's trace.

    Raises
    ------
    DataError
        The file is not there, is damaged, or has no such step.
    """
    try:
        with zipfile.ZipFile(path) as file:
            names = [name for name in file.namelist() if name.rpartition("/")[0] == step and name.endswith(SUFFIX)]
            arrays = {name.rpartition("/")[2].removesuffix(SUFFIX): _decoded(file.read(name)) for name in names}
        said = arrays.pop(ABOUT, None)
        about: dict[str, Any] | None = None if said is None else json.loads(said.tobytes())
    except FileNotFoundError as error:
        raise DataError(f"{path}: is not there. {_cure(path)}") from error
    except DAMAGES as error:
        why = named_line(error)
        raise DataError(f"{path}: is damaged ({why}). {_cure(path)}") from error
    if about is None:
        raise DataError(f"{path}: holds no step {step!r}. {_cure(path)}")
    return Part(arrays, about)


def steps_in(path: Path) -> list[str]:
    """The steps that a file holds, in their order in it; none of a file that is not there or damaged."""
    try:
        with zipfile.ZipFile(path) as file:
            return list(dict.fromkeys(name.rpartition("/")[0] for name in file.namelist()))
    except DAMAGES:
        return []


def digest(part: Part) -> str:
    """Hexadecimal SHA-256 over all arrays of a part, names, types and shapes included, however the file packs them."""
    total = hashlib.sha256()
    for name, values in sorted(_all_arrays(part).items()):
        total.update(f"{name} {values.dtype.str} {values.shape}\n".encode())
        total.update(np.ascontiguousarray(values).tobytes())
    return total.hexdigest()


def _all_arrays(part: Part) -> dict[str, NDArray[Any]]:
    said = json.dumps(part.about, sort_keys=True, ensure_ascii=True).encode("ascii")
    return {ABOUT: np.frombuffer(said, dtype=np.uint8), **part.arrays}


def _others(path: Path, step: str) -> dict[str, bytes]:
    """What a file holds of other steps; nothing if it is damaged."""
    try:
        with zipfile.ZipFile(path) as file:
            return {name: file.read(name) for name in file.namelist() if name.rpartition("/")[0] != step}
    except DAMAGES:
        return {}


def _encoded(values: NDArray[Any]) -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array(stream, np.asarray(values), allow_pickle=False)
    return stream.getvalue()


def _decoded(data: bytes) -> NDArray[Any]:
    values: NDArray[Any] = np.lib.format.read_array(io.BytesIO(data), allow_pickle=False)
    return values


def _cure(path: Path) -> str:
    return f"Trace it (again): rater infer -m {path.name.split('_')[0]} --traces KINDS"

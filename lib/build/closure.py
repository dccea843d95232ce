"""Which files of `lib` a step or a notebook depends on, found from what it imports."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import grimp
import nbformat

from lib.files import sha256_file

PACKAGE = "lib"
ALWAYS = ("requirements.lock",)


@cache
def _graph(root: Path) -> grimp.ImportGraph:
    return grimp.build_graph(PACKAGE, cache_dir=None)


def imported_modules(code: str) -> set[str]:
    """The modules of `lib` that a piece of Python imports directly."""
    modules: set[str] = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            modules |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return {name for name in modules if name == PACKAGE or name.startswith(f"{PACKAGE}.")}


def notebook_code(path: Path) -> str:
    """All code of a notebook, without magics."""
    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    lines = [line for cell in notebook.cells if cell.cell_type == "code" for line in cell.source.splitlines()]
    return "\n".join("pass" if line.startswith(("%", "!")) else line for line in lines)


def source_files(modules: Iterable[str], root: Path) -> list[Path]:
    """The files of the modules and of all that they import, however indirectly; other names are passed over."""
    graph = _graph(root)
    wanted: set[str] = set()
    for module in modules:
        if module in graph.modules:
            wanted |= {module} | graph.find_upstream_modules(module)
    wanted |= {".".join(name.split(".")[:depth]) for name in set(wanted) for depth in range(1, name.count(".") + 1)}
    return sorted({_file_of(name, root) for name in wanted})


def _file_of(module: str, root: Path) -> Path:
    path = root.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def digest(files: Iterable[Path], root: Path) -> str:
    """One SHA-256 over the names and contents of files; folders stand for their files, absent ones for absence.

    Content decides, never a date: a touched file leaves the digest as it is, a file put back with an old date does not.
    """
    total = hashlib.sha256()
    for path in sorted(set(_expand(files))):
        name = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()
        total.update(f"{name}\0{sha256_file(path) if path.is_file() else 'absent'}\n".encode())
    return total.hexdigest()


def _expand(files: Iterable[Path]) -> Iterable[Path]:
    for path in files:
        if path.is_dir():
            yield from (inner for inner in path.rglob("*") if inner.is_file())
        else:
            yield path


def code_digest(modules: Iterable[str], root: Path) -> str:
    """Digest of the code behind a step: its modules, all they import, and the locked versions of every package."""
    return digest([*source_files(modules, root), *(root / name for name in ALWAYS)], root)


def notebook_digest(path: Path, root: Path) -> str:
    """Digest of a chapter: its notebook and the code behind it."""
    code = code_digest([*imported_modules(notebook_code(path)), "lib.build.chapters"], root)
    return f"{sha256_file(path)}-{code}"

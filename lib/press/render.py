"""The press's entry points: one document, one notebook, or the whole site."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from lib.errors import DocumentError
from lib.press.document import Document, read_document
from lib.press.docx import write_docx
from lib.press.html import write_html
from lib.press.notebook_page import write_notebook_page
from lib.press.pdf import write_pdf
from lib.press.project import read_project
from lib.press.subset import FORMATS

WRITERS: Mapping[str, Callable[[Document], bytes]] = {"html": write_html, "docx": write_docx, "typst": write_pdf}


def render_document(source: Path, formats: Sequence[str], project_root: Path, output: Path) -> list[Path]:
    """Render one .qmd file.

    Parameters
    ----------
    source
        The document.
    formats
        Quarto's names: `html`, `docx`, `typst` (which makes a PDF). Empty: those of the document's front matter.
    project_root
        Folder of `_quarto.yml`.
    output
        Folder of the site; the pages stand in it as the sources do in the project.

    Returns
    -------
    list[Path]
        The files written, in the order of `formats`. Each is written aside and renamed: never half-written.

    Raises
    ------
    DocumentError
        At anything outside the subset stated in `lib.press`; no file is written then.
    """
    for name in formats:
        if name not in FORMATS:
            raise DocumentError(f"{source}: unknown format, got {name!r}: one of {', '.join(FORMATS)}")
    document = read_document(source, project_root)
    chosen = list(formats) or list(document.settings.formats)
    contents = {name: _written(document, name) for name in chosen}
    paths = []
    for name, content in contents.items():
        path = output / document.path.with_suffix(FORMATS[name])
        write_whole(path, content)
        paths.append(path)
    return paths


def _written(document: Document, name: str) -> bytes:
    try:
        return WRITERS[name](document)
    except DocumentError as error:
        raise DocumentError(f"{document.source.path}: {name}: {error}") from error


def render_notebook(notebook: Path, project_root: Path, output: Path) -> Path:
    """Render an executed notebook as html at its own place in the site; return the page.

    Raises
    ------
    DocumentError
        If it is no notebook, or a cell failed.
    """
    root = project_root.resolve()
    content = write_notebook_page(notebook.resolve(), read_project(root))
    path = output / notebook.resolve().relative_to(root).with_suffix(".html")
    write_whole(path, content)
    return path


def render_site(project_root: Path, output: Path | None = None) -> list[Path]:
    """Render every page that `_quarto.yml` lists under `render`, each in its own formats; return the files.

    Raises
    ------
    DocumentError
        If a listed page is missing or cannot be rendered.
    """
    project = read_project(project_root.resolve())
    site = output or project.root / project.output
    paths: list[Path] = []
    for page in project.render:
        source = project.root / page
        if source.suffix == ".ipynb":
            paths.append(render_notebook(source, project.root, site))
        else:
            paths += render_document(source, (), project.root, site)
    return paths


def write_whole(path: Path, content: bytes) -> None:
    """Write a file aside and rename it, so that it is whole or not there at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    aside = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        aside.chmod(0o644)
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)

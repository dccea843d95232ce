"""Executed notebooks: the labelled cells, their options and the one thing that each shows."""

from __future__ import annotations

import base64
import binascii
import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import nbformat
import yaml

from lib.errors import DocumentError
from lib.press.subset import CELL_OPTIONS, CELL_OUTPUTS
from lib.press.tree import Json

OPTION = re.compile(r"^#\|\s?(.*)$")
FOLDED = re.compile(r"^[\w-]+:\s*[>|][-+]?\s*$")
ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
ACTIVE = re.compile(
    r"<\s*(?:script|iframe|object|embed|link|form)\b|<[^>]*(?:\son\w+\s*=|javascript:|\ssrc\s*=\s*.?https?:)",
    re.IGNORECASE,
)
Kind = Literal["table", "image", "markdown"]


@dataclass(frozen=True)
class Cell:
    """A labelled cell and what it shows.

    Attributes
    ----------
    notebook
        The executed notebook.
    label
        `tbl-…` or `fig-…`.
    caption, alt
        Markdown of the caption; alternative text of a figure.
    kind
        `table` (content is great_tables html), `image` (content is base64 of a PNG) or `markdown`.
    content
        The output itself.
    width
        Width of an image in pixels at 96 dots per inch; None if the notebook does not say.
    """

    notebook: Path
    label: str
    caption: str
    alt: str
    kind: Kind
    content: str
    width: int | None = None

    @property
    def png(self) -> bytes:
        """The bytes of an image."""
        return base64.b64decode(self.content)


def cell_options(code: str, place: str) -> dict[str, Any]:
    """Return the options `#| key: value` at the top of a cell.

    Raises
    ------
    DocumentError
        If they are not a YAML mapping, or one is a folded block.
    """
    lines = []
    for line in code.splitlines():
        match = OPTION.match(line)
        if match is None:
            break
        if FOLDED.search(match[1]):
            raise DocumentError(
                f"{place}: Quarto loses a cell option that is a folded block, got {line!r}: write it in one line, "
                "or as a quoted text that goes on in the next `#|` line"
            )
        lines.append(match[1])
    try:
        options = yaml.safe_load("\n".join(lines)) or {}
    except yaml.YAMLError as error:
        raise DocumentError(f"{place}: cell options are not YAML: {error}") from error
    if not isinstance(options, dict):
        raise DocumentError(f"{place}: cell options must be `#| key: value`, got {options!r}")
    return options


@lru_cache(maxsize=32)
def _parsed(path: Path, changed: int) -> Json:
    return nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]


def read_notebook(path: Path, place: str) -> Json:
    """Return a notebook as nbformat reads it.

    Raises
    ------
    DocumentError
        If it is not there or not a notebook; the message starts with `place`.
    """
    if not path.is_file():
        raise DocumentError(
            f"{place}: no such notebook, got {str(path)!r}: run the build, which executes the notebooks"
        )
    try:
        return _parsed(path, path.stat().st_mtime_ns)
    except (nbformat.reader.NotJSONError, nbformat.ValidationError) as error:
        raise DocumentError(f"{place}: not a notebook, got {str(path)!r}: {error}") from error


def find_cell(path: Path, label: str, place: str) -> Cell:
    """Return the cell with a label.

    Parameters
    ----------
    path
        The executed notebook.
    label
        `tbl-…` or `fig-…`.
    place
        File and line of the embed, for errors.

    Raises
    ------
    DocumentError
        If no cell or more than one has the label, an option is unknown, the caption or a figure's alternative text is
        missing, or the cell was not executed or shows something else than `CELL_OUTPUTS`, once.
    """
    notebook = read_notebook(path, place)
    found = {}
    labels = []
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type != "code":
            continue
        options = cell_options(cell.source, f"{path}, cell {number}")
        labels.append(str(options.get("label", "")))
        if options.get("label") == label:
            found[number] = (options, cell)
    if len(found) != 1:
        near = difflib.get_close_matches(label, labels, n=1)
        hint = f"; did you mean {near[0]!r}?" if near and not found else ""
        raise DocumentError(f"{place}: {len(found)} cells of {path} are labelled so, got {label!r}{hint}")
    number, (options, cell) = found.popitem()
    return _shown(path, label, options, cell, f"{place}: {path}, cell {number} ({label})")


def _shown(path: Path, label: str, options: dict[str, Any], cell: Json, place: str) -> Cell:
    for key in options:
        if key not in CELL_OPTIONS:
            raise DocumentError(f"{place}: unknown cell option, got {key!r}: one of {', '.join(CELL_OPTIONS)}")
    kind, content, width = _output(cell, place)
    prefix = label.partition("-")[0]
    caption, alt = str(options.get(f"{prefix}-cap", "")), str(options.get("fig-alt", ""))
    if not caption:
        raise DocumentError(f"{place}: a caption is missing: add `#| {prefix}-cap: ...`")
    if kind == "image" and not alt:
        raise DocumentError(f"{place}: the alternative text is missing: add `#| fig-alt: ...`")
    return Cell(path, label, caption, alt, kind, content, width)


def _output(cell: Json, place: str) -> tuple[Kind, str, int | None]:
    shown = []
    for output in cell.outputs:
        if output.output_type == "stream":
            raise DocumentError(
                f"{place}: prints text, got {output.text[:60]!r}: an embedded cell only shows its result"
            )
        if output.output_type == "error":
            raise DocumentError(f"{place}: failed, got {output.ename}: {output.evalue}")
        shown.append(output)
    if len(shown) != 1:
        raise DocumentError(
            f"{place}: must show one result ({', '.join(CELL_OUTPUTS)}), got {len(shown)}: was it executed?"
        )
    data: Mapping[str, Any] = shown[0].data
    if "gt_table" in str(data.get("text/html", "")):
        html = str(data["text/html"])
        if ACTIVE.search(html):
            raise DocumentError(
                f"{place}: the table's html would run code or load something, got {ACTIVE.findall(html)!r}"
            )
        return "table", html, None
    if "image/png" in data:
        return "image", *_png(data, shown[0].metadata, place)
    if "text/markdown" in data:
        return "markdown", str(data["text/markdown"]), None
    raise DocumentError(f"{place}: must show one of {', '.join(CELL_OUTPUTS)}, got {sorted(data)}")


def _png(data: Mapping[str, Any], metadata: Mapping[str, Any], place: str) -> tuple[str, int | None]:
    content = "".join(str(data["image/png"]).split())
    try:
        picture = base64.b64decode(content, validate=True)
    except binascii.Error as error:
        raise DocumentError(f"{place}: the image is damaged: {error}") from error
    if not picture.startswith(b"\x89PNG"):
        raise DocumentError(f"{place}: the image is no PNG, got {picture[:8]!r}")
    width = metadata.get("image/png", {}).get("width")
    return content, int(width) if width else None


def without_escapes(words: str) -> str:
    """Return printed text without terminal colours."""
    return ANSI.sub("", words)

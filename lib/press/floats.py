"""Tables and figures of a document: embedded from notebooks or written in the source, gathered under their labels."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lib.errors import DocumentError
from lib.press.notebook import Cell
from lib.press.pandoc import READER, read_parts
from lib.press.shortcodes import embedded_cells
from lib.press.source import Source
from lib.press.tables import Grid, read_grid, read_tables
from lib.press.tree import Node, attributes, div, plain, stringify, transform

FLOAT = "press-float"
PIXELS_PER_INCH = 96
TEXT_INCHES = 6.25
PAGE_INCHES = 8.0
MARKDOWN_ONLY = READER + "-raw_html"


@dataclass(frozen=True)
class Float:
    """A numbered table or figure.

    Attributes
    ----------
    label
        `tbl-…` or `fig-…`.
    cell
        The notebook cell that shows it; None when it stands in the source itself.
    grid
        The table for Word and the PDF; None for pictures and text.
    picture, width, alt
        PNG or JPEG bytes with file suffix, width in pixels (96 a inch) and alternative text; None for tables and text.
    """

    label: str
    cell: Cell | None = None
    grid: Grid | None = None
    picture: bytes | None = None
    suffix: str = ".png"
    width: int | None = None
    alt: str = ""

    @property
    def kind(self) -> str:
        """`tbl` or `fig`."""
        return self.label.partition("-")[0]

    @property
    def inches(self) -> float:
        """Width of a picture on paper: its own, but within the text's width and a page's height."""
        shape = struct.unpack(">II", self.picture[16:24]) if self.picture and self.suffix == ".png" else (1, 1)
        ratio = float(shape[0] / shape[1])
        own = (self.width or PIXELS_PER_INCH * TEXT_INCHES) / PIXELS_PER_INCH
        return min(TEXT_INCHES, own, PAGE_INCHES * ratio)

    @property
    def file(self) -> str:
        """Name of the picture's file while a page is made."""
        return f"{self.label}{self.suffix}"


def is_float(node: Node) -> bool:
    """Return whether a node is the place of a float: a div with its caption and body."""
    return node["t"] == "Div" and FLOAT in node["c"][0][1]


def place_floats(tree: Node, source: Source) -> tuple[Node, dict[str, Float]]:
    """Return the tree with a div in each float's place, and the floats by label.

    A float's div holds two divs: the caption, and the body (a table, or the blocks of a markdown output, else nothing).

    Raises
    ------
    DocumentError
        If a label occurs twice, a table or picture lacks what it needs, or a picture is missing.
    """
    floats: dict[str, Float] = {}
    embeds = _embedded(source)

    def add(entry: Float, caption: list[Node], body: list[Node]) -> Node:
        if entry.label in floats:
            raise DocumentError(f"{source.place(entry.label)}: a label is used twice, got {entry.label!r}")
        floats[entry.label] = entry
        return div(attributes(entry.label, [FLOAT]), [div(attributes(), caption), div(attributes(), body)])

    def replace(node: Node) -> Node | None:
        if node["t"] == "Para" and stringify(node) in embeds:
            return add(*embeds[stringify(node)])
        if node["t"] == "Table" and (node["c"][0][0] or stringify(node["c"][1])):
            return add(*_written_table(node, source))
        if node["t"] == "Figure":
            return add(*_written_picture(node, source))
        return None

    return transform(tree, replace), floats


def _embedded(source: Source) -> dict[str, tuple[Float, list[Node], list[Node]]]:
    cells = embedded_cells(source)
    captions = dict(zip(cells, read_parts([cell.caption for cell in cells.values()]), strict=True))
    tables = {token: cell for token, cell in cells.items() if cell.kind == "table"}
    grids = dict(zip(tables, read_tables([cell.content for cell in tables.values()]), strict=True))
    texts = {token: cell for token, cell in cells.items() if cell.kind == "markdown"}
    bodies = dict(zip(texts, read_parts([cell.content for cell in texts.values()], MARKDOWN_ONLY), strict=True))
    result = {}
    for token, cell in cells.items():
        grid = grids.get(token)
        image = cell.kind == "image"
        entry = Float(
            cell.label,
            cell,
            grid,
            picture=cell.png if image else None,
            width=cell.width,
            alt=cell.alt,
        )
        body = [grid.table, *grid.notes] if grid else bodies.get(token, [])
        result[token] = (entry, captions[token], body)
    return result


def _written_table(node: Node, source: Source) -> tuple[Float, list[Node], list[Node]]:
    (label, _, _), (_, caption), *_ = node["c"]
    if not label.startswith("tbl-") or not caption:
        shown = label or stringify(caption)
        raise DocumentError(
            f"{source.place(shown)}: a table's caption needs a label {{#tbl-…}} and text, got {shown!r}"
        )
    node["c"][1] = [None, []]
    grid = read_grid(node)
    return Float(label, grid=grid), caption, [grid.table]


def _written_picture(node: Node, source: Source) -> tuple[Float, list[Node], list[Node]]:
    (label, _, _), (_, caption), _ = node["c"]
    images: list[Any] = []
    transform(node, lambda part: images.append(part["c"]) if part["t"] == "Image" else None)
    (_, _, pairs), _, (target, _) = images[0]
    place = source.place(target)
    if not label.startswith("fig-") or "fig-alt" not in dict(pairs):
        raise DocumentError(f'{place}: a picture needs {{#fig-… fig-alt="…"}}, got {target!r}')
    file = source.path.parent / target
    if not file.is_file() or file.suffix not in {".png", ".jpg"}:
        raise DocumentError(f"{place}: a picture must be a .png or .jpg file that is there, got {target!r}")
    entry = Float(label, picture=file.read_bytes(), suffix=Path(target).suffix, alt=dict(pairs)["fig-alt"])
    return entry, caption, []


def parts(node: Node) -> tuple[list[Node], list[Node]]:
    """Return the caption's inlines and the body's blocks of a float's div."""
    caption, body = (part["c"][1] for part in node["c"][1])
    inlines = [inline for block in caption for inline in block["c"]]
    return inlines, body


def caption_block(name: str, inlines: list[Node]) -> Node:
    """Return the caption as one block: number in bold, colon, text."""
    number = {"t": "Strong", "c": [{"t": "Str", "c": f"{name}:"}]}
    return plain([number, {"t": "Space"}, *inlines])

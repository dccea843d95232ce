"""A great_tables html table as a table of pandoc's tree, which becomes a real one in Word and in the PDF."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lib.errors import DocumentError
from lib.press.pandoc import read_parts
from lib.press.tree import Node, attributes, paragraph, plain, stringify, strong, transform

IDENTIFIERS = re.compile(r'(\s(?:id|headers|aria-labelledby|aria-describedby)=")([^"]*)"')
STYLE_BLOCK = re.compile(r"<style\b.*?</style>", re.DOTALL)
ALIGNMENTS = {"gt_left": "AlignLeft", "gt_center": "AlignCenter", "gt_right": "AlignRight"}
COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")
INTERVAL = re.compile(r"\S*\[[^\s\[\],]+, [^\s\[\],]+\]\S*")
BREAK = re.compile(r"[ \t\n]+")
COMFORTABLE_CHARACTERS = 24
SPANNER_RULE = "(bottom: 0.4pt)"


def scoped(page: str, label: str) -> str:
    """Return great_tables html whose identifiers cannot meet others on a page.

    great_tables names a header cell `tbl-x-COLUMN`, which may be another table's label. The outermost identifier is
    `label`, which the table's own style refers to; it is taken off when the page puts it around the table.
    """

    def prefixed(match: re.Match[str]) -> str:
        return match[1] + " ".join(f"gt-{name}" for name in match[2].split()) + '"'

    return IDENTIFIERS.sub(prefixed, page.replace(f'<div id="{label}"', "<div", 1))


@dataclass(frozen=True)
class Grid:
    """A table for Word and the PDF.

    Attributes
    ----------
    table
        Pandoc's Table node: header rows (titles, spanners, labels) and one body, with group rows in bold.
    notes
        The source notes, as paragraphs to stand under it.
    words
        For each column the characters of its longest word.
    texts
        For each column the characters of its longest text.
    cells
        The same below the headings, which may always be broken.
    lines
        About how many lines the table has when texts are broken at a comfortable width.
    """

    table: Node
    notes: list[Node]
    words: list[int]
    texts: list[int]
    cells: list[int]
    lines: int

    @property
    def given(self) -> list[float] | None:
        """The columns' shares of the width that the table itself asks for; None where it leaves that open."""
        widths = [width.get("c") for _, width in self.table["c"][2]] if self.table else []
        return [width / sum(widths) for width in widths] if widths and all(widths) else None

    @property
    def columns(self) -> int:
        """Number of columns."""
        return len(self.words)

    @property
    def characters(self) -> list[int]:
        """For each column the characters that its longest word or a comfortable line of a cell needs."""
        pairs = zip(self.words, self.cells, strict=True)
        return [max(word, min(cell, COMFORTABLE_CHARACTERS)) for word, cell in pairs]


def read_tables(pages: list[str]) -> list[Grid]:
    """Return the tables of several great_tables html texts, read in one call of pandoc.

    Raises
    ------
    DocumentError
        If a text does not hold exactly one table.
    """
    grids = []
    for blocks, page in zip(read_parts([STYLE_BLOCK.sub("", page) for page in pages], "html"), pages, strict=True):
        tables = list(_tables(blocks))
        if len(tables) != 1:
            raise DocumentError(f"an embedded table must be one table, got {len(tables)} in {page[:80]!r}")
        grids.append(read_grid(tables[0]))
    return grids


def _tables(blocks: list[Node]) -> Iterator[Node]:
    for block in blocks:
        if block["t"] == "Table":
            yield block
        elif block["t"] == "Div":
            yield from _tables(block["c"][1])


def read_grid(table: Node) -> Grid:
    """Return a table cleaned for Word and typst: alignments, spanner rules, bold group rows, notes apart."""
    _, caption, columns, head, bodies, foot = table["c"]
    head_rows = [_row(row, header=True) for row in head[1]]
    body_rows = [_row(row, header=False) for body in bodies for row in (*body[2], *body[3])]
    notes = [paragraph(_inlines(cell)) for row in foot[1] for cell in row[1]]
    aligned = _column_alignments(body_rows, columns)
    body = [attributes(), 0, [], body_rows]
    whole = [
        attributes("", ["typst:no-figure"]),
        caption,
        aligned,
        [attributes(), head_rows],
        [body],
        [attributes(), []],
    ]
    words, texts = _characters(head_rows + body_rows, len(columns))
    _, cells = _characters(body_rows, len(columns))
    lines = sum(_lines(row) for row in head_rows + body_rows)
    return Grid({"t": "Table", "c": whole}, notes, words, texts, cells, lines)


def _row(row: list[Any], header: bool) -> list[Any]:
    return [attributes(), [_cell(cell, header) for cell in row[1]]]


def _cell(cell: list[Any], header: bool) -> list[Any]:
    attribute, alignment, rows, columns, blocks = cell
    classes, pairs = attribute[1], dict(attribute[2])
    style = _style(pairs.get("style", ""))
    for name, value in ALIGNMENTS.items():
        if name in classes:
            alignment = {"t": value}
    kept = {}
    if "gt_column_spanner_outer" in classes:
        alignment = {"t": "AlignCenter"}
        kept["typst:stroke"] = SPANNER_RULE
    if COLOUR.fullmatch(style.get("background-color", "")):
        kept["typst:fill"] = f'rgb("{style["background-color"]}")'
    if COLOUR.fullmatch(style.get("color", "")):
        kept["typst:text:fill"] = f'rgb("{style["color"]}")'
    bold = header or "gt_group_heading" in classes or style.get("font-weight") in {"bold", "bolder", "600", "700"}
    content = _formatted(blocks, bold=bold, italic=style.get("font-style") == "italic")
    return [["", [], list(kept.items())], alignment, rows, columns, content]


def _style(css: str) -> dict[str, str]:
    pairs = (part.partition(":") for part in css.split(";"))
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def _formatted(blocks: list[Node], bold: bool, italic: bool) -> list[Node]:
    formatted = []
    for block in blocks:
        if block["t"] not in {"Plain", "Para"} or not stringify(block).strip("\u00a0 "):
            formatted.append(block if stringify(block).strip("\u00a0 ") else plain([]))
            continue
        inlines = _whole_intervals(_bare(block["c"]))
        if italic:
            inlines = [{"t": "Emph", "c": inlines}]
        formatted.append(plain([strong(inlines)] if bold else inlines))
    return formatted


def _whole_intervals(inlines: list[Node]) -> list[Node]:
    """Return inlines in which no line breaks inside an interval such as `[.883, .914]`."""
    kept: list[Node] = []
    for node in inlines:
        low = kept[-2] if len(kept) > 1 and kept[-1]["t"] == "Space" else None
        if low and INTERVAL.fullmatch(f"{low.get('c')} {node.get('c')}") and low["t"] == node["t"] == "Str":
            kept[-2:] = [{"t": "Str", "c": f"{low['c']}\u00a0{node['c']}"}]
        else:
            kept.append(node)
    return kept


def _inlines(cell: list[Any]) -> list[Node]:
    inlines: list[Node] = []
    for block in cell[4]:
        inlines += [{"t": "Space"}] if inlines else []
        inlines += _bare(block["c"]) if block["t"] in {"Plain", "Para"} else [{"t": "Str", "c": stringify(block)}]
    return inlines


def _bare(inlines: list[Node]) -> list[Node]:
    """Return inlines without great_tables' own spans."""
    bare: list[Node] = transform(inlines, lambda node: node["c"][1] if node["t"] == "Span" else None)
    return bare


def _column_alignments(rows: list[list[Any]], columns: list[Any]) -> list[Any]:
    full = next((row for row in rows if len(row[1]) == len(columns)), None)
    if full is None:
        return columns
    pairs = zip(full[1], columns, strict=True)
    return [[cell[1] if cell[1]["t"] != "AlignDefault" else column[0], column[1]] for cell, column in pairs]


def _characters(rows: list[list[Any]], columns: int) -> tuple[list[int], list[int]]:
    words, texts = [1] * columns, [1] * columns
    for cell, column in _placed(rows, columns):
        if cell[3] == 1:
            text = stringify(cell[4])
            words[column] = max(words[column], *map(len, BREAK.split(text)))
            texts[column] = max(texts[column], len(text))
    return words, texts


def _lines(row: list[Any]) -> int:
    lengths = [len(stringify(cell[4])) for cell in row[1] if cell[3] == 1]
    return max((1 + length // COMFORTABLE_CHARACTERS for length in lengths), default=1)


def _placed(rows: list[list[Any]], columns: int) -> Iterator[tuple[list[Any], int]]:
    """Yield each cell with its column, past the cells that reach down from the rows above."""
    reach = [0] * columns
    for row in rows:
        column = 0
        below = [max(0, height - 1) for height in reach]
        for cell in row[1]:
            while column < columns and reach[column]:
                column += 1
            if column >= columns:
                break
            yield cell, column
            for covered in range(column, min(column + cell[3], columns)):
                below[covered] = cell[2] - 1
            column += cell[3]
        reach = below

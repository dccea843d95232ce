"""A document for Word: real headings, captions and tables; header rows repeat, wide tables stand on their side."""

from __future__ import annotations

import tempfile
from html import escape
from pathlib import Path
from typing import Any

from lib.press.callouts import callout
from lib.press.document import Document, retarget
from lib.press.floats import Float, caption_block, is_float, parts
from lib.press.layout import column_width, fit, shares
from lib.press.page import ASSETS
from lib.press.pandoc import write
from lib.press.tables import COLOUR, Grid
from lib.press.tree import (
    Node,
    attributes,
    image,
    link,
    paragraph,
    plain,
    raw,
    raw_inline,
    stringify,
    strong,
    styled,
    text,
    transform,
)
from lib.press.word_file import FILL, SMALL_TABLE, finished
from lib.press.word_styles import reference_document

SECTION_END = '<w:p><w:pPr><w:spacing w:before="0" w:after="0" /><w:sectPr press="{}" /></w:pPr></w:p>'
FIELD_START = (
    '<w:r><w:fldChar w:fldCharType="begin" /></w:r><w:r><w:instrText xml:space="preserve"> TOC \\o "1-{}" \\h \\z \\u '
    '</w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate" /></w:r>'
)
FIELD_END = '<w:r><w:fldChar w:fldCharType="end" /></w:r>'
SLACK = 1.2
SMALL_BELOW = 8.0


def write_docx(document: Document) -> bytes:
    """Return the document's Word file; the same document gives the same bytes."""
    tree = retarget(document.tree, document, "docx")
    contents = _contents(tree, int(document.settings.option("docx", "toc-depth", 3)))
    tree = transform(tree, lambda node: _block(node, document))
    if document.settings.option("docx", "toc", False):
        tree["blocks"] = [*contents, *tree["blocks"]]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "reference.docx").write_bytes(reference_document())
        for entry in document.floats.values():
            if entry.picture is not None:
                (folder / entry.file).write_bytes(entry.picture)
        arguments = [
            "--to=docx",
            "--reference-doc=reference.docx",
            f"--template={ASSETS / 'paper.openxml'}",
            "--output=-",
        ]
        arguments.append(f"--metadata=lang:{document.settings.lang}")
        if document.settings.bibliography:
            arguments += ["--citeproc", "--metadata=link-citations:true"]
            arguments += [f"--bibliography={file}" for file in document.settings.bibliography]
        return finished(write(tree, arguments, folder, document.settings.epoch))


def _contents(tree: Node, depth: int) -> list[Node]:
    """Return a table of contents that Word can bring up to date, filled in already."""
    headings = [node["c"] for node in tree["blocks"] if node["t"] == "Header" and node["c"][0] <= depth]
    if not headings:
        return []
    lines = []
    for position, (level, (identifier, _, _), inlines) in enumerate(headings):
        start = [raw_inline(FIELD_START.format(depth))] if position == 0 else []
        end = [raw_inline(FIELD_END)] if position == len(headings) - 1 else []
        line = [*start, link(text(stringify(inlines)), f"#{identifier}"), *end]
        lines.append(styled(f"toc {level}", [paragraph(line)]))
    return [styled("TOC Heading", [paragraph(text("Contents"))]), *lines]


def _paper_table(table: Node, grid: Grid) -> Node:
    """Return the table with its columns' shares of the text width and marks for small type and filled cells."""
    chosen = fit(grid)
    natural = [SLACK * column_width(characters, chosen.size) / chosen.width for characters in grid.texts]
    widths = shares(grid, SLACK) or natural
    attribute, caption, columns, head, bodies, foot = table["c"]
    if chosen.size < SMALL_BELOW:
        attribute = attributes("", attribute[1], custom_style=SMALL_TABLE)
    pairs = zip(columns, widths, strict=True)
    specified = [[alignment, {"t": "ColWidth", "c": round(width, 4)}] for (alignment, _), width in pairs]
    marked = [[part, count, top, [_marked(row) for row in rows]] for part, count, top, rows in bodies]
    return {"t": "Table", "c": [attribute, caption, specified, head, marked, foot]}


def _marked(row: list[Any]) -> list[Any]:
    cells = []
    for attribute, alignment, rows, columns, blocks in row[1]:
        fill = COLOUR.search(dict(attribute[2]).get("typst:fill", ""))
        mark = [{"t": "Str", "c": FILL.format(fill[0][1:])}] if fill else []
        content = [plain([*mark, *blocks[0]["c"]]), *blocks[1:]] if mark and blocks else blocks
        cells.append([attribute, alignment, rows, columns, content])
    return [row[0], cells]


def _block(node: Node, document: Document) -> Node | list[Node] | None:
    if is_float(node):
        return _float(node, document.floats[node["c"][0][0]], document)
    found = callout(node)
    if found is None:
        return None
    kind, title, blocks = found
    return styled(f"Callout {kind.capitalize()}", [paragraph([strong(title)]), *blocks])


def _float(node: Node, entry: Float, document: Document) -> list[Node]:
    inlines, body = parts(node)
    table = entry.kind == "tbl"
    caption = styled(
        "Table Caption" if table else "Image Caption", [caption_block(document.names[entry.label], inlines)]
    )
    caption["c"][0][0] = entry.label
    turned = entry.grid is not None and fit(entry.grid).landscape
    shown = [_paper_table(body[0], entry.grid), styled("Table Note", body[1:])] if entry.grid else body
    if entry.picture is not None:
        shown = [styled("Figure", [plain([image(entry.file, entry.alt, width=f"{entry.inches:.3f}in")])])]
    blocks = [caption, *shown] if table else [*shown, caption]
    blocks.append(styled("Origin", [plain(_origin(entry, document))]))
    if not turned:
        return blocks
    before, after = SECTION_END.format("portrait"), SECTION_END.format("landscape")
    return [raw("openxml", before), *blocks, raw("openxml", after)]


def _origin(entry: Float, document: Document) -> list[Node]:
    if entry.cell is None:
        return text("")
    notebook = entry.cell.notebook
    depth = "../" * len(document.path.parent.parts)
    address = notebook.resolve().relative_to(document.project.root).with_suffix(".html").as_posix()
    return [link(text(f"Source: {notebook.name}"), f"{depth}{escape(address)}#cell-{entry.label}")]

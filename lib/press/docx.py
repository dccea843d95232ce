"""A document for Word: real headings, captions and tables; header rows repeat, wide tables stand on their side."""

from __future__ import annotations

import io
import re
import tempfile
import zipfile
from html import escape
from pathlib import Path

from lib.press.callouts import callout
from lib.press.document import Document, retarget
from lib.press.floats import Float, caption_block, is_float, parts
from lib.press.layout import column_width, fit, shares
from lib.press.page import ASSETS
from lib.press.pandoc import write
from lib.press.tables import Grid
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
from lib.press.word_styles import LANDSCAPE_PAGE, reference_document

TABLE = re.compile(r"<w:tbl>.*?</w:tbl>", re.DOTALL)
ROW = re.compile(r"<w:tr>.*?</w:tr>", re.DOTALL)
CELL_PROPERTIES = re.compile(r"<w:tcPr />|<w:tcPr>(.*?)</w:tcPr>", re.DOTALL)
FINAL_SECTION = re.compile(r"<w:sectPr[ >](?:(?!<w:sectPr).)*</w:sectPr>\s*</w:body>", re.DOTALL)
SECTION_END = '<w:p><w:pPr><w:spacing w:before="0" w:after="0" /><w:sectPr press="{}" /></w:pPr></w:p>'
RULE = '<w:tcBorders><w:bottom w:val="single" w:sz="4" w:space="0" w:color="000000" /></w:tcBorders>'
PAGE_SIZE = re.compile(r"<w:pgSz [^>]*/>")
FIELD_START = (
    '<w:r><w:fldChar w:fldCharType="begin" /></w:r><w:r><w:instrText xml:space="preserve"> TOC \\o "1-{}" \\h \\z \\u '
    '</w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate" /></w:r>'
)
FIELD_END = '<w:r><w:fldChar w:fldCharType="end" /></w:r>'
FIXED = '<w:tblLayout w:type="fixed" />'
SLACK = 1.2
SMALL_TABLE = "Press Small Table"
SMALL_BELOW = 8.0
ZIP_TIME = (1980, 1, 1, 0, 0, 0)


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


def finished(content: bytes) -> bytes:
    """Return pandoc's Word file with table rules, page sections, and the same time on every part."""
    original = zipfile.ZipFile(io.BytesIO(content))
    result = io.BytesIO()
    with zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in original.namelist():
            part = original.read(name)
            if name == "word/document.xml":
                words = TABLE.sub(lambda match: _ruled(match[0]), part.decode("utf-8"))
                part = _sectioned(words).encode("utf-8")
            information = zipfile.ZipInfo(name, ZIP_TIME)
            information.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(information, part)
    return result.getvalue()


def _ruled(table: str) -> str:
    style = "TableTextSmall" if SMALL_TABLE in table else "TableText"
    table = table.replace(SMALL_TABLE, "Table")
    table = table.replace('<w:pStyle w:val="Compact" />', f'<w:pStyle w:val="{style}" />')
    table = table.replace("<w:p><w:pPr /></w:p>", f'<w:p><w:pPr><w:pStyle w:val="{style}" /></w:pPr></w:p>')
    table = table.replace(FIXED, "")
    headers = [row for row in ROW.findall(table) if "<w:tblHeader" in row]
    last = headers[-1] if headers else ""

    def row(match: re.Match[str]) -> str:
        words = match[0]
        if words == last:
            words = CELL_PROPERTIES.sub(lambda cell: _cell(cell[1] or "", rule=True), words)
        elif "<w:tblHeader" in words:
            words = CELL_PROPERTIES.sub(lambda cell: _cell(cell[1] or "", rule="<w:gridSpan" in (cell[1] or "")), words)
        if "<w:trPr>" in words:
            return words.replace("<w:trPr>", "<w:trPr><w:cantSplit />", 1)
        return words.replace("<w:tr>", "<w:tr><w:trPr><w:cantSplit /></w:trPr>", 1)

    return ROW.sub(row, table)


def _cell(properties: str, rule: bool) -> str:
    bottom = '<w:vAlign w:val="bottom" />'
    return f"<w:tcPr>{properties}{RULE if rule else ''}{bottom}</w:tcPr>"


def _sectioned(words: str) -> str:
    final = FINAL_SECTION.search(words)
    if final is None:
        return words
    section = final[0].removesuffix("</w:body>").rstrip()
    words = words.replace('<w:sectPr press="portrait" />', section)
    return words.replace('<w:sectPr press="landscape" />', PAGE_SIZE.sub(LANDSCAPE_PAGE, section))


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


def _with_widths(table: Node, grid: Grid) -> Node:
    """Return the table with its columns' shares of the text width, which pandoc writes into Word's grid."""
    chosen = fit(grid)
    natural = [SLACK * column_width(characters, chosen.size) / chosen.width for characters in grid.texts]
    widths = shares(grid, SLACK) or natural
    attribute, caption, columns, *rest = table["c"]
    if chosen.size < SMALL_BELOW:
        attribute = attributes("", attribute[1], custom_style=SMALL_TABLE)
    pairs = zip(columns, widths, strict=True)
    specified = [[alignment, {"t": "ColWidth", "c": round(width, 4)}] for (alignment, _), width in pairs]
    return {"t": "Table", "c": [attribute, caption, specified, *rest]}


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
    shown = [_with_widths(body[0], entry.grid), styled("Table Note", body[1:])] if entry.grid else body
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

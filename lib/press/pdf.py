"""A document as a PDF: pandoc writes typst, which sets it with its own fonts, the same on every machine."""

from __future__ import annotations

import json
import re
import tempfile
from pathlib import Path

import typst

from lib.errors import DocumentError
from lib.press.callouts import callout
from lib.press.document import Document, retarget
from lib.press.floats import Float, caption_block, is_float, parts
from lib.press.layout import fit, is_short, shares
from lib.press.page import ASSETS
from lib.press.pandoc import write
from lib.press.tables import Grid
from lib.press.tree import Node, link, plain, raw, text, transform

PARAGRAPHS_A_FLOAT = 3
ZERO_WIDTH_SPACE = "\u200b"
DECIMAL = re.compile(r"\.\d")
EAST_ASIAN = re.compile("[\u1100-\u11ff\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]")
EAST_ASIAN_FONTS = re.compile(r"CJK|Nanum|Malgun|Apple SD Gothic|Hiragino|Batang|Source Han|Noto (Sans|Serif) KR")


def write_pdf(document: Document) -> bytes:
    """Return the document's PDF.

    Raises
    ------
    DocumentError
        If typst fails, or the text holds East Asian letters and no font of this machine draws them.
    """
    tree = retarget(document.tree, document, "typst")
    tree = transform(tree, lambda node: _block(node, document))
    arguments = ["--to=typst", "--standalone", f"--template={ASSETS / 'paper.typ'}", "--wrap=none"]
    arguments.append(f"--variable=lang:{document.settings.lang}")
    if floats_move(document):
        arguments.append("--variable=press-moving:1")
    if document.settings.option("typst", "toc", False):
        arguments += ["--variable=press-toc:1", f"--toc-depth={document.settings.option('typst', 'toc-depth', 3)}"]
        arguments.append(f"--variable=press-toc-depth:{document.settings.option('typst', 'toc-depth', 3)}")
    if document.settings.bibliography:
        arguments += ["--citeproc", "--metadata=link-citations:true"]
        arguments += [f"--bibliography={file}" for file in document.settings.bibliography]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for entry in document.floats.values():
            if entry.picture is not None:
                (folder / entry.file).write_bytes(entry.picture)
        paper = folder / "paper.typ"
        paper.write_bytes(write(tree, arguments, folder))
        return _compile(paper, document)


def floats_move(document: Document) -> bool:
    """Return whether tables and pictures may move to the head or foot of a page, as in a journal.

    They do in a document of text, which fills the pages; in a document of tables they stay in the order of the source.
    """
    paragraphs = sum(1 for block in document.tree["blocks"] if block["t"] == "Para")
    return paragraphs >= PARAGRAPHS_A_FLOAT * len(document.floats)


def follows_long(entry: Float, document: Document) -> bool:
    """Return whether the float before this one is a table of several pages.

    At the head of a page, this one could then stand in the middle of that table.
    """
    before = None
    for found in document.floats.values():
        if found.label == entry.label:
            break
        before = found
    return before is not None and before.grid is not None and not is_short(before.grid)


def _compile(paper: Path, document: Document) -> bytes:
    fonts = typst.Fonts(include_system_fonts=False)
    fallback = ""
    foreign = EAST_ASIAN.search(paper.read_text("utf-8"))
    if foreign:
        fonts = typst.Fonts(include_system_fonts=True)
        fallback = next((name for name in _korean_first(fonts.families()) if EAST_ASIAN_FONTS.search(name)), "")
        if not fallback:
            raise DocumentError(
                f"{document.source.place(foreign[0])}: no font of this machine draws this letter in the PDF, got "
                f"{foreign[0]!r}: install a CJK font (Debian: fonts-noto-cjk) or write it in Latin letters"
            )
    try:
        content = typst.compile(
            paper, root=paper.parent, font_paths=fonts, format="pdf", sys_inputs={"fallback": fallback}, timestamp=0
        )
    except typst.TypstError as error:
        raise DocumentError(f"{document.source.path}: typst: {error.message} {error.diagnostic}") from error
    return bytes(content)


def _korean_first(families: list[str]) -> list[str]:
    return sorted(families, key=lambda name: ("KR" not in name, name))


def quoted(words: str) -> str:
    """Return words as a string of typst's code."""
    return json.dumps(words, ensure_ascii=False)


def _block(node: Node, document: Document) -> Node | list[Node] | None:
    if is_float(node):
        return _float(node, document.floats[node["c"][0][0]], document)
    found = callout(node)
    if found is None:
        return None
    kind, title, blocks = found
    return [raw("typst", f'#callout("{kind}", ['), plain(title), raw("typst", "])["), *blocks, raw("typst", "]")]


def _float(node: Node, entry: Float, document: Document) -> list[Node]:
    inlines, body = parts(node)
    name = document.names[entry.label]
    size, turned, whole = 9.0, False, entry.grid is None
    shown = body
    notes: list[Node] = []
    if entry.grid is not None:
        chosen = fit(entry.grid)
        size, turned, whole = chosen.size, chosen.landscape, is_short(entry.grid)
        shown, notes = [breaking_before_points(_with_widths(body[0], entry.grid))], body[1:]
    elif entry.picture is not None:
        shown = [raw("typst", _picture(entry))]
    kind = "table" if entry.kind == "tbl" else "image"
    flags = f"landscape: {str(turned).lower()}, breakable: {str(not whole).lower()}"
    if follows_long(entry, document):
        flags += ", side: bottom"
    options = f'"{entry.label}", kind: "{kind}", size: {size}pt, {flags}'
    return [
        raw("typst", f"#float({options}, caption: ["),
        caption_block(name, inlines),
        raw("typst", "], notes: ["),
        *notes,
        *_origin(entry, document),
        raw("typst", "])["),
        *shown,
        raw("typst", "]"),
    ]


def _with_widths(table: Node, grid: Grid) -> Node:
    """Return the table with its columns' shares where texts must be broken, else as wide as its texts."""
    widths = shares(grid)
    if widths is None:
        return table
    attribute, caption, columns, *rest = table["c"]
    pairs = zip(columns, widths, strict=True)
    specified = [[alignment, {"t": "ColWidth", "c": round(width, 4)}] for (alignment, _), width in pairs]
    return {"t": "Table", "c": [attribute, caption, specified, *rest]}


def breaking_before_points(tree: Node) -> Node:
    """Return the tree with a place to break each line before a number such as `.5`.

    Unicode's rules of line breaking (UAX 14, LB13) have none before a point, even after a space: a list of such
    numbers would run out of its column.
    """

    def opened(node: Node) -> Node | None:
        if node["t"] not in {"Plain", "Para", "Strong", "Emph"}:
            return None
        inlines: list[Node] = []
        for inline in node["c"]:
            if inlines and inlines[-1]["t"] == "Space" and inline["t"] == "Str" and DECIMAL.match(inline["c"]):
                inlines.insert(-1, {"t": "Str", "c": ZERO_WIDTH_SPACE})
            inlines.append(inline)
        return {"t": node["t"], "c": inlines}

    changed: Node = transform(tree, opened)
    return changed


def _picture(entry: Float) -> str:
    return f"#image({quoted(entry.file)}, width: {entry.inches:.3f}in, alt: {quoted(entry.alt)})"


def _origin(entry: Float, document: Document) -> list[Node]:
    if entry.cell is None:
        return []
    notebook = entry.cell.notebook
    depth = "../" * len(document.path.parent.parts)
    address = notebook.resolve().relative_to(document.project.root).with_suffix(".html").as_posix()
    words = link(text(f"Source: {notebook.name}"), f"{depth}{address}#cell-{entry.label}")
    return [raw("typst", "#origin["), plain([words]), raw("typst", "]")]

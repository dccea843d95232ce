"""A document as a page of the site: great_tables' own html, pictures inside the file, links to the notebooks' cells."""

from __future__ import annotations

import base64
from html import escape
from pathlib import Path

from lib.press.callouts import callout
from lib.press.document import Document, retarget
from lib.press.floats import Float, caption_block, is_float, parts
from lib.press.page import page_arguments, relative
from lib.press.pandoc import write
from lib.press.subset import FORMATS
from lib.press.tables import scoped
from lib.press.tree import Node, attributes, div, image, paragraph, plain, raw, stringify, strong, transform

WORD_OF = {"docx": "Word", "typst": "PDF"}


def write_html(document: Document) -> bytes:
    """Return the document's html page."""
    page = document.path.with_suffix(".html")
    tree = retarget(document.tree, document, "html")
    tree = transform(tree, lambda node: _block(node, document, page))
    meta = tree["meta"]
    arguments = page_arguments(document.project, page, stringify(meta["title"]), document.settings.lang)
    if document.settings.option("html", "toc", False):
        arguments += ["--toc", f"--toc-depth={int(document.settings.option('html', 'toc-depth', 3)) + 1}"]
    arguments += [f"--variable=press-downloads:{_downloads(document)}"]
    if document.settings.bibliography:
        arguments += ["--citeproc", "--metadata=link-citations:true"]
        arguments += [f"--bibliography={file}" for file in document.settings.bibliography]
    return write(tree, arguments)


def _downloads(document: Document) -> str:
    links = [
        f'<a href="{escape(document.path.name + FORMATS[name])}" download>{WORD_OF[name]}</a>'
        for name in document.settings.formats
        if name in WORD_OF
    ]
    return " · ".join(links)


def _block(node: Node, document: Document, page: Path) -> Node | list[Node] | None:
    if is_float(node):
        return _float(node, document.floats[node["c"][0][0]], document, page)
    if node["t"] == "Header":
        level, attribute, inlines = node["c"]
        return {"t": "Header", "c": [min(level + 1, 6), attribute, inlines]}
    if node["t"] == "Table":
        return _scrolled([node], "Table")
    found = callout(node)
    if found is None:
        return None
    kind, title, blocks = found
    head = div(attributes("", ["callout-title"]), [paragraph([strong(title)])])
    return div(attributes("", ["callout", f"callout-{kind}"], role="note"), [head, *blocks])


def _float(node: Node, entry: Float, document: Document, page: Path) -> list[Node]:
    inlines, body = parts(node)
    name = document.names[entry.label]
    caption = [raw("html", "<figcaption>"), caption_block(name, inlines), raw("html", "</figcaption>")]
    if entry.picture is not None:
        shown = [plain([_picture(entry)])]
    elif entry.cell is not None and entry.grid is not None:
        shown = [raw("html", _scrolling(scoped(entry.cell.content, entry.label), name))]
    else:
        shown = body
    ordered = [*shown, *caption] if entry.kind == "fig" else [*caption, *shown]
    opening = raw("html", f'<figure id="{entry.label}" class="press-{entry.kind}">')
    return [opening, *ordered, *_origin(entry, document, page), raw("html", "</figure>")]


def _scrolled(blocks: list[Node], name: str) -> list[Node]:
    before, after = _scrolling("\n", name).split("\n")
    return [raw("html", before), *blocks, raw("html", after)]


def _scrolling(content: str, name: str) -> str:
    return f'<div class="scroll" role="region" tabindex="0" aria-label="{escape(name)}">{content}</div>'


def _picture(entry: Float) -> Node:
    kind = "jpeg" if entry.suffix == ".jpg" else "png"
    content = base64.b64encode(entry.picture or b"").decode()
    size = {"width": str(entry.width)} if entry.width else {}
    return image(f"data:image/{kind};base64,{content}", entry.alt, **size)


def _origin(entry: Float, document: Document, page: Path) -> list[Node]:
    if entry.cell is None:
        return []
    notebook = entry.cell.notebook.resolve().relative_to(document.project.root)
    address = relative(notebook.with_suffix(".html"), page)
    link = f'<a href="{escape(address)}#cell-{entry.label}">Source: {escape(notebook.name)}</a>'
    return [raw("html", f'<p class="origin">{link}</p>')]

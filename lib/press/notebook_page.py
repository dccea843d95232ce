"""An executed notebook as a page of the site: every cell with what it showed; labelled cells can be linked to."""

from __future__ import annotations

from html import escape
from pathlib import Path

from lib.errors import DocumentError
from lib.press.floats import MARKDOWN_ONLY
from lib.press.notebook import ACTIVE, cell_options, read_notebook, without_escapes
from lib.press.page import page_arguments
from lib.press.pandoc import read_parts, write
from lib.press.project import Project
from lib.press.tables import scoped
from lib.press.tree import Json, Node, attributes, div, image, plain, raw, stringify


def write_notebook_page(notebook: Path, project: Project) -> bytes:
    """Return the html page of an executed notebook.

    A cell labelled `tbl-x` has the anchor `cell-tbl-x`. Markdown and printed text are escaped; html outputs are kept as
    they are and must not run code or load anything.

    Raises
    ------
    DocumentError
        If the file is no notebook, a cell failed, or an output would run code.
    """
    content = read_notebook(notebook, str(notebook))
    page = notebook.resolve().relative_to(project.root).with_suffix(".html")
    texts = iter(read_parts([cell.source for cell in content.cells if cell.cell_type == "markdown"], MARKDOWN_ONLY))
    blocks: list[Node] = []
    for number, cell in enumerate(content.cells):
        if cell.cell_type == "markdown":
            blocks += [_lowered(block) for block in next(texts)]
        elif cell.cell_type == "code":
            blocks.append(_code_cell(cell, f"{notebook}, cell {number}"))
    title = next((stringify(block["c"][2]) for block in blocks if block["t"] == "Header"), notebook.stem)
    if blocks and blocks[0]["t"] == "Header":
        blocks = blocks[1:]
    meta = {"title": {"t": "MetaString", "c": title}}
    tree = {"pandoc-api-version": [1, 23, 1], "meta": meta, "blocks": blocks}
    return write(tree, page_arguments(project, page, title, "en"))


def _lowered(block: Node) -> Node:
    if block["t"] != "Header":
        return block
    level, attribute, inlines = block["c"]
    return {"t": "Header", "c": [min(level + 1, 6), attribute, inlines]}


def _code_cell(cell: Json, place: str) -> Node:
    label = str(cell_options(cell.source, place).get("label", ""))
    blocks: list[Node] = []
    if label:
        blocks.append(raw("html", f'<p class="cell-label">{escape(label)}</p>'))
    blocks.append({"t": "CodeBlock", "c": [attributes("", ["python"]), cell.source]})
    for output in cell.outputs:
        blocks.append(div(attributes("", ["output"]), _output(output, label, place)))
    return div(attributes(f"cell-{label}" if label else "", ["cell"]), blocks)


def _output(output: Json, label: str, place: str) -> list[Node]:
    if output.output_type == "error":
        raise DocumentError(f"{place}: failed, got {output.ename}: {output.evalue}")
    if output.output_type == "stream":
        return [_printed(output.text)]
    data = output.data
    if "text/html" in data:
        html = str(data["text/html"])
        if ACTIVE.search(html):
            raise DocumentError(f"{place}: the output's html would run code or load something")
        identifier = f' id="{escape(label)}"' if label else ""
        scroll = f'class="scroll" role="region" tabindex="0" aria-label="{escape(label) or "Output"}"'
        return [raw("html", f"<div{identifier} {scroll}>{scoped(html, label)}</div>")]
    if "image/png" in data:
        content = "".join(str(data["image/png"]).split())
        width = output.metadata.get("image/png", {}).get("width")
        size = {"width": str(width)} if width else {}
        return [plain([image(f"data:image/png;base64,{content}", f"Output of the cell {label}".strip(), **size)])]
    if "text/markdown" in data:
        return read_parts([str(data["text/markdown"])], MARKDOWN_ONLY)[0]
    return [_printed(str(data.get("text/plain", "")))]


def _printed(words: str) -> Node:
    return {"t": "CodeBlock", "c": [attributes(), without_escapes(words)]}

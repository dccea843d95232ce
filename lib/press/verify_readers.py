"""The text, tables, anchors and links of rendered html, Word and PDF files."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import docx
import docx.oxml
import pypdf
from bs4 import BeautifulSoup, Tag
from docx.oxml.ns import qn

from lib.press.tree import Json

Row = list[str]


@dataclass
class Rendered:
    """What a rendered file says.

    Attributes
    ----------
    path
        The file.
    text
        Its text outside tables (for a PDF: all text), spaces made even.
    tables
        Rows of the tables, without empty cells; source notes count as text. Empty for a PDF.
    anchors
        Identifiers that links may lead to.
    targets
        Relative links to other files, and links inside the file.
    problems
        What is wrong with the file by itself.
    """

    path: Path
    text: str
    tables: list[list[Row]] = field(default_factory=list)
    anchors: set[str] = field(default_factory=set)
    targets: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def even(words: str) -> str:
    """Return a text with every run of spaces (also unbreakable ones) as one space."""
    return re.sub(r"\s+", " ", words.replace("\u00a0", " ")).strip()


def read_html(path: Path) -> Rendered:
    """Read an html page: the text of `main`."""
    soup = BeautifulSoup(path.read_text("utf-8"), "html.parser")
    anchors = [str(tag["id"]) for tag in soup.find_all(id=True)]
    problems = [
        f"an identifier is used twice, got {name!r}"
        for name in sorted(name for name, n in Counter(anchors).items() if n > 1)
    ]
    problems += [
        f"a picture has no alternative text, got {str(image)[:60]!r}" for image in soup.find_all("img", alt=False)
    ]
    for tag in soup.find_all(src=re.compile("^https?:")) + soup.find_all("link", href=re.compile("^https?:")):
        problems.append(f"the page loads from another host, got {str(tag)[:80]!r}")
    targets = [str(tag["href"]) for tag in soup.find_all("a", href=True)]
    targets = [target for target in targets if not re.match(r"[a-z]+:", target)]
    problems += [f"a link leads nowhere, got {t!r}" for t in targets if t.startswith("#") and t[1:] not in anchors]
    main = soup.find("main") or soup
    for tag in main.find_all("br"):
        tag.replace_with(" ")
    tables = [_html_rows(table) for table in main.find_all("table")]
    for tag in main.find_all(["thead", "tbody", "style", "script"]):
        tag.decompose()
    for tag in main.select(".downloads, .footnote-back, .footnote-ref, .cell pre, annotation"):
        tag.decompose()
    return Rendered(path, even(_spaced(main)), tables, set(anchors), targets, problems)


def _spaced(main: Json) -> str:
    for tag in main.find_all(["p", "li", "td", "figcaption", "h1", "h2", "h3", "h4", "h5", "pre", "div", "section"]):
        tag.insert_after(" ")
    return str(main.get_text())


def _html_rows(table: Tag) -> list[Row]:
    rows = [tag for part in table.find_all(["thead", "tbody"]) for tag in part.find_all("tr")]
    return [cells for row in rows if (cells := _filled(cell.get_text() for cell in row.find_all(["td", "th"])))]


def _filled(texts: Iterator[str]) -> Row:
    return [words for text in texts if (words := even(text))]


def read_docx(path: Path) -> Rendered:
    """Read a Word file: body and footnotes."""
    document = docx.Document(str(path))
    body = document.element.body
    tables = []
    for table in body.iter(qn("w:tbl")):
        rows = [_filled(_words(cell) for cell in row.iter(qn("w:tc"))) for row in table.iter(qn("w:tr"))]
        tables.append([row for row in rows if row])
    paragraphs = [p for p in body.iter(qn("w:p")) if not _inside_table(p) and not _in_contents(p)]
    anchors = {str(mark.get(qn("w:name"))) for mark in body.iter(qn("w:bookmarkStart"))}
    problems = []
    for link in body.iter(qn("w:hyperlink")):
        anchor = link.get(qn("w:anchor"))
        if anchor is not None and link.get(qn("r:id")) is None and anchor not in anchors:
            problems.append(f"a link leads nowhere, got {anchor!r}")
    problems += [
        f"a picture has no alternative text, got {shape.get('name')!r}"
        for shape in body.iter(qn("wp:docPr"))
        if not shape.get("descr")
    ]
    notes = [
        _words(p)
        for part in document.part.package.iter_parts()
        if "footnotes" in part.partname
        for p in _paragraphs(part)
    ]
    return Rendered(path, even(" ".join([*map(_words, paragraphs), *notes])), tables, anchors, [], problems)


def _paragraphs(part: Json) -> Iterator[Json]:
    element = getattr(part, "element", None)
    if element is None:
        element = docx.oxml.parse_xml(part.blob)
    yield from element.iter(qn("w:p"))


def _inside_table(paragraph: Json) -> bool:
    return any(parent.tag == qn("w:tbl") for parent in paragraph.iterancestors())


def _in_contents(paragraph: Json) -> bool:
    style = paragraph.find(f"{qn('w:pPr')}/{qn('w:pStyle')}")
    return style is not None and str(style.get(qn("w:val"))).startswith("TOC")


def _words(element: Json) -> str:
    parts = []
    for node in element.iter(qn("w:t"), qn("w:br"), qn("w:tab"), qn("m:t")):
        parts.append(node.text or "" if node.tag in {qn("w:t"), qn("m:t")} else " ")
    return "".join(parts)


def read_pdf(path: Path) -> Rendered:
    """Read a PDF: all its text."""
    reader = pypdf.PdfReader(path)
    text = even("\n".join(page.extract_text() for page in reader.pages))
    names = set(reader.named_destinations)
    problems = []
    for page in reader.pages:
        for reference in page.get("/Annots") or []:
            annotation = reference.get_object()
            target = annotation.get("/Dest") or annotation.get("/A", {}).get("/D")
            if isinstance(target, str) and target not in names:
                problems.append(f"a link leads nowhere, got {target!r}")
    return Rendered(path, text, anchors=names, problems=problems)

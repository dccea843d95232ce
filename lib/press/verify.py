"""Whether the html page, the Word file and the PDF of a document say the same: cells, numbers, labels, links.

Reads the rendered files themselves with beautifulsoup4, python-docx and pypdf (the last two are in the extra `test`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from lib.press.verify_readers import Rendered, read_docx, read_html, read_pdf

UNRESOLVED = re.compile(r"\?@|@(?:tbl|fig|sec)-|\{\{<|>\}\}|Press(?:Var|Embed)\d+Token|Unresolved|\?\?(?:tbl|fig|sec)")
NUMBER = re.compile(r"[−-]?(?:\d+(?:[.,]\d+)*|\.\d+)%?")
LABEL = re.compile(r"\b(Table|Figure|Section) (S?\d+(?:\.\d+)*)")
READERS = {".html": read_html, ".docx": read_docx, ".pdf": read_pdf}


def verify(outputs: Sequence[Path]) -> list[str]:
    """Compare the renderings of one document.

    Parameters
    ----------
    outputs
        The files of one document, among .html, .docx and .pdf; the first .html (or else the first file) is the measure.

    Returns
    -------
    list[str]
        Complaints, each naming the file; empty if every rendering is whole and all say the same. Checked: nothing
        unresolved is left; links inside the file lead somewhere; pictures have alternative text; the tables' rows,
        the numbers in the text, and the labels of tables, figures and sections agree. A PDF has no cells: each row of a
        table must stand in its text, in order or (when cells are broken into lines) cell by cell, and each number at
        least as often as in the measure.
    """
    return _agree([READERS[path.suffix](path) for path in outputs if path.suffix in READERS])


def _agree(renderings: list[Rendered]) -> list[str]:
    complaints = [complaint for rendering in renderings for complaint in _alone(rendering)]
    measure = next((rendering for rendering in renderings if rendering.path.suffix == ".html"), None)
    measure = measure or (renderings[0] if renderings else None)
    for other in renderings:
        if measure is not None and other is not measure:
            complaints += _compare_pdf(measure, other) if other.path.suffix == ".pdf" else _compare(measure, other)
    return complaints


def verify_site(site: Path) -> list[str]:
    """Check every page of a rendered site: each document against its other formats, and each link between the pages.

    Returns
    -------
    list[str]
        Complaints, each naming the file.
    """
    complaints = []
    pages = {path.resolve(): read_html(path) for path in sorted(site.rglob("*.html"))}
    for path, page in pages.items():
        others = [path.with_suffix(suffix) for suffix in (".docx", ".pdf") if path.with_suffix(suffix).is_file()]
        complaints += _agree([page, *(READERS[other.suffix](other) for other in others)])
        for target in page.targets:
            file, _, fragment = target.partition("#")
            reached = (path.parent / file).resolve() if file else path
            if not reached.is_file():
                complaints.append(f"{path}: a link leads to no file, got {target!r}")
            elif fragment and reached in pages and fragment not in pages[reached].anchors:
                complaints.append(f"{path}: a link leads to no place, got {target!r}")
    return complaints


def _alone(rendering: Rendered) -> list[str]:
    found = [f"{rendering.path}: left unresolved, got {match[0]!r}" for match in UNRESOLVED.finditer(rendering.text)]
    return found + [f"{rendering.path}: {problem}" for problem in rendering.problems]


def _compare(measure: Rendered, other: Rendered) -> list[str]:
    complaints = []
    if len(measure.tables) != len(other.tables):
        return [f"{other.path}: {len(other.tables)} tables, got {len(measure.tables)} in {measure.path.name}"]
    for number, (rows, others) in enumerate(zip(measure.tables, other.tables, strict=True), start=1):
        for row, theirs in zip(rows, others, strict=False):
            if row != theirs:
                complaints.append(f"{other.path}: table {number} differs, got {theirs} for {row}")
        if len(rows) != len(others):
            complaints.append(f"{other.path}: table {number} has {len(others)} rows, got {len(rows)} in html")
    complaints += _differences(numbers(measure.text), numbers(other.text), "number", other, both=True)
    return complaints + _differences(labels(measure.text), labels(other.text), "label", other, both=True)


def _compare_pdf(measure: Rendered, other: Rendered) -> list[str]:
    complaints = []
    squeezed = _squeezed(other.text)
    for number, rows in enumerate(measure.tables, start=1):
        for row in rows:
            whole = _squeezed("".join(row)) in squeezed
            if not whole and not all(_squeezed(cell) in squeezed for cell in row):
                complaints.append(f"{other.path}: a row of table {number} is missing, got {row}")
    cells = [cell for rows in measure.tables for row in rows for cell in row]
    expected = numbers(measure.text) + numbers(" ".join(cells))
    complaints += _differences(expected, numbers(other.text), "number", other, both=False)
    return complaints + _differences(labels(measure.text), labels(other.text), "label", other, both=False)


def numbers(words: str) -> Counter[str]:
    """Return how often each number stands in a text, with − and - taken as one, web addresses left out."""
    plain = re.sub(r"https?://\S+|\S+@\S+", " ", words)
    return Counter(match.replace("−", "-").lstrip("-") for match in NUMBER.findall(plain))


def labels(words: str) -> Counter[str]:
    """Return how often each label (`Table S1`) stands in a text."""
    return Counter(f"{kind} {number}" for kind, number in LABEL.findall(words))


def _differences(measure: Counter[str], other: Counter[str], what: str, rendering: Rendered, both: bool) -> list[str]:
    missing, extra = measure - other, other - measure if both else Counter[str]()
    return [
        *(f"{rendering.path}: {what} missing {count} times, got {value!r}" for value, count in sorted(missing.items())),
        *(f"{rendering.path}: {what} {count} times too often, got {value!r}" for value, count in sorted(extra.items())),
    ]


def _squeezed(words: str) -> str:
    return re.sub(r"[\s\u00ad\u200b]+", "", words)

"""Numbers of sections, tables and figures, and the references to them."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from lib.errors import DocumentError
from lib.press.floats import is_float
from lib.press.settings import Settings
from lib.press.source import Source
from lib.press.subset import REFERENCES
from lib.press.tree import Node, attributes, descend, link, stringify, transform

BIBTEX_KEY = re.compile(r"^\s*@(?!comment|string|preamble)\w+\s*\{\s*([^,\s]+)\s*,", re.MULTILINE | re.IGNORECASE)
LABEL = re.compile(r"(?P<kind>tbl|fig|sec|eq|lst|thm)-")
NO_BREAK = "\u00a0"


def number_sections(tree: Node, source: Source) -> tuple[Node, dict[str, str]]:
    """Return the tree with numbers before its headings, and the numbers by label.

    A heading with `{.unnumbered}` has none.

    Raises
    ------
    DocumentError
        If a numbered heading is more than one level below the one before.
    """
    counters: list[int] = []
    numbers: dict[str, str] = {}

    def number(node: Node) -> Node | None:
        if node["t"] != "Header" or "unnumbered" in node["c"][1][1]:
            return None
        level, (label, classes, pairs), inlines = node["c"]
        if level > len(counters) + 1:
            heading = "#" * level
            place = source.place(f"# {stringify(inlines)}")
            raise DocumentError(f"{place}: a numbered heading skips a level, got {heading!r} {label!r}")
        del counters[level:]
        counters.extend([0] * (level - len(counters)))
        counters[level - 1] += 1
        shown = ".".join(str(count) for count in counters)
        numbers[label] = shown
        mark: Node = {"t": "Span", "c": [attributes("", ["header-section-number"]), [{"t": "Str", "c": shown}]]}
        return {"t": "Header", "c": [level, [label, classes, pairs], [mark, {"t": "Space"}, *inlines]]}

    return transform(tree, number), numbers


def raise_headings(tree: Node) -> Node:
    """Return the tree with its highest headings on the first level, below the title alone."""
    levels = [node["c"][0] for node in descend(tree) if node["t"] == "Header"]
    lift = min(levels, default=1) - 1

    def raised(node: Node) -> Node | None:
        if node["t"] != "Header":
            return None
        level, attribute, inlines = node["c"]
        return {"t": "Header", "c": [level - lift, attribute, inlines]}

    lifted: Node = transform(tree, raised) if lift else tree
    return lifted


def names(tree: Node, sections: dict[str, str], settings: Settings) -> dict[str, str]:
    """Return what a reference to each label says: `Table 1`, `Figure S2`, `Section 2.1`."""
    counts: Counter[str] = Counter()
    result = {}
    for label in (node["c"][0][0] for node in descend(tree) if is_float(node)):
        kind = label.partition("-")[0]
        counts[kind] += 1
        result[label] = f"{settings.prefixes[kind]}{counts[kind]}"
    result |= {label: f"{settings.prefixes['sec']}{n}" for label, n in sections.items() if label.startswith("sec-")}
    return {label: name.replace(" ", NO_BREAK) for label, name in result.items()}


def check_identifiers(tree: Node, source: Source) -> set[str]:
    """Return all identifiers of a document.

    Raises
    ------
    DocumentError
        If one occurs twice.
    """
    found: set[str] = set()
    for node in descend(tree):
        if node["t"] not in {"Header", "Div", "Span", "Table"}:
            continue
        identifier = node["c"][1 if node["t"] == "Header" else 0][0]
        if identifier in found:
            raise DocumentError(f"{source.place(identifier)}: a label is used twice, got {identifier!r}")
        found |= {identifier} - {""}
    return found


def citation_keys(files: tuple[Path, ...]) -> set[str]:
    """Return the keys of BibTeX files."""
    return {key for file in files for key in BIBTEX_KEY.findall(file.read_text("utf-8"))}


def resolve_references(tree: Node, labels: dict[str, str], source: Source, settings: Settings) -> Node:
    """Return the tree with each reference to a label as a link, citations left for citeproc.

    Raises
    ------
    DocumentError
        If a label or a citation key is unknown, or labels and citations are mixed in one bracket.
    """
    keys = citation_keys(settings.bibliography)

    def resolve(node: Node) -> list[Node] | None:
        if node["t"] != "Cite":
            return None
        citations = node["c"][0]
        identifiers = [citation["citationId"] for citation in citations]
        own = [identifier for identifier in identifiers if LABEL.match(identifier)]
        place = source.place("@" + identifiers[0])
        if not own:
            for key in identifiers:
                if key not in keys:
                    raise DocumentError(f"{source.place('@' + key)}: no such key in the bibliography, got {key!r}")
            return None
        if len(own) != len(identifiers) or any(c["citationPrefix"] or c["citationSuffix"] for c in citations):
            raise DocumentError(
                f"{place}: a reference stands alone: no citation, prefix or suffix beside it in the same bracket or "
                f"directly behind it (Quarto would drop it), got {identifiers}"
            )
        return _links(citations, labels, place, settings)

    resolved: Node = transform(tree, resolve)
    return resolved


def _links(citations: list[Node], labels: dict[str, str], place: str, settings: Settings) -> list[Node]:
    inlines: list[Node] = []
    for citation in citations:
        label = citation["citationId"]
        if label not in labels:
            kind = label.partition("-")[0]
            cure = "is the label right?" if kind in REFERENCES else f"only {', '.join(REFERENCES)} can be referred to"
            if kind == "sec" and not settings.number_sections:
                cure = "sections can be referred to with `number-sections: true`"
            raise DocumentError(f"{place}: a reference does not resolve, got '@{label}': {cure}")
        name = labels[label]
        if citation["citationMode"]["t"] == "SuppressAuthor":
            prefix = settings.prefixes[label.partition("-")[0]]
            if not prefix.endswith(" "):
                raise DocumentError(f"{place}: Quarto's formats disagree on the bare number here, got '[-@{label}]'")
            name = name.removeprefix(prefix.replace(" ", NO_BREAK))
        inlines += [{"t": "Str", "c": ","}, {"t": "Space"}] if inlines else []
        inlines.append(link([{"t": "Str", "c": name}], f"#{label}"))
    return inlines

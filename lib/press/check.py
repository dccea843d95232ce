"""What pandoc's tree may hold: what a format or Quarto would show differently is refused."""

from __future__ import annotations

from lib.errors import DocumentError
from lib.press.source import Source
from lib.press.subset import DIVS, SPANS
from lib.press.tree import Node, descend, stringify


def check_tree(tree: Node, source: Source) -> None:
    """Refuse what is outside the subset.

    Raises
    ------
    DocumentError
        At raw html or TeX, an unknown class of a div or span, code to be executed, or a picture inside a line of text.
    """
    pictures = {id(part) for node in descend(tree) if node["t"] == "Figure" for part in descend(node)}
    for node in descend(tree):
        kind, content = node["t"], node.get("c", "")
        if kind in {"RawBlock", "RawInline"}:
            first = content[1].strip().splitlines()[0] if content[1].strip() else ""
            raise DocumentError(f"{source.place(first)}: raw {content[0]} is not understood, got {first!r}")
        if kind == "Div":
            _check_div(content[0], source)
        elif kind == "Span":
            _check_classes(content[0], SPANS, "span", source)
        elif kind == "Header":
            _check_classes(content[1], ("unnumbered",), "heading", source)
        elif kind == "Code" and content[1].startswith(("{python}", "{r}")):
            raise DocumentError(f"{source.place(content[1])}: code in text would be executed, got {content[1]!r}")
        elif kind == "Image" and id(node) not in pictures:
            target = content[2][0]
            raise DocumentError(f"{source.place(target)}: a picture stands in a paragraph of its own, got {target!r}")
        elif kind == "Math" and content[0]["t"] == "DisplayMath":
            raise DocumentError(f"{source.place('$$')}: displayed formulas are not understood, got {content[1]!r}")
        elif kind == "DefinitionList":
            words = stringify(content[0][0])
            raise DocumentError(f"{source.place(words)}: definition lists are not understood, got {words!r}")


def _check_div(attribute: list[object], source: Source) -> None:
    identifier, classes, _ = attribute
    if identifier == "refs" and not classes:
        return
    _check_classes(attribute, DIVS, "div", source)
    if identifier or not classes:
        shown = f"#{identifier}" if identifier else ":::"
        raise DocumentError(f"{source.place(shown)}: a div has one class and no identifier, got {shown!r}")


def _check_classes(attribute: list[object], known: tuple[str, ...], what: str, source: Source) -> None:
    classes = attribute[1]
    for name in classes if isinstance(classes, list) else []:
        if name not in known:
            raise DocumentError(
                f"{source.place(name)}: unknown class of a {what}, got {name!r}: one of {', '.join(known)}"
            )

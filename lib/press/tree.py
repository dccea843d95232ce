"""Pandoc's document tree as JSON: the few constructors and the one walk that the press needs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

Json: TypeAlias = Any
"""What JSON, YAML and nbformat hand over: data whose shape is checked where it is used."""

Node = dict[str, Any]
Change = Callable[[Node], "Node | list[Node] | None"]


def attributes(identifier: str = "", classes: list[str] | None = None, **pairs: str) -> list[Any]:
    """Return pandoc's attribute triple: identifier, classes, key-value pairs (`_` in a key stands for `-`)."""
    return [identifier, classes or [], [[key.replace("_", "-"), value] for key, value in pairs.items()]]


def text(words: str) -> list[Node]:
    """Return `words` as inline nodes: strings and single spaces."""
    nodes: list[Node] = []
    for position, word in enumerate(words.split(" ")):
        if position:
            nodes.append({"t": "Space"})
        if word:
            nodes.append({"t": "Str", "c": word})
    return nodes


def strong(inlines: list[Node]) -> Node:
    """Return the inlines in bold."""
    return {"t": "Strong", "c": inlines}


def link(inlines: list[Node], target: str) -> Node:
    """Return a link to `target`, a URL or `#identifier`."""
    return {"t": "Link", "c": [attributes(), inlines, [target, ""]]}


def plain(inlines: list[Node]) -> Node:
    """Return inlines as a block without paragraph spacing."""
    return {"t": "Plain", "c": inlines}


def paragraph(inlines: list[Node]) -> Node:
    """Return inlines as a paragraph."""
    return {"t": "Para", "c": inlines}


def div(attribute: list[Any], blocks: list[Node]) -> Node:
    """Return blocks in a div."""
    return {"t": "Div", "c": [attribute, blocks]}


def styled(style: str, blocks: list[Node], identifier: str = "") -> Node:
    """Return blocks in a div that Word shows in the paragraph style `style`."""
    return div(attributes(identifier, custom_style=style), blocks)


def raw(output: str, code: str) -> Node:
    """Return a block of code of the output format, written as it is."""
    return {"t": "RawBlock", "c": [output, code]}


def raw_inline(code: str) -> Node:
    """Return Word's own code inside a paragraph."""
    return {"t": "RawInline", "c": ["openxml", code]}


def image(path: str, alt: str, **pairs: str) -> Node:
    """Return an image with its alternative text."""
    return {"t": "Image", "c": [attributes("", None, **pairs), text(alt), [path, ""]]}


def transform(node: Json, change: Change) -> Json:
    """Return the tree with `change` applied to each node, children first.

    Parameters
    ----------
    node
        A node, a list of nodes or any part of pandoc's JSON.
    change
        Returns None to keep the node, a node to replace it, or a list to put several (or none) in its place.
    """
    if isinstance(node, list):
        result: list[Any] = []
        for item in node:
            changed = transform(item, change)
            if isinstance(item, dict) and isinstance(changed, list):
                result.extend(changed)
            else:
                result.append(changed)
        return result
    if not isinstance(node, dict):
        return node
    copy = {key: transform(value, change) for key, value in node.items()}
    if "t" not in copy:
        return copy
    replaced = change(copy)
    return copy if replaced is None else replaced


def descend(node: Json) -> Iterator[Node]:
    """Yield every node of the tree in the order of the text."""
    if isinstance(node, list):
        for item in node:
            yield from descend(item)
    elif isinstance(node, dict):
        if "t" in node:
            yield node
        for value in node.values():
            yield from descend(value)


def stringify(node: Json) -> str:
    """Return the text of a tree without its formatting; footnotes are left out."""
    if isinstance(node, list):
        return "".join(map(stringify, node))
    kind, content = (node.get("t"), node.get("c")) if isinstance(node, dict) else (None, None)
    match kind:
        case "Str":
            words = str(content)
        case "Space" | "SoftBreak" | "LineBreak":
            words = " "
        case "Code" | "Math" | "CodeBlock":
            words = str(content[1]) if content else ""
        case "Note" | "RawInline" | "RawBlock":
            words = ""
        case "Quoted":
            opening, closing = "‘’" if content and content[0]["t"] == "SingleQuote" else "“”"
            words = opening + stringify(content[1] if content else []) + closing
        case _:
            words = stringify(content) if isinstance(content, list) else ""
    return words

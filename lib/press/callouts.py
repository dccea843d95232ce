"""Callouts: the boxes with a title, such as the banner on simulated data."""

from __future__ import annotations

from lib.press.subset import DIVS
from lib.press.tree import Node, attributes, div, plain, text, transform


def title_callouts(tree: Node) -> Node:
    """Return the tree with each callout's title as its first block.

    As in Quarto, the title is the attribute `title`, or the heading that the callout begins with, or its kind.
    """

    def change(node: Node) -> Node | None:
        if node["t"] != "Div" or not node["c"][0][1]:
            return None
        (_, (name,), pairs), blocks = node["c"]
        words = text(dict(pairs).get("title", name.removeprefix("callout-").capitalize()))
        if blocks and blocks[0]["t"] == "Header":
            words, blocks = blocks[0]["c"][2], blocks[1:]
        return div(attributes("", [name]), [plain(words), *blocks])

    titled: Node = transform(tree, change)
    return titled


def callout(node: Node) -> tuple[str, list[Node], list[Node]] | None:
    """Return a callout's kind (`note` or `warning`), its title and its blocks; None for any other node."""
    if node["t"] != "Div" or not any(name in DIVS for name in node["c"][0][1]):
        return None
    (_, (name,), _), (title, *blocks) = node["c"]
    return name.removeprefix("callout-"), title["c"], blocks

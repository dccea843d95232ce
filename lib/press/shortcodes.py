"""Tokens in pandoc's tree put back: variables as text, embeds as floats' outputs."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from lib.errors import DocumentError
from lib.press.notebook import Cell, find_cell
from lib.press.pandoc import read_parts
from lib.press.source import TOKEN, Shortcode, Source
from lib.press.tree import Node, transform

VARIABLES = "_variables.yml"
EMBED = re.compile(r"(?P<path>[^#\s]+\.ipynb)#(?P<label>[\w-]+)")


def read_variables(root: Path) -> Mapping[str, Any]:
    """Return the nested variables of `_variables.yml`, or nothing if there is no such file."""
    path = root / VARIABLES
    if not path.is_file():
        return {}
    content = yaml.safe_load(path.read_text("utf-8")) or {}
    if not isinstance(content, dict):
        raise DocumentError(f"{path}: must be a mapping, got {content!r}")
    return content


def lookup(variables: Mapping[str, Any], name: str, place: str) -> str:
    """Return the text of the variable `a.b.c`.

    Raises
    ------
    DocumentError
        If there is none, or it is a group of variables.
    """
    value: Any = variables
    for part in name.split("."):
        if not isinstance(value, Mapping) or part not in value:
            known = [str(key) for key in value] if isinstance(value, Mapping) else []
            near = difflib.get_close_matches(part, known, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise DocumentError(f"{place}: no such variable in {VARIABLES}, got {name!r} (at {part!r}){hint}")
        value = value[part]
    if isinstance(value, (Mapping, list)) or value is None:
        raise DocumentError(f"{place}: a variable must be one text or number, got {name!r} = {value!r}")
    return str(value)


def put_variables(tree: Node, source: Source, root: Path) -> Node:
    """Return the tree with each variable's token replaced by its text, read as markdown.

    Raises
    ------
    DocumentError
        If a variable is not there, is more than one line of text, or stands in code, a link's target or an identifier.
    """
    used = {token: code for token, code in source.shortcodes.items() if code.name == "var"}
    values = read_variables(root) if used else {}
    texts = {token: lookup(values, code.argument, code.line.place) for token, code in used.items()}
    parts = read_parts(list(texts.values()))
    inlines = {token: _inline(blocks, used[token]) for token, blocks in zip(texts, parts, strict=True)}

    def replace(node: Node) -> list[Node] | None:
        if node["t"] != "Str" or not TOKEN.search(node["c"]):
            return None
        pieces: list[Node] = []
        position = 0
        for match in TOKEN.finditer(node["c"]):
            if match[0] not in inlines:
                return None
            before = node["c"][position : match.start()]
            pieces += [{"t": "Str", "c": before}] if before else []
            pieces += inlines[match[0]]
            position = match.end()
        after = node["c"][position:]
        return pieces + ([{"t": "Str", "c": after}] if after else [])

    replaced: Node = transform(tree, replace)
    left = json.dumps(replaced)
    for token, code in used.items():
        if token in left or token.lower() in left:
            raise DocumentError(
                f"{code.line.place}: a variable can stand in text only, not in code, a link's target or the automatic "
                f"identifier of a heading (give it one: {{#sec-...}}), got {code.argument!r}"
            )
    return replaced


def _inline(blocks: list[Node], code: Shortcode) -> list[Node]:
    if not blocks:
        return []
    if len(blocks) != 1 or blocks[0]["t"] not in {"Para", "Plain"}:
        raise DocumentError(f"{code.line.place}: a variable must be one line of text, got {code.argument!r}")
    inlines: list[Node] = blocks[0]["c"]
    return inlines


def embedded_cells(source: Source) -> dict[str, Cell]:
    """Return the notebook cell that each embed's token stands for.

    Raises
    ------
    DocumentError
        If an embed does not name a notebook and a label `tbl-…` or `fig-…`, or the cell cannot be shown.
    """
    cells = {}
    for token, code in source.shortcodes.items():
        if code.name != "embed":
            continue
        match = EMBED.fullmatch(code.argument)
        if match is None or match["label"].partition("-")[0] not in {"tbl", "fig"}:
            raise DocumentError(f"{code.line.place}: embed needs NOTEBOOK.ipynb#tbl-… or #fig-…, got {code.argument!r}")
        notebook = source.path.parent / match["path"]
        cells[token] = find_cell(notebook, match["label"], code.line.place)
    return cells

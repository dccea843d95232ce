"""One way to call pandoc: bytes in, bytes out, and any warning is an error."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pypandoc

from lib.errors import DocumentError
from lib.press.tree import Node

READER = "markdown-latex_macros-native_divs-native_spans"


@cache
def executable() -> str:
    """Return the path of the pandoc that comes with `pypandoc-binary`."""
    return str(pypandoc.get_pandoc_path())


def convert(content: bytes, arguments: Sequence[str], folder: Path | None = None, epoch: int = 0) -> bytes:
    """Run pandoc.

    Parameters
    ----------
    content
        The document, on pandoc's standard input.
    arguments
        Pandoc's options; without `--output` the result is returned.
    folder
        Where relative paths of images start.
    epoch
        The time written into docx files, seconds since 1970 (SOURCE_DATE_EPOCH).

    Raises
    ------
    DocumentError
        If pandoc fails or warns: for instance an unknown citation or an image that is not there.
    """
    process = subprocess.run(
        [executable(), *arguments],
        input=content,
        capture_output=True,
        cwd=folder,
        check=False,
        env={**os.environ, "SOURCE_DATE_EPOCH": str(epoch)},
    )
    complaint = process.stderr.decode(errors="replace").strip()
    if process.returncode or complaint:
        raise DocumentError(f"pandoc: {complaint or process.returncode}")
    return process.stdout


def read(content: str, reader: str = READER) -> Node:
    """Return a document's tree: `meta`, `blocks` and pandoc's version of the tree."""
    tree: Node = json.loads(convert(content.encode(), ["--from", reader, "--to", "json"]))
    return tree


def read_parts(parts: Sequence[str], reader: str = READER) -> list[list[Node]]:
    """Return the blocks of several texts, read in one call.

    The texts stand in numbered divs, so that none can run into the next.
    """
    if not parts:
        return []
    if reader == "html":
        body = "\n".join(f'<div id="press-part-{number}">\n{part}\n</div>' for number, part in enumerate(parts))
    else:
        fence = ":" * 40
        body = "\n\n".join(f"{fence} {{#press-part-{n}}}\n{part}\n\n{fence}" for n, part in enumerate(parts))
    blocks = read(body, reader)["blocks"]
    contents = [block["c"][1] for block in blocks if block["t"] == "Div" and block["c"][0][0].startswith("press-part-")]
    if len(contents) != len(parts):
        raise DocumentError(f"a text breaks out of its place (an unclosed `:::` or tag?), got {parts!r}")
    return contents


def write(tree: Node, arguments: Sequence[str], folder: Path | None = None, epoch: int = 0) -> bytes:
    """Return the tree written by pandoc with the given options."""
    return convert(json.dumps(tree).encode(), ["--from", "json", *arguments], folder, epoch)

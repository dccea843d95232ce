"""A document ready to be written: read, checked, numbered and with all references resolved, in no format yet."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from lib.errors import DocumentError
from lib.press.callouts import title_callouts
from lib.press.check import check_tree
from lib.press.floats import Float, place_floats
from lib.press.pandoc import read
from lib.press.project import Project, read_project
from lib.press.references import check_identifiers, names, number_sections, raise_headings, resolve_references
from lib.press.settings import Settings, read_settings
from lib.press.shortcodes import put_variables
from lib.press.source import Source, read_source
from lib.press.tree import Node, descend, transform


@dataclass(frozen=True)
class Document:
    """A document between its source and its pages.

    Attributes
    ----------
    source, settings, project
        Where it comes from.
    tree
        Pandoc's tree; each float is a div `press-float` (see `lib.press.floats.place_floats`).
    floats
        The tables and figures by label.
    names
        What a reference to each label says.
    identifiers
        All identifiers in the tree.
    """

    source: Source
    settings: Settings
    project: Project
    tree: Node
    floats: Mapping[str, Float]
    names: Mapping[str, str]
    identifiers: frozenset[str]

    @property
    def path(self) -> Path:
        """The source relative to the project's root, without suffix: the name of its pages."""
        return self.source.path.relative_to(self.project.root).with_suffix("")


def read_document(path: Path, root: Path) -> Document:
    """Read a .qmd file of the project at `root`.

    Raises
    ------
    DocumentError
        At anything outside the subset stated in `lib.press`, naming file and line.
    """
    root = root.resolve()
    source = read_source(path.resolve())
    project = read_project(root)
    settings = read_settings(source, project)
    header = yaml.safe_dump(dict(settings.header), allow_unicode=True, width=10**6)
    tree = put_variables(_parsed(source, f"---\n{header}---\n\n"), source, root)
    check_tree(tree, source)
    tree = title_callouts(tree)
    tree, floats = place_floats(tree, source)
    sections: dict[str, str] = {}
    tree = raise_headings(tree)
    if settings.number_sections:
        tree, sections = number_sections(tree, source)
    identifiers = check_identifiers(tree, source)
    labels = names(tree, sections, settings)
    tree = resolve_references(tree, labels, source, settings)
    document = Document(source, settings, project, tree, floats, labels, frozenset(identifiers))
    for target in {node["c"][2][0] for node in descend(tree) if node["t"] == "Link"}:
        link_target(document, target, "html")
    return document


def _parsed(source: Source, header: str) -> Node:
    try:
        return read(header + source.body)
    except DocumentError as error:
        named = re.search(r"'([^']+)'", str(error))
        place = source.place(named[1]) if named else str(source.path)
        raise DocumentError(f"{place}: {error}") from error


def link_target(document: Document, target: str, output: str) -> str:
    """Return where a link leads in a format: pages of the site get the suffix of their own rendering.

    Raises
    ------
    DocumentError
        If the link leads to no page of the project or to no place on it.
    """
    place = document.source.place(target)
    if target.startswith(("https://", "http://", "mailto:")):
        return target
    file, _, fragment = target.partition("#")
    if not file:
        if fragment not in document.identifiers | {"refs"}:
            raise DocumentError(f"{place}: a link leads nowhere, got {target!r}")
        return target
    path = (document.source.path.parent / file).resolve()
    if path.is_relative_to(document.project.root) and document.project.in_site(path.relative_to(document.project.root)):
        return target
    if not path.is_file() or path.suffix not in {".qmd", ".ipynb"} or not path.is_relative_to(document.project.root):
        raise DocumentError(
            f"{place}: a link must lead to a .qmd or .ipynb file of the project, or to a file that is in the site, "
            f"got {target!r}"
        )
    suffix = ".html"
    if path.suffix == ".qmd":
        linked = read_source(path)
        labels = [*(line.words for line in linked.lines), *(code.argument for code in linked.shortcodes.values())]
        if not any(fragment in words for words in labels):
            raise DocumentError(f"{place}: {file} has no such label, got {fragment!r}")
        suffix = {"docx": ".docx", "typst": ".pdf"}.get(output, ".html")
        if suffix != ".html" and output not in read_settings(linked, document.project).formats:
            suffix = ".html"
    renamed = file.removesuffix(path.suffix) + suffix
    return f"{renamed}#{fragment}" if fragment else renamed


def retarget(tree: Node, document: Document, output: str) -> Node:
    """Return the tree with links between pages leading to the pages of one format."""

    def change(node: Node) -> Node | None:
        if node["t"] != "Link":
            return None
        attribute, inlines, (target, title) = node["c"]
        return {"t": "Link", "c": [attribute, inlines, [link_target(document, target, output), title]]}

    retargeted: Node = transform(tree, change)
    return retargeted

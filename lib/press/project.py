"""`_quarto.yml`: the site's pages, navigation and defaults, as Quarto reads them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from lib.errors import DocumentError
from lib.press.subset import FORMAT_OPTIONS, FORMATS, PROJECT, QUARTO_ONLY
from lib.press.tree import Json

NAME = "_quarto.yml"
DEFAULTS = ("bibliography", "lang", "number-sections", "toc", "toc-depth")


@dataclass(frozen=True)
class NavigationItem:
    """One entry of the navigation bar: a page, or a menu of pages when `menu` is not empty."""

    text: str
    href: str = ""
    menu: tuple[NavigationItem, ...] = ()


@dataclass(frozen=True)
class Project:
    """The website project.

    Attributes
    ----------
    root
        Folder of `_quarto.yml`.
    title
        Of the site.
    navigation
        The bar at the top of every page.
    footer
        Text at the foot of every page.
    render
        Sources of the pages, relative to the root, in order; patterns are resolved.
    output
        Folder of the rendered site, relative to the root.
    defaults
        Front matter that holds for all documents: bibliography, lang, number-sections, toc, toc-depth.
    formats
        Options by format that hold for all documents.
    """

    root: Path
    title: str
    navigation: tuple[NavigationItem, ...]
    footer: str
    render: tuple[Path, ...]
    output: Path
    defaults: Mapping[str, Any]
    formats: Mapping[str, Mapping[str, Any]]

    def in_site(self, file: Path) -> bool:
        """Whether a file, by its path from the root, is in the folder of the site without being one of its sources."""
        return not (self.root / file).exists() and (self.root / self.output / file).is_file()


def read_project(root: Path) -> Project:
    """Read `_quarto.yml`.

    Raises
    ------
    DocumentError
        If it is missing, not YAML, or holds a key that the press does not know.
    """
    path = root / NAME
    if not path.is_file():
        raise DocumentError(f"{path}: no such file: the press and Quarto both need it")
    try:
        content = yaml.safe_load(path.read_text("utf-8")) or {}
    except yaml.YAMLError as error:
        raise DocumentError(f"{path}: not YAML: {error}") from error
    _known(content, "", path)
    project, website = content.get("project", {}), content.get("website", {})
    _known(project, "project", path)
    _known(website, "website", path)
    navbar = website.get("navbar", {})
    _known(navbar, "navbar", path)
    execute = content.get("execute", {})
    _known(execute, "execute", path)
    if execute.get("enabled"):
        raise DocumentError(
            f"{path}: execute: enabled: notebooks are executed by the build, got {execute['enabled']!r}"
        )
    return Project(
        root=root,
        title=str(website.get("title", "")),
        navigation=tuple(_item(entry, path) for entry in navbar.get("left", [])),
        footer=str(website.get("page-footer", "")),
        render=_pages(root, project.get("render", [])),
        output=Path(project.get("output-dir", "_site")),
        defaults={key: content[key] for key in DEFAULTS if key in content},
        formats=read_formats(content.get("format", {}), str(path)),
    )


def _known(section: Json, name: str, path: Path) -> None:
    if not isinstance(section, dict):
        raise DocumentError(f"{path}: {name or 'the file'} must be a mapping, got {section!r}")
    for key in section:
        if key not in PROJECT[name]:
            raise DocumentError(f"{path}: unknown key under {name or 'the top'}, got {key!r}: one of {PROJECT[name]}")


def _item(entry: Json, path: Path) -> NavigationItem:
    if not isinstance(entry, dict) or not set(entry) <= {"text", "href", "menu"} or "text" not in entry:
        raise DocumentError(f"{path}: a navbar entry has text and href or menu, got {entry!r}")
    menu = tuple(_item(part, path) for part in entry.get("menu", []))
    return NavigationItem(str(entry["text"]), str(entry.get("href", "")), menu)


def _pages(root: Path, patterns: list[str]) -> tuple[Path, ...]:
    pages: list[Path] = []
    for pattern in patterns:
        found = sorted(root.glob(pattern)) if "*" in pattern else [root / pattern]
        pages += [page.relative_to(root) for page in found if page.relative_to(root) not in pages]
    return tuple(pages)


def read_formats(section: Json, place: str) -> dict[str, dict[str, Any]]:
    """Return the options by format of a `format:` section.

    `format: html` and `html: default` both mean a format without options.

    Raises
    ------
    DocumentError
        If a format or an option is unknown.
    """
    if isinstance(section, str):
        section = {section: "default"}
    if not isinstance(section, dict):
        raise DocumentError(f"{place}: format must be a name or a mapping, got {section!r}")
    formats: dict[str, dict[str, Any]] = {}
    for name, options in section.items():
        if name not in FORMATS:
            raise DocumentError(f"{place}: unknown format, got {name!r}: one of {', '.join(FORMATS)}")
        chosen = {} if options in ("default", None) else options
        known = (*FORMAT_OPTIONS[name], *QUARTO_ONLY[name])
        for option in chosen if isinstance(chosen, dict) else [chosen]:
            if option not in known:
                raise DocumentError(
                    f"{place}: unknown option of format {name}, got {option!r}: one of {', '.join(known)}"
                )
        formats[name] = dict(chosen)
    return formats

"""The frame of every html page: style sheet, navigation, footer."""

from __future__ import annotations

import os
from html import escape
from pathlib import Path

from lib.press.project import NavigationItem, Project

ASSETS = Path(__file__).parent / "assets"
STYLE_SHEET = "press.css"
NOTEBOOK_SUFFIXES = {".qmd": ".html", ".ipynb": ".html"}


def relative(target: Path, page: Path) -> str:
    """Return the address of `target` as seen from `page`; both relative to the site."""
    return Path(os.path.relpath(target, page.parent)).as_posix()


def navigation(project: Project, page: Path) -> str:
    """Return the html of the navigation bar of a page (a path relative to the site)."""
    first = project.render[0].with_suffix(".html") if project.render else Path("index.html")
    home = f'<a class="site" href="{escape(relative(first, page))}">{escape(project.title)}</a>'
    return home + "<ul>" + "".join(_entry(item, page) for item in project.navigation) + "</ul>"


def _entry(item: NavigationItem, page: Path) -> str:
    if item.menu:
        inner = "".join(_entry(part, page) for part in item.menu)
        return f"<li><details><summary>{escape(item.text)}</summary><ul>{inner}</ul></details></li>"
    if item.href.startswith("https://"):
        return f'<li><a href="{escape(item.href)}">{escape(item.text)}</a></li>'
    source = Path(item.href)
    target = source.with_suffix(NOTEBOOK_SUFFIXES.get(source.suffix, source.suffix))
    current = ' aria-current="page"' if target == page else ""
    return f'<li><a href="{escape(relative(target, page))}"{current}>{escape(item.text)}</a></li>'


def page_arguments(project: Project, page: Path, title: str, lang: str) -> list[str]:
    """Return pandoc's options that put a page into the frame."""
    variables = {
        "press-css": (ASSETS / STYLE_SHEET).read_text("utf-8"),
        "press-navigation": navigation(project, page),
        "press-footer": escape(project.footer),
        "pagetitle": escape(f"{title} – {project.title}" if project.title and title != project.title else title),
        "lang": escape(lang),
    }
    options = [f"--variable={key}:{value}" for key, value in variables.items()]
    return ["--to=html5", "--standalone", f"--template={ASSETS / 'page.html'}", "--mathml", "--wrap=none", *options]

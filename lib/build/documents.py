"""The documents of a study: what each is made from, what it becomes, and rendering it."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import yaml

from lib.build.renderer import BUILT_VARIABLE, find_quarto
from lib.errors import BuildError, MissingFileError
from lib.files import copy_changed, write_text
from lib.press.project import read_formats, read_project
from lib.press.subset import FORMATS
from lib.project import Project

USED = re.compile(r"\{\{<\s*(?:embed|include)\s+([^\s#>]+)")
FRONT_MATTER = re.compile(r"\A---\n(.*?)\n---\s*\n", re.DOTALL)
SOURCE_SUFFIXES = {".qmd", ".md", ".bib", ".csl", ".png", ".jpg", ".jpeg", ".svg"}
SITE_FILE = "_quarto.yml"


def document_inputs(project: Project, document: str) -> list[str]:
    """The cache's files that a document embeds or includes, and the variables, all relative to the root."""
    source = _source(project, document)
    home = project.home / document
    used = {os.path.normpath(home.parent / name) for name in USED.findall(source.read_text(encoding="utf-8"))}
    return sorted({project.relative(Path(name)) for name in used} | {project.relative(project.home / "_variables.yml")})


def document_sources(project: Project, document: str) -> list[Path]:
    """The hand-written files behind a document: those beside it, its bibliography, the site's settings."""
    source = _source(project, document)
    beside = [path for path in source.parent.glob("*") if path.is_file() and path.suffix in SOURCE_SUFFIXES]
    listed = _front_matter(source).get("bibliography", [])
    bibliography = [source.parent / name for name in ([listed] if isinstance(listed, str) else listed)]
    own = beside if source.parent != project.root else [source]
    return [*own, *(Path(os.path.normpath(path)) for path in bibliography), project.root / SITE_FILE]


def document_pages(project: Project, document: str) -> list[str]:
    """What a document becomes: one file a format of its front matter, or of the site's settings."""
    source = _source(project, document)
    settings = _front_matter(source)
    formats = read_formats(settings["format"], document) if "format" in settings else read_project(project.root).formats
    page = project.output / document
    return [project.relative(page.with_suffix(FORMATS[name])) for name in formats]


def notebook_page(project: Project, chapter: str) -> str:
    """Where the press puts the html of an executed notebook."""
    return project.relative(project.output / f"cache/notebooks/{chapter}.html")


def render_document(project: Project, document: str) -> None:
    """Render one document with the press, in all its formats."""
    from lib.press.render import render_document as press_document

    stage(project)
    names = [
        name for name, suffix in FORMATS.items() if any(p.endswith(suffix) for p in document_pages(project, document))
    ]
    press_document(project.home / document, names, project.home, project.output)


def render_notebook(project: Project, chapter: str) -> None:
    """Render one executed notebook with the press."""
    from lib.press.render import render_notebook as press_notebook

    stage(project)
    press_notebook(project.cache / f"notebooks/{chapter}.ipynb", project.home, project.output)


def render_with_quarto(project: Project) -> None:
    """Render all documents with Quarto, whose own pre-render step then has nothing left to do."""
    stage(project)
    quarto = find_quarto()
    if quarto is None:
        raise BuildError("Quarto is not installed; unset RATER_RENDERER or let the press render.")
    environment = os.environ | {BUILT_VARIABLE: "yes"}
    finished = subprocess.run(
        [quarto, "render", str(project.home)], env=environment, capture_output=True, text=True, check=False
    )
    if finished.returncode:
        raise BuildError(f"quarto render failed:\n{finished.stderr[-4000:]}")


def stage(project: Project) -> None:
    """Put the documents of another study into its home, with settings for a site of its own."""
    if project.is_default:
        return
    for document in project.study.documents:
        for path in document_sources(project, document):
            if path.name != SITE_FILE:
                copy_changed(path, project.home / path.relative_to(project.root))
    settings = yaml.safe_load((project.root / SITE_FILE).read_text(encoding="utf-8"))
    settings["project"] = {
        "type": "website",
        "output-dir": "_output",
        "render": [*project.study.documents, "cache/notebooks/*.ipynb"],
        "resources": ["cache/notebooks/*.ipynb"],
    }
    settings["website"]["title"] = project.study.title
    chapters = [path.relative_to(project.home) for path in sorted((project.cache / "notebooks").glob("*.ipynb"))]
    notebooks = [{"text": path.stem, "href": path.as_posix()} for path in chapters if "." not in path.stem]
    pages = [
        {"text": str(_front_matter(project.root / name).get("title", name)), "href": name}
        for name in project.study.documents
    ]
    settings["website"]["navbar"] = {"left": [*pages, {"text": "Notebooks", "menu": notebooks}]}
    text = yaml.safe_dump(settings, allow_unicode=True, sort_keys=False)
    path = project.home / SITE_FILE
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        write_text(path, text)


def _front_matter(path: Path) -> dict[str, Any]:
    front = FRONT_MATTER.match(path.read_text(encoding="utf-8"))
    settings: dict[str, Any] = (yaml.safe_load(front[1]) or {}) if front else {}
    return settings


def _source(project: Project, document: str) -> Path:
    path = project.root / document
    if not path.is_file():
        raise MissingFileError(
            f"{document}: there is no such document. Write it, or take it out of documents in the study file."
        )
    return path

"""Other studies' pages in a study's site, such as the demonstration's in the paper's."""

from __future__ import annotations

from pathlib import Path

from lib.build.documents import document_pages
from lib.files import copy_changed, write_text
from lib.project import Project, open_project

FOLDER = "studies"
"""Where in the site they are, a folder each."""


def studies_beside(project: Project) -> dict[str, Project]:
    """The studies of `beside` whose first document has been rendered, by id.

    Raises
    ------
    lib.errors.MissingFileError
        A study's file is not there.
    """
    others = [open_project(name, project.root) for name in project.study.beside]
    return {other.study.id: other for other in others if _page(other).is_file()}


def page_beside(project: Project, other: Project) -> Path:
    """Where the first page of another study is in this one's site."""
    return project.output / FOLDER / other.study.id / _page(other).relative_to(other.output)


def write_beside(project: Project) -> None:
    """Write `cache/includes/beside.md`, which names the studies of `beside` that are there; empty without any."""
    lines = []
    for other in studies_beside(project).values():
        link = page_beside(project, other).relative_to(project.output).as_posix()
        lines.append(" ".join(filter(None, [f"- [{other.study.title}]({link}).", other.study.simulated])))
    said = ["Beside the paper, on other images:", "", *lines] if lines else []
    write_text(project.cache / "includes/beside.md", "\n".join(said) + "\n")


def copy_beside(project: Project, name: str) -> None:
    """Put one study's pages into the site, and take out those that it no longer has."""
    source, target = studies_beside(project)[name].output, project.output / FOLDER / name
    pages = {path.relative_to(source) for path in source.rglob("*") if path.is_file()}
    for page in sorted(pages):
        copy_changed(source / page, target / page)
    for path in target.rglob("*"):
        if path.is_file() and path.relative_to(target) not in pages:
            path.unlink()


def _page(project: Project) -> Path:
    return project.root / document_pages(project, project.study.documents[0])[0]

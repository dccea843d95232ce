"""`rater build` and `rater paper`: bring numbers, or numbers and pages, up to date."""

from __future__ import annotations

import typer

from lib.build.runner import run_build
from lib.cli.options import CoresOption, StudyOption
from lib.project import Project, open_project


def build(study: StudyOption = None, cores: CoresOption = None) -> None:
    """Run the analyses that are stale, without rendering any page."""
    project = _announce(study)
    run_build(project, "numbers", cores)
    typer.echo(f"Numbers: {project.relative(project.cache / 'results.json')}")


def paper(study: StudyOption = None, cores: CoresOption = None) -> None:
    """Run what is stale and render every document of the study: html, docx and PDF."""
    project = _announce(study)
    run_build(project, "pages", cores)
    for document in project.study.documents:
        page = (project.output / document).with_suffix(".html")
        typer.echo(f"Page: {project.relative(page)}")


def _announce(study: str | None) -> Project:
    project = open_project(study)
    if project.uses_twin:
        typer.echo(f"{project.study.files.ratings} is not there: SIMULATED data stand in, and every page says so.")
    missing = [name for name in project.conditions if name not in project.available]
    if missing:
        typer.echo(
            f"Conditions without predictions, left out: {', '.join(missing)}. `rater doctor` tells how to fill them."
        )
    return project

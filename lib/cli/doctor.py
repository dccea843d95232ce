"""`rater doctor`: what is there, what is missing, and the cure for each thing missing."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import typer

from lib.build.renderer import find_quarto
from lib.cli.options import StudyOption
from lib.contracts.condition import Condition
from lib.errors import RaterError
from lib.project import Project, open_project

KEYS = {"OPENAI_API_KEY": ("openai",), "GEMINI_API_KEY": ("gemini",), "HF_TOKEN": ()}
LEAST_FREE_DISK = 2 * 1024**3
LOCKED = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;]+)", re.MULTILINE)


@dataclass(frozen=True)
class Finding:
    """One line of the report; a cure where something is missing or wrong; `wrong` where a build cannot succeed."""

    what: str
    state: str
    cure: str = ""
    wrong: bool = False


def doctor(study: StudyOption = None) -> None:
    """Say what is installed, which keys are set, which conditions have predictions, what will render the pages."""
    project = open_project(study)
    findings = list(examine(project))
    for finding in findings:
        mark = "wrong" if finding.wrong else "todo " if finding.cure else "ok   "
        typer.echo(f"{mark}  {finding.what}: {finding.state}")
        if finding.cure:
            typer.echo(f"       cure: {finding.cure}")
    if any(finding.wrong for finding in findings):
        raise typer.Exit(1)


def examine(project: Project) -> Iterator[Finding]:
    """Yield every finding, the environment first."""
    yield Finding("Python", f"{platform.python_version()} on {platform.system()} {platform.machine()}")
    yield _packages(project.root / "requirements.lock")
    yield _disk(project)
    yield _renderer()
    try:
        conditions = project.conditions
        yield Finding(
            "Study", f"{project.study.id}, {len(conditions)} conditions, {project.relative(project.study_file)}"
        )
    except RaterError as error:
        yield Finding("Study", str(error), "Correct the file named above.", wrong=True)
        return
    yield _ratings(project)
    for condition in conditions.values():
        yield _predictions(project, condition)
    for key, backends in KEYS.items():
        yield _key(key, [item.name for item in conditions.values() if item.backend in backends])


def _packages(lock: Path) -> Finding:
    cure = "Run `make setup`."
    if not lock.is_file():
        return Finding("Packages", "requirements.lock is missing", "Restore it from git.", wrong=True)
    installed = {item.metadata["Name"].lower().replace("_", "-"): item.version for item in metadata.distributions()}
    locked: dict[str, set[str]] = {}
    for name, version in LOCKED.findall(lock.read_text(encoding="utf-8")):
        locked.setdefault(name.lower().replace("_", "-"), set()).add(version)
    other = [
        f"{name} {installed[name]}" for name in locked if name in installed and installed[name] not in locked[name]
    ]
    if other:
        return Finding("Packages", f"other versions than the lock: {', '.join(other)}", cure)
    return Finding("Packages", f"{sum(name in installed for name in locked)} installed as locked")


def _disk(project: Project) -> Finding:
    free = shutil.disk_usage(project.root).free
    state = f"{free / 1024**3:.1f} GiB free, cache at {project.relative(project.cache)}"
    existing = next(folder for folder in (project.cache, *project.cache.parents) if folder.exists())
    if not os.access(existing, os.W_OK):
        return Finding("Cache", f"{state}, but it cannot be written", "Make the folder writable.", wrong=True)
    return Finding("Cache", state, "Free some disk space." if free < LEAST_FREE_DISK else "")


def _renderer() -> Finding:
    quarto = find_quarto()
    if quarto is None:
        return Finding("Renderer", "the project's press (pandoc and typst); Quarto is not installed and not needed")
    version = subprocess.run([quarto, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    return Finding("Renderer", f"Quarto {version}")


def _ratings(project: Project) -> Finding:
    name = project.study.files.ratings
    if project.ratings_file.exists():
        return Finding("Ratings", name)
    if project.uses_twin:
        return Finding("Ratings", "SIMULATED data stand in", f"Put the real ratings into {name}.")
    return Finding(
        "Ratings", f"{name} is missing", "Put the ratings there, or name another file in the study file.", wrong=True
    )


def _predictions(project: Project, condition: Condition) -> Finding:
    path = project.predictions_file(condition.id)
    cure = f"Put its predictions into {project.study.files.predictions}/{condition.id}.csv."
    if path is None and project.uses_twin:
        return Finding(
            f"Predictions {condition.id}", "none simulated", f"{cure} They count once the real ratings are in place."
        )
    if path is None:
        return Finding(f"Predictions {condition.id}", "none", cure)
    if project.uses_twin:
        return Finding(
            f"Predictions {condition.id}", "SIMULATED", f"{cure} They count once the real ratings are in place."
        )
    return Finding(f"Predictions {condition.id}", project.relative(path))


def _key(name: str, users: list[str]) -> Finding:
    if os.environ.get(name):
        return Finding(f"Key {name}", "set")
    if not users:
        return Finding(f"Key {name}", "not set, and no condition needs it")
    return Finding(f"Key {name}", "not set; pages need none", f"Export it before asking {', '.join(users)}.")

"""`rater doctor`: what is there, what is missing, and the cure for each thing missing."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import typer

from lib.backends import local_readiness
from lib.backends.registry import REGISTRY
from lib.backends.secrets import KEY_FILE, find_key
from lib.build.filling import can_be_asked
from lib.build.renderer import find_quarto
from lib.cli.options import StudyOption
from lib.contracts.condition import Condition
from lib.errors import BackendUnavailableError, RaterError
from lib.formats import counted
from lib.project import Project, open_project
from lib.responses.batches import FILE as BATCHES
from lib.responses.batches import read_book

KEYS = {"OPENAI_API_KEY": ("openai",), "GEMINI_API_KEY": ("gemini",), "HF_TOKEN": ()}
LEAST_FREE_DISK = 2 * 1024**3
LOCAL_LOCK = "requirements-local.lock"
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
    project = open_project(study, sound_only=True)
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
    for path, fault in project.known.faults.items():
        own = path in project.known.own_files.values()
        pages = "; no page is made while one of the study's conditions cannot be read." if own else "."
        yield Finding("Cannot be read", fault, f"Correct the file, or take it out of its folder{pages}", wrong=own)
    yield _ratings(project)
    if any(map(can_be_asked, conditions.values())):
        yield _images(project)
    try:
        yield from list(_predictions(project, conditions))
    except RaterError as error:
        yield Finding("Predictions", str(error), "Correct the file named above.", wrong=True)
    yield from _batches(project)
    yield from models(conditions)
    for key, backends in KEYS.items():
        names = REGISTRY[backends[0]].needs if backends else (key,)
        yield _key(key, names, [one.name for one in conditions.values() if one.backend in backends and not one.server])


def _packages(lock: Path) -> Finding:
    from lib.build.chapters import installed_packages

    cure = "Run `make setup`."
    if not lock.is_file():
        return Finding("Packages", "requirements.lock is missing", "Restore it from git.", wrong=True)
    installed = {_as_in_lock(name): version for name, version in installed_packages().items()}
    locked: dict[str, set[str]] = {}
    text = "".join(path.read_text(encoding="utf-8") for path in (lock, lock.with_name(LOCAL_LOCK)) if path.is_file())
    for name, version in LOCKED.findall(text):
        locked.setdefault(_as_in_lock(name), set()).add(version)
    other = [
        f"{name} {version}" for name, version in installed.items() if name in locked and version not in locked[name]
    ]
    if other:
        return Finding("Packages", f"other versions than the lock: {', '.join(other)}", cure)
    unlocked = sorted(set(installed) - set(locked))
    besides = f", {', '.join(unlocked)} not in the lock" if unlocked else ", all as locked"
    return Finding("Packages", f"{len(installed)} installed{besides}")


def _as_in_lock(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


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


def _images(project: Project) -> Finding:
    name = project.study.files.images or "files.images in the study file"
    if project.manifest is not None and project.manifest.exists():
        return Finding("Images", name)
    return Finding(
        "Images", f"{name} is not there, so no machine can be asked", "Put the manifest or the folder of images there."
    )


def _predictions(project: Project, conditions: Mapping[str, Condition]) -> Iterator[Finding]:
    """A line for each condition whose answers are there; one for all that lack them, and one for all simulated."""
    lacking: dict[str, list[str]] = {}
    for name in conditions:
        path, answers = project.predictions_file(name), project.response_files(name)
        begun = _begun(project, name)
        if answers:
            yield Finding(f"Predictions {name}", f"from its answers, {project.relative(answers[0].parent)}")
        elif path is not None and not project.uses_twin:
            yield Finding(f"Predictions {name}", project.relative(path), begun)
        else:
            state = "SIMULATED" if path else "none simulated" if project.uses_twin else "none"
            lacking.setdefault(state, []).append(name)
            if begun:
                yield Finding(f"Answers {name}", "not of all images yet", begun)
    for state, names in lacking.items():
        whose, file = ("its", names[0]) if len(names) == 1 else ("their", "<condition>")
        cure = f"Put {whose} predictions into {project.study.files.predictions}/{file}.csv."
        asked = [name for name in names if can_be_asked(conditions[name])]
        if asked:
            whom = f"-m {asked[0]}" if len(asked) == 1 else f"-m ID ({', '.join(asked)})"
            cure = f"Ask: {project.command(f'infer {whom}')}. Or put{cure.removeprefix('Put')}"
        if project.uses_twin:
            cure = f"{cure} They count once the real ratings are in place."
        yield Finding("Predictions", f"{state} for {counted(len(names), 'condition')}: {', '.join(names)}", cure)


def _begun(project: Project, name: str) -> str:
    """How to end an asking that was begun; empty where none was, or it is at its end."""
    asked = project.asked_about(name)
    if asked is None or asked[0] == asked[1]:
        return ""
    return f"It was asked about {asked[0]:,} of {asked[1]:,} images; go on: {project.command(f'infer -m {name}')}"


def _batches(project: Project) -> Iterator[Finding]:
    """A line for each condition that has questions with a provider, or may have."""
    for path in sorted(project.responses.glob(f"*/{BATCHES}")):
        name, book = path.parent.name, read_book(path.parent)
        number = len(book.open) + len(book.uncertain)
        if number:
            batches = "1 batch" if number == 1 else f"{number:,} batches"
            yield Finding(
                f"Batches {name}", f"{counted(len(book.held()), 'question')} in {batches} with the provider",
                f"Fetch the answers: {project.command(f'infer -m {name} --batch')}",
            )  # fmt: skip


def models(conditions: Mapping[str, Condition]) -> Iterator[Finding]:
    """Yield a line for each library that runs models on this machine, if a condition asks one of it."""
    for library in local_readiness.NEEDS:
        users = [one for one in conditions.values() if one.backend == library]
        if users:
            todo = local_readiness.cure(library, users) or ""
            state = "not ready for" if todo else "ready for"
            yield Finding(f"Models with {library}", f"{state} {', '.join(one.id for one in users)}", todo)


def _key(name: str, names: tuple[str, ...], users: list[str]) -> Finding:
    """Whether a key is there, in the environment or in the key file, under any of `names`."""
    try:
        found = find_key(*names) is not None
    except BackendUnavailableError as error:
        return Finding(f"Key {name}", "the key file cannot be used", str(error))
    if found:
        return Finding(f"Key {name}", "set")
    if not users:
        return Finding(f"Key {name}", "not set, and no condition needs it")
    cure = f"Export it before asking {', '.join(users)}, or put it into the file that {KEY_FILE} names."
    return Finding(f"Key {name}", "not set; pages need none", cure)

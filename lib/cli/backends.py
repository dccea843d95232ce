"""`rater backends`: who can be asked, what each needs, and how many conditions of the study ask it."""

from __future__ import annotations

from collections.abc import Iterator

import typer

from lib.backends.readiness import cure
from lib.backends.registry import REGISTRY, Entry, check_settings
from lib.cli.options import StudyOption
from lib.contracts.condition import Condition
from lib.errors import RaterError
from lib.project import open_project


def backends(study: StudyOption = None) -> None:
    """List whom machines' answers can be had from; nothing is asked, and nothing costs."""
    project = open_project(study, sound_only=True)
    conditions = list(project.conditions.values())
    for name, entry in REGISTRY.items():
        for line in _lines(name, entry, [one for one in conditions if one.backend == name]):
            typer.echo(line)
    for fault in project.known.faults.values():
        typer.echo(f"wrong  {fault}")


def _lines(name: str, entry: Entry, users: list[Condition]) -> Iterator[str]:
    who = f"{len(users)} {'condition' if len(users) == 1 else 'conditions'}"
    asked = f": {', '.join(one.id for one in users)}" if users else ""
    if entry.factory is None:
        yield f"later  {name}: {entry.description}; not in this version"
        yield f"       {who}{asked}"
        return
    todo = cure(name, users)
    yield f"{'todo ' if todo else 'ready'}  {name}: {entry.description}"
    yield f"       needs {' or '.join(entry.needs) or 'no key'}; {who}{asked}"
    if todo:
        yield f"       cure: {todo}"
    for condition in users:
        try:
            check_settings(condition)
        except RaterError as error:
            if str(error) != todo:
                yield f"       cannot be asked as written: {error}"

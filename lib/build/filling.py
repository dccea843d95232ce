"""How a condition without predictions gets some: by asking it, where it can be asked, or by a file."""

from __future__ import annotations

from lib.backends.registry import REGISTRY
from lib.contracts.condition import Condition
from lib.project import Project


def can_be_asked(condition: Condition) -> bool:
    """Whether a condition says what its machine is asked or shown, over a backend that this version has."""
    entry = REGISTRY.get(condition.backend)
    return condition.asks and entry is not None and entry.factory is not None


def how_to_fill(project: Project, name: str) -> str:
    """What to do about a condition without predictions, as the middle of a sentence.

    Examples
    --------
    `ask it: rater infer -m gpt-4o-mini; or put its predictions into data/predictions/gpt-4o-mini.csv`
    """
    folder = project.study.files.predictions
    file = f"put its predictions into {folder}/{name}.csv" if folder else "name files.predictions in the study file"
    if not can_be_asked(project.conditions[name]):
        return file
    asked = project.asked_about(name)
    if asked and 0 < asked[0] < asked[1]:
        return f"it was asked about {asked[0]:,} of {asked[1]:,} images; go on: {project.command(f'infer -m {name}')}"
    return f"ask it: {project.command(f'infer -m {name}')}; or {file}"

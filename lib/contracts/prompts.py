"""The questions put to the machines: template files under `params/prompts/`, filled with a study's words and scales."""

from __future__ import annotations

import string
from pathlib import Path

from pydantic import field_validator

from lib.contracts.study import Identifier, Study
from lib.contracts.yaml_files import Parameters, read_parameters
from lib.errors import ParameterError


class PromptSet(Parameters):
    """One set of templates: a text for each step, and one that asks for everything at once.

    Placeholders: `{categories}`; `{<dimension>_low}`, `{<dimension>_high}`, `{<dimension>_low_label}`,
    `{<dimension>_high_label}` from the study; `{emotion}` and `{<dimension>}` from earlier, parsed answers of the same
    machine to the same image. Braces that belong to the text are doubled.
    """

    id: Identifier
    source: str
    steps: dict[str, str]
    single: str | None = None

    @field_validator("steps")
    @classmethod
    def _begins_with_emotion(cls, steps: dict[str, str]) -> dict[str, str]:
        if "emotion" not in steps:
            raise ValueError("a prompt set has a template for the step emotion")
        return steps


def read_prompts(folder: Path, name: str) -> PromptSet:
    """Read the prompt set `name` from its folder."""
    path = folder / f"{name}.yaml"
    prompts = read_parameters(path, PromptSet)
    if prompts.id != name:
        raise ParameterError(f"{path}: id: got {prompts.id!r}, but the file is named {path.name}. Rename one of them.")
    return prompts


def fill(template: str, study: Study, answers: dict[str, str] | None = None) -> str:
    """Fill one template with the study's words and, where given, earlier answers.

    Without `answers` the placeholders of earlier answers stay as they are, as a methods section shows them.

    Raises
    ------
    ParameterError
        The template has a placeholder that neither the study nor the answers know.
    """
    values = {"categories": ", ".join(study.emotion.categories)}
    for name in study.machine_dimensions:
        scale = study.dimensions[name]
        values |= {
            f"{name}_low": f"{scale.low:g}",
            f"{name}_high": f"{scale.high:g}",
            f"{name}_low_label": scale.low_label,
            f"{name}_high_label": scale.high_label,
        }
    answered = ("emotion", *study.machine_dimensions)
    values |= {name: (answers or {}).get(name, f"{{{name}}}") for name in answered}
    unknown = {field for _, field, _, _ in string.Formatter().parse(template) if field} - set(values)
    if unknown:
        raise ParameterError(
            f"prompt template: unknown placeholder {min(unknown)!r}; known: {', '.join(sorted(values))}"
        )
    return template.format(**values).strip()

"""The questions put to the machines: template files under `params/prompts/`, filled with a study's words and scales."""

from __future__ import annotations

import string
from pathlib import Path

from pydantic import Field, PrivateAttr, field_validator

from lib.contracts.study import Identifier, Scale, Study
from lib.contracts.yaml_files import Parameters, nearest, read_parameters
from lib.errors import ParameterError

LABEL = "label"
"""The placeholder of the category that a question without image is about."""


class PromptSet(Parameters):
    """One set of templates.

    `steps` has a text for each step that is asked alone, `single` is the one that asks for everything at once,
    `without_context` has a text for each step that is asked where an earlier answer was needed and could not be
    parsed, and `text_only` a text for each step that is asked about a label, without image.

    Placeholders: `{categories}`; `{<dimension>_low}`, `{<dimension>_high}`, `{<dimension>_low_label}`,
    `{<dimension>_high_label}` and `{<dimension>_number}` ("integer 1-9", "number from -1 to 1") from the study;
    `{emotion}` and `{<dimension>}` from earlier, parsed answers of the same machine to the same image; `{label}` in
    `text_only`. Braces that belong to the text are doubled.
    """

    id: Identifier
    source: str
    steps: dict[str, str] = Field(default_factory=dict)
    single: str | None = None
    without_context: dict[str, str] = Field(default_factory=dict)
    text_only: dict[str, str] = Field(default_factory=dict)
    _file: Path | None = PrivateAttr(default=None)

    @field_validator("steps")
    @classmethod
    def _begins_with_emotion(cls, steps: dict[str, str]) -> dict[str, str]:
        if steps and "emotion" not in steps:
            raise ValueError("a prompt set has a template for the step emotion")
        return steps

    @field_validator("steps", "without_context", "text_only")
    @classmethod
    def _each_readable(cls, templates: dict[str, str]) -> dict[str, str]:
        for step, template in templates.items():
            try:
                placeholders(template)
            except ValueError as error:
                raise ValueError(f"{step}: {error}") from error
        return templates

    @field_validator("single")
    @classmethod
    def _readable(cls, template: str | None) -> str | None:
        if template is not None:
            placeholders(template)
        return template

    @property
    def file(self) -> str:
        """The file's name for messages."""
        return str(self._file) if self._file else f"{self.id}.yaml"


def read_prompts(folder: Path, name: str) -> PromptSet:
    """Read the prompt set `name` from its folder.

    Raises
    ------
    MissingFileError, ParameterError
        There is no such set, it is not named after its id, or a template cannot be read.
    """
    path = folder / f"{name}.yaml"
    prompts = read_parameters(path, PromptSet)
    if prompts.id != name:
        raise ParameterError(f"{path}: id: got {prompts.id!r}, but the file is named {path.name}. Rename one of them.")
    prompts._file = path
    return prompts


def placeholders(template: str) -> tuple[str, ...]:
    """Give the names in braces, in order and each once.

    Raises
    ------
    ValueError
        A brace stands alone, or a placeholder is more than a name.
    """
    found: dict[str, None] = {}
    try:
        parts = list(string.Formatter().parse(template))
    except ValueError as error:
        raise ValueError(f"{error}; double the braces that belong to the text: {{{{ and }}}}") from error
    for _, name, form, conversion in parts:
        if name is None:
            continue
        if form or conversion or not name.isidentifier():
            raise ValueError(
                f"a placeholder is a name in braces and nothing else, got {{{name}}}; "
                "double the braces that belong to the text: {{ and }}"
            )
        found[name] = None
    return tuple(found)


def study_words(study: Study) -> dict[str, str]:
    """The placeholders that the study fills, with its words."""
    words = {"categories": ", ".join(study.emotion.categories)}
    for name in study.machine_dimensions:
        scale = study.dimensions[name]
        words |= {
            f"{name}_low": printed_number(scale.low),
            f"{name}_high": printed_number(scale.high),
            f"{name}_low_label": scale.low_label,
            f"{name}_high_label": scale.high_label,
            f"{name}_number": _number_wanted(scale),
        }
    return words


def printed_number(value: float) -> str:
    """Print a number as a person writes it: `7`, `7.5`, `0.25`, `-1`; at most six decimals."""
    text = f"{value:.6f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def fill(template: str, study: Study, answers: dict[str, str] | None = None) -> str:
    """Fill one template with the study's words and, where given, earlier answers.

    Without `answers` the placeholders of earlier answers stay as they are, as a methods section shows them.

    Raises
    ------
    ParameterError
        The template has a placeholder that neither the study nor the answers know.
    """
    answered = ("emotion", *study.machine_dimensions, LABEL)
    values = study_words(study) | {name: (answers or {}).get(name, f"{{{name}}}") for name in answered}
    unknown = set(placeholders(template)) - set(values)
    if unknown:
        raise ParameterError(f"prompt template: {describe_unknown_placeholder(min(unknown), list(values))}")
    return template.format(**values).strip()


def describe_unknown_placeholder(name: str, known: list[str]) -> str:
    """Say which placeholder is not known, which was meant, and which there are."""
    return f"unknown placeholder {name!r}{nearest(name, known)}; known: {', '.join(sorted(known))}"


def _number_wanted(scale: Scale) -> str:
    whole = all(float(number).is_integer() for number in (scale.low, scale.step))
    span = "{}-{}" if scale.low >= 0 else "from {} to {}"
    low, high = printed_number(scale.low), printed_number(scale.high)
    return f"{'integer' if whole else 'number'} {span.format(low, high)}"

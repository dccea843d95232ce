"""How emotions are made of neutral faces: `params/stimuli/<id>.yaml`."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import msgspec
from pydantic import Field, field_validator, model_validator

from lib.contracts.condition import Condition, Decoding, Specification
from lib.contracts.images import EMOTION_CODES
from lib.contracts.prompts import describe_unknown_placeholder, placeholders
from lib.contracts.study import Identifier
from lib.contracts.yaml_files import Parameters, read_parameters
from lib.errors import ParameterError

FOLDER = "params/stimuli"
KNOWN_PLACEHOLDERS = ("emotion", "expression")
CODE_LENGTH = 3


class Checks(Parameters):
    """From where on an image is flagged.

    Attributes
    ----------
    least_similarity, unchanged_above : float
        SSIM with the base face, 0 to 1: below, another person may be shown; above, nothing may have been changed.
    aspect_tolerance : float
        Share by which width / height may differ from the base face's.
    faces : int
        How many faces belong into an image, where they can be counted.
    """

    least_similarity: float = Field(default=0.5, ge=0, le=1)
    unchanged_above: float = Field(default=0.99, ge=0, le=1)
    aspect_tolerance: float = Field(default=0.02, ge=0)
    faces: int = Field(default=1, ge=0)


class Transformation(Parameters):
    """What an image model is asked for each neutral face.

    `expressions` has a text for each emotion, which `prompt` takes up as `{expression}`; `{emotion}` is the category.
    `codes` are the emotions' parts of file names; those that are not given are the laboratory's (`Ang`, `Dis`, ...), or
    else the first three letters. Settings that are None are not sent.
    """

    id: Identifier
    source: str
    backend: Literal["gemini"] = "gemini"
    model: str = Field(min_length=1)
    neutral: str = "neutral"
    prompt: str
    expressions: dict[str, str] = Field(min_length=1)
    codes: dict[str, str] = Field(default_factory=dict)
    temperature: float | None = Field(default=None, ge=0, le=2)
    top_p: float | None = Field(default=None, gt=0, le=1)
    seed: int | None = None
    aspect_ratio: str | None = Field(default=None, pattern=r"^\d+:\d+$")
    image_size: Literal["1K", "2K", "4K"] | None = None
    checks: Checks = Checks()

    @field_validator("prompt")
    @classmethod
    def _can_be_filled(cls, prompt: str) -> str:
        for name in placeholders(prompt):
            if name not in KNOWN_PLACEHOLDERS:
                raise ValueError(describe_unknown_placeholder(name, list(KNOWN_PLACEHOLDERS)))
        return prompt

    @model_validator(mode="after")
    def _emotions_differ(self) -> Transformation:
        if self.neutral in self.expressions:
            raise ValueError(f"expressions: {self.neutral!r} is what the base faces show; take it out")
        unknown = sorted(set(self.codes) - {self.neutral, *self.expressions})
        if unknown:
            raise ValueError(f"codes: {unknown[0]!r} is none of the emotions")
        seen: dict[str, str] = {}
        for emotion in (self.neutral, *self.expressions):
            code = self.code(emotion)
            if not (len(code) == CODE_LENGTH and code.isascii() and code.isalpha()):
                raise ValueError(f"codes.{emotion}: a code is three letters, got {code!r}; give it one under codes")
            if code in seen:
                raise ValueError(f"codes: {seen[code]!r} and {emotion!r} would both be {code!r}; give one another code")
            seen[code] = emotion
        return self

    @property
    def emotions(self) -> tuple[str, ...]:
        """The emotions that are made, in the file's order."""
        return tuple(self.expressions)

    def code(self, emotion: str) -> str:
        """An emotion's part of a file name: `Ang`."""
        laboratory = next((code for code, name in EMOTION_CODES.items() if name == emotion and code != "Nes"), None)
        return self.codes.get(emotion) or laboratory or emotion[:CODE_LENGTH].capitalize()

    def prompt_for(self, emotion: str) -> str:
        """The words that go with a base face."""
        return " ".join(self.prompt.format(emotion=emotion, expression=self.expressions[emotion]).split())

    def generation(self) -> dict[str, Any]:
        """The `generationConfig` of a request, as the Gemini API writes it."""
        shape = {"aspectRatio": self.aspect_ratio, "imageSize": self.image_size}
        image = {name: value for name, value in shape.items() if value is not None}
        named = {"temperature": self.temperature, "topP": self.top_p, "seed": self.seed, "imageConfig": image or None}
        return {"responseModalities": ["IMAGE"]} | {name: value for name, value in named.items() if value is not None}

    def settings(self) -> bytes:
        """Everything but base face and words that an image depends on, as canonical JSON."""
        known = {"backend": self.backend, "model": self.model, "generation": self.generation()}
        return msgspec.json.encode(known, order="sorted")

    def as_condition(self) -> Condition:
        """The machine as the asking knows it."""
        return Condition(
            id=self.id, name=self.id, short_name=self.id, kind="machine", backend=self.backend, model=self.model,
            strategy="unknown", decoding=Decoding(temperature=self.temperature),
            specification=Specification(developer="Google"),
        )  # fmt: skip


def read_transformation(folder: Path, name: str) -> Transformation:
    """Read the transformation `name` from its folder.

    Raises
    ------
    MissingFileError, ParameterError
        There is none of this name, it is not named after its id, or it cannot be understood.
    """
    path = folder / f"{name}.yaml"
    found = read_parameters(path, Transformation)
    if found.id != name:
        raise ParameterError(f"{path}: id: got {found.id!r}, but the file is named {path.name}. Rename one of them.")
    return found

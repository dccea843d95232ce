"""How a pocket rater is made: one file under `params/pocket/`, and whether a study's questions fit it."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, model_validator

from lib.contracts.study import Identifier, ProjectPath, Study
from lib.contracts.yaml_files import Parameters, read_parameters
from lib.drawing.expressions import EMOTIONS
from lib.errors import ParameterError

Count = Annotated[int, Field(ge=1)]
Share = Annotated[float, Field(ge=0, le=1)]
RATED = ("valence", "arousal")
LOW, HIGH = 1, 9
TAUGHT_PROMPTS = ("plain", "json")
"""The prompt sets whose questions it learns."""


class FacesRecipe(Parameters):
    """Which people it learns from: identities in each cell of race and gender, and the seeds that they are of."""

    training: Count
    validation: Count
    seed: int
    validation_seed: int

    @model_validator(mode="after")
    def _apart(self) -> Self:
        if self.seed == self.validation_seed:
            raise ValueError("seed and validation_seed are the same, so that validation would be on known people")
        return self


class RatersRecipe(Parameters):
    """The rule by which simulated raters answer; see `lib.pocket.raters`."""

    doubt: tuple[Share, Share]
    confused: dict[str, dict[str, Annotated[float, Field(gt=0)]]]
    means: dict[str, dict[str, tuple[float, float]]]
    spread: Annotated[float, Field(gt=0)]
    named: Share
    carried: float
    strange: Share

    @model_validator(mode="after")
    def _complete(self) -> Self:
        expected = set(EMOTIONS)
        lines = {"confused": set(self.confused)} | {f"means.{key}": set(row) for key, row in self.means.items()}
        for name, emotions in lines.items():
            if emotions != expected:
                raise ValueError(f"{name}: expected a line for each of {', '.join(EMOTIONS)}")
        for emotion, others in self.confused.items():
            if not others or not set(others) <= expected - {emotion}:
                raise ValueError(f"confused.{emotion}: expected other emotions than itself, of {', '.join(EMOTIONS)}")
        if set(self.means) != set(RATED):
            raise ValueError(f"means: expected {' and '.join(RATED)}")
        return self


class ModelRecipe(Parameters):
    """Sizes of the model: pixels of a picture's and a patch's side, width and number of layers."""

    image: Count
    patch: Count
    width: Count
    tower_layers: Count
    text_layers: Count
    heads: Count
    wider: Count
    vocabulary: Annotated[int, Field(ge=300)]

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.image % self.patch:
            raise ValueError("image is no multiple of patch")
        if self.width % (4 * self.heads):
            raise ValueError("width is no multiple of four times heads")
        return self

    @property
    def grid(self) -> int:
        """Places in a row of the image's grid."""
        return self.image // self.patch

    @property
    def places(self) -> int:
        """Image tokens."""
        return self.grid**2


class Schedule(Parameters):
    """How long, how many faces at a time, how fast (AdamW's highest rate and its weight decay)."""

    epochs: Count
    batch: Count
    rate: Annotated[float, Field(gt=0)]
    decay: Annotated[float, Field(ge=0)]


class SpeakingSchedule(Schedule):
    """`questions` of each face at a time."""

    questions: Count


class Recipe(Parameters):
    """How one pocket rater is made."""

    id: Identifier
    study: ProjectPath
    seed: int
    threads: Count
    faces: FacesRecipe
    raters: RatersRecipe
    model: ModelRecipe
    seeing: Schedule
    speaking: SpeakingSchedule

    @property
    def sha256(self) -> str:
        """Hexadecimal SHA-256 of all that is in it."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()


def read_recipe(path: Path) -> Recipe:
    """Read a recipe.

    Raises
    ------
    MissingFileError, ParameterError
        It is not there, or has a fault; all are listed.
    """
    return read_parameters(path, Recipe)


def check_study(study: Study) -> None:
    """Refuse a study whose answers the pocket rater cannot learn: other emotions, other scales.

    Raises
    ------
    ParameterError
        The emotions are not those that are drawn, or valence and arousal are not rated from 1 to 9 in steps of 1.
    """
    if set(study.emotion.categories) != set(EMOTIONS):
        raise ParameterError(
            f"{study.id}: emotion.categories: got {', '.join(study.emotion.categories)}, but faces are drawn with "
            f"{', '.join(EMOTIONS)}. Make the pocket rater for a study of these."
        )
    for name in RATED:
        scale = study.dimensions.get(name)
        if scale is None or (scale.low, scale.high, scale.step) != (LOW, HIGH, 1):
            got = "nothing" if scale is None else f"{scale.low:g} to {scale.high:g} in steps of {scale.step:g}"
            raise ParameterError(
                f"{study.id}: dimensions.{name}: got {got}, but the simulated raters rate from {LOW} to {HIGH} "
                "in steps of 1. Make the pocket rater for a study with this scale."
            )

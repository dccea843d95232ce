"""The study: its factors, categories, scales, files and the settings of its analyses, read from `params/study.yaml`."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal

import numpy as np
from pydantic import AfterValidator, Field, field_validator, model_validator

from lib.contracts.yaml_files import Parameters, read_parameters

RESERVED_COLUMNS = ("image_id", "file", "participant_id", "condition", "repeat", "emotion", "intended_emotion", "valid")
RESERVED_STEPS = ("all", "label", "categories")
SIMULATED_NOTE = (
    "Simulated data: ratings and predictions come from the project's twin, not from people or models. "
    "They were made so that recomputed figures come out near the published ones."
)
SAFE_NAME = re.compile(r"[a-z][a-z0-9_]*")
SAFE_ID = re.compile(r"[a-z0-9][a-z0-9._-]*")


def _inside_project(path: str) -> str:
    parts = PurePosixPath(path)
    if parts.is_absolute() or ".." in parts.parts:
        raise ValueError("a path must be relative to the project's root and stay inside it")
    return path


def check_id(value: str) -> str:
    """Refuse an id that could not safely become a file name."""
    if not SAFE_ID.fullmatch(value):
        raise ValueError("an id is made of small letters, digits, dots, hyphens and underscores")
    return value


ProjectPath = Annotated[str, AfterValidator(_inside_project)]
Identifier = Annotated[str, AfterValidator(check_id)]


class Scale(Parameters):
    """A rating scale: the values `low`, `low + step`, ..., `high`.

    People may give only these values; machines may give any value from `low` to `high`.
    """

    low: float
    high: float
    step: float = Field(default=1, gt=0)
    low_label: str
    high_label: str
    raters: Literal["everyone", "people"] = "everyone"
    optional: bool = False

    @model_validator(mode="after")
    def _steps_fit(self) -> Scale:
        steps = (self.high - self.low) / self.step
        if steps < 1 or abs(steps - round(steps)) > 1e-9:
            raise ValueError(
                f"from low {self.low:g} to high {self.high:g} must be a whole number of steps {self.step:g}"
            )
        return self

    @property
    def values(self) -> np.ndarray:
        """All values that a person may give, ascending."""
        return np.linspace(self.low, self.high, round((self.high - self.low) / self.step) + 1)


class Factor(Parameters):
    """A property of the images that was varied, such as race; without `levels` any text is a level (identity)."""

    label: str
    levels: tuple[str, ...] = ()


class Emotion(Parameters):
    """The emotion categories: those offered to everyone, and those offered to people only."""

    categories: tuple[str, ...] = Field(min_length=2)
    people_also: tuple[str, ...] = ()
    intended: bool = True

    @property
    def people_categories(self) -> tuple[str, ...]:
        """All labels that a person may give."""
        return self.categories + self.people_also

    @model_validator(mode="after")
    def _no_label_twice(self) -> Emotion:
        if len(set(self.people_categories)) < len(self.people_categories):
            raise ValueError("an emotion category is listed twice")
        return self


class Files(Parameters):
    """Where the study's data lie, from the project's root. Without `images` they are those that were rated.

    `regions` is a table of where eyes, mouth and so on are in the images (`lib.contracts.regions`).
    """

    images: ProjectPath | None = None
    regions: ProjectPath | None = None
    ratings: ProjectPath
    participants: ProjectPath | None = None
    predictions: ProjectPath | None = None
    conditions: ProjectPath | None = None


class Pair(Parameters):
    """Two conditions that are compared, and what they differ in; a difference is the first minus the second."""

    first: Identifier
    second: Identifier
    differ_in: str

    @model_validator(mode="after")
    def _two_conditions(self) -> Pair:
        if self.first == self.second:
            raise ValueError("a pair compares two different conditions")
        return self


class Analysis(Parameters):
    """Settings shared by all analyses.

    `pairs` are the planned comparisons of conditions, by name. `icc_k` is the mean of the ratings per image that
    ICC(2,k) is about: with the harmonic one, (participant + residual) / k is the mean error variance of image means.
    """

    seed: int = 20260222
    confidence: float = Field(default=0.95, gt=0.5, lt=1)
    bootstrap_draws: int = Field(default=2000, ge=100)
    resample: Literal["image", "participant"] = "image"
    correction: Literal["bonferroni", "holm", "fdr_bh"] = "fdr_bh"
    icc_k: Literal["arithmetic", "harmonic"] = "harmonic"
    human_null: bool = True
    pairs: dict[str, Pair] = Field(default_factory=dict)

    @field_validator("pairs")
    @classmethod
    def _usable_as_keys(cls, pairs: dict[str, Pair]) -> dict[str, Pair]:
        for name in pairs:
            if not SAFE_NAME.fullmatch(name):
                raise ValueError(f"{name!r} cannot be the name of a pair; use small letters, digits and _")
        return pairs


class Asking(Parameters):
    """How machines are asked, the same for every condition.

    `longest_side` is the size in pixels to which larger images are reduced before they are sent; None sends the file
    as it is. `unparsed` says what follows an earlier answer that named no category or number: the later steps are
    skipped, or asked without that context.
    """

    longest_side: int | None = Field(default=None, ge=16)
    unparsed: Literal["skip", "without_context"] = "skip"


class Study(Parameters):
    """A study, as its file says.

    `machines` are the conditions of `files.conditions` that the study is about; all of them without it.
    `beside` are files of other studies whose pages, once they have been made, become a part of this one's site.
    `simulated` says, in a sentence or two, which of its data come from no people and no models; every page, table and
    figure then repeats it.
    """

    id: Identifier
    title: str
    files: Files
    factors: dict[str, Factor] = Field(default_factory=dict)
    emotion: Emotion
    dimensions: dict[str, Scale] = Field(min_length=1)
    documents: tuple[ProjectPath, ...] = ("report/index.qmd",)
    beside: tuple[ProjectPath, ...] = ()
    unrated_images: Literal["refuse", "exclude"] = "refuse"
    stand_in: Literal["twin"] | None = None
    simulated: str | None = None
    machines: tuple[Identifier, ...] = ()
    asking: Asking = Asking()
    analysis: Analysis = Analysis()

    @field_validator("factors", "dimensions")
    @classmethod
    def _usable_as_columns(cls, named: dict[str, object]) -> dict[str, object]:
        for name in named:
            if name in RESERVED_COLUMNS or not SAFE_NAME.fullmatch(name):
                raise ValueError(f"{name!r} cannot be the name of a column; use small letters, digits and _")
        return named

    @model_validator(mode="after")
    def _names_do_not_clash(self) -> Study:
        both = sorted(set(self.factors) & set(self.dimensions))
        if both:
            raise ValueError(f"{both[0]!r} is both a factor and a dimension")
        taken = [name for name in self.dimensions if name in RESERVED_STEPS]
        if taken:
            raise ValueError(f"dimensions: {taken[0]!r} has a meaning of its own in prompts; give it another name")
        return self

    @property
    def machine_dimensions(self) -> tuple[str, ...]:
        """The dimensions that machines are asked for too, in the study's order."""
        return tuple(name for name, scale in self.dimensions.items() if scale.raters == "everyone")

    @property
    def group_factors(self) -> tuple[str, ...]:
        """The factors with listed levels: those by which groups of faces can be compared."""
        return tuple(name for name, factor in self.factors.items() if factor.levels)


def read_study(path: Path) -> Study:
    """Read and check `params/study.yaml` or another study's file."""
    return read_parameters(path, Study)

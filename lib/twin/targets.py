"""The published figures that the twin aims at, each with its version and place, read from `twin_targets.yaml`."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from lib.contracts.yaml_files import Parameters, read_parameters
from lib.errors import ParameterError

Quantity = Literal[
    "mean",
    "sd",
    "alpha_ordinal",
    "loo_mae",
    "pairwise_mae",
    "emotion_mean",
    "emotion_sd",
    "accuracy",
    "kappa",
    "macro_f1",
    "emotion_accuracy",
    "emotion_f1",
    "group_accuracy",
    "confusion",
    "r",
    "bias",
    "sd_difference",
    "mae",
    "machine_mean",
    "machine_sd",
    "emotion_bias",
    "group_bias",
    "most_values",
    "fewest_values",
    "race_share",
    "gender_share",
    "race_by_emotion_share",
    "gender_by_emotion_share",
    "thinking_tokens",
]


class Source(Parameters):
    """Where a figure stands."""

    version: str
    document: str
    place: str


class Target(Parameters):
    """One published figure.

    `value` and `tolerance` are in the unit of the quantity: points of the scale, a correlation, a share of images or a
    number of tokens. Without tolerance the figure is shown beside the recomputed one but was not aimed at.
    """

    source: str
    condition: str
    quantity: Quantity
    dimension: str | None = None
    emotion: str | None = None
    answer: str | None = None
    factor: str | None = None
    group: str | None = None
    outcome: Literal["correct", "wrong"] | None = None
    value: float
    tolerance: float | None = Field(default=None, ge=0)
    relation: Literal["equal", "at_most"] = "equal"
    standing: Literal["kept", "implied", "superseded", "contradicted"] = "kept"
    note: str | None = None

    @property
    def key(self) -> str:
        """Name of the figure: condition, dimension, quantity and what narrows it, joined by dots."""
        parts = (self.condition, self.dimension, self.quantity, self.emotion, self.answer, self.group, self.outcome)
        return ".".join(part for part in parts if part is not None)


class Contradiction(Parameters):
    """Published figures that cannot all hold for one data set, the arithmetic, and which of them the twin keeps."""

    about: str
    published: str
    arithmetic: str
    kept: str


class Tokens(Parameters):
    """Chosen, not published: mean thinking tokens of one condition's images, their spread, and each step's share.

    A condition that is asked all at once has no `steps`. Published is only that arousal takes the longest.
    """

    emotions: dict[str, float]
    steps: dict[str, Annotated[float, Field(gt=0, lt=1)]] = Field(default_factory=dict)
    wrong_factor: float = Field(gt=0)
    spread: float = Field(gt=0)


class Answers(Parameters):
    """Start of the search for one machine and dimension: mean, SD, SD within an emotion, SD of machine - people.

    `means` by emotion and `r`, where they should not simply follow people's; a network is `continuous`, a VLM gives
    whole numbers.

    Figures that are published replace these; the others stay near them, without being calibrated.
    """

    mean: float
    sd: float = Field(gt=0)
    within: float = Field(gt=0)
    sd_difference: float | None = None
    means: dict[str, float] = Field(default_factory=dict)
    r: float | None = Field(default=None, gt=-1, lt=1)
    continuous: bool = False


class Choices(Parameters):
    """What is not published, chosen so that data could be drawn. None of it is calibrated.

    `people_labels`: share of people who choose each label, by intended emotion. `people_means`, `people_sds`: of the
    ratings of an emotion, where none is printed. `answers`: for each condition and intended emotion, how many of its
    240 images get each label (`null` = no valid label); the diagonal holds the published accuracies. `dimensions`:
    where the search for each machine starts. `directions`: sign and relative size of a machine's bias by group. A
    condition without `dimensions` only classifies; one without `thinking` does not think.
    """

    people_labels: dict[str, dict[str, float]]
    people_means: dict[str, dict[str, float]]
    people_sds: dict[str, dict[str, float]]
    rater_variance: dict[str, float]
    answers: dict[str, dict[str, dict[str, int]]]
    dimensions: dict[str, dict[str, Answers]]
    directions: dict[str, dict[str, float]]
    thinking: dict[str, Tokens]


class TwinTargets(Parameters):
    """All of `twin_targets.yaml`."""

    version: int
    sources: dict[str, Source]
    targets: tuple[Target, ...] = Field(min_length=1)
    choices: Choices
    contradictions: tuple[Contradiction, ...]

    @model_validator(mode="after")
    def _consistent(self) -> TwinTargets:
        for target in self.targets:
            if target.source not in self.sources:
                raise ValueError(f"the source of {target.key} is not among the sources; got {target.source!r}")
            if target.tolerance is None and target.standing in {"kept", "implied"}:
                raise ValueError(f"{target.key} needs a tolerance, or a standing that says why it has none")
        kept = [target.key for target in self.targets if target.tolerance is not None]
        twice = sorted({key for key in kept if kept.count(key) > 1})
        if twice:
            raise ValueError(f"two targets have the same key {twice[0]!r}")
        return self

    @cached_property
    def aimed(self) -> dict[str, Target]:
        """The targets with a tolerance, by key."""
        return {target.key: target for target in self.targets if target.tolerance is not None}

    def value(self, key: str) -> float:
        """Published value of the target `key`.

        Raises
        ------
        ParameterError
            If no target with a tolerance has that key.
        """
        if key not in self.aimed:
            raise ParameterError(f"twin_targets.yaml: no target with a tolerance is named {key!r}. Add it.")
        return self.aimed[key].value

    def find(self, key: str) -> Target | None:
        """Target `key` if it has a tolerance, else None."""
        return self.aimed.get(key)


def read_targets(path: Path) -> TwinTargets:
    """Read and check the targets file.

    Raises
    ------
    MissingFileError
        There is no such file.
    ParameterError
        A key is misspelt, missing or given twice, a value does not fit, a source is unknown, or a kept figure has no
        tolerance.
    """
    return read_parameters(path, TwinTargets)

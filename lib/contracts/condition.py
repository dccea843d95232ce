"""A condition: one way of asking one machine, read from `params/conditions/<id>.yaml`."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from lib.contracts.classifier import Classifier
from lib.contracts.local_model import Local
from lib.contracts.study import Identifier
from lib.contracts.yaml_files import Parameters, read_parameters
from lib.errors import ParameterError

ANOTHER = "another"
"""`label_from` for an emotion that is not the intended one."""

Backend = Literal[
    "gemini", "openai", "ollama", "mlx", "transformers", "onnx", "tflite", "image-classification", "emotiefflib",
    "held-out-rater", "unknown",
]  # fmt: skip


class Thinking(Parameters):
    """Whether the machine reasons first: not at all, up to `budget` tokens a question, or as it sees fit."""

    mode: Literal["off", "budget", "dynamic"] = "off"
    budget: int | None = Field(default=None, ge=0)

    @model_validator(mode="after")
    def _budget_where_it_belongs(self) -> Thinking:
        if (self.mode == "budget") != (self.budget is not None and self.budget > 0) and self.mode != "off":
            raise ValueError("mode 'budget' needs a budget above 0, mode 'dynamic' takes none")
        return self


class Decoding(Parameters):
    """How answers are drawn from the model; `None` leaves a setting to the backend.

    `seed` is that of the first repeat (`seed_of`).
    """

    temperature: float | None = Field(default=0.0, ge=0, le=2)
    seed: int | None = None
    top_p: float | None = Field(default=None, gt=0, le=1)
    max_tokens: int | None = Field(default=None, gt=0)
    repetition_penalty: float | None = Field(default=None, gt=0)
    log_probabilities: int | None = Field(default=None, ge=1, le=20)
    image_detail: Literal["low", "high", "auto"] | None = None
    media_resolution: Literal["low", "medium", "high"] | None = None
    include_thoughts: bool | None = None

    def seed_of(self, repeat: int) -> int | None:
        """The seed of one repeat: one more each time where answers are drawn, since the same would draw the same."""
        return self.seed if self.seed is None or self.temperature == 0 else self.seed + repeat


class Specification(Parameters):
    """What the maker says of the model; for the tables, not for the run."""

    developer: str
    released: str | None = None
    parameters: str | None = None
    quantization: str | None = None
    weights: str | None = None
    architecture: str | None = None
    rationale: str | None = None


class Condition(Parameters):
    """One way of asking one machine.

    `steps` are what the machine is asked for: a FER classifier without valence and arousal outputs has only `emotion`,
    and a machine that is told the emotion has all but `emotion`: instead of an image (`text_only`), or with it
    (`context_carry`, whose later questions repeat it as if it had been answered).
    A condition of which only the answers are known is of kind `machine`, and its backend and strategy are `unknown`.
    `repeats` is how often each question is asked. `server` is the address of an OpenAI-compatible or Ollama server that
    is not at its usual place; it is not part of what makes two questions the same. `label_from` says which emotion a
    machine is told: the intended one, any other than that (`another`), or another condition's answer, by its id.
    `local` says how a model runs in this process.
    `classifier` describes the model of the strategy `classifier`; without it that condition asks nobody.
    """

    id: Identifier
    name: str
    short_name: str
    kind: Literal["vlm", "fer", "machine", "human"]
    backend: Backend
    model: str
    strategy: Literal["context_carry", "json_single", "text_only", "classifier", "unknown"]
    prompts: Identifier | None = None
    steps: tuple[str, ...] = Field(default=("emotion", "valence", "arousal"), min_length=1)
    decoding: Decoding = Decoding()
    thinking: Thinking = Thinking()
    repeats: int = Field(default=1, ge=1)
    server: str | None = Field(default=None, pattern=r"^https?://")
    label_from: Identifier | None = None
    classifier: Classifier | None = None
    local: Local = Local()
    specification: Specification
    notes: str | None = None

    @model_validator(mode="after")
    def _strategy_fits(self) -> Condition:
        if (self.strategy in {"classifier", "unknown"}) != (self.prompts is None):
            raise ValueError("a classifier has no prompts, nor has an unknown strategy; every other one names its set")
        if len(set(self.steps)) < len(self.steps):
            raise ValueError("a step is listed twice")
        if self.strategy == "text_only" and "emotion" in self.steps:
            raise ValueError(
                "text_only is given the emotion and not asked for it: write the other steps, as in "
                "steps: [valence, arousal]"
            )
        if not self.told_emotion and self.steps[0] != "emotion":
            raise ValueError("the first step is emotion")
        if not self.told_emotion and self.label_from is not None:
            raise ValueError(
                "only a machine that is told the emotion takes it from somewhere (label_from): by the strategy "
                "text_only, or context_carry without the step emotion"
            )
        if self.label_from == self.id:
            raise ValueError("label_from: a condition cannot take its labels from itself")
        return self

    @model_validator(mode="after")
    def _classifier_fits(self) -> Condition:
        if self.classifier is None:
            return self
        if self.strategy != "classifier":
            raise ValueError("only the strategy classifier has a section classifier")
        given = {*self.classifier.values, *self.classifier.derived}
        lacking = [step for step in self.dimensions if step not in given]
        if lacking:
            raise ValueError(
                f"steps: {lacking[0]} is neither among classifier.values nor in classifier.derived; take it out of "
                "steps, or say where it comes from"
            )
        return self

    @property
    def asks(self) -> bool:
        """Whether it says enough for a machine to be asked: prompts, or a classifier."""
        return self.prompts is not None or self.classifier is not None

    @property
    def derived(self) -> tuple[str, ...]:
        """The dimensions that are computed from the probabilities of a classifier's labels."""
        return () if self.classifier is None else tuple(name for name in self.steps if name in self.classifier.derived)

    @property
    def thinks(self) -> bool:
        """Whether the machine was allowed to reason."""
        return self.thinking.mode != "off"

    @property
    def asks_emotion(self) -> bool:
        """Whether the machine was asked for the emotion, rather than told it."""
        return "emotion" in self.steps

    @property
    def told_emotion(self) -> bool:
        """Whether the machine was told an emotion, so that each question is about an image's label, too."""
        return self.strategy in {"text_only", "context_carry"} and not self.asks_emotion

    @property
    def dimensions(self) -> tuple[str, ...]:
        """The dimensions that the machine was asked to rate."""
        return tuple(step for step in self.steps if step != "emotion")


def describe_unknown(name: str, dimensions: tuple[str, ...]) -> Condition:
    """Describe a condition of which only the answers are known: its id, and the dimensions that it rates."""
    return Condition(
        id=name, name=name, short_name=name, kind="machine", backend="unknown", model=name, strategy="unknown",
        steps=("emotion", *dimensions), decoding=Decoding(temperature=None),
        specification=Specification(developer="unknown"),
    )  # fmt: skip


def condition_files(folder: Path) -> dict[str, Path]:
    """The condition files of a folder by the id that each is to have, in order of their names; none without a folder.

    Raises
    ------
    ParameterError
        Two files are for one id (`a.yaml`, `a.yml`).
    """
    files: dict[str, Path] = {}
    for path in sorted([*folder.glob("*.yaml"), *folder.glob("*.yml")]):
        if path.stem in files:
            raise ParameterError(f"{path}: {files[path.stem].name} is for the same condition. Take one of them away.")
        files[path.stem] = path
    return files


def read_condition(path: Path) -> Condition:
    """Read one condition's file.

    Raises
    ------
    ParameterError
        It cannot be understood, or is not named after its id.
    """
    condition = read_parameters(path, Condition)
    if condition.id != path.stem:
        has = next((each for each in condition_files(path.parent).values() if each.stem == condition.id), None)
        if has is not None:
            raise ParameterError(
                f"{path}: id: got {condition.id!r}, which {has} has already. Give one of them another id."
            )
        raise ParameterError(
            f"{path}: id: got {condition.id!r}, but the file is named {path.name}. Rename it {condition.id}.yaml."
        )
    return condition


def read_conditions(folder: Path) -> dict[str, Condition]:
    """Read all condition files of a folder, in order of their names; an absent folder holds none.

    Raises
    ------
    ParameterError
        A file cannot be understood, two files have one id, or a file is not named after its id.
    """
    return {name: read_condition(path) for name, path in condition_files(folder).items()}

"""The checked data of a study, as chapters and sections use them, wherever the frames come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import polars as pl

from lib.contracts.condition import Condition
from lib.contracts.predictions import HUMAN_NULL
from lib.contracts.study import SIMULATED_NOTE, Study
from lib.errors import BuildError, MissingFileError
from lib.files import sha256_file
from lib.metrics.resampling import Resampling, significance_level
from lib.project import Project, open_project

IMAGES = "data/images.parquet"
RATINGS = "data/ratings.parquet"
REMAINING_RATINGS = "data/ratings_without_held_out.parquet"
REGIONS = "data/regions.parquet"
TRACES = "traces"


def predictions_name(condition: str) -> str:
    """The name of one condition's checked predictions, as a file of the cache or a frame in memory."""
    return f"predictions/{condition}.parquet"


def answers_name(condition: str) -> str:
    """The name of the steps of one condition's stored answers: how each came about and was read."""
    return f"answers/{condition}/steps.parquet"


def spent_name(condition: str) -> str:
    """The name of what one condition's answers cost in all."""
    return f"answers/{condition}/spent.parquet"


def variant_name(condition: str) -> str:
    """The name of the predictions of a variant of a condition, which an ablation asked."""
    return f"ablations/{condition}.parquet"


def traced_name(condition: str, kind: str) -> str:
    """The name of what chapters read of one kind of a condition's traces (`lib.traces.summaries`)."""
    return f"traced/{condition}.{kind}.parquet"


def traced_conditions(project: Project, kind: str) -> list[str]:
    """The study's own conditions of which traces of a kind are there; none beside simulated answers."""
    folder = project.cache / TRACES
    known = () if project.uses_twin else tuple(project.conditions)
    return [name for name in known if next((folder / name).rglob(f"{name}_{kind}_*.npz"), None)]


def regions_file(project: Project) -> Path | None:
    """The table of where eyes, mouth and so on are in the images; None where the study names none, or is simulated."""
    named = project.study.files.regions
    return None if named is None or project.uses_twin else project.root / named


@dataclass(frozen=True)
class CheckedStudy:
    """A study whose checked frames are in memory, such as the files of a user outside the project.

    Attributes
    ----------
    study, conditions
        The study and all its conditions, with predictions or without.
    frames : mapping of str to polars.DataFrame
        By the names that they have in the cache (`IMAGES`, `RATINGS`, `REMAINING_RATINGS`, `predictions_name`).
    uses_twin : bool
        Whether the files are the twin's, so that everything made of them must say so.
    inputs : mapping of str to str
        The files that the frames were read from, with their SHA-256.
    """

    study: Study
    conditions: dict[str, Condition]
    frames: Mapping[str, pl.DataFrame]
    uses_twin: bool = False
    inputs: Mapping[str, str] = field(default_factory=dict)

    @property
    def simulated_note(self) -> str | None:
        """What must be said of data that are simulated; None where none are."""
        return SIMULATED_NOTE if self.uses_twin else self.study.simulated

    @property
    def available(self) -> list[str]:
        """The conditions that have predictions."""
        return [name for name in self.conditions if predictions_name(name) in self.frames]

    @property
    def answered(self) -> list[str]:
        """The conditions whose predictions were read from stored answers."""
        return [name for name in self.conditions if answers_name(name) in self.frames]

    @property
    def ablated(self) -> list[str]:
        """The variants that an ablation asked; files in memory hold none."""
        return []


class StudyData:
    """Frames of one study: of a project, from `cache/` where the build has put them after checking, or in memory.

    Everything is loaded when asked for. `inputs` remembers what was read, with each file's hash.
    """

    def __init__(self, source: Project | CheckedStudy) -> None:
        self.source = source
        self.study = source.study
        self.inputs: dict[str, str] = {} if isinstance(source, Project) else dict(source.inputs)

    @property
    def project(self) -> Project:
        """The project whose cache the data come from.

        Raises
        ------
        BuildError
            The data are in memory; what needs the project's other files cannot be had.
        """
        if not isinstance(self.source, Project):
            raise BuildError(
                f"{self.study.id}: got data that are not in a project's cache. Use `rater build` for what needs one."
            )
        return self.source

    @property
    def simulated_note(self) -> str | None:
        """What every table and figure must say of simulated data; None where none are."""
        return self.source.simulated_note

    @cached_property
    def images(self) -> pl.DataFrame:
        """All images: image_id, file, one column a factor, intended_emotion if the study has it."""
        return self._read(IMAGES)

    @cached_property
    def ratings(self) -> pl.DataFrame:
        """All ratings: image_id, participant_id, emotion, one column a dimension."""
        return self._read(RATINGS)

    @cached_property
    def remaining_ratings(self) -> pl.DataFrame:
        """The ratings without those held out for `human-null`."""
        return self._read(REMAINING_RATINGS)

    @property
    def all_conditions(self) -> dict[str, Condition]:
        """The study's conditions, with predictions or without."""
        return self.source.conditions

    @cached_property
    def conditions(self) -> dict[str, Condition]:
        """The conditions that have predictions."""
        return {name: self.all_conditions[name] for name in self.source.available}

    @property
    def missing_conditions(self) -> dict[str, Condition]:
        """The conditions that have none yet."""
        return {name: item for name, item in self.all_conditions.items() if name not in self.conditions}

    @cached_property
    def repeated_predictions(self) -> dict[str, pl.DataFrame]:
        """Predictions of each condition, by id; every repeat of the same question."""
        return {name: self._read(predictions_name(name)) for name in self.conditions}

    @cached_property
    def predictions(self) -> dict[str, pl.DataFrame]:
        """Predictions of each condition, by id; repeat 0 only, which is what every table reports."""
        return {name: answers.filter(pl.col("repeat") == 0) for name, answers in self.repeated_predictions.items()}

    @cached_property
    def answers(self) -> dict[str, pl.DataFrame]:
        """How each step of stored answers came about (`lib.responses.predictions`), of each condition that has any."""
        return {name: self._read(answers_name(name)) for name in self.source.answered}

    @cached_property
    def spent(self) -> dict[str, pl.DataFrame]:
        """What the stored answers of each condition cost: condition, currency, spent; replaced ones included."""
        return {name: self._read(spent_name(name)) for name in self.source.answered}

    @cached_property
    def variants(self) -> dict[str, pl.DataFrame]:
        """Predictions of the variants that ablations asked, by id, of the images that they were asked about."""
        return {name: self._read(variant_name(name)) for name in self.source.ablated}

    @cached_property
    def _traced(self) -> dict[str, dict[str, pl.DataFrame]]:
        return {}

    def traced(self, kind: str) -> dict[str, pl.DataFrame]:
        """What chapters read of one kind of traces (`lib.traces.summaries`), by condition; files in memory hold none.

        All repeats are in it; conditions whose traces hold nothing are not.
        """
        if kind not in self._traced:
            names = traced_conditions(self.source, kind) if isinstance(self.source, Project) else []
            frames = {name: self._read(traced_name(name, kind)) for name in names}
            self._traced[kind] = {name: frame for name, frame in frames.items() if not frame.is_empty()}
        return self._traced[kind]

    @cached_property
    def regions(self) -> pl.DataFrame | None:
        """Outlines of regions in the images (`lib.contracts.regions.read_regions`); None if the study names none."""
        named = isinstance(self.source, Project) and regions_file(self.source) is not None
        return self._read(REGIONS) if named else None

    @property
    def resampling(self) -> Resampling:
        """How bootstrap intervals are made in this study."""
        analysis = self.study.analysis
        return Resampling(analysis.seed, analysis.bootstrap_draws, analysis.resample, analysis.confidence)

    @property
    def significance_level(self) -> float:
        """The level below which an adjusted p counts as a difference in this study."""
        return significance_level(self.study.analysis.confidence)

    @cached_property
    def human_null(self) -> pl.DataFrame | None:
        """One held-out rating an image as if a machine had given it; None if the study does without."""
        return self._read(predictions_name(HUMAN_NULL)) if self.study.analysis.human_null else None

    def read_input(self, path: Path) -> Path:
        """Remember the hash of another file that a chapter reads, and give it back."""
        if not path.is_file():
            raise MissingFileError(f"{self.project.relative(path)}: is not there. Run `rater build` to make it.")
        self.inputs[self.project.relative(path)] = sha256_file(path)
        return path

    def _read(self, name: str) -> pl.DataFrame:
        if isinstance(self.source, CheckedStudy):
            return self.source.frames[name]
        return pl.read_parquet(self.read_input(self.source.cache / name))


def open_study(study: str) -> StudyData:
    """Open a study by its file, for example `params/study.yaml`; a notebook's parameter `study` names it."""
    return StudyData(open_project(study))

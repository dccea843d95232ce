"""The checked data of a study, as chapters use them: loaded when asked for, and each file's hash remembered."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

import polars as pl

from lib.contracts.condition import Condition
from lib.contracts.predictions import HUMAN_NULL
from lib.errors import MissingFileError
from lib.files import sha256_file
from lib.metrics.resampling import Resampling
from lib.project import Project, open_project

SIMULATED_NOTE = (
    "Simulated data: ratings and predictions come from the project's twin, not from people or models. "
    "They were made so that recomputed figures come out near the published ones."
)


class StudyData:
    """Frames of one study from `cache/`, where the build has put them after checking."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.study = project.study
        self.inputs: dict[str, str] = {}

    @property
    def simulated_note(self) -> str | None:
        """What every table and figure must say while the twin stands in; None on real data."""
        return SIMULATED_NOTE if self.project.uses_twin else None

    @cached_property
    def images(self) -> pl.DataFrame:
        """All images: image_id, file, one column a factor, intended_emotion if the study has it."""
        return self._read("data/images.parquet")

    @cached_property
    def ratings(self) -> pl.DataFrame:
        """All ratings: image_id, participant_id, emotion, one column a dimension."""
        return self._read("data/ratings.parquet")

    @cached_property
    def remaining_ratings(self) -> pl.DataFrame:
        """The ratings without those held out for `human-null`."""
        return self._read("data/ratings_without_held_out.parquet")

    @cached_property
    def conditions(self) -> dict[str, Condition]:
        """The conditions that have predictions."""
        return {name: self.project.conditions[name] for name in self.project.available}

    @property
    def missing_conditions(self) -> dict[str, Condition]:
        """The conditions that have none yet."""
        return {name: item for name, item in self.project.conditions.items() if name not in self.conditions}

    @cached_property
    def repeated_predictions(self) -> dict[str, pl.DataFrame]:
        """Predictions of each condition, by id; every repeat of the same question."""
        return {name: self._read(f"predictions/{name}.parquet") for name in self.conditions}

    @property
    def predictions(self) -> dict[str, pl.DataFrame]:
        """Predictions of each condition, by id; repeat 0 only, which is what every table reports."""
        return {name: answers.filter(pl.col("repeat") == 0) for name, answers in self.repeated_predictions.items()}

    @property
    def resampling(self) -> Resampling:
        """How bootstrap intervals are made in this study."""
        analysis = self.study.analysis
        return Resampling(analysis.seed, analysis.bootstrap_draws, analysis.resample, analysis.confidence)

    @cached_property
    def human_null(self) -> pl.DataFrame | None:
        """One held-out rating an image as if a machine had given it; None if the study does without."""
        return self._read(f"predictions/{HUMAN_NULL}.parquet") if self.study.analysis.human_null else None

    def read_input(self, path: Path) -> Path:
        """Remember the hash of another file that a chapter reads, and give it back."""
        if not path.is_file():
            raise MissingFileError(f"{self.project.relative(path)}: is not there. Run `rater build` to make it.")
        self.inputs[self.project.relative(path)] = sha256_file(path)
        return path

    def _read(self, name: str) -> pl.DataFrame:
        return pl.read_parquet(self.read_input(self.project.cache / name))


def open_study(study: str) -> StudyData:
    """Open a study by its file, for example `params/study.yaml`; a notebook's parameter `study` names it."""
    return StudyData(open_project(study))

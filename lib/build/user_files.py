"""The files that a user gives to `rater analyze`, read and checked as the build reads and checks those of a project."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from lib.build.data import few_answers, held_out_person, read_images_and_ratings, read_sources
from lib.chapters.claims import listed
from lib.contracts.condition import Condition, describe_unknown, read_conditions
from lib.contracts.predictions import CURE, HUMAN_NULL, read_predictions
from lib.contracts.study import RESERVED_COLUMNS, SAFE_ID, Study
from lib.contracts.table_files import ROW, headings, read_whole_table, spelt_otherwise
from lib.errors import DataError, MissingFileError
from lib.files import sha256_file
from lib.study_data import IMAGES, RATINGS, REMAINING_RATINGS, CheckedStudy, predictions_name

SUFFIXES = (".csv", ".parquet")
SIMULATED = "simulated_"


@dataclass(frozen=True)
class UserFiles:
    """Where a user's data lie: manifest (or folder of images), ratings, and a folder or one file of predictions."""

    images: Path | None
    ratings: Path
    predictions: Path | None

    def prediction_files(self) -> list[Path]:
        """The files with machines' answers, in order of their names, without the held-out person's.

        Raises
        ------
        MissingFileError, DataError
            There is neither file nor folder, or the folder holds no table, or two tables of one condition.
        """
        if self.predictions is None:
            return []
        if not self.predictions.is_dir():
            if not self.predictions.is_file():
                raise MissingFileError(f"{self.predictions}: there is no such file or folder. {CURE}")
            return [self.predictions]
        found = sorted(path for path in self.predictions.iterdir() if path.suffix in SUFFIXES)
        files = [path for path in found if path.stem != HUMAN_NULL]
        if not files:
            raise MissingFileError(f"{self.predictions}: holds no <condition>.csv or <condition>.parquet. {CURE}")
        twice = sorted({path.stem for path in files if sum(other.stem == path.stem for other in files) > 1})
        if twice:
            raise DataError(f"{self.predictions}: got two files of the condition {twice[0]!r}. Take one of them away.")
        return files

    @property
    def shared(self) -> bool:
        """Whether one file holds the predictions of all conditions."""
        return self.predictions is not None and not self.predictions.is_dir()


def read_user_files(files: UserFiles, study: Study, described: dict[str, Condition]) -> tuple[CheckedStudy, list[str]]:
    """Read and check everything; hold one person out.

    Parameters
    ----------
    files
        Where it lies.
    study
        Gives factors, categories, scales and the settings of the analysis; its own paths are not used.
    described
        Conditions that are known by a file. Others are described by their answers alone.

    Returns
    -------
    tuple of CheckedStudy and list of str
        The study, and what the user should know.

    Raises
    ------
    MissingFileError, DataError
        Each fault by file, row, column, value and cure; also where simulated and real files are mixed.
    """
    if files.images is None and (study.factors or study.emotion.intended):
        needed = [*(["the intended emotions"] if study.emotion.intended else []), *study.factors]
        raise DataError(
            f"--images: is not given, but the study has {listed(needed)}, which only a manifest can tell. Give "
            "--images as in the run that wrote the study file (its paths are not read), or set factors: {} and "
            "emotion.intended: false in it."
        )
    uses_twin = _simulated(files)
    images, ratings = read_images_and_ratings(study, files.images, files.ratings)
    remarks = [*_other_spellings(files, study), *images.warnings]
    frames = {IMAGES: images.frame, RATINGS: ratings}
    conditions = dict(described)
    for path, name in _conditions_of(files):
        rated = _rated_by(path, name, study, shared=files.shared)
        if name not in conditions:
            conditions[name] = describe_unknown(name, rated)
            remarks.append(f"{name}: no file describes it, so it is a machine of unknown kind.")
        elif passed_over := [item for item in rated if item not in conditions[name].dimensions]:
            remarks.append(
                f"{name}: answers on {listed(passed_over)} are left out: its file has no such steps. Add them there."
            )
        ids = images.frame["image_id"].to_list()
        frame = read_predictions(path, conditions[name], study, ids, shared=files.shared)
        remarks += [f"{name}: {warning}" for warning in few_answers(frame, len(ids))]
        frames[predictions_name(name)] = frame
    if study.analysis.human_null:
        held_out = held_out_person(ratings, study)
        frames |= {predictions_name(HUMAN_NULL): held_out.predictions, REMAINING_RATINGS: held_out.remaining_ratings}
    read = [path for path in (files.images, files.ratings, *files.prediction_files()) if path and path.is_file()]
    hashes = {path.as_posix(): sha256_file(path) for path in read}
    in_order = dict(sorted(conditions.items(), key=lambda item: f"{item[0]}.yaml"))  # as `read_conditions` has them
    read_again = {name: _as_from_cache(frame) for name, frame in frames.items()}
    return CheckedStudy(study, in_order, read_again, uses_twin, hashes), remarks


def _as_from_cache(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame as the build reads it from its cache: sums depend, in their last digit, on how rows lie in memory."""
    stored = io.BytesIO()
    frame.write_parquet(stored)
    stored.seek(0)
    return pl.read_parquet(stored)


def find_conditions(
    study_file: Path | None, study: Study, root: Path | None, folder: Path | None
) -> dict[str, Condition]:
    """The described conditions: of `folder`, or of the study's own, from the project's root or beside the study file.

    Raises
    ------
    MissingFileError
        `folder` is not there.
    """
    if folder is not None:
        if not folder.is_dir():
            raise MissingFileError(f"{folder}: there is no such folder. Name the one with the conditions' files.")
        return read_conditions(folder)
    if study_file is None or study.files.conditions is None:
        return {}
    places = [place / study.files.conditions for place in (root, study_file.parent) if place is not None]
    return next((read_conditions(place) for place in places if place.is_dir()), {})


def _other_spellings(files: UserFiles, study: Study) -> list[str]:
    """Which columns are read under another name than the file gives them."""
    used = (*RESERVED_COLUMNS, *study.dimensions, *study.factors)
    named = []
    for path in (files.images, files.ratings, *files.prediction_files()):
        if path is not None and path.is_file():
            read_as = spelt_otherwise(path, headings(path), used)
            named += [f"{path}: column {column!r} is read as {name}." for column, name in read_as.items()]
    return named


def _spelt(path: Path, wanted: Sequence[str]) -> pl.DataFrame:
    table = read_whole_table(path, CURE)
    return table.rename(spelt_otherwise(path, table.columns, wanted))


def _conditions_of(files: UserFiles) -> list[tuple[Path, str]]:
    """Each condition with the file that its answers are in."""
    paths = files.prediction_files()
    named = [(path, path.stem) for path in paths]
    if files.shared:
        path = paths[0]
        table = _spelt(path, ["condition"])
        if "condition" not in table.columns:
            raise DataError(
                f"{path}: row 1: column 'condition' is missing; the file has {', '.join(table.columns[1:])}. "
                "Add it, or give a folder with one <condition>.csv each."
            )
        unnamed = table.filter(pl.col("condition").is_null())
        if unnamed.height:
            raise DataError(f"{path}: row {unnamed[ROW][0]}, column 'condition': got None. Name the condition.")
        named = [(path, name) for name in table["condition"].unique().sort() if name != HUMAN_NULL]
    for path, name in named:
        if not SAFE_ID.fullmatch(name):
            raise DataError(
                f"{path}: got the condition {name!r}; an id is made of small letters, digits, dots, hyphens and "
                "underscores. Rename it."
            )
    return named


def _rated_by(path: Path, name: str, study: Study, *, shared: bool) -> tuple[str, ...]:
    """The study's machine dimensions of which the condition gave at least one value."""
    table = _spelt(path, ["condition", *study.machine_dimensions])
    own = table.filter(pl.col("condition") == name) if shared else table
    there = [item for item in study.machine_dimensions if item in own.columns]
    return tuple(item for item in there if own[item].null_count() < own.height)


def _simulated(files: UserFiles) -> bool:
    """Whether the twin's files are among the inputs; mixing them with others is refused."""
    sources = [files.ratings, *files.prediction_files()]
    simulated = [path for path in sources if is_simulated(path)]
    real = [path for path in sources if path not in simulated]
    if simulated and real:
        raise DataError(
            f"{listed([path.as_posix() for path in simulated[:3]])}: simulated, but "
            f"{listed([path.as_posix() for path in real[:3]])} not. Simulated and real data are never mixed."
        )
    return bool(simulated)


def is_simulated(path: Path) -> bool:
    """Whether a file is the twin's: by its own name, its folder's, or by what the build has written into it."""
    named: Sequence[str] = (path.name, path.resolve().parent.name)
    made_from = list(read_sources(path)) if path.suffix == ".parquet" and path.is_file() else []
    return any(name.startswith(SIMULATED) for name in named) or any(SIMULATED in json.dumps(item) for item in made_from)

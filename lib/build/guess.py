"""What a study's files say about the study, for a user who has no study file yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from pydantic import ValidationError

from lib.chapters.claims import listed
from lib.contracts.images import CURE as IMAGES_CURE
from lib.contracts.images import emotion_column
from lib.contracts.ratings import CURE as RATINGS_CURE
from lib.contracts.study import RESERVED_COLUMNS, SAFE_NAME, Emotion, Factor, Files, Scale, Study
from lib.contracts.table_files import ROW, read_whole_table
from lib.errors import DataError, ParameterError

DIMENSIONS = ("valence", "arousal", "dominance", "intensity", "naturalness", "attractiveness", "trustworthiness")
USUAL_ORDER = ("happy", "sad", "angry", "fear", "disgust", "neutral")
MOST_LEVELS = 10
IMAGES_A_LEVEL = 10
HOW_TO_CORRECT = "Correct study.yaml and give it with --study to change this."


@dataclass(frozen=True)
class ScaleEnds:
    """The scale that all dimensions are taken to have; `given` is false where nobody said so."""

    low: float = 1
    high: float = 9
    step: float = 1
    given: bool = False


@dataclass(frozen=True)
class Guess:
    """A study made up from columns, and what the user should know about how."""

    study: Study
    remarks: tuple[str, ...]


def guess_study(images: Path | None, ratings: Path, predictions: Sequence[Path], scale: ScaleEnds) -> Guess:
    """Make up a study from the columns of its files.

    Parameters
    ----------
    images
        The manifest. Its further columns are the factors; one with at most `MOST_LEVELS` values and at least
        `IMAGES_A_LEVEL` images a value on average has its values as levels. None if there is none.
    ratings
        People's ratings. Columns among `DIMENSIONS` are the dimensions.
    predictions
        The machines' answers. A dimension that none of them has is for people only.
    scale
        The scale of all dimensions.

    Raises
    ------
    MissingFileError, DataError
        A file cannot be read, or the ratings have no column of `DIMENSIONS`, or no two labels.
    """
    rated = read_whole_table(ratings, RATINGS_CURE)
    answers = [read_whole_table(path, "Name the machines' answers with --predictions.") for path in predictions]
    manifest = None if images is None or images.is_dir() else read_whole_table(images, IMAGES_CURE)
    remarks = [_said_scale(scale)]
    factors, left_out = _factors(manifest)
    emotion = _emotion(
        None if manifest is None or images is None else _column(manifest, emotion_column(images)), rated, answers
    )
    study = Study(
        id="analysis",
        title=f"Analysis of {ratings.name}",
        files=Files(ratings=ratings.name, conditions="conditions" if predictions else None),
        factors=factors,
        emotion=emotion,
        dimensions=_dimensions(ratings, rated, answers, scale),
        unrated_images="exclude",
    )
    compared = [name for name, factor in factors.items() if factor.levels]
    remarks.append(
        f"categories {listed(emotion.categories)}; people also {listed(emotion.people_also)}; "
        f"dimensions {listed(list(study.dimensions))}; factors {listed(list(factors))}, compared by {listed(compared)}."
    )
    return Guess(study, (*remarks, *left_out, HOW_TO_CORRECT))


def _said_scale(scale: ScaleEnds) -> str:
    said = f"every dimension is taken to go from {scale.low:g} to {scale.high:g} in steps of {scale.step:g}"
    return f"{said}." if scale.given else f"{said}, since no --scale was given."


def _factors(manifest: pl.DataFrame | None) -> tuple[dict[str, Factor], list[str]]:
    if manifest is None:
        return {}, []
    factors, left_out = {}, []
    for name in manifest.columns:
        if name in {ROW, *RESERVED_COLUMNS} or name in DIMENSIONS:
            continue
        values = manifest[name].drop_nulls().unique().sort().to_list()
        if not SAFE_NAME.fullmatch(name):
            left_out.append(
                f"column {name!r} of the images is left out: a factor is named in small letters, digits and _."
            )
        elif manifest[name].null_count() or len(values) < 2:
            left_out.append(f"column {name!r} of the images is left out: a factor has two levels and no empty cell.")
        else:
            few = len(values) <= MOST_LEVELS and manifest.height >= IMAGES_A_LEVEL * len(values)
            factors[name] = Factor(label=name.replace("_", " ").capitalize(), levels=tuple(values) if few else ())
    return factors, left_out


def _emotion(intended: pl.Series | None, rated: pl.DataFrame, answers: Sequence[pl.DataFrame]) -> Emotion:
    """Intended emotions and whatever a machine answered are categories; without intended ones, people's labels too."""
    people = _labels([_column(rated, "emotion")])
    machines = _labels([_column(frame, "emotion") for frame in answers])
    shown = _labels([intended])
    categories = _ordered(shown | machines if shown else people | machines)
    if len(categories) < 2:
        raise DataError(
            f"emotion: got {listed(categories)}, but a study has two categories or more. "
            "Name the column of the labels emotion, or name the categories in a file given with --study."
        )
    return Emotion(categories=categories, people_also=_ordered(people - set(categories)), intended=bool(shown))


def _dimensions(path: Path, rated: pl.DataFrame, answers: Sequence[pl.DataFrame], scale: ScaleEnds) -> dict[str, Scale]:
    found = [name for name in DIMENSIONS if name in rated.columns]
    if not found:
        raise DataError(
            f"{path}: row 1: got the columns {', '.join(rated.columns[1:])}, none of which is a known dimension "
            f"({', '.join(DIMENSIONS)}). Rename them, or name them in a study file given with --study."
        )
    by_machines = {name for frame in answers for name in found if _given(frame, name)}
    try:
        Scale(low=scale.low, high=scale.high, step=scale.step, low_label="low", high_label="high")
    except ValidationError as error:
        raise ParameterError(f"--scale: {error.errors()[0]['msg'].removeprefix('Value error, ')}.") from error
    return {
        name: Scale(
            low=scale.low, high=scale.high, step=scale.step, low_label="low", high_label="high",
            raters="everyone" if name in by_machines or not answers else "people",
        )
        for name in found
    }  # fmt: skip


def _column(table: pl.DataFrame, name: str) -> pl.Series | None:
    return table[name] if name in table.columns else None


def _given(table: pl.DataFrame, name: str) -> bool:
    return name in table.columns and table[name].null_count() < table.height


def _labels(columns: Sequence[pl.Series | None]) -> set[str]:
    return {label for column in columns if column is not None for label in column.drop_nulls().unique()}


def _ordered(labels: set[str]) -> tuple[str, ...]:
    usual = [label for label in USUAL_ORDER if label in labels]
    return (*usual, *sorted(labels - set(usual)))

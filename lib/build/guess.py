"""What a study's files say about the study, for a user who has no study file yet."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from lib.build.guess_dimensions import DIMENSIONS, SaidScale, guess_dimensions
from lib.build.guess_labels import LabelColumn, check_labels
from lib.chapters.claims import listed
from lib.contracts.images import CURE as IMAGES_CURE
from lib.contracts.images import emotion_column
from lib.contracts.ratings import CURE as RATINGS_CURE
from lib.contracts.study import RESERVED_COLUMNS, SAFE_NAME, Emotion, Factor, Files, Study
from lib.contracts.table_files import ROW, columns_without_heading, in_plain_names, read_whole_table
from lib.errors import DataError

USUAL_ORDER = ("happy", "sad", "angry", "fear", "disgust", "neutral")
MOST_LEVELS = 10
IMAGES_A_LEVEL = 10
PREDICTION_COLUMNS = ("image_id", "emotion", "condition", "repeat", "valid", "thinking_tokens")
HOW_TO_CORRECT = "Correct study.yaml and give it with --study to change this."


@dataclass(frozen=True)
class Guess:
    """A study made up from columns, and what the user should know about how."""

    study: Study
    remarks: tuple[str, ...]


def guess_study(images: Path | None, ratings: Path, predictions: Sequence[Path], said: SaidScale) -> Guess:
    """Make up a study from the columns of its files; each column that goes unused is named in the remarks.

    Parameters
    ----------
    images
        The manifest. Its further columns are the factors; one with at most `MOST_LEVELS` values and at least
        `IMAGES_A_LEVEL` images a value on average has its values as levels. None if there is none.
    ratings
        People's ratings; `guess_dimensions` tells which columns are dimensions.
    predictions
        The machines' answers. A dimension that none of them has is for people only.
    said
        What the user said about the scales.

    Raises
    ------
    MissingFileError, DataError
        A file cannot be read, or the ratings have no dimension, no two labels, or one label in two spellings.
    """
    rated = _read(ratings, RATINGS_CURE)
    answers = [_read(path, "Name the machines' answers with --predictions.") for path in predictions]
    manifest = None if images is None or images.is_dir() else _read(images, IMAGES_CURE)
    intended = "" if manifest is None or images is None else emotion_column(images)
    dimensions = guess_dimensions(ratings, rated, answers, [] if manifest is None else manifest.columns, said)
    doubts = check_labels(
        [
            LabelColumn(path, table, column, machine=machine)
            for path, table, column, machine in (
                *([] if manifest is None or images is None else [(images, manifest, intended, False)]),
                (ratings, rated, "emotion", False),
                *((path, frame, "emotion", True) for path, frame in zip(predictions, answers, strict=True)),
            )
            if column in table.columns
        ]
    )
    factors, unused = _factors(manifest, dimensions.scales, intended)
    emotion = _emotion(None if manifest is None else _column(manifest, intended), rated, answers)
    study = Study(
        id="analysis",
        title=f"Analysis of {ratings.name}",
        files=Files(ratings=ratings.name, conditions="conditions" if predictions else None),
        factors=factors,
        emotion=emotion,
        dimensions=dimensions.scales,
        unrated_images="exclude",
    )
    compared = [name for name, factor in factors.items() if factor.levels]
    found = (
        f"categories {listed(emotion.categories)}; people also {listed(emotion.people_also)}; "
        f"dimensions {listed(list(study.dimensions))}; factors {listed(list(factors))}, compared by {listed(compared)}."
    )
    left_out = (
        *(columns.sentence for columns in dimensions.left_out),
        *_unused_answers(answers, dimensions.scales),
        *unused,
        *_without_heading([*([] if manifest is None or images is None else [images]), ratings, *predictions]),
    )
    return Guess(
        study, (*dimensions.remarks, found, *doubts, *left_out, *_not_compared(manifest, factors), HOW_TO_CORRECT)
    )


def _read(path: Path, cure: str) -> pl.DataFrame:
    return in_plain_names(path, read_whole_table(path, cure))


def _factors(
    manifest: pl.DataFrame | None, dimensions: Collection[str], intended: str
) -> tuple[dict[str, Factor], list[str]]:
    if manifest is None:
        return {}, []
    factors, left_out = {}, []
    for name in manifest.columns:
        values = manifest[name].drop_nulls().unique().sort().to_list()
        reason = ""
        if name in {ROW, "image_id", "file", intended}:
            continue
        if name in RESERVED_COLUMNS:
            reason = "a name that means something else in a study's files; rename it to use it"
        elif name in dimensions or name in DIMENSIONS:
            reason = "the name is a dimension's, which people rate; rename it to compare images by it"
        elif not SAFE_NAME.fullmatch(name):
            reason = "a factor is named in small letters, digits and _; rename it to use it"
        elif manifest[name].null_count() or len(values) < 2:
            reason = "a factor has two levels and no empty cell; fill its cells to use it"
        else:
            levels = () if _too_many(manifest, len(values)) else tuple(values)
            factors[name] = Factor(label=name.replace("_", " ").capitalize(), levels=levels)
        if reason:
            left_out.append(f"left out of the images: {name}: {reason}.")
    return factors, left_out


def _without_heading(paths: Sequence[Path]) -> list[str]:
    return [
        f"left out of {path}: column {number}: row 1 has no heading for it. To use it, give it one."
        for path in paths
        for number in columns_without_heading(path)
    ]


def _too_many(manifest: pl.DataFrame, levels: int) -> str:
    """Why a factor's levels are no groups to compare; nothing where they are."""
    if levels > MOST_LEVELS:
        return f"it has {levels:,} levels, more than {MOST_LEVELS}"
    images = manifest.height / levels
    if images < IMAGES_A_LEVEL:
        return f"its {levels} levels have {images:.3g} images each on average, fewer than {IMAGES_A_LEVEL}"
    return ""


def _not_compared(manifest: pl.DataFrame | None, factors: dict[str, Factor]) -> list[str]:
    if manifest is None:
        return []
    return [
        f"factor {name} is not compared: {_too_many(manifest, manifest[name].n_unique())}. To compare its levels all "
        "the same, name them under factors in study.yaml and give that with --study."
        for name, factor in factors.items()
        if not factor.levels
    ]


def _unused_answers(answers: Sequence[pl.DataFrame], dimensions: Collection[str]) -> list[str]:
    """Columns of the machines' answers that nothing reads; `valid` is worked out anew."""
    used = {ROW, *PREDICTION_COLUMNS, *dimensions, *(f"thinking_tokens_{step}" for step in ("emotion", *dimensions))}
    names = list(dict.fromkeys(name for frame in answers for name in frame.columns if name not in used))
    if not names:
        return []
    return [f"left out of the machines' answers: {listed(names)}: no dimension of the ratings has the name."]


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


def _column(table: pl.DataFrame, name: str) -> pl.Series | None:
    return table[name] if name in table.columns else None


def _labels(columns: Sequence[pl.Series | None]) -> set[str]:
    return {label for column in columns if column is not None for label in column.drop_nulls().unique()}


def _ordered(labels: set[str]) -> tuple[str, ...]:
    usual = [label for label in USUAL_ORDER if label in labels]
    return (*usual, *sorted(labels - set(usual)))

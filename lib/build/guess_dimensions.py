"""Which columns of people's ratings are dimensions, and on which scale: read off names and values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from pydantic import ValidationError

from lib.build.missing_codes import refuse_missing_codes
from lib.chapters.claims import listed
from lib.contracts.study import RESERVED_COLUMNS, SAFE_NAME, Scale
from lib.contracts.table_files import ROW
from lib.contracts.yaml_files import nearest
from lib.errors import DataError, ParameterError

DIMENSIONS = ("valence", "arousal", "dominance", "intensity", "naturalness", "attractiveness", "trustworthiness")
USED = ("image_id", "participant_id", "emotion")
# Words in the names of columns that count or time something, or describe the person, wherever they stand.
BOOKKEEPING = {
    "age", "trial", "block", "session", "order", "index", "position", "row", "seed", "time", "rt", "ms", "seconds",
    "duration", "latency", "timestamp", "tokens", "id", "number", "run", "version", "repeat",
}  # fmt: skip
MOST_STEPS = 10_000
MILLIONTHS = 1_000_000
LARGEST = 1e9
NAME_IT = "To use one, say --dimension NAME; or name it and its scale in a study file given with --study."
CORRECT_IT = "To use one, correct it."


@dataclass(frozen=True)
class SaidScale:
    """What the user said: the scale of all dimensions (None is what nobody said), and columns that are dimensions."""

    ends: tuple[float, float] | None = None
    step: float | None = None
    dimensions: tuple[str, ...] = ()


@dataclass(frozen=True)
class LeftOut:
    """Columns of the ratings that nothing uses: why, and what to do to use them."""

    names: tuple[str, ...]
    reason: str
    cure: str

    @property
    def sentence(self) -> str:
        """All of it as one line."""
        return f"left out of the ratings: {listed(self.names)}: {self.reason}. {self.cure}"


@dataclass(frozen=True)
class GuessedDimensions:
    """The dimensions by name, what is said of their scales, and every other column of the ratings."""

    scales: dict[str, Scale]
    remarks: tuple[str, ...]
    left_out: tuple[LeftOut, ...]


def guess_dimensions(
    path: Path, rated: pl.DataFrame, answers: Sequence[pl.DataFrame], of_images: Sequence[str], said: SaidScale
) -> GuessedDimensions:
    """Tell dimensions from other columns of the ratings; every column is used, or named with the reason why not.

    A column of numbers is a dimension if its name is one of `DIMENSIONS`, if the user said so, or if a machine
    answered it too and its name tells of nothing else (an age, a trial, a time, a column of the images).

    Parameters
    ----------
    path
        The ratings' file, for messages.
    rated, answers
        Ratings and machines' answers as text, as `read_whole_table` gives them.
    of_images
        The columns of the manifest.
    said
        What the user said about dimensions and scales. What nobody said is read off the values: from the
        lowest to the highest that people or machines gave, in the largest steps that people's values allow.

    Raises
    ------
    DataError
        There is no dimension, or a value seems to stand for a missing answer.
    ParameterError
        What the user said is no scale, or no column of the ratings.
    """
    if said.step is not None and said.step <= 0:
        raise ParameterError(f"--step: got {said.step:g}, but steps are above 0.")
    for name in said.dimensions:
        if name not in rated.columns[1:] or name in USED:
            hint = nearest(name, [column for column in rated.columns[1:] if column not in USED])
            raise ParameterError(f"--dimension: got {name!r}, which is no column of ratings in {path}{hint}.")
    reasons: dict[tuple[str, str], list[str]] = {}
    scales: dict[str, Scale] = {}
    for name in rated.columns:
        if name in (ROW, *USED):
            continue
        why = _why_not(name, rated, answers, of_images, (*DIMENSIONS, *said.dimensions))
        scale = None if why else _scale(name, rated, answers, said)
        if isinstance(scale, Scale):
            if not said.ends:
                refuse_missing_codes(path, name, rated, answers)
            scales[name] = scale
        else:
            reasons.setdefault(why or (_why_no_scale(rated[name]), CORRECT_IT), []).append(name)
    left_out = tuple(LeftOut(tuple(names), *why) for why, names in reasons.items())
    if not scales:
        raise DataError(
            f"{path}: row 1: got the columns {', '.join(rated.columns[1:])}, none of which is a known dimension "
            f"({', '.join(DIMENSIONS)}). Say --dimension NAME for each that is one."
            + "".join(f"\n  {columns.sentence}" for columns in left_out)
        )
    order = [name for name in DIMENSIONS if name in scales]
    ordered = {name: scales[name] for name in (*order, *(name for name in scales if name not in order))}
    return GuessedDimensions(ordered, (*_said_scales(ordered, said), *_doubts(ordered, rated, said)), left_out)


def _why_not(
    name: str, rated: pl.DataFrame, answers: Sequence[pl.DataFrame], of_images: Sequence[str], known: Sequence[str]
) -> tuple[str, str] | None:
    """Reason and cure where a column is no dimension."""
    answered = any(name in frame.columns and _mostly_numbers(frame[name]) for frame in answers)
    of_any_name = (
        (numbers(rated[name]).is_empty(), "not one cell holds a number", CORRECT_IT),
        (name in RESERVED_COLUMNS, "a name that means something else in a study's files", "To use one, rename it."),
        (
            not SAFE_NAME.fullmatch(name),
            "a dimension is named in small letters, digits and _",
            "To use one, rename it in every file.",
        ),
    )
    of_unknown_name = (
        (not _mostly_numbers(rated[name]), "most cells are not numbers", CORRECT_IT),
        (name in of_images, "also among the columns of the images, which it seems to describe", NAME_IT),
        (bool(BOOKKEEPING & set(name.split("_"))), "by the name, no rating of what is shown", NAME_IT),
        (not answered, f"no machine answered it, nor is it a known dimension ({', '.join(DIMENSIONS)})", NAME_IT),
    )
    rules = of_any_name if name in known else of_any_name + of_unknown_name
    return next(((reason, cure) for holds, reason, cure in rules if holds), None)


def numbers(column: pl.Series) -> pl.Series:
    """The cells of a text column that are finite numbers."""
    found = column.cast(pl.Float64, strict=False).drop_nulls()
    return found.filter(found.is_finite())


def _mostly_numbers(column: pl.Series) -> bool:
    found = numbers(column).len()
    return found > 0 and 2 * found >= column.drop_nulls().len()


def _scale(name: str, rated: pl.DataFrame, answers: Sequence[pl.DataFrame], said: SaidScale) -> Scale | None:
    machines = [numbers(frame[name]) for frame in answers if name in frame.columns]
    given = any(column.len() for column in machines)
    step = 1.0 if said.step is None else said.step
    ends = (*said.ends, step) if said.ends else _read_off(numbers(rated[name]), machines, said.step)
    if ends is None:
        return None
    low, high, step = ends
    try:
        return Scale(
            low=low, high=high, step=step, low_label="low", high_label="high",
            raters="everyone" if given or not answers else "people",
        )  # fmt: skip
    except ValidationError as error:
        raise ParameterError(f"--scale: {error.errors()[0]['msg'].removeprefix('Value error, ')}.") from error


def _read_off(
    people: pl.Series, machines: Sequence[pl.Series], step: float | None
) -> tuple[float, float, float] | None:
    """Lowest value, highest value and step; None where people's values do not differ, or lie on no scale.

    Machines' values that would stretch the scale beyond `MOST_STEPS` are no part of it: reading them tells their rows.
    """
    values = people.unique()
    if not 2 <= values.len() <= MOST_STEPS or max(map(abs, values)) > LARGEST:
        return None
    whole = sorted(round(value * MILLIONTHS) for value in values)
    unit = round(step * MILLIONTHS) if step else math.gcd(*(value - whole[0] for value in whole[1:]))
    if unit < 1 or whole[-1] - whole[0] > MOST_STEPS * unit:
        return None
    everyone = [*whole, *(round(value * MILLIONTHS) for column in machines for value in column if abs(value) < LARGEST)]
    for values_of in (everyone, whole):
        low = whole[0] - -((min(values_of) - whole[0]) // unit) * unit
        high = whole[0] - ((whole[0] - max(values_of)) // unit) * unit
        if high - low <= MOST_STEPS * unit:
            break
    return low / MILLIONTHS, high / MILLIONTHS, unit / MILLIONTHS


def _why_no_scale(column: pl.Series) -> str:
    values = numbers(column).unique()
    if values.len() == 1:
        return f"its values are all {values[0]:g}"
    return f"its values lie on no scale of at most {MOST_STEPS:,} steps up to {LARGEST:,.0f}"


def _said_scales(scales: dict[str, Scale], said: SaidScale) -> list[str]:
    by_scale: dict[tuple[float, float, float], list[str]] = {}
    for name, scale in scales.items():
        by_scale.setdefault((scale.low, scale.high, scale.step), []).append(name)
    if said.ends:
        return [
            f"every dimension ({listed(names)}) is taken to go {_in_words(ends)}." for ends, names in by_scale.items()
        ]
    return [
        f"{listed(names)}: taken to go {_in_words(ends)}, as the values say, since no --scale was given."
        for ends, names in by_scale.items()
    ]


def _in_words(ends: tuple[float, float, float]) -> str:
    return f"from {ends[0]:g} to {ends[1]:g} in steps of {ends[2]:g}"


def _doubts(scales: dict[str, Scale], rated: pl.DataFrame, said: SaidScale) -> list[str]:
    """What may be wrong with scales that are read off: one mistyped 55 among ratings from 1 to 9 makes a scale."""
    remarks = []
    for name, scale in scales.items() if not said.ends else ():
        people = numbers(rated[name]).unique()
        if 2 * people.len() < scale.values.size:
            remarks.append(
                f"{name}: people gave only {people.len()} of the {scale.values.size:,} values of this scale. If its "
                "ends or steps come from mistyped values, correct them; or say the scale with --scale and --step."
            )
        low, high = float(min(people)), float(max(people))
        if scale.low < low - scale.step / 2 or scale.high > high + scale.step / 2:
            remarks.append(
                f"{name}: people's values go from {low:g} to {high:g}; machines' values stretch the scale. If those "
                "stand for missing answers, empty their cells."
            )
    return remarks

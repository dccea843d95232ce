"""What is independent among faces: identities that several images show, and tests of groups between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import polars as pl

from lib.metrics.categories import right_answer
from lib.metrics.multiplicity import adjust_within
from lib.metrics.schemas import Schema, schema_like, schema_of
from lib.metrics.unit_anova import UnitEffect, compare_units, is_between_units
from lib.study_data import StudyData

UNIT_FIGURES = ("f_units", "df_residual_units", "p_units", "p_units_adjusted", "n_units", "n_units_excluded")
P_UNITS = "p_units_adjusted"


def unit_of_faces(data: StudyData) -> str | None:
    """The study's unit of faces, its first factor without levels, such as identity; None in a study without one.

    Images of one unit stay together in cross-validation, and groups of faces are also tested between units.
    """
    free = [name for name, factor in data.study.factors.items() if not factor.levels and name in data.images.columns]
    return free[0] if free else None


def face_units(data: StudyData) -> pl.DataFrame:
    """What is independent among the images: image_id, unit (the unit of faces, or the image where there is none)."""
    name = unit_of_faces(data)
    own = pl.col("image_id") if name is None else pl.coalesce(pl.col(name).cast(pl.String), "image_id")
    return data.images.select("image_id", own.alias("unit"))


def face_note(data: StudyData) -> str:
    """What intervals and p values count as independent where faces of one person are kept together."""
    name = unit_of_faces(data)
    if name is None:
        return "Images count as independent."
    return f"Images of one {data.study.factors[name].label.lower()} count as one unit."


def unit_label(data: StudyData) -> str | None:
    """The unit's label, such as `identity`, where some factor with levels differs between units; else None."""
    unit = unit_of_faces(data)
    tested = unit and any(is_between_units(data.images, unit, [name]) for name in data.study.group_factors)
    return data.study.factors[unit].label.lower() if unit and tested else None


def with_unit_effects(data: StudyData, anovas: pl.DataFrame, biases: pl.DataFrame) -> pl.DataFrame:
    """Beside analyses of variance of images those of units, emotions weighing the same.

    Parameters
    ----------
    data
        The study.
    anovas
        condition, dimension, factor, term (`race`, `race:emotion`).
    biases
        condition, dimension, bias, emotion, the study's factors.

    Returns
    -------
    polars.DataFrame
        `anovas` with `UNIT_FIGURES`: the fields of `UnitEffect` and p_units_adjusted (corrected over conditions for
        each dimension and term). Null where the study has no unit, or the factor differs within units.
    """
    keys, unit = ["condition", "dimension"], unit_of_faces(data)
    between = [] if unit is None else [f for f in data.study.group_factors if is_between_units(data.images, unit, [f])]
    rows = [
        dict(zip(keys, key, strict=True))
        | {"term": f"{factor}:emotion" if interaction else factor}
        | asdict(compare_units(own, "bias", factor, str(unit), "emotion", interaction=interaction))
        for key, own in biases.group_by(keys, maintain_order=True)
        for factor in between
        for interaction in (False, True)
    ]
    return _beside(data, anovas, rows, [*keys, "term"], ["dimension", "term"])


def with_unit_shares(data: StudyData, tests: pl.DataFrame, grouped: pl.DataFrame) -> pl.DataFrame:
    """Beside tests of equal accuracy analyses of variance of each unit's share of images labelled right.

    Parameters
    ----------
    data
        The study.
    tests
        condition, factor (also pairs, `race:gender`).
    grouped
        `lib.chapters.group_scores.in_groups` of labels.

    Returns
    -------
    polars.DataFrame
        `tests` with `UNIT_FIGURES`; p_units_adjusted is corrected over conditions for each factor. Null as above.
    """
    unit, keys = unit_of_faces(data), ["condition", "factor"]
    rows = []
    for (condition, factor), own in grouped.group_by(keys, maintain_order=True) if unit else ():
        known = own.drop_nulls("intended").with_columns(right_answer().alias("correct"))
        if unit and is_between_units(data.images, unit, str(factor).split(":")):
            effect = compare_units(known, "correct", "level", unit)
            rows.append({"condition": condition, "factor": factor} | asdict(effect))
    return _beside(data, tests, rows, keys, ["factor"])


def _beside(
    data: StudyData, tests: pl.DataFrame, rows: Sequence[dict[str, object]], keys: Sequence[str], family: Sequence[str]
) -> pl.DataFrame:
    kinds: Schema = schema_like(tests, keys) | schema_of(UnitEffect)
    joined = tests.join(pl.DataFrame(rows, schema=kinds), on=keys, how="left", maintain_order="left")
    adjusted = adjust_within(joined, family, data.study.analysis.correction, p="p_units", name=P_UNITS)
    return adjusted.select(*tests.columns, *UNIT_FIGURES)

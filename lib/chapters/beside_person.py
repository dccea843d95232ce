"""Every machine's accuracy beside that expected of one person, image by image, as a tidy frame."""

from __future__ import annotations

import polars as pl

from lib.chapters.conditions import condition_ids
from lib.chapters.lacking import Lacking
from lib.metrics.beside_person import BesidePerson, beside_person, expected_right
from lib.metrics.categories import right_answer
from lib.metrics.multiplicity import adjust_within
from lib.metrics.schemas import Schema, schema_of
from lib.study_data import StudyData

BESIDE: Schema = schema_of(BesidePerson) | {"p_adjusted": pl.Float64}


def beside_frame(data: StudyData, answers: pl.DataFrame) -> pl.DataFrame:
    """Whether each machine is more accurate than one person, who enters by expectation, not by one draw.

    Parameters
    ----------
    data
        The study.
    answers
        `lib.chapters.answers.label_answers`.

    Returns
    -------
    polars.DataFrame
        condition (Enum), the fields of `BesidePerson`, p_adjusted (family: the machines). No rows where nobody is held
        out, people gave no labels, or no machine has an image with a reference emotion. In a study without intended
        emotions a machine is compared with people's majority, a person with that of the others.
    """
    schema = {"condition": condition_ids(data)} | BESIDE
    if not data.study.analysis.human_null or not _labelled(data):
        return pl.DataFrame(schema=schema)
    emotion = data.study.emotion
    intended = data.images.select("image_id", intended="intended_emotion") if emotion.intended else None
    person = expected_right(data.ratings, emotion.people_categories, intended)
    machines = answers.filter(pl.col("condition").cast(pl.String).is_in(list(data.conditions)))
    joined = machines.join(person, on="image_id", how="left", maintain_order="left").with_columns(
        right_answer().cast(pl.Float64).alias("right")
    )
    rows = [
        {"condition": name} | vars(beside_person(own["right"], own["person"], data.study.analysis.confidence))
        for (name,), own in joined.group_by("condition", maintain_order=True)
        if own["intended"].null_count() < own.height
    ]
    return adjust_within(pl.DataFrame(rows, schema=schema), [], data.study.analysis.correction).sort("condition")


def lacking_beside(beside: pl.DataFrame) -> Lacking | None:
    """A note where no machine can be set beside a person; None (false) where one is."""
    if beside.height:
        return None
    return Lacking("emotion label of a person", "Add the column `emotion` to the ratings to get it.")


def _labelled(data: StudyData) -> bool:
    return "emotion" in data.ratings.columns and data.ratings["emotion"].null_count() < data.ratings.height

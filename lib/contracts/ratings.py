"""People's ratings: one row a person and image."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from lib.contracts.problems import Problems, parse_number
from lib.contracts.study import Study
from lib.contracts.table_files import ROW, read_table
from lib.errors import DataError

CURE = (
    "Put the ratings there (columns image_id, participant_id, emotion and one a dimension), "
    "or name another file in the study file."
)


def read_ratings(
    path: Path, study: Study, image_ids: list[str] | None = None, participants: list[str] | None = None
) -> pl.DataFrame:
    """Read and check the ratings.

    Parameters
    ----------
    path
        CSV or Parquet with image_id, participant_id, emotion and one column a dimension of the study.
        Optional dimensions may be absent; empty cells mean "not answered" anywhere but in the two ids.
    study
        Gives the categories and scales. People must use the scale's steps and the labels as they are written there.
    image_ids, participants
        The known ids, or None where any will do.

    Returns
    -------
    polars.DataFrame
        image_id, participant_id, emotion, then the dimensions as Float64; sorted by image_id and participant_id.

    Raises
    ------
    MissingFileError, DataError
        Each fault by row, column, value and cure; the file is not changed.
    """
    optional = [name for name, scale in study.dimensions.items() if scale.optional]
    needed = [name for name in study.dimensions if name not in optional]
    table = read_table(path, ["image_id", "participant_id", "emotion", *needed], CURE, optional=optional)
    problems = Problems(path)
    for column in ("image_id", "participant_id"):
        problems.add(table, pl.col(column).is_null(), column, "every rating needs one")
    if image_ids is not None:
        problems.add_unknown(table, "image_id", image_ids, "an image of the study's manifest")
    if participants is not None:
        problems.add_unknown(table, "participant_id", participants, "a participant of the study's list")
    labels = list(study.emotion.people_categories)
    problems.add_unknown(table, "emotion", labels, f"one of {', '.join(labels)}")
    present = [name for name in study.dimensions if name in table.columns]
    for name in present:
        table = parse_number(table, name, study.dimensions[name], problems, stepwise=True)
    pair = pl.struct("image_id", "participant_id")
    problems.add(
        table, pair.is_duplicated() & ~pair.is_first_distinct(), "participant_id", "who rated this image before"
    )
    problems.raise_any("Correct these rows, or the scales and categories in the study file.")
    return table.drop(ROW).select("image_id", "participant_id", "emotion", *present).sort("image_id", "participant_id")


def refuse_unrated(path: Path, ratings: pl.DataFrame, images: pl.DataFrame, study: Study) -> pl.DataFrame:
    """Give the rated images; one without ratings is an error unless the study says `unrated_images: exclude`."""
    unrated = images.join(ratings, on="image_id", how="anti")
    if unrated.height and study.unrated_images == "refuse":
        names = ", ".join(unrated["image_id"].head(10))
        raise DataError(
            f"{path}: {unrated.height} of {images.height} images have no rating: {names}"
            f"{', ...' if unrated.height > 10 else ''}. Add their ratings, take them out of the manifest, "
            "or set unrated_images: exclude in the study file."
        )
    return images.join(ratings, on="image_id", how="semi")


def read_participants(path: Path) -> list[str]:
    """Read the list of participants (column participant_id)."""
    table = read_table(
        path, ["participant_id"], "Put the list there, or take files.participants out of the study file."
    )
    return table["participant_id"].drop_nulls().to_list()

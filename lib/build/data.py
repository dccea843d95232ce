"""The steps between raw files and chapters: checked data, checked predictions, the human null."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl

from lib.contracts.images import Images, images_of_ratings, read_images
from lib.contracts.predictions import HUMAN_NULL, read_predictions
from lib.contracts.ratings import read_participants, read_ratings, refuse_unrated
from lib.contracts.study import Study
from lib.errors import BuildError
from lib.files import sha256_file, write_aside, write_json
from lib.metrics.human_null import HeldOut, hold_out
from lib.project import Project
from lib.study_data import IMAGES, RATINGS, REMAINING_RATINGS, predictions_name

SOURCES = "rater.sources"


def read_images_and_ratings(
    study: Study, images_file: Path | None, ratings_file: Path, participants: list[str] | None = None
) -> tuple[Images, pl.DataFrame]:
    """Read and check images and ratings; images are those of the ratings where there is no manifest.

    Returns
    -------
    tuple of Images and polars.DataFrame
        The rated images, with warnings about the design and about images that were left out; the ratings.
    """
    if images_file is None:
        ratings = read_ratings(ratings_file, study, participants=participants)
        images = images_of_ratings(ratings["image_id"], study)
    else:
        images = read_images(images_file, study)
        ratings = read_ratings(ratings_file, study, images.frame["image_id"].to_list(), participants)
    rated = refuse_unrated(ratings_file, ratings, images.frame, study)
    dropped = images.frame.height - rated.height
    warnings = [*images.warnings, *([f"{dropped} images without ratings are excluded"] if dropped else [])]
    return Images(rated, tuple(warnings)), ratings


def held_out_person(ratings: pl.DataFrame, study: Study) -> HeldOut:
    """Hold out one rating an image by the study's seed."""
    return hold_out(ratings, study.emotion.people_categories, study.analysis.seed, study.machine_dimensions)


def few_answers(frame: pl.DataFrame, n_images: int) -> list[str]:
    """Warn where a condition's first repeat has fewer rows than there are images."""
    answered = frame.filter(pl.col("repeat") == 0).height
    return (
        [] if answered == n_images else [f"only {answered} of {n_images} images have a row; the others count as wrong"]
    )


def check_data(project: Project) -> list[str]:
    """Check images and ratings and put them into `cache/data/`; give the warnings that the user should see."""
    study = project.study
    listed = project.root / study.files.participants if study.files.participants else None
    participants = read_participants(listed) if listed and not project.uses_twin else None
    ratings_file = project.cache / "twin/simulated_ratings.parquet" if project.uses_twin else project.ratings_file
    images, ratings = read_images_and_ratings(study, project.images_file, ratings_file, participants)
    write_frame(project, IMAGES, images.frame, project.images_file or ratings_file)
    write_frame(project, RATINGS, ratings, ratings_file)
    write_json(project.cache / "data/warnings.json", list(images.warnings))
    return list(images.warnings)


def check_predictions(project: Project, condition: str) -> list[str]:
    """Check one condition's predictions and put them into `cache/predictions/`; give warnings for the user."""
    path = project.predictions_file(condition)
    if path is None:
        raise BuildError(
            f"{condition}: has no predictions. Put them into {project.study.files.predictions}/{condition}.csv."
        )
    images = pl.read_parquet(project.cache / IMAGES)["image_id"].to_list()
    frame = read_predictions(path, project.conditions[condition], project.study, images)
    write_frame(project, predictions_name(condition), frame, path)
    return few_answers(frame, len(images))


def make_human_null(project: Project) -> None:
    """Hold out one rating an image as if a machine had given it."""
    source = project.cache / RATINGS
    ratings = pl.read_parquet(source)
    held_out = held_out_person(ratings, project.study)
    write_frame(project, predictions_name(HUMAN_NULL), held_out.predictions, source)
    write_frame(project, REMAINING_RATINGS, held_out.remaining_ratings, source)


def write_frame(project: Project, name: str, frame: pl.DataFrame, *sources: Path) -> None:
    """Write a frame into the cache, whole or not at all, with names and hashes of the files it was made from."""
    metadata = {project.relative(path): sha256_file(path) for path in sources if path.is_file()}
    write_aside(project.cache / name, lambda path: frame.write_parquet(path, metadata={SOURCES: json.dumps(metadata)}))


def read_sources(path: Path) -> dict[str, str]:
    """The files that a frame of the cache was made from, with their SHA-256."""
    sources: dict[str, str] = json.loads(pl.read_parquet_metadata(path).get(SOURCES, "{}"))
    return sources

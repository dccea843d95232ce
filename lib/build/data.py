"""The steps between raw files and chapters: checked data, checked predictions, the human null."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl

from lib.contracts.images import Images, images_of_ratings, read_images
from lib.contracts.predictions import HUMAN_NULL, read_predictions
from lib.contracts.ratings import read_participants, read_ratings, refuse_unrated
from lib.errors import BuildError
from lib.files import sha256_file, write_aside, write_json
from lib.metrics.human_null import hold_out
from lib.project import Project

SOURCES = "rater.sources"


def check_data(project: Project) -> list[str]:
    """Check images and ratings and put them into `cache/data/`; give the warnings that the user should see."""
    study = project.study
    listed = project.root / study.files.participants if study.files.participants else None
    participants = read_participants(listed) if listed and not project.uses_twin else None
    ratings_file = project.cache / "twin/simulated_ratings.parquet" if project.uses_twin else project.ratings_file
    if project.images_file is None:
        ratings = read_ratings(ratings_file, study, participants=participants)
        images = images_of_ratings(ratings["image_id"], study)
    else:
        images = read_images(project.images_file, study)
        ratings = read_ratings(ratings_file, study, images.frame["image_id"].to_list(), participants)
    kept = Images(refuse_unrated(ratings_file, ratings, images.frame, study), images.warnings)
    write_frame(project, "data/images.parquet", kept.frame, project.images_file or ratings_file)
    write_frame(project, "data/ratings.parquet", ratings, ratings_file)
    dropped = images.frame.height - kept.frame.height
    warnings = [*kept.warnings, *([f"{dropped} images without ratings are excluded"] if dropped else [])]
    write_json(project.cache / "data/warnings.json", warnings)
    return warnings


def check_predictions(project: Project, condition: str) -> list[str]:
    """Check one condition's predictions and put them into `cache/predictions/`; give warnings for the user."""
    path = project.predictions_file(condition)
    if path is None:
        raise BuildError(
            f"{condition}: has no predictions. Put them into {project.study.files.predictions}/{condition}.csv."
        )
    images = pl.read_parquet(project.cache / "data/images.parquet")["image_id"].to_list()
    frame = read_predictions(path, project.conditions[condition], project.study, images)
    write_frame(project, f"predictions/{condition}.parquet", frame, path)
    answered = frame.filter(pl.col("repeat") == 0).height
    return (
        []
        if answered == len(images)
        else [f"only {answered} of {len(images)} images have a row; the others count as wrong"]
    )


def make_human_null(project: Project) -> None:
    """Hold out one rating an image as if a machine had given it."""
    source = project.cache / "data/ratings.parquet"
    ratings = pl.read_parquet(source)
    study = project.study
    held_out = hold_out(ratings, study.emotion.people_categories, study.analysis.seed, study.machine_dimensions)
    write_frame(project, f"predictions/{HUMAN_NULL}.parquet", held_out.predictions, source)
    write_frame(project, "data/ratings_without_held_out.parquet", held_out.remaining_ratings, source)


def write_frame(project: Project, name: str, frame: pl.DataFrame, *sources: Path) -> None:
    """Write a frame into the cache, whole or not at all, with names and hashes of the files it was made from."""
    metadata = {project.relative(path): sha256_file(path) for path in sources if path.is_file()}
    write_aside(project.cache / name, lambda path: frame.write_parquet(path, metadata={SOURCES: json.dumps(metadata)}))


def read_sources(path: Path) -> dict[str, str]:
    """The files that a frame of the cache was made from, with their SHA-256."""
    sources: dict[str, str] = json.loads(pl.read_parquet_metadata(path).get(SOURCES, "{}"))
    return sources

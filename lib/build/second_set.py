"""The frames of a second set of images: checked as a study's own are, and put into the first study's cache."""

from __future__ import annotations

import polars as pl

from lib.build.answered import from_answers
from lib.build.asking import real_images
from lib.build.data import few_answers, read_images_and_ratings, write_frame
from lib.chapters.second_sets import SecondSet, second_sets
from lib.contracts.predictions import read_predictions
from lib.contracts.ratings import read_participants
from lib.errors import BuildError
from lib.project import Project
from lib.study_data import IMAGES, RATINGS, predictions_name


def check_second_set(project: Project, ablation: str) -> list[str]:
    """Put images, ratings and predictions of an ablation's second set into `cache/second/<ablation>/`.

    Without ratings by people the images are those of the manifest, and the frame of ratings has no rows.

    Returns
    -------
    list of str
        Warnings for the user: images left out, unequal cells, images without an answer.

    Raises
    ------
    BuildError
        Nobody has answered about it.
    DataError
        A file does not hold what it should.
    """
    one = next((each for each in second_sets(project) if each.ablation.id == ablation), None)
    if one is None:
        command = project.command(f"ablate {ablation} -m <condition>")
        raise BuildError(f"{ablation}: no condition has answered about its images. Ask one: {command}")
    images, warnings = _data(project, one)
    for name in one.conditions:
        warnings += [f"{name}: {warning}" for warning in _predictions(project, one, name, images)]
    return warnings


def _data(project: Project, one: SecondSet) -> tuple[pl.DataFrame, list[str]]:
    second = one.project
    study, manifest = second.study, second.manifest
    sources = [second.study_file, *([manifest] if manifest else [])]
    if second.ratings_file.is_file():
        listed = second.root / study.files.participants if study.files.participants else None
        participants = read_participants(listed) if listed else None
        checked, ratings = read_images_and_ratings(study, manifest, second.ratings_file, participants)
        images, warnings = checked.frame, list(checked.warnings)
        sources.append(second.ratings_file)
    else:
        images, warnings = real_images(second), []
        texts = ("image_id", "participant_id", "emotion")
        ratings = pl.DataFrame(schema=dict.fromkeys(texts, pl.String) | dict.fromkeys(study.dimensions, pl.Float64))
    write_frame(project, f"{one.folder}/{IMAGES}", images, *sources)
    write_frame(project, f"{one.folder}/{RATINGS}", ratings, *sources)
    return images, warnings


def _predictions(project: Project, one: SecondSet, name: str, images: pl.DataFrame) -> list[str]:
    second = one.project
    sources = second.response_files(name)
    if sources:
        found, store = from_answers(second, name, images)
        frame, warnings = found.predictions, store.report.warnings()
    else:
        path = second.predictions_file(name)
        assert path is not None
        sources, warnings = [path], []
        frame = read_predictions(path, second.conditions[name], second.study, images["image_id"].to_list())
    write_frame(project, f"{one.folder}/{predictions_name(name)}", frame, *sources)
    return [*warnings, *few_answers(frame, images.height)]

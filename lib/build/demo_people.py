"""Simulated people of the demonstration study, who answer by the rule that the pocket rater learned from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
import polars as pl
from numpy.typing import NDArray
from pydantic import Field

from lib.contracts.study import ProjectPath
from lib.contracts.yaml_files import Parameters, read_parameters
from lib.drawing.expressions import EMOTIONS
from lib.errors import DataError, MissingFileError
from lib.files import write_aside
from lib.pocket.raters import MIDDLE, SCALE, Raters
from lib.pocket.recipe import RATED, RatersRecipe, read_recipe
from lib.project import Project

PEOPLE = "params/demo/people.yaml"
NEEDED = ("image_id", "emotion", "intensity")


class PeopleRecipe(Parameters):
    """How many people rate how many faces; `person` is the standard deviation of people's own levels, in points."""

    rule: ProjectPath
    participants: Annotated[int, Field(ge=2)]
    images_each: Annotated[int, Field(ge=1)]
    person: Annotated[float, Field(ge=0)]
    seed: int


def read_people(path: Path) -> PeopleRecipe:
    """Read a recipe of people.

    Raises
    ------
    MissingFileError, ParameterError
        It is not there, or has a fault.
    """
    return read_parameters(path, PeopleRecipe)


def simulate_people(faces: pl.DataFrame, people: PeopleRecipe, rule: RatersRecipe) -> pl.DataFrame:
    """Let simulated people rate drawn faces.

    Each person names an emotion with the rule's chance for the face, then rates valence and arousal around the mean of
    that rule for what they named, what is shown and how strongly, and for arousal the valence just given: a normal
    rating with the rule's spread, moved by the person's own level of that scale, rounded, and cut at its ends.

    Parameters
    ----------
    faces
        image_id, emotion (drawn) and intensity (0 to 1), as in the manifest of drawn faces.
    people, rule
        How many rate, and how.

    Returns
    -------
    polars.DataFrame
        image_id, participant_id, emotion, valence, arousal (whole numbers from 1 to 9); numbers of ratings of two
        images differ by one at most, and nobody rates an image twice. The same for the same arguments.

    Raises
    ------
    DataError
        A column is missing, or people are to rate more images than there are.
    """
    missing = [name for name in NEEDED if name not in faces.columns]
    if missing:
        raise DataError(
            f"Faces to rate: column {missing[0]} is missing. Take the manifest that `rater stimuli draw` wrote."
        )
    if people.images_each > faces.height:
        raise DataError(f"images_each: got {people.images_each}, but there are {faces.height} images. Take fewer.")
    random, raters = np.random.default_rng(people.seed), Raters(rule)
    shares = _shares(faces.height, people, random)
    levels = random.normal(0, people.person, (people.participants, len(RATED)))
    ids, shown, intensity = (faces[name].to_list() for name in NEEDED)
    rows = []
    for person, share in enumerate(shares):
        for image in share:
            answers = _answer(raters, shown[image], float(intensity[image]), levels[person], random)
            rows.append((ids[image], f"S{person + 1:03d}", *answers))
    schema = {"image_id": pl.String, "participant_id": pl.String, "emotion": pl.String} | dict.fromkeys(RATED, pl.Int64)
    return pl.DataFrame(rows, schema=schema, orient="row").sort("image_id", "participant_id")


def _shares(images: int, people: PeopleRecipe, random: np.random.Generator) -> list[list[int]]:
    """Which images each person rates: those rated least so far, ties by chance."""
    rated = np.zeros(images, dtype=np.int64)
    shares = []
    for _ in range(people.participants):
        share = np.lexsort((random.random(images), rated))[: people.images_each]
        rated[share] += 1
        shares.append(sorted(share.tolist()))
    return shares


def _answer(
    raters: Raters, shown: str, intensity: float, levels: NDArray[np.float64], random: np.random.Generator
) -> tuple[str, int, int]:
    named = EMOTIONS[random.choice(len(EMOTIONS), p=raters.emotions(shown, intensity))]
    middle = {name: raters.mixed(name, shown, named, intensity) for name in RATED}
    valence = _rate(middle["valence"], levels[0], raters, random)
    farther = abs(valence - MIDDLE) - abs(middle["valence"] - MIDDLE)
    arousal = _rate(middle["arousal"] + raters.rule.carried * farther, levels[1], raters, random)
    return named, valence, arousal


def _rate(centre: float, level: float, raters: Raters, random: np.random.Generator) -> int:
    rating = random.normal(centre + level, raters.rule.spread)
    return int(np.clip(np.rint(rating), SCALE[0], SCALE[-1]))


def write_people(project: Project) -> int:
    """Write the ratings of the study's simulated people where it expects ratings; how many there are.

    Raises
    ------
    RaterError
        The recipe or the manifest is not there, or has a fault; nothing was written.
    """
    people = read_people(project.root / PEOPLE)
    rule = read_recipe(project.root / people.rule).raters
    if project.manifest is None or not project.manifest.is_file():
        raise MissingFileError(f"{project.study.files.images}: is not there. Draw the faces: `rater stimuli draw`.")
    ratings = simulate_people(pl.read_csv(project.manifest), people, rule)
    write_aside(project.ratings_file, ratings.write_csv)
    return ratings.height

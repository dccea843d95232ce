"""The twin's images and who rates which of them: the laboratory's design, exactly balanced."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import polars as pl
from numpy.typing import NDArray

RACES = ("Black", "Caucasian", "Korean")
GENDERS = ("Man", "Woman")
EMOTION_CODES = {"happy": "Hap", "sad": "Sad", "angry": "Ang", "fear": "Fea", "disgust": "Dis", "neutral": "Neu"}
EMOTIONS = tuple(EMOTION_CODES)
N_IDENTITIES = 40
N_RATERS = 1000
FACES_PER_RATER = 72

Indices = NDArray[np.int64]
Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Faces:
    """The images, and how hard each is.

    `images`: the images frame; `difficulty`: standard normal, the same for people and for all machines, shape
    (n_images,): the hardest faces are the likeliest to be labelled otherwise than intended.
    """

    images: pl.DataFrame
    difficulty: Numbers

    @property
    def emotion(self) -> Indices:
        """Position of each image's intended emotion in `EMOTIONS`, shape (n_images,)."""
        return position(self.images["intended_emotion"], EMOTIONS)

    def is_in(self, column: str, level: str) -> NDArray[np.bool_]:
        """Whether each image is of that level, such as race Black, shape (n_images,)."""
        return np.asarray((self.images[column] == level).to_numpy())


def twin_images() -> pl.DataFrame:
    """List the study's 1,440 images.

    Returns
    -------
    polars.DataFrame
        image_id (`BM01_Ang`), file (`Black Man/BM01_Ang.png`), race, gender, identity (`BM01`), intended_emotion; one
        row an image, 40 in each cell of 3 races x 2 genders x 6 emotions, sorted by image_id, no nulls.
    """
    rows = []
    for race, gender, number, (emotion, code) in product(
        RACES, GENDERS, range(1, N_IDENTITIES + 1), EMOTION_CODES.items()
    ):
        identity = f"{race[0]}{gender[0]}{number:02d}"
        image_id = f"{identity}_{code}"
        file = f"{race} {gender}/{image_id}.png"
        rows.append((image_id, file, race, gender, identity, emotion))
    columns = ["image_id", "file", "race", "gender", "identity", "intended_emotion"]
    return pl.DataFrame(rows, schema=columns, orient="row").sort("image_id")


def position(values: pl.Series, levels: Sequence[str]) -> Indices:
    """Position of each value in `levels`, -1 for null, shape (n_values,)."""
    return (
        values.replace_strict(list(levels), list(range(len(levels))), default=None, return_dtype=pl.Int64)
        .fill_null(-1)
        .to_numpy()
    )


def assign_raters(n_images: int, random: np.random.Generator) -> tuple[Indices, Indices]:
    """Give every rater 72 different images at random so that every image is rated equally often.

    Each of 50 rounds shuffles all images and deals them out to the next 20 raters, 72 each.

    Parameters
    ----------
    n_images : int
        Number of images; 1,000 x 72 must be a multiple of it, and it a multiple of 72.
    random : numpy.random.Generator
        Source of the shuffles.

    Returns
    -------
    rater, image : numpy.ndarray
        Positions (from 0) of the rater and of the image of each rating, shape (72,000,), in the order of rating.
    """
    n_rounds = N_RATERS * FACES_PER_RATER // n_images
    image = np.concatenate([random.permutation(n_images) for _ in range(n_rounds)])
    rater = np.repeat(np.arange(N_RATERS), FACES_PER_RATER)
    return rater, image

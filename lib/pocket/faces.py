"""Faces to learn from: drawn people of the population `training`, with what each was drawn with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lib.drawing.design import Plan, plan_faces
from lib.drawing.drawn_set import draw_set
from lib.drawing.expressions import BOTH, EMOTIONS, LOWER, UPPER
from lib.errors import MissingFileError
from lib.pocket.recipe import FacesRecipe
from lib.protocol.pixels import decode
from lib.protocol.question import Picture

Report = Callable[[int, int], None]


@dataclass(frozen=True)
class Faces:
    """Faces in memory, a row each.

    Attributes
    ----------
    plans : tuple of Plan
        What each was drawn with.
    pixels : array (faces, side, side, 3) of uint8
        As the model's processor resizes them.
    emotion : array (faces,) of int
        Place in `EMOTIONS`.
    intensity : array (faces,) of float32
        0 to 1.
    actions : array (faces, units) of float32
        Weight of each face unit of `units()`, relative to the largest that there is: -1 to 1.
    """

    plans: tuple[Plan, ...]
    pixels: NDArray[np.uint8]
    emotion: NDArray[np.int64]
    intensity: NDArray[np.float32]
    actions: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.plans)


@dataclass(frozen=True)
class Lessons:
    """Faces on which is learned, and others of other people, by which is seen how well."""

    training: Faces
    validation: Faces


@cache
def units() -> tuple[str, ...]:
    """Every face unit that an expression moves, left and right apart, in order of names."""
    named = {name for table in (*UPPER.values(), *LOWER.values()) for name in table}
    return tuple(sorted(name + side for name in named for side in (("Left", "Right") if name in BOTH else ("",))))


def mirrored() -> NDArray[np.int64]:
    """For each of `units()` the place of the one that a mirror shows in its stead."""
    places = {name: place for place, name in enumerate(units())}
    swapped = [
        name.removesuffix("Left") + "Right" if name.endswith("Left")
        else name.removesuffix("Right") + "Left" if name.endswith("Right") else name
        for name in units()
    ]  # fmt: skip
    return np.array([places[name] for name in swapped])


def training_plans(recipe: FacesRecipe) -> list[Plan]:
    """The faces on which it learns."""
    return plan_faces(recipe.training, "training", recipe.seed)


def validation_plans(recipe: FacesRecipe) -> list[Plan]:
    """Faces of other people of the same population, on which nothing is learned."""
    return plan_faces(recipe.validation, "training", recipe.validation_seed)


def draw_faces(plans: Sequence[Plan], folder: Path, workers: int, report: Report, size: int) -> Faces:
    """Draw what is not yet drawn into `folder`, and read all of it."""
    draw_set(plans, folder, workers, report)
    return read_faces(plans, folder, size)


def read_faces(plans: Sequence[Plan], folder: Path, size: int) -> Faces:
    """Read drawn faces, resized to `size` pixels a side.

    Raises
    ------
    MissingFileError
        One of them is not there.
    """
    pixels = np.stack([_resized(folder / plan.file, size) for plan in plans])
    return Faces(
        tuple(plans),
        pixels,
        np.array([EMOTIONS.index(plan.expression.emotion) for plan in plans]),
        np.array([plan.expression.intensity for plan in plans], dtype=np.float32),
        np.stack([_actions(plan) for plan in plans]),
    )


def load_face(path: Path) -> Picture:
    """A drawn face as a model is sent it: the file's own bytes.

    Raises
    ------
    MissingFileError
        It is not there.
    """
    try:
        return Picture(path.read_bytes(), "image/webp")
    except OSError as error:
        raise MissingFileError(
            f"{path}: cannot be read ({error.strerror or error}). Draw the faces again: rater stimuli draw"
        ) from error


def _resized(path: Path, size: int) -> NDArray[np.uint8]:
    """By Pillow's bicubic resampling, as the model's own processor does."""
    from PIL import Image

    image = decode(load_face(path), str(path))
    return np.asarray(image.resize((size, size), Image.Resampling.BICUBIC))


@cache
def _largest() -> NDArray[np.float64]:
    most = dict.fromkeys(units(), 0.0)
    for table in (*UPPER.values(), *LOWER.values()):
        for name in most:
            weight = table.get(name, table.get(name.removesuffix("Left").removesuffix("Right"), 0.0))
            most[name] = max(most[name], abs(weight))
    return np.array(list(most.values()))


def _actions(plan: Plan) -> NDArray[np.float32]:
    weights = plan.expression.weights()
    return np.asarray([weights.get(name, 0.0) for name in units()] / _largest(), dtype=np.float32)

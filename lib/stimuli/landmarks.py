"""Regions of faces from 68 landmarks, as OpenFace and dlib find them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lib.contracts.problems import Problems
from lib.contracts.table_files import read_table
from lib.errors import DataError, MissingFileError

POINTS = 68
PARTS = {
    "left_eye": range(42, 48), "right_eye": range(36, 42), "left_brow": range(22, 27), "right_brow": range(17, 22),
    "nose": range(27, 36), "mouth": range(48, 68), "face": range(27),
}  # fmt: skip
"""Points of each region in the scheme of 68; left and right are the person's own, as in the drawn faces."""
AS_THEY_ARE = frozenset({"nose", "mouth", "face"})
EYE_CORNERS = (36, 45)
MARGIN = 0.05
COLUMNS = [f"{axis}_{point}" for axis in "xy" for point in range(POINTS)]
WHO = ("image_id", "file")
SCHEMA = {"image_id": pl.String, "region": pl.String} | dict.fromkeys(("left", "top", "right", "bottom"), pl.Float64)
CURE = "Name a CSV with the columns image_id and x_0 to y_67, or the folder into which OpenFace wrote one an image."


@dataclass(frozen=True)
class Landmarks:
    """Regions from landmarks.

    Attributes
    ----------
    regions : polars.DataFrame
        image_id, region, left, top, right, bottom in pixels: what `lib.contracts.regions.read_regions` reads.
    images : int
        How many faces they are of.
    without : tuple of str
        Images in which no face was found.
    """

    regions: pl.DataFrame
    images: int
    without: tuple[str, ...]


def read_landmarks(source: Path) -> Landmarks:
    """Read landmarks and make regions of them.

    Parameters
    ----------
    source
        A CSV with a row a face: image_id, or file (whose name without ending is the id); x_0 to x_67 and y_0 to y_67 in
        pixels; perhaps success (0: no face was found). Or a folder of such files, each named after its image, as
        OpenFace's FaceLandmarkImg writes them.

    Returns
    -------
    Landmarks
        Boxes around each region's points (`boxes_of`).

    Raises
    ------
    MissingFileError
        There is no such file, or no CSV in the folder.
    DataError
        With row, column and value: no image, an image with two faces, what is no number.
    """
    paths = sorted(source.glob("*.csv")) if source.is_dir() else [source]
    if not paths:
        raise MissingFileError(f"{source}: holds no CSV. {CURE}")
    rows: list[tuple[object, ...]] = []
    seen: dict[str, Path] = {}
    without: list[str] = []
    for path in paths:
        for image_id, points in _faces(path, path.stem if source.is_dir() else None):
            if seen.setdefault(image_id, path) != path:
                raise DataError(f"{path}: got image {image_id!r}, which {seen[image_id]} has, too. Take one away.")
            if points is None:
                without.append(image_id)
                continue
            rows += [(image_id, name, *box) for name, box in boxes_of(points).items()]
    frame = pl.DataFrame(rows, schema=SCHEMA, orient="row")
    return Landmarks(frame, len(seen) - len(without), tuple(without))


def boxes_of(points: NDArray[np.float64]) -> dict[str, tuple[float, float, float, float]]:
    """Left, top, right and bottom of each region of a face.

    Parameters
    ----------
    points : numpy.ndarray
        The 68 points, shape (68, 2): jaw 0 to 16, brows 17 to 26, nose 27 to 35, eyes 36 to 47, mouth 48 to 67.

    Returns
    -------
    dict of str to tuple of float
        By region, upright boxes around its points. Those of eyes and brows are wider by 5% of the distance between the
        outer corners of the eyes on every side, since their points lie on the rims of the lids and along the middle of
        the brows. The face goes from brows to chin.
    """
    first, last = (points[corner] for corner in EYE_CORNERS)
    margin = MARGIN * float(np.hypot(*(last - first)))
    found = {}
    for name, part in PARTS.items():
        own, wider = points[list(part)], 0.0 if name in AS_THEY_ARE else margin
        (left, top), (right, bottom) = own.min(axis=0) - wider, own.max(axis=0) + wider
        found[name] = (float(left), float(top), float(right), float(bottom))
    return found


def _faces(path: Path, named_after: str | None) -> Iterator[tuple[str, NDArray[np.float64] | None]]:
    table = read_table(path, COLUMNS, CURE, optional=[*WHO, "success"])
    who = next((name for name in WHO if name in table.columns), None)
    if who is None and named_after is None:
        raise DataError(f"{path}: row 1: column 'image_id' (or 'file') is missing. Add it, or name a folder of files.")
    ids = pl.lit(named_after) if who is None else pl.col(who)
    if who == "file":
        ids = pl.col("file").str.replace_all(r"\\", "/").str.split("/").list.last().str.replace(r"\.[^.]+$", "")
    table = table.with_columns(ids.alias("image_id"))
    problems = Problems(path)
    problems.add(table, pl.col("image_id").is_null(), "image_id", "every face needs its image")
    twice = pl.col("image_id").is_duplicated() & pl.col("image_id").is_not_null()
    problems.add(table, twice, "image_id", "which has several faces; leave the row of the one that is meant")
    found = (
        table if "success" not in table.columns else table.filter(pl.col("success").cast(pl.Float64, strict=False) != 0)
    )
    numbers = found.with_columns(pl.col(name).cast(pl.Float64, strict=False).alias(f"{name}_at") for name in COLUMNS)
    for name in COLUMNS:
        at = pl.col(f"{name}_at")
        problems.add(numbers, at.is_null() | ~at.is_finite(), name, "which is not a number of pixels")
    problems.raise_any("Correct the table.")
    sound = dict(zip(numbers["image_id"], _points(numbers), strict=True))
    for image_id in table["image_id"]:
        yield str(image_id), sound.get(image_id)


def _points(numbers: pl.DataFrame) -> Sequence[NDArray[np.float64]]:
    wide = numbers.select(f"{name}_at" for name in COLUMNS).to_numpy()
    return list(np.stack([wide[:, :POINTS], wide[:, POINTS:]], axis=2))

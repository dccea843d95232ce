"""How much of each place of a grid lies in each region of a picture, every point counted once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lib.errors import DataError
from lib.metrics.image_draws import Numbers

SIDE = 256  # points along a side of the grid at least, whatever the number of places
FEWEST = 4  # points along a side of a place at least
Outline = tuple[str, Numbers, Numbers]


def cover_places(
    outlines: Sequence[Outline], rows: int, columns: int, box: tuple[float, float, float, float]
) -> dict[str, Numbers]:
    """Share of each place that lies in each region, so that no point is in two of them.

    Parameters
    ----------
    outlines : sequence of (name, x, y)
        Polygons on the picture, corners in order, in any unit; several may have one name, which are then one region.
    rows, columns : int
        Of the grid.
    box : tuple of float
        Left, top, right and bottom of the whole grid, in the same unit.

    Returns
    -------
    dict of str to numpy.ndarray
        For each name, in order of first occurrence, shape (rows, columns), 0 to 1. A point that lies in several
        outlines counts for the smallest of them (by area), so that a face is what its eyes and mouth leave of it; what
        lies in none is 1 less their sum.

    Raises
    ------
    DataError
        If an outline has fewer than three corners, or the grid no place.

    Notes
    -----
    Points of a fine raster are counted, 256 along a side of the grid or more, with the even-odd rule. Against exact
    areas of boxes and convex polygons a region's area is off by less than 0.2% of the grid's in the tests.
    """
    if rows < 1 or columns < 1 or box[2] <= box[0] or box[3] <= box[1]:
        raise DataError(f"A grid has places and an extent, got {rows!r} x {columns!r} within {box!r}.")
    finer = [max(FEWEST, -(-SIDE // count)) for count in (rows, columns)]
    down, along = rows * finer[0], columns * finer[1]
    owner = np.zeros((down, along), dtype=np.int64)
    names = list(dict.fromkeys(name for name, _, _ in outlines))
    placed = [(name, *_on_raster(x, y, box, (down, along))) for name, x, y in outlines]
    for name, x, y in sorted(placed, key=lambda one: -_area(one[1], one[2])):
        _fill(owner, x, y, names.index(name) + 1)
    place = np.repeat(np.arange(rows), finer[0])[:, None] * columns + np.repeat(np.arange(columns), finer[1])
    kinds = len(names) + 1
    points = np.bincount((place * kinds + owner).ravel(), minlength=rows * columns * kinds).reshape(
        rows, columns, kinds
    )
    return {name: points[:, :, number] / (finer[0] * finer[1]) for number, name in enumerate(names, 1)}


def _on_raster(
    x: Numbers, y: Numbers, box: tuple[float, float, float, float], shape: tuple[int, int]
) -> tuple[Numbers, Numbers]:
    across, down = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if across.size != down.size or across.size < 3:
        raise DataError(f"An outline has three corners or more, got {across.size!r} and {down.size!r} coordinates.")
    left, top, right, bottom = box
    return (across - left) / (right - left) * shape[1], (down - top) / (bottom - top) * shape[0]


def _area(x: Numbers, y: Numbers) -> float:
    return float(abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2)


def _fill(owner: NDArray[np.int64], x: Numbers, y: Numbers, number: int) -> None:
    """Give the raster's points within a polygon to a region."""
    height, width = owner.shape
    first, last = max(0, int(np.floor(y.min()))), min(height, int(np.ceil(y.max())))
    begin, end = max(0, int(np.floor(x.min()))), min(width, int(np.ceil(x.max())))
    if first >= last or begin >= end:
        return
    centres = np.arange(first, last) + 0.5
    next_x, next_y = np.roll(x, -1), np.roll(y, -1)
    edge, row = np.nonzero((y[:, None] <= centres) != (next_y[:, None] <= centres))
    slope = (next_x[edge] - x[edge]) / (next_y[edge] - y[edge])
    crossing = x[edge] + (centres[row] - y[edge]) * slope
    column = np.clip(np.ceil(crossing - 0.5).astype(np.int64) - begin, 0, end - begin)
    size = end - begin + 1
    turns = np.bincount(row * size + column, minlength=centres.size * size).reshape(centres.size, size)
    inside = turns.cumsum(axis=1)[:, :-1] % 2 == 1
    owner[first:last, begin:end][inside] = number

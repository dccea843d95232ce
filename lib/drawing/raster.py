"""Triangles and points on a grid of pixels, the nearest in front: plain numpy, the same result on any machine."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lib.drawing.mesh_data import Floats, Indices

FAR = 1e9
DEPTH_STEPS = 1 << 20
"""Depths are compared in steps of this many a decimetre, so that the last bit of a sum never decides."""
ID_BITS = 24
NOTHING = np.uint64(np.iinfo(np.uint64).max)


@dataclass(frozen=True)
class Fragments:
    """Where triangles cover pixel centres.

    Attributes
    ----------
    pixel : array (fragments,)
        row x width + column.
    triangle : array (fragments,)
        Index into the triangles given.
    weights : array (fragments, 3)
        Barycentric, not negative, summing to 1.
    depth : array (fragments,)
        Distance from the camera.
    """

    pixel: Indices
    triangle: Indices
    weights: Floats
    depth: Floats


def rasterise(screen: Floats, triangles: Indices, height: int, width: int, *, cull: bool = True) -> Fragments:
    """Find every pixel centre that every triangle covers.

    Parameters
    ----------
    screen
        (vertices, 3): column, row (down) and distance of each vertex.
    triangles
        (triangles, 3).
    height, width
        Of the grid; what lies outside is left out.
    cull
        Leave out triangles seen from behind.
    """
    corners = screen[triangles]
    a, b, c = corners[:, 0], corners[:, 1], corners[:, 2]
    area = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (c[:, 0] - a[:, 0]) * (b[:, 1] - a[:, 1])
    # Rows run downwards, so counter-clockwise in space is a negative area here.
    drawn = area < -1e-9 if cull else np.abs(area) > 1e-9
    low = np.ceil(corners[:, :, :2].min(axis=1) - 0.5).astype(np.int64).clip(0)
    high = np.floor(corners[:, :, :2].max(axis=1) - 0.5).astype(np.int64)
    high = np.minimum(high, [width - 1, height - 1])
    columns, rows = (high - low + 1).clip(0).T
    which = np.flatnonzero(drawn & (columns * rows > 0))
    count = (columns * rows)[which]
    triangle = np.repeat(which, count)
    local = np.arange(len(triangle)) - np.repeat(np.cumsum(count) - count, count)
    across = columns[triangle]
    x = low[triangle, 0] + local % across
    y = low[triangle, 1] + local // across
    return _inside(corners, _edge_functions(corners, area), triangle, (y, x), width)


def _inside(corners: Floats, slopes: Floats, triangle: Indices, at: tuple[Indices, Indices], width: int) -> Fragments:
    y, x = at
    centre_x, centre_y = x + 0.5, y + 0.5
    first = slopes[triangle, 0] + slopes[triangle, 1] * centre_x + slopes[triangle, 2] * centre_y
    second = slopes[triangle, 3] + slopes[triangle, 4] * centre_x + slopes[triangle, 5] * centre_y
    third = 1 - first - second
    inside = np.flatnonzero((first >= -1e-9) & (second >= -1e-9) & (third >= -1e-9))
    triangle = triangle[inside]
    weights = np.stack([first[inside], second[inside], third[inside]], axis=1)
    distance = corners[:, :, 2][triangle]
    depth = weights[:, 0] * distance[:, 0] + weights[:, 1] * distance[:, 1] + weights[:, 2] * distance[:, 2]
    return Fragments(y[inside] * width + x[inside], triangle, weights, depth)


def _edge_functions(corners: Floats, area: Floats) -> Floats:
    """Constant, column and row terms of the first two barycentric weights, a row a triangle."""
    (ax, ay), (bx, by), (cx, cy) = (corners[:, k, :2].T for k in range(3))
    scale = 1 / np.where(np.abs(area) > 1e-9, area, 1.0)
    terms = [bx * cy - cx * by, by - cy, cx - bx, cx * ay - ax * cy, cy - ay, ax - cx]
    return np.stack([term * scale for term in terms], axis=1)


def nearest(pixel: Indices, depth: Floats, size: int) -> Indices:
    """Index of the nearest fragment at each pixel, the first given among equals; -1 where there is none.

    Parameters
    ----------
    pixel, depth
        (fragments,), at most 2**24 of them.
    size
        Number of pixels.
    """
    keys = np.full(size, NOTHING)
    steps = np.rint(depth * DEPTH_STEPS).astype(np.uint64) << np.uint64(ID_BITS)
    np.minimum.at(keys, pixel, steps | np.arange(len(pixel), dtype=np.uint64))
    found = (keys & np.uint64((1 << ID_BITS) - 1)).astype(np.int64)
    return np.where(keys == NOTHING, -1, found)


def widen(index: Indices, depth: Floats, height: int, width: int) -> Indices:
    """Let every point cover the pixels right of, below and diagonal to its own as well, the nearest in front.

    Parameters
    ----------
    index
        What `nearest` gave, (height x width,).
    depth
        Of the points, to which `index` points.
    """
    far = np.append(depth, FAR)
    grid = index.reshape(height, width)
    for axis in (0, 1):
        moved = np.roll(grid, 1, axis=axis)
        moved[(0, slice(None)) if axis == 0 else (slice(None), 0)] = -1
        grid = np.where(far[moved] < far[grid], moved, grid)
    return grid.ravel()

"""Patterns over the resting face that do not depend on who it is: furrows, noise, and smooth steps."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import numpy as np

from lib.drawing.mesh_data import Floats, head_mesh

Plane = Floats
LEFT, RIGHT, LOW, HIGH = -0.92, 0.92, 5.75, 8.6
"""Window of the resting face, in decimetres, seen from the front, that the patterns cover."""
CELL = 0.004
COLUMNS, ROWS = round((RIGHT - LEFT) / CELL), round((HIGH - LOW) / CELL)
FURROWS: dict[str, tuple[float, tuple[tuple[tuple[float, float], ...], ...]]] = {
    "glabella": (0.013, (((0.052, 7.46), (0.062, 7.53), (0.085, 7.62)),)),
    "nose_root": (0.012, (((0.0, 7.405), (0.055, 7.41), (0.10, 7.43)), ((0.0, 7.355), (0.06, 7.36)))),
    "nose_side": (0.013, (((0.045, 7.26), (0.10, 7.20), (0.135, 7.12)), ((0.03, 7.17), (0.09, 7.12)))),
    "nasolabial": (0.026, (((0.175, 6.99), (0.235, 6.90), (0.30, 6.77), (0.335, 6.64)),)),
    "crow": (0.011, (((0.545, 7.32), (0.61, 7.37)), ((0.55, 7.28), (0.63, 7.28)), ((0.54, 7.24), (0.61, 7.19)))),
    "wing": (0.014, (((0.118, 7.03), (0.150, 6.985), (0.158, 6.92), (0.135, 6.875)),)),
    "forehead": (0.018, (((0.0, 7.70), (0.20, 7.71), (0.40, 7.69)), ((0.0, 7.80), (0.22, 7.81), (0.38, 7.80)))),
    "forehead_centre": (0.016, (((0.0, 7.69), (0.10, 7.68), (0.18, 7.65)), ((0.0, 7.77), (0.12, 7.76)))),
}
"""Width of each furrow and its lines on one half of the face (x, y), mirrored onto the other."""


def smooth_step(low: float, high: float, value: Floats) -> Floats:
    """0 below `low`, 1 above `high` (or the other way round), a smooth cubic in between."""
    share = np.clip((value - low) / (high - low), 0, 1)
    return np.asarray(share * share * (3 - 2 * share))


@cache
def grid() -> tuple[Plane, Plane]:
    """Coordinates x (1, COLUMNS) and y (ROWS, 1) of the cells of the window, y falling with the row."""
    x = LEFT + (np.arange(COLUMNS) + 0.5) * CELL
    y = HIGH - (np.arange(ROWS) + 0.5) * CELL
    return x[None], y[:, None]


@cache
def noise(seed: int, size: int = 512, smooth: float = 1.0) -> Plane:
    """A square of random numbers that repeats seamlessly; mean 0, standard deviation 1."""
    from scipy.ndimage import gaussian_filter

    raw = np.random.default_rng([77, seed]).normal(size=(size, size))
    even = gaussian_filter(raw, smooth, mode="wrap") if smooth else raw
    return np.asarray((even - even.mean()) / even.std(), dtype=np.float32)


def look_up(pattern: Plane, x: Plane, y: Plane, per_unit: float, shift: int) -> Plane:
    """Nearest value of a repeating pattern at x, y, `per_unit` cells a decimetre, moved by a seed."""
    size = len(pattern)
    column = (np.rint(x * per_unit).astype(np.int64) + shift % 8191) % size
    row = (np.rint(y * per_unit).astype(np.int64) + shift // 8191) % size
    return np.asarray(pattern[row, column])


@cache
def furrow(name: str) -> Plane:
    """Height of one furrow, from -1 (its bottom) to about 0.4 (its rim), on the window (ROWS, COLUMNS)."""
    width, lines = FURROWS[name]
    x, y = grid()
    across = np.abs(x)
    height = np.zeros((ROWS, COLUMNS))
    for line in lines:
        distance, along = _distance(across, y, line)
        ends = np.clip(4 * along * (1 - along), 0, 1) ** 0.5 if line[0][0] else np.clip(2 * (1 - along), 0, 1) ** 0.5
        near = distance / width
        height += ends * (0.45 * np.exp(-((near / 2.2) ** 2)) - 1.45 * np.exp(-(near**2)))
    return height.astype(np.float32)


def _distance(x: Plane, y: Plane, line: tuple[tuple[float, float], ...]) -> tuple[Plane, Plane]:
    """Distance of every cell to a polyline, and where along it (0 to 1) its nearest point is."""
    nearest = np.full((ROWS, COLUMNS), 9.0)
    along = np.zeros((ROWS, COLUMNS))
    for index, ((ax, ay), (bx, by)) in enumerate(pairwise(line)):
        run, rise = bx - ax, by - ay
        share = np.clip(((x - ax) * run + (y - ay) * rise) / (run * run + rise * rise), 0, 1)
        distance = np.hypot(x - ax - share * run, y - ay - share * rise)
        along = np.where(distance < nearest, (index + share) / (len(line) - 1), along)
        nearest = np.minimum(nearest, distance)
    return nearest, along


@cache
def eye_centre() -> Floats:
    """Centre of the resting left eyeball (x, y, z); the right one mirrors it."""
    mesh = head_mesh()
    return np.asarray(mesh.rest[mesh.left_eye].mean(axis=0))

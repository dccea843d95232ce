from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.drawing.raster import FAR, nearest, rasterise, widen

SIDE = 24


def distances(corners: np.ndarray) -> np.ndarray:
    """Distance at every pixel centre by the plane through three corners; infinite outside, NaN on an edge."""
    y, x = np.mgrid[:SIDE, :SIDE] + 0.5
    signs = []
    for k in range(3):
        (ax, ay, _), (bx, by, _) = corners[k], corners[(k + 1) % 3]
        signs.append((bx - ax) * (y - ay) - (by - ay) * (x - ax))
    inside = (np.min(signs, axis=0) > 0) | (np.max(signs, axis=0) < 0)
    plane = np.linalg.solve(np.column_stack([corners[:, :2], np.ones(3)]), corners[:, 2])
    depth = np.where(inside, plane[0] * x + plane[1] * y + plane[2], np.inf)
    return np.where(np.min(np.abs(signs), axis=0) < 1e-6, np.nan, depth).ravel()


@settings(max_examples=40)
@given(seed=st.integers(0, 2**32 - 1), triangles=st.integers(1, 8), cull=st.booleans())
def test_every_pixel_shows_the_triangle_that_a_plain_search_finds(seed: int, triangles: int, cull: bool) -> None:
    random = np.random.default_rng(seed)
    screen = np.column_stack([random.uniform(-6, SIDE + 6, (3 * triangles, 2)), random.uniform(5, 9, 3 * triangles)])
    faces = np.arange(3 * triangles).reshape(-1, 3)
    fragments = rasterise(screen, faces, SIDE, SIDE, cull=cull)
    front = nearest(fragments.pixel, fragments.depth, SIDE * SIDE)
    assert np.allclose(fragments.weights.sum(axis=1), 1)
    assert fragments.weights.min(initial=0) > -1e-8
    nothing = np.full(SIDE * SIDE, np.inf)
    a, b, c = screen[faces].transpose(1, 0, 2)
    behind = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (c[:, 0] - a[:, 0]) * (b[:, 1] - a[:, 1]) > 0
    seen = [nothing if cull and back else distances(screen[face]) for face, back in zip(faces, behind, strict=True)]
    first, second = np.sort([*seen, nothing], axis=0)[:2]
    empty = np.isinf(first)
    assert (front[empty & ~np.isnan(seen).any(axis=0)] == -1).all()
    with np.errstate(invalid="ignore"):
        hit = ~empty & ~np.isnan(seen).any(axis=0) & (second - first > 1e-4)
    assert (fragments.triangle[front[hit]] == np.argmin(seen, axis=0)[hit]).all()
    assert np.allclose(fragments.depth[front[hit]], first[hit])


def test_of_equally_distant_fragments_the_first_is_kept() -> None:
    assert nearest(np.array([3, 3, 1]), np.array([2.0, 2.0, 5.0]), 5).tolist() == [-1, 2, -1, 0, -1]


def test_a_widened_point_covers_four_pixels_but_not_what_is_nearer() -> None:
    front = np.full(16, -1)
    front[5], front[6] = 0, 1
    grown = widen(front, np.array([3.0, 2.0]), 4, 4).reshape(4, 4)
    assert grown.tolist() == [[-1, -1, -1, -1], [-1, 0, 1, 1], [-1, 0, 1, 1], [-1, -1, -1, -1]]
    assert FAR > 1e6

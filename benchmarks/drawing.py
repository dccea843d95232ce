"""CPU of a drawn face, and its rasteriser beside a plain loop over triangles: `python -m benchmarks.drawing`."""

from __future__ import annotations

import time

import numpy as np

from lib.drawing.design import plan_faces
from lib.drawing.drawn_set import draw_person
from lib.drawing.expressions import Expression, apply_expression
from lib.drawing.identities import make_identity
from lib.drawing.mesh_data import head_mesh
from lib.drawing.raster import nearest, rasterise
from lib.drawing.render import Sitter


def loop(screen: np.ndarray, triangles: np.ndarray, size: int) -> np.ndarray:
    """The same picture of triangle numbers, one triangle after the other."""
    depth, shown = np.full((size, size), 1e9), np.full((size, size), -1)
    for number, (a, b, c) in enumerate(screen[triangles]):
        area = (b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1])
        low = np.ceil(np.minimum(np.minimum(a, b), c)[:2] - 0.5).astype(int).clip(0)
        high = np.floor(np.maximum(np.maximum(a, b), c)[:2] - 0.5).astype(int).clip(max=size - 1)
        if area > -1e-9 or (high < low).any():
            continue
        x, y = np.arange(low[0], high[0] + 1) + 0.5, np.arange(low[1], high[1] + 1)[:, None] + 0.5
        first = ((b[0] - x) * (c[1] - y) - (c[0] - x) * (b[1] - y)) / area
        second = ((c[0] - x) * (a[1] - y) - (a[0] - x) * (c[1] - y)) / area
        distance = first * a[2] + second * b[2] + (1 - first - second) * c[2]
        box = np.s_[low[1] : high[1] + 1, low[0] : high[0] + 1]
        seen = (first >= -1e-9) & (second >= -1e-9) & (1 - first - second >= -1e-9) & (distance < depth[box])
        depth[box][seen], shown[box][seen] = distance[seen], number
    return shown.ravel()


def timed(work, times: int) -> tuple[float, np.ndarray]:
    best = []
    for _ in range(times):
        started = time.process_time()
        result = work()
        best.append(time.process_time() - started)
    return min(best), result


def main() -> None:
    plans = plan_faces(2)
    sitter = Sitter(make_identity(plans[0].person))
    placed = sitter.camera.place(apply_expression(sitter.identity.vertices, Expression("happy", 1.0)))
    screen, triangles, size = np.round(sitter.camera.project(placed), 6), head_mesh().triangles, sitter.camera.size

    def batch() -> np.ndarray:
        fragments = rasterise(screen, triangles, size, size)
        front = nearest(fragments.pixel, fragments.depth, size * size)
        return np.where(front < 0, -1, fragments.triangle[front])

    fast, one = timed(batch, 5)
    slow, other = timed(lambda: loop(screen, triangles, size), 2)
    print(f"rasteriser: {fast * 1e3:.0f} ms of CPU for {len(triangles):,} triangles at {size} x {size}")
    print(f"loop over triangles: {slow * 1e3:.0f} ms, {slow / fast:.1f} times as much; "
          f"{(one != other).mean():.2%} of the pixels differ (edges and ties)")  # fmt: skip
    draw_person(plans[:6])
    cost = [timed(lambda start=start: draw_person(plans[start : start + 6]), 2)[0] / 6 for start in (12, 36, 60)]
    print(f"whole faces, encoded: {min(cost):.2f} to {max(cost):.2f} s of CPU an image (six of each of three people)")


if __name__ == "__main__":
    main()

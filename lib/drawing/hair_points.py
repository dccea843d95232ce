"""Strands of hair as points on a grid of pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lib.drawing.camera import Camera
from lib.drawing.fields import Plane
from lib.drawing.hairdo import Strands
from lib.drawing.light import unit
from lib.drawing.mesh_data import Floats, Indices
from lib.drawing.raster import FAR, nearest, widen

SPACING = 1.5
"""Pixels between the points of a strand, each of which covers two by two pixels."""


@dataclass(frozen=True)
class HairPoints:
    """Hair in the picture.

    Attributes
    ----------
    front : array (pixels,)
        The nearest point; -1 where there is no hair.
    depth : array (pixels,)
        Its distance; `FAR` where there is none.
    tangent, tone, along : arrays (points, 3), (points,) and (points,)
        Of every point: the direction of its strand, the factor of its colour, and where on the strand it is, from 0 at
        the root to 1 at the tip.
    """

    front: Indices
    depth: Floats
    tangent: Plane
    tone: Plane
    along: Plane


def see_hair(strands: Strands, camera: Camera) -> HairPoints:
    """Set points along every strand; only those that are the nearest at some pixel are kept."""
    fine, steps = camera.size, strands.nodes.shape[1] - 1
    placed = camera.place(strands.nodes)
    nodes = np.round(camera.project(placed), 6)
    start, run = nodes[:, :-1].reshape(-1, 3), (nodes[:, 1:] - nodes[:, :-1]).reshape(-1, 3)
    reach = np.abs(run[:, :2]).max(axis=1)
    inside = ((start[:, :2] > -reach[:, None]) & (start[:, :2] < fine + reach[:, None])).all(axis=1)
    segments = np.flatnonzero(inside)
    count = np.ceil(reach[segments] / SPACING).astype(np.int64).clip(1)
    owner = np.repeat(segments, count)
    share = (np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count) + 0.5) / np.repeat(count, count)
    column = np.floor(start[owner, 0] + run[owner, 0] * share).astype(np.int64)
    row = np.floor(start[owner, 1] + run[owner, 1] * share).astype(np.int64)
    depth = start[owner, 2] + run[owner, 2] * share
    here = np.flatnonzero((column >= 0) & (row >= 0) & (column < fine) & (row < fine))
    front = nearest(row[here] * fine + column[here], depth[here], fine * fine)
    for _ in range(2 if strands.thick else 1):
        front = widen(front, depth[here], fine, fine)
    shown, place = np.unique(front[front >= 0], return_inverse=True)
    front[front >= 0] = place
    chosen = here[shown]
    tangents = unit((placed[:, 1:] - placed[:, :-1]).reshape(-1, 3)[owner[chosen]].astype(np.float32))
    return HairPoints(
        front=front,
        depth=np.append(depth[chosen], FAR)[front],
        tangent=tangents,
        tone=strands.tone[owner[chosen] // steps].astype(np.float32),
        along=((owner[chosen] % steps + share[chosen]) / steps).astype(np.float32),
    )

"""Where the parts of a face are in its picture, known from the mesh and not detected."""

from __future__ import annotations

from functools import cache, lru_cache

import numpy as np

from lib.drawing.complexion import brow_line
from lib.drawing.expressions import Expression, apply_expression
from lib.drawing.fields import eye_centre
from lib.drawing.identities import Brow, Identity
from lib.drawing.mesh_data import LEFT_EYE, RIGHT_EYE, SKIN, Floats, Indices, head_mesh
from lib.drawing.render import FINER, Sitter

REGIONS = ("left_eye", "right_eye", "left_brow", "right_brow", "nose", "mouth", "face")
"""Left and right are the person's own; the picture shows the left eye on its right side."""

Polygon = list[list[float]]


def face_regions(sitter: Sitter, expression: Expression) -> dict[str, Polygon]:
    """Outlines in pixels (column, row) of the finished picture, counted from its upper left corner.

    Every region of `REGIONS` is a convex polygon: eyes with their lids, brows, nose, mouth with its lips, and the face
    from brows to chin and ear to ear. A point may lie outside the picture.
    """
    identity = sitter.identity
    moved = sitter.camera.place(apply_expression(identity.vertices, expression))
    seen = sitter.camera.project(moved)[:, :2] / FINER
    outlines = {name: _hull(seen[vertices]) for name, vertices in _vertices().items()}
    for side, sign in (("left", 1.0), ("right", -1.0)):
        outlines[f"{side}_brow"] = _hull(_brow_points(identity, seen, sign))
    return {name: np.round(outlines[name], 1).tolist() for name in REGIONS}


def box_of(polygon: Polygon) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of a polygon."""
    corners = np.array(polygon)
    (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
    return float(left), float(top), float(right), float(bottom)


@cache
def _vertices() -> dict[str, Indices]:
    mesh = head_mesh()
    x, y, z = mesh.rest.T
    skin = np.zeros(len(x), dtype=bool)
    skin[mesh.triangles[mesh.part == SKIN]] = True
    eye = eye_centre()
    found = {}
    for side, sign, part in (("left", 1.0, LEFT_EYE), ("right", -1.0, RIGHT_EYE)):
        ball = mesh.rest[np.unique(mesh.triangles[mesh.part == part])]
        wide = (ball[:, 0].max() - ball[:, 0].min()) / 2
        away = np.hypot((x - sign * eye[0]) / (wide * 1.22), (y - eye[1] - 0.012) / (wide * 0.62))
        found[f"{side}_eye"] = np.flatnonzero(skin & (away < 1) & (z > 1.1))
    found["mouth"] = np.flatnonzero(skin & (mesh.lip > 0.3))
    found["nose"] = np.flatnonzero(
        skin & (np.abs(x) < 0.19 - 0.11 * (y - 6.8) / 0.6) & (y > 6.79) & (y < 7.40) & (z > 1.25)
    )
    found["face"] = np.flatnonzero(
        skin & (y > 6.15) & (y < 7.75) & (z > np.where(y < 6.55, 1.0, 0.55)) & (np.abs(x) < 0.74)
    )
    return found


@cache
def _front() -> tuple[Indices, Floats]:
    mesh = head_mesh()
    skin = mesh.triangles[mesh.part == SKIN]
    corners = mesh.rest[skin]
    ahead = (corners[:, :, 2].min(axis=1) > 0.6) & (corners[:, :, 1].min(axis=1) > 7.2)
    (ax, ay), (bx, by), (cx, cy) = (corners[:, k, :2].T for k in range(3))
    ahead &= (bx - ax) * (cy - ay) - (cx - ax) * (by - ay) > 1e-7
    return skin[ahead], corners[ahead]


@lru_cache(maxsize=64)
def _brow_carriers(brow: Brow, sign: float) -> tuple[Indices, Floats]:
    """The triangles (points, 3) of the forehead that hold the resting points of a brow's rim, and their weights."""
    triangles, corners = _front()
    a, b, c = (corners[:, k, :2] for k in range(3))
    area = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (c[:, 0] - a[:, 0]) * (b[:, 1] - a[:, 1])
    points = brow_line(brow) * [sign, 1.0]
    x, y = points[:, :1], points[:, 1:]
    first = ((b[:, 0] - x) * (c[:, 1] - y) - (c[:, 0] - x) * (b[:, 1] - y)) / area
    second = ((c[:, 0] - x) * (a[:, 1] - y) - (a[:, 0] - x) * (c[:, 1] - y)) / area
    weights = np.stack([first, second, 1 - first - second], axis=2)
    best = weights.min(axis=2).argmax(axis=1)
    return triangles[best], weights[np.arange(len(best)), best]


def _brow_points(identity: Identity, seen: Floats, sign: float) -> Floats:
    """The brow's rim in the picture, carried along by the skin it grows on."""
    corners, weights = _brow_carriers(identity.brow, sign)
    return np.asarray((seen[corners] * weights[..., None]).sum(axis=1))


def _hull(points: Floats) -> Floats:
    from scipy.spatial import ConvexHull

    return np.asarray(points[ConvexHull(points).vertices])

"""Eyes: sclera, iris, pupil and highlight, the shadow of the lid, and the lashes."""

from __future__ import annotations

import numpy as np

from lib.drawing.fields import Plane, smooth_step
from lib.drawing.identities import Identity
from lib.drawing.light import Surface, dot, rgb, to_linear, unit
from lib.drawing.mesh_data import LEFT_EYE, RIGHT_EYE, Flags, Floats, Indices, head_mesh
from lib.drawing.raster import nearest, rasterise
from lib.drawing.surfaces import Covered, over

IRIS, PUPIL = 25.5, 10.5
"""Radius of iris and pupil as angles from the eyeball's centre, in degrees."""
SCLERA, BLACK = (0.86, 0.845, 0.83), (0.02, 0.02, 0.02)
WINDOW = (-0.16, 0.20, 1.0)
"""Where the eyes mirror the lamp."""
LASH = (0.012, 0.008, 0.006)
"""Colour of lashes, linear."""


def paint_eyes(surface: Surface, identity: Identity, pixels: Covered, placed: Floats) -> None:
    """Fill in both eyes; `placed`: positions of all vertices as they are in the picture (vertices, 3)."""
    mesh = head_mesh()
    for part in (LEFT_EYE, RIGHT_EYE):
        here = np.flatnonzero(pixels.part == part)
        if len(here):
            ball = np.unique(mesh.triangles[mesh.part == part])
            eye = pixels.only(here)
            gaze = unit(eye.mix(mesh.rest) - _middle(mesh.rest[ball]))
            _paint_eye(surface, identity, here, gaze, unit(eye.mix(placed) - _middle(placed[ball])))


def _paint_eye(surface: Surface, identity: Identity, here: Indices, gaze: Plane, normal: Plane) -> None:
    gaze = gaze.astype(np.float64)
    angle = np.degrees(np.arccos(np.clip(gaze[:, 2], -1, 1)))
    around = np.arctan2(gaze[:, 1], gaze[:, 0])
    iris, pupil = smooth_step(IRIS + 1.2, IRIS - 1.2, angle), smooth_step(PUPIL + 1.0, PUPIL - 1.0, angle)
    fibres = 1 + 0.16 * np.sin(around * 19 + 1.3 * np.sin(around * 7)) + 0.30 * smooth_step(22, 10, angle)
    rim = 1 - 0.60 * smooth_step(IRIS - 6, IRIS, angle)
    corner = smooth_step(38, 62, angle)[:, None]
    white = to_linear(np.array(SCLERA) * (1 - corner * np.array([0.16, 0.30, 0.30])))
    colour = over(white, to_linear(identity.palette.iris * (fibres * rim)[:, None]), iris)
    window = smooth_step(0.9945, 0.9975, dot(normal, unit(np.array(WINDOW))))
    surface.colour[here] = over(colour, rgb(*BLACK), pupil)
    surface.normal[here] = normal
    surface.gloss[here] = 0.10 + 0.75 * window
    surface.sharpness[here] = np.where(window > 0, 0.5, 60)
    surface.scatter[here] = 0.3


def draw_lids(colour: Plane, eye: Flags, woman: bool) -> None:
    """Darken the eye under the upper lid, and draw the rims of lashes along both lids.

    Parameters
    ----------
    colour
        Linear, (pixels, 3); changed in place.
    eye
        (height, width): where an eye is seen.
    woman
        Lashes are denser.
    """
    if not eye.any():
        return
    fine = len(eye)
    unit_pixel = fine / 448
    margin = round(8 * unit_pixel) + 1
    rows, columns = (np.flatnonzero(eye.any(axis=axis)) for axis in (1, 0))
    window = tuple(slice(max(0, found[0] - margin), found[-1] + margin + 1) for found in (rows, columns))
    eye = eye[window]
    shadow, upper, lower = (np.zeros(eye.shape, dtype=np.float32) for _ in range(3))
    reach = max(2, round(6 * unit_pixel))
    for down in range(1, reach + 1):
        shadow[down:] = np.maximum(shadow[down:], (eye[down:] & ~eye[:-down]) * (1 - down / (reach + 1)))
    thick = max(1, round((3 if woman else 2) * unit_pixel))
    for step in range(1, thick + 1):
        upper[:-step] = np.maximum(upper[:-step], (eye[step:] & ~eye[:-step]) * (1 - (step - 1) / (thick + 1)))
    lower[1:] = eye[:-1] & ~eye[1:]
    strength = np.clip((0.85 if woman else 0.6) * upper + (0.35 if woman else 0.2) * lower, 0, 0.9)[..., None]
    part = colour.reshape(fine, fine, 3)[window]
    part *= (1 - 0.62 * shadow)[..., None]
    part += (np.array(LASH, dtype=np.float32) - part) * strength


def draw_lashes(colour: Plane, depth: Floats, screen: Floats, woman: bool) -> None:
    """Draw the strips of the lashes, let through between the hairs, where nothing is in front of them.

    Parameters
    ----------
    colour, depth
        Of the picture so far, (pixels, 3) and (pixels,); `colour` is changed in place.
    screen
        Of all vertices (see `raster.rasterise`).
    woman
        Lashes are longer and denser.
    """
    mesh = head_mesh()
    fine = round(len(depth) ** 0.5)
    fragments = rasterise(screen, mesh.lashes, fine, fine, cull=False)
    front = nearest(fragments.pixel, fragments.depth, fine * fine)
    seen = np.flatnonzero(front >= 0)
    seen = seen[fragments.depth[front[seen]] < depth[seen] + 0.02]
    chosen = front[seen]
    strips = Covered(mesh.lashes[fragments.triangle[chosen]], fragments.weights[chosen], chosen)
    upper = mesh.rest[strips.corners[:, 0], 1] > mesh.rest[mesh.left_eye, 1].mean() - 0.01
    hairs = 0.6 + 0.4 * np.sin(strips.mix(mesh.rest[:, 0]).astype(np.float64) * 330)
    cover = (0.75 if woman else 0.40) * np.where(upper, 1.0, 0.35) * hairs * (1 - 0.75 * strips.mix(mesh.lash_tip))
    colour[seen] += (np.array(LASH, dtype=np.float32) - colour[seen]) * cover[:, None].astype(np.float32)


def _middle(points: Floats) -> Plane:
    return np.asarray((points.min(axis=0) + points.max(axis=0)) / 2, dtype=np.float32)

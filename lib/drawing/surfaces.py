"""What each pixel of a head shows: colour, normal and gloss of skin, lips, scalp, cloth, teeth and tongue."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from lib.drawing.complexion import sample
from lib.drawing.expressions import Expression
from lib.drawing.fields import CELL, Plane, furrow, look_up, noise, smooth_step
from lib.drawing.hairdo import above_hairline
from lib.drawing.identities import Identity
from lib.drawing.light import Surface, rgb, to_linear, unit
from lib.drawing.mesh_data import RIGHT_EYE, SKIN, TONGUE, Floats, Indices, head_mesh

COLLAR = 5.80
CLOTH = (0.42, 0.43, 0.45)
MUCOSA, ENAMEL, TONGUE_RED = (0.36, 0.13, 0.13), (0.86, 0.835, 0.78), (0.60, 0.30, 0.30)
TOOTH = 0.062
"""Width of a tooth in decimetres."""


@dataclass(frozen=True)
class Covered:
    """Covered pixels: corner vertices (pixels, 3), their weights, and the part of the head (see `mesh_data.PARTS`)."""

    corners: Indices
    weights: Floats
    part: Indices

    def mix(self, values: Floats) -> Plane:
        """Interpolate values of vertices, (vertices,) or (vertices, n)."""
        narrow = values.astype(np.float32)
        weights = self.weights.astype(np.float32)
        total = np.zeros((len(self.corners), *values.shape[1:]), dtype=np.float32)
        for corner in range(3):
            weight = weights[:, corner]
            total += narrow[self.corners[:, corner]] * (weight if values.ndim == 1 else weight[:, None])
        return total

    def only(self, which: Indices) -> Covered:
        """Some of the pixels."""
        return Covered(self.corners[which], self.weights[which], self.part[which])


@cache
def resting() -> Plane:
    """Of every vertex, (vertices, 6): x, y, z at rest, lip, inner mouth, height above the hairline."""
    mesh = head_mesh()
    columns = [*mesh.rest.T, mesh.lip, mesh.inner_mouth, above_hairline(mesh.rest)]
    return np.stack(columns, axis=1).astype(np.float32)


def describe(identity: Identity, skin: Plane, expression: Expression, pixels: Covered, normals: Floats) -> Surface:
    """Describe the covered pixels; those of the eyes only have their normals as yet (see `eyes.paint_eyes`).

    Parameters
    ----------
    identity, expression
        Whose face, and what it shows.
    skin
        Of `complexion.paint_skin`.
    pixels
        Where.
    normals
        Normals of all vertices as they are in the picture, (vertices, 3).
    """
    count = len(pixels.part)
    surface = Surface(
        colour=np.zeros((count, 3), dtype=np.float32),
        normal=unit(pixels.mix(normals)),
        gloss=np.full(count, 0.05, dtype=np.float32),
        sharpness=np.full(count, 14.0, dtype=np.float32),
        scatter=np.ones(count, dtype=np.float32),
    )
    body = np.flatnonzero(pixels.part == SKIN)
    _paint_body(surface, identity, body, pixels.only(body).mix(resting()), (skin, relief(expression, identity)))
    mouth = np.flatnonzero(pixels.part > RIGHT_EYE)
    _paint_mouth(surface, mouth, pixels.part[mouth], pixels.only(mouth).mix(resting()[:, 0]))
    return surface


def relief(expression: Expression, identity: Identity) -> Plane:
    """Height of the skin's furrows on the window: those of the expression, and those the person always has."""
    depth = expression.lines()
    depth["wing"] = 0.6
    for name, share in (("nasolabial", 0.30), ("forehead", 0.15), ("crow", 0.15)):
        depth[name] = depth.get(name, 0.0) + share * identity.palette.age_lines
    total = np.zeros_like(furrow("wing"))
    for name, share in depth.items():
        total += np.float32(share) * furrow(name)
    return total


def _paint_body(surface: Surface, identity: Identity, body: Indices, at: Plane, pictures: tuple[Plane, Plane]) -> None:
    skin, height = pictures
    palette = identity.palette
    x, y, z, lip, inner, above = at.T
    lip = 0.88 * smooth_step(0.10, 0.95, lip)
    creases = 1 + 0.06 * look_up(noise(7, smooth=1.0), x, y * 0.3, 1 / CELL, identity.texture)
    scalp = smooth_step(-0.03, 0.05, above - identity.hair.hairline)
    scalp = scalp * (1 - smooth_step(0.74, 0.77, np.abs(x)) * smooth_step(7.62, 7.55, y))
    cloth = smooth_step(COLLAR + 0.01, COLLAR - 0.01, y - 0.10 * np.abs(x) + 0.12 * (z - 0.4))
    colour = sample(skin, x, y)
    plain = np.float32(to_linear(palette.skin).sum())
    gloss = (0.045 + 0.035 * _shine(x, y)) * np.clip((colour[:, 0] + colour[:, 1] + colour[:, 2]) / plain, 0, 1)
    gloss = (gloss + 0.10 * lip * (0.6 + palette.make_up)) * (1 - scalp) * (1 - cloth)
    colour = over(colour, to_linear(palette.lips) * creases[:, None], lip)
    colour = over(colour, rgb(*MUCOSA), smooth_step(0.3, 0.7, inner))
    colour = over(colour, to_linear(palette.hair * 0.7), scalp * (0.8 if identity.hair.name == "cropped" else 0.9))
    colour = over(colour, rgb(*CLOTH), cloth)
    front = smooth_step(0.5, 1.0, z)
    down, right = (np.asarray(slope) for slope in np.gradient(height))
    steep = np.float32(0.010 / CELL)
    normal = surface.normal[body]
    normal[:, 0] -= np.clip(sample(right, x, y) * steep, -0.6, 0.6) * front
    normal[:, 1] += np.clip(sample(down, x, y) * steep, -0.6, 0.6) * front
    sunk = np.clip(-sample(height, x, y), 0, 1) * front
    surface.normal[body] = unit(normal)
    surface.colour[body] = colour * (1 - 0.30 * sunk)[:, None]
    surface.gloss[body] = gloss
    surface.sharpness[body] = 13 + 20 * lip
    surface.scatter[body] = (1 - cloth) * (1 - scalp)


def _shine(x: Plane, y: Plane) -> Plane:
    """Where skin is oilier: the bridge of the nose, and less so the forehead."""
    x, y = x.astype(np.float64), y.astype(np.float64)
    nose = np.exp(-((x / 0.10) ** 2) - ((y - 7.05) / 0.25) ** 2)
    forehead = np.exp(-((x / 0.4) ** 2) - ((y - 7.75) / 0.18) ** 2)
    return np.asarray(nose + 0.5 * forehead, dtype=np.float32)


def _paint_mouth(surface: Surface, mouth: Indices, part: Indices, x: Plane) -> None:
    """Teeth with the gaps between them, and the tongue."""
    across = np.abs(x) / TOOTH
    gap = smooth_step(0.10, 0.0, np.abs(across - np.rint(across)))
    tongue = part == TONGUE
    surface.colour[mouth] = np.where(tongue[:, None], rgb(*TONGUE_RED), rgb(*ENAMEL) * (1 - 0.4 * gap)[:, None])
    surface.gloss[mouth] = np.where(tongue, 0.05, 0.15)
    surface.sharpness[mouth] = np.where(tongue, 14, 40)
    surface.scatter[mouth] = 0.3


def over(below: Plane, above: Plane, share: Plane) -> Plane:
    """Lay a colour over others, (pixels, 3), covering each by its share (pixels,)."""
    return np.asarray(below + (above - below) * share[:, None], dtype=np.float32)

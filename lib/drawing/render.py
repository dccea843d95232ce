"""From an identity and an expression to a picture."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from lib.drawing.camera import Camera, Pose, frame_face
from lib.drawing.complexion import paint_skin
from lib.drawing.expressions import Expression, apply_expression
from lib.drawing.eyes import draw_lashes, draw_lids, paint_eyes
from lib.drawing.fields import Plane
from lib.drawing.hair_points import HairPoints, see_hair
from lib.drawing.hairdo import grow_hair
from lib.drawing.identities import Identity
from lib.drawing.light import BACKGROUND, average, dot, lit, openness, rgb, to_linear, to_srgb, unit
from lib.drawing.mesh_data import LEFT_EYE, RIGHT_EYE, SKIN, TONGUE, Floats, head_mesh
from lib.drawing.raster import FAR, nearest, rasterise
from lib.drawing.surfaces import Covered, describe, resting

SIZE = 224
FINER = 2
"""Pixels are drawn this many times finer in both directions and then averaged."""
OVER_SKIN = 0.045
"""Decimetres that hair may lie below the skin and still be seen: scalps are rounder than the fitted ellipsoid."""
Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Sitter:
    """An identity, sitting for its pictures: pose and size are the same in all of them, and so are skin and hair.

    What is costly and shared is worked out once, when first needed.
    """

    identity: Identity
    pose: Pose = field(default_factory=Pose)
    size: int = SIZE

    @cached_property
    def camera(self) -> Camera:
        """Framed on the neutral face, in the finer pixels."""
        return frame_face(self.identity.vertices, self.pose, self.size * FINER)

    @cached_property
    def skin(self) -> Plane:
        """Of `complexion.paint_skin`."""
        return paint_skin(self.identity)

    @cached_property
    def hair(self) -> HairPoints:
        """The hair as the camera sees it, when no head is in the way."""
        return see_hair(grow_hair(self.identity, vertex_normals(self.identity.vertices)), self.camera)

    @property
    def woman(self) -> bool:
        """Whether a woman sits."""
        return self.identity.person.gender == "Woman"


def draw(sitter: Sitter, expression: Expression) -> Pixels:
    """Draw a face: (size, size, 3), 0 to 255. The same on any machine and in any process."""
    size = sitter.size
    placed = sitter.camera.place(apply_expression(sitter.identity.vertices, expression))
    screen = np.round(sitter.camera.project(placed), 6)
    colour, depth, shade = _draw_head(sitter, expression, placed, screen)
    draw_lashes(colour, depth, screen, sitter.woman)
    _draw_hair(colour, depth, shade, sitter)
    coarse = average(colour.reshape(size * FINER, size * FINER, 3), FINER)
    return np.asarray(np.rint(to_srgb(coarse) * 255), dtype=np.uint8)


def vertex_normals(vertices: Floats) -> Floats:
    """Normals (vertices, 3), the mean over the triangles around each, by area."""
    triangles = head_mesh().triangles
    a, b, c = (vertices[triangles[:, k]] for k in range(3))
    across = np.cross(b - a, c - a)
    sums = [np.bincount(triangles.ravel(), np.repeat(across[:, k], 3), minlength=len(vertices)) for k in range(3)]
    return unit(np.stack(sums, axis=1))


def _draw_head(sitter: Sitter, expression: Expression, placed: Floats, screen: Floats) -> tuple[Plane, Floats, Plane]:
    """Linear colour (pixels, 3) on the background, distance (pixels,), and openness with the hair in place."""
    mesh, camera = head_mesh(), sitter.camera
    fine = camera.size
    fragments = rasterise(screen, mesh.triangles, fine, fine)
    front = nearest(fragments.pixel, fragments.depth, fine * fine)
    covered = np.flatnonzero(front >= 0)
    chosen = front[covered]
    triangle = fragments.triangle[chosen]
    pixels = Covered(mesh.triangles[triangle], fragments.weights[chosen], mesh.part[triangle])
    depth = np.full(fine * fine, FAR)
    depth[covered] = fragments.depth[chosen]
    shade = _shade(np.minimum(depth, sitter.hair.depth), camera)
    surface = describe(sitter.identity, sitter.skin, expression, pixels, vertex_normals(placed))
    paint_eyes(surface, sitter.identity, pixels, placed)
    light = lit(surface, shade[covered])
    colour = np.empty((fine * fine, 3), dtype=np.float32)
    colour[:] = rgb(*BACKGROUND)
    colour[covered] = light * _inside_mouth(pixels, screen, depth[covered])[:, None]
    eyes = np.zeros(fine * fine, dtype=bool)
    eyes[covered] = (pixels.part == LEFT_EYE) | (pixels.part == RIGHT_EYE)
    draw_lids(colour, eyes.reshape(fine, fine), sitter.woman)
    return colour, depth, shade


def _shade(depth: Floats, camera: Camera) -> Plane:
    square = depth.reshape(camera.size, camera.size)
    return openness(square, square < FAR, camera.scale).ravel()


def _inside_mouth(pixels: Covered, screen: Floats, distance: Floats) -> Plane:
    """What light is left between and behind the lips, 0 to 1; teeth keep more of it than the throat."""
    lips = screen[head_mesh().lip > 0.5, 2].min()
    light = np.ones(len(distance), dtype=np.float32)
    throat = np.flatnonzero(pixels.part == SKIN)
    throat = throat[pixels.only(throat).mix(resting()[:, 4]) > 0.5]
    teeth = np.flatnonzero((pixels.part > RIGHT_EYE) & (pixels.part < TONGUE))
    tongue = np.flatnonzero(pixels.part == TONGUE)
    for which, reach in ((throat, 0.55), (teeth, 0.95), (tongue, 0.40)):
        light[which] = np.clip(1.10 - (distance[which] - lips - 0.04) / reach, 0.05, 1)
    return light


def _draw_hair(colour: Plane, depth: Floats, shade: Plane, sitter: Sitter) -> None:
    """Lay the hair over the head where it is nearer; lit along the strand (Kajiya & Kay, 1989)."""
    hair = sitter.hair
    seen = np.flatnonzero((hair.front >= 0) & (hair.depth < depth + OVER_SKIN))
    point = hair.front[seen]
    tangent, tone = hair.tangent[point], hair.tone[point]
    base = to_linear(sitter.identity.palette.hair).astype(np.float32)
    lamp, half = (unit(np.array(towards)) for towards in ((-0.30, 0.75, 0.60), (-0.15, 0.42, 0.9)))
    side = np.sqrt(np.clip(1 - dot(tangent, lamp) ** 2, 0, 1))
    shine = np.clip(1 - dot(tangent, half) ** 2, 0, 1).astype(np.float64) ** 14
    light = base * (tone * (0.70 + 0.40 * hair.along[point]) * (0.45 + 0.75 * side))[:, None]
    light += (base * 0.8 + 0.020) * ((0.25 if sitter.identity.hair.curl else 0.8) * shine * tone)[:, None]
    colour[seen] = light * (0.25 + 0.75 * shade[seen].astype(np.float64) ** 1.5)[:, None]

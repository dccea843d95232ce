"""Light: the same soft, even light for every face, from in front and above."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lib.drawing.fields import Plane
from lib.drawing.mesh_data import Flags

BACKGROUND = (0.60, 0.60, 0.60)
LAMPS: tuple[tuple[tuple[float, float, float], float, float], ...] = (
    ((-0.45, 0.50, 0.80), 0.74, 0.22),
    ((0.60, 0.25, 0.75), 0.27, 0.35),
    ((0.00, 0.95, 0.30), 0.16, 0.30),
)
"""Direction, strength and softness (how far light reaches round) of each lamp; all are white."""
AMBIENT = 0.27
SCATTER = np.array([0.12, -0.02, -0.05], dtype=np.float32)
"""How much farther than the lamp's own light reaches round red, green and blue do: red travels farthest under skin."""
WIDTHS = ((0.035, 5.0, 0.35, 1), (0.11, 2.2, 0.45, 2), (0.36, 0.75, 0.40, 4))
"""Widths in decimetres at which depths are compared, their strength, their most, and how much coarser each is done."""


def rgb(red: float, green: float, blue: float) -> Plane:
    """A colour, sRGB 0 to 1, as linear light (3,)."""
    return to_linear(np.array([red, green, blue], dtype=np.float32))


def unit(vectors: Plane) -> Plane:
    """Vectors (..., 3) of length 1; those of no length stay."""
    x, y, z = vectors[..., 0], vectors[..., 1], vectors[..., 2]
    return np.asarray(vectors / np.maximum(np.sqrt(x * x + y * y + z * z), 1e-9)[..., None])


def dot(vectors: Plane, other: tuple[float, float, float] | Plane) -> Plane:
    """Scalar products of vectors (..., 3) with one other, added up in one order on any machine (BLAS has many)."""
    x, y, z = (np.float32(value) for value in other)
    return np.asarray(vectors[..., 0] * x + vectors[..., 1] * y + vectors[..., 2] * z)


@dataclass
class Surface:
    """What light falls on, a row a pixel.

    Attributes
    ----------
    colour, normal : arrays (pixels, 3)
        Linear RGB; direction of length 1.
    gloss, sharpness : arrays (pixels,)
        Strength and exponent of the highlight (Blinn-Phong).
    scatter : array (pixels,)
        1 for skin, 0 for what lets no light through.
    """

    colour: Plane
    normal: Plane
    gloss: Plane
    sharpness: Plane
    scatter: Plane


def lit(surface: Surface, shade: Plane) -> Plane:
    """Light that leaves a surface towards the viewer, linear RGB (pixels, 3).

    `shade`: share of the surroundings' light that arrives at each pixel, 0 to 1.
    """
    sum_light = np.zeros_like(surface.colour)
    highlight = np.zeros_like(surface.gloss)
    reach = SCATTER * surface.scatter[:, None]
    sharpness = surface.sharpness.astype(np.float64)
    for towards, strength, softness in LAMPS:
        lamp = unit(np.array(towards))
        facing = dot(surface.normal, lamp)
        soft = reach + np.float32(softness)
        sum_light += np.float32(strength) * np.clip((facing[:, None] + soft) / (1 + soft), 0, 1)
        half = unit(lamp + np.array([0.0, 0.0, 1.0]))
        peak = np.clip(dot(surface.normal, half), 1e-3, 1) ** sharpness
        highlight += np.float32(strength) * peak.astype(np.float32) * np.clip(facing, 0, 1)
    around = AMBIENT * (0.9 + 0.25 * surface.normal[:, 1])
    direct = 0.45 + 0.55 * shade
    light = surface.colour * (sum_light * direct[:, None] + (around * shade)[:, None])
    return np.asarray(light + (surface.gloss * highlight * direct)[:, None], dtype=np.float32)


def openness(depth: Plane, covered: Flags, scale: float) -> Plane:
    """Share of the surroundings that every pixel sees, from how deep it lies below its neighbours (0 to 1).

    An unsharp mask of the depth buffer at three widths (Luft, Colditz & Deussen, 2006); what is not covered counts as
    level with its surroundings. `scale`: pixels a decimetre.
    """
    weight = covered.astype(np.float32)
    base = np.float32(round(float(depth[covered].mean()), 1))
    level = np.where(covered, depth - base, 0).astype(np.float32)
    shade = np.ones_like(level)
    for width, strength, most, coarse in WIDTHS:
        around = _mean_around(level, weight, width * scale, coarse)
        shade *= 1 - np.clip(np.float32(strength) * np.clip(level - around, 0, 0.4), 0, most)
    return shade


def _mean_around(level: Plane, weight: Plane, width: float, coarse: int) -> Plane:
    from scipy.ndimage import uniform_filter

    span = 2 * max(1, round(width / coarse / 2)) + 1
    sums = []
    for values in (level, weight):
        small = average(values, coarse) if coarse > 1 else values
        sums.append(uniform_filter(uniform_filter(small, span), span))
    mean = sums[0] / np.maximum(sums[1], 1e-3)
    return mean if coarse == 1 else np.asarray(mean.repeat(coarse, axis=0).repeat(coarse, axis=1))


def average(picture: Plane, coarse: int) -> Plane:
    """Means over squares of `coarse` x `coarse` pixels of a picture (height, width, ...)."""
    total = sum(picture[row::coarse, column::coarse] for row in range(coarse) for column in range(coarse))
    return np.asarray(total / np.float32(coarse * coarse))


def to_srgb(linear: Plane) -> Plane:
    """Linear light to sRGB, 0 to 1, with a soft shoulder for what would be too bright."""
    rolled = linear / (1 + 0.10 * linear)
    return np.asarray(np.clip(rolled, 0, 1).astype(np.float64) ** (1 / 2.2))


def to_linear(srgb: Plane) -> Plane:
    """sRGB, 0 to 1, to linear light."""
    return np.asarray(np.clip(srgb, 0, 1).astype(np.float64) ** 2.2, dtype=np.float32)

"""The colours of a person's skin, as a picture of the resting face seen from the front."""

from __future__ import annotations

from functools import cache

import numpy as np

from lib.drawing.fields import CELL, COLUMNS, HIGH, LEFT, ROWS, Plane, eye_centre, grid, look_up, noise, smooth_step
from lib.drawing.identities import Brow, Identity
from lib.drawing.light import to_linear
from lib.drawing.mesh_data import Floats

BROW_START, BROW_LENGTH = 0.135, 0.43
"""Distance of the brow from the middle of the resting face, and its width, in decimetres."""


def paint_skin(identity: Identity) -> Plane:
    """Colour of every cell of the window as linear light, (ROWS, COLUMNS, 3): skin, its marks, beard shadow and brows.

    Lips, scalp and eyes are coloured later, since they do not lie flat in this window.
    """
    x, y = np.broadcast_arrays(*grid())
    palette = identity.palette
    dark = identity.person.race == "Black"
    mottled = 1 + 0.030 * _patches(x, y, identity.texture) + 0.016 * look_up(noise(2), x, y, 1 / CELL, identity.texture)
    colour = palette.skin.astype(np.float32) * mottled[..., None]
    red = np.array([1.05, 0.90, 0.88] if dark else [1.05, 0.84, 0.82], dtype=np.float32)
    colour = _blend(colour, colour * red, _flush() * (0.6 + 0.5 * palette.make_up))
    colour = _blend(colour, colour * np.array([0.80, 0.74, 0.76], dtype=np.float32), 0.55 * _sockets())
    if palette.make_up:
        colour = _blend(
            colour, colour * np.array([0.72, 0.64, 0.66], dtype=np.float32), 0.5 * palette.make_up * _lids()
        )
    if palette.freckles > 0.05:
        spots = smooth_step(1.5, 2.4, look_up(noise(5, smooth=2.2), x, y, 1 / CELL, identity.texture))
        spread = np.exp(-((np.abs(x) / 0.5) ** 4) - ((y - 7.02) / 0.20) ** 2)
        colour = _blend(
            colour, colour * np.array([0.80, 0.66, 0.55], dtype=np.float32), 0.7 * palette.freckles * spots * spread
        )
    if palette.beard:
        shade = np.minimum(palette.hair * 0.5 + palette.skin * 0.28, palette.skin * 0.8).astype(np.float32)
        grain = 0.85 + 0.25 * look_up(noise(3, smooth=0.7), x, y, 1 / CELL, identity.texture)
        colour = _blend(colour, shade, np.clip(0.55 * palette.beard * _beard() * grain, 0, 0.8))
    colour = _blend(colour, colour * np.array([0.36, 0.25, 0.23], dtype=np.float32), _nostrils())
    hair = np.minimum(palette.hair * 0.75, 0.30).astype(np.float32)
    colour = _blend(colour, hair, _brows(x, y, identity.brow, identity.texture))
    return to_linear(colour.astype(np.float32))


def sample(picture: Plane, x: Floats, y: Floats) -> Plane:
    """Nearest cell of a picture of the window for every resting point; beyond the window its edge."""
    column = np.clip(((x - LEFT) / CELL).astype(np.int64), 0, COLUMNS - 1)
    row = np.clip(((HIGH - y) / CELL).astype(np.int64), 0, ROWS - 1)
    return np.asarray(picture[row, column])


def _blend(below: Plane, above: Plane, share: Plane) -> Plane:
    return np.asarray(below + (above - below) * share[..., None].astype(np.float32))


def _patches(x: Plane, y: Plane, seed: int) -> Plane:
    return np.asarray(
        look_up(noise(1, smooth=14.0), x, y, 130.0, seed) + 0.6 * look_up(noise(4, smooth=5.0), x, y, 150.0, seed)
    )


@cache
def _flush() -> Plane:
    """Where blood shines through: cheeks, tip of the nose, chin."""
    x, y = grid()
    across = np.abs(x)
    cheeks = np.exp(-(((across - 0.43) / 0.20) ** 2) - ((y - 7.0) / 0.17) ** 2)
    nose = np.exp(-((x / 0.13) ** 2) - ((y - 6.95) / 0.12) ** 2)
    chin = np.exp(-((x / 0.18) ** 2) - ((y - 6.33) / 0.10) ** 2)
    return np.clip(0.42 * cheeks + 0.40 * nose + 0.22 * chin, 0, 1)


@cache
def _sockets() -> Plane:
    x, y = grid()
    eye = eye_centre()
    across = np.abs(x) - eye[0]
    below = np.exp(-(((across + 0.04) / 0.15) ** 2) - ((y - eye[1] + 0.13) / 0.055) ** 2)
    inner = np.exp(-(((across + 0.16) / 0.06) ** 2) - ((y - eye[1] - 0.03) / 0.09) ** 2)
    return np.asarray(0.8 * _lids() * 0.5 + 0.55 * below + 0.6 * inner)


@cache
def _nostrils() -> Plane:
    x, y = grid()
    return np.asarray(
        np.exp(-(((np.abs(x) - 0.074) / 0.034) ** 4) - ((y - 6.853 - 0.10 * (np.abs(x) - 0.074)) / 0.017) ** 2)
    )


@cache
def _lids() -> Plane:
    x, y = grid()
    eye = eye_centre()
    across = np.abs(x) - eye[0]
    return np.asarray(np.exp(-((across / 0.17) ** 4) - ((y - eye[1] - 0.075) / 0.06) ** 2))


@cache
def _beard() -> Plane:
    """Moustache, chin, jaw and cheeks below a line from the mouth's corners to the ears."""
    x, y = grid()
    across = np.abs(x)
    edge = 6.80 + 0.55 * np.clip(across - 0.28, 0, None) ** 1.2
    below = smooth_step(0.07, -0.07, y - edge)
    moustache = np.exp(-((x / 0.24) ** 4) - ((y - 6.78) / 0.05) ** 2)
    lips = np.exp(-((x / 0.24) ** 4) - ((y - 6.60) / 0.085) ** 4)
    return np.asarray(np.clip(np.maximum(below, moustache), 0, 1) * (1 - lips) * smooth_step(6.08, 6.38, y))


def _brow_shape(along: Plane, brow: Brow) -> tuple[Plane, Plane]:
    """Height of the brow's middle line and half its thickness, from 0 (its inner end) to 1 (its outer end)."""
    rise = 0.030 * smooth_step(0.0, 0.68, along) * (0.8 * brow.arch - 0.25)
    fall = (0.10 + 0.05 * brow.arch) * np.clip(along - 0.60, 0, None) ** 1.4 * 2.2
    swell, taper = 0.72 + 0.5 * smooth_step(0.0, 0.25, along), 1.08 - 0.85 * smooth_step(0.35, 1.08, along)
    return eye_centre()[1] + brow.height - 0.018 + rise - fall, np.maximum(brow.thickness * swell * taper, 0.006)


def brow_line(brow: Brow) -> Floats:
    """Resting points (x, y) around the rim of the left brow; the right one mirrors it."""
    along = np.linspace(0.0, 1.0, 9)
    middle, half = _brow_shape(along, brow)
    x = BROW_START + BROW_LENGTH * along
    return np.concatenate([np.stack([x, middle + half], axis=1), np.stack([x, middle - half], axis=1)])


def _brows(x: Plane, y: Plane, brow: Brow, seed: int) -> Plane:
    """Cover of both eyebrows, 0 to 1, with the grain of their hairs."""
    along = (np.abs(x) - BROW_START) / BROW_LENGTH
    middle, half = _brow_shape(along, brow)
    distance = (y - middle) / half
    body = smooth_step(1.45, 0.25, np.abs(distance))
    ends = smooth_step(-0.06, 0.14, along) * smooth_step(1.06, 0.86, along)
    # Hairs rise steeply near the nose and lie along the brow towards the temple.
    slant = np.clip(1.6 - 2.2 * along, -0.4, 1.6)
    grain = look_up(
        noise(6, smooth=0.9), np.abs(x) - (y - middle) / np.maximum(slant + 1.0, 0.6), y * 0.25, 260.0, seed
    )
    return np.asarray(np.clip(brow.density * body * ends * (0.90 + 0.09 * grain), 0, 0.95))

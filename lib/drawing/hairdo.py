"""Hair as strands that grow from the scalp, are combed, fall, and stay outside the head."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from lib.drawing.fields import smooth_step
from lib.drawing.identities import Identity
from lib.drawing.mesh_data import SKIN, Flags, Floats, Indices, head_mesh
from lib.drawing.styles import HairStyle

STEPS = 20
CANDIDATES = 16000
KNOT = 1400
"""Strands of the knot of tied hair."""
ANGLES = (0, 25, 42, 55, 64, 72, 84, 100, 120, 150, 180)
HEIGHTS = (8.00, 7.99, 7.93, 7.78, 7.50, 7.28, 7.25, 7.52, 7.25, 6.95, 6.90)
"""Height of the hairline at each angle (degrees) around the head, from the forehead past temple and ear to the nape."""


@dataclass(frozen=True)
class Strands:
    """Hair of one person.

    Attributes
    ----------
    nodes : array (strands, STEPS + 1, 3)
        From root to tip, in decimetres.
    tone : array (strands,)
        Factor of each strand's colour, around 1.
    thick : bool
        Long straight hair, which hangs in locks.
    """

    nodes: Floats
    tone: Floats
    thick: bool = False


def above_hairline(points: Floats) -> Floats:
    """Height of resting points (points, 3) above the usual hairline, in decimetres; negative on the face and neck."""
    angle = np.degrees(np.arctan2(np.abs(points[:, 0]), points[:, 2] - 0.45))
    return np.asarray(points[:, 1] - np.interp(angle, ANGLES, HEIGHTS))


@cache
def _roots() -> tuple[Indices, Floats]:
    """Places on the scalp: vertices (candidates, 3) and their weights, the same for everybody."""
    mesh = head_mesh()
    random = np.random.default_rng([77, 1])
    skin = mesh.triangles[mesh.part == SKIN]
    corners = mesh.rest[skin]
    centre = corners.mean(axis=1)
    ear = (np.abs(centre[:, 0]) > 0.745) & (centre[:, 1] < 7.62) & (centre[:, 1] > 6.8)
    scalp = np.flatnonzero((above_hairline(centre) > -0.12) & ~ear)
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)[scalp]
    which = scalp[np.searchsorted(np.cumsum(area) / area.sum(), random.random(CANDIDATES))]
    first, second = random.random((2, CANDIDATES))
    flip = first + second > 1
    first, second = np.where(flip, 1 - first, first), np.where(flip, 1 - second, second)
    return skin[which], np.stack([1 - first - second, first, second], axis=1)


def grow_hair(identity: Identity, normals: Floats) -> Strands:
    """Grow the hair of a neutral face whose vertices have `normals` (vertices, 3).

    The head is taken as the ellipsoid that fits the scalp best, pushed in by no strand.
    """
    style = identity.hair
    random = np.random.default_rng([identity.texture, 3])
    vertices, weights = _roots()
    rest = (head_mesh().rest[vertices] * weights[..., None]).sum(axis=1)
    height = above_hairline(rest) - style.hairline + random.normal(0, 0.018, CANDIDATES)
    grown = np.flatnonzero(height > 0)[: style.strands]
    roots = (identity.vertices[vertices[grown]] * weights[grown][..., None]).sum(axis=1)
    normal = (normals[vertices[grown]] * weights[grown][..., None]).sum(axis=1)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    all_roots = (identity.vertices[vertices] * weights[..., None]).sum(axis=1)
    centre, radii = _fit_ellipsoid(all_roots[height > 0])
    fringe = _in_fringe(style, rest[grown], height[grown], random)
    length = _lengths(style, rest[grown], height[grown], fringe) * random.uniform(0.82, 1.1, len(grown))
    heading = _comb(style, rest[grown], normal, fringe)
    nodes = _fall(style, (roots, heading, length), (centre, radii), random)
    if style.curl:
        nodes += _curls(style, nodes, random)
    if style.tied:
        nodes = np.concatenate([nodes, _knot(all_roots, style, random)])
    return Strands(
        nodes, 1 + np.clip(random.normal(0, 0.20, len(nodes)), -0.45, 0.5), style.comb == "down" and not style.curl
    )


def _fit_ellipsoid(points: Floats) -> tuple[Floats, Floats]:
    """Centre and radii of an upright ellipsoid through points (points, 3), least squares on its equation."""
    x, y, z = points.T
    terms = np.stack([x * x, y * y, y, z * z, z], axis=1)
    a, b, c, d, e = np.linalg.lstsq(terms, np.ones(len(points)), rcond=None)[0]
    centre = np.array([0.0, -c / (2 * b), -e / (2 * d)])
    size = 1 + b * centre[1] ** 2 + d * centre[2] ** 2
    return centre, np.sqrt(size / np.array([a, b, d]))


def _in_fringe(style: HairStyle, rest: Floats, height: Floats, random: np.random.Generator) -> Flags:
    if not style.fringe:
        return np.zeros(len(rest), dtype=bool)
    front = (rest[:, 2] > 0.62) & (np.abs(rest[:, 0]) < 0.66) & (height < 0.60) & (rest[:, 1] > 7.55)
    return front & (random.random(len(rest)) < 0.92)


def _lengths(style: HairStyle, rest: Floats, height: Floats, fringe: Flags) -> Floats:
    top = smooth_step(7.85, 8.12, rest[:, 1])
    length = style.length_side + (style.length_top - style.length_side) * top
    edge = 0.35 + 0.65 * smooth_step(0.0, 0.12, height) if style.length_side < 0.3 else 1.0
    return np.where(
        fringe,
        style.fringe + 0.8 * np.clip(height, 0, 0.6) - 0.35 * np.clip(np.abs(rest[:, 0]) - 0.35, 0, 1),
        length * edge,
    )


def _comb(style: HairStyle, rest: Floats, normal: Floats, fringe: Flags) -> Floats:
    """The direction in which each strand sets out."""
    x, y, _ = rest.T
    side = np.where(x > style.part, 1.0, -1.0)
    top = smooth_step(7.75, 8.1, y)
    flat = np.zeros_like(x)
    towards = {
        "forward": np.stack([0.15 * side, -0.2 - 0.9 * (1 - top), 0.2 + 0.9 * top], axis=1),
        "back": np.stack([0.12 * side, 0.25 * top - 0.25 * (1 - top), flat - 1.0], axis=1),
        "side": np.stack([side * (0.2 + top), -0.15 - 0.8 * (1 - top), 0.15 + 0.15 * top], axis=1),
        "down": np.stack([side * (0.05 + 1.2 * top), -0.3 - 0.7 * (1 - top), -0.60 + flat], axis=1),
    }[style.comb]
    front = np.stack([0.35 * x, flat - 0.45, flat + 1.0], axis=1)
    towards = np.where(fringe[:, None], front, towards)
    along = towards - normal * (towards * normal).sum(axis=1, keepdims=True)
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-6)
    lift = np.where(fringe, 0.12, style.lift)[:, None]
    heading = along * (1 - lift) + normal * lift
    return np.asarray(heading / np.linalg.norm(heading, axis=1, keepdims=True))


def _fall(
    style: HairStyle, strands: tuple[Floats, Floats, Floats], head: tuple[Floats, Floats], random: np.random.Generator
) -> Floats:
    """Follow strands (their roots, headings and lengths) down and around the head (centre and radii)."""
    roots, heading, length = strands
    centre, radii = head
    layer = random.random(len(roots)) ** 0.7
    top = smooth_step(7.75, 8.15, roots[:, 1])
    volume = {"down": 0.10, "back": 0.035 if style.tied else 0.13 * top}.get(style.comb, 0.12 * top)
    off = (0.015 + layer * volume * min(1.0, style.length_top / 0.5))[:, None]
    nodes = np.empty((len(roots), STEPS + 1, 3))
    nodes[:, 0] = roots
    point, step = roots, (length / STEPS)[:, None]
    sway = random.normal(0, 0.035, (len(roots), 3))
    down = np.array([0.0, -1.0, 0.0])
    phase = random.normal(0, 0.5, len(roots)) + 2.5 * roots[:, 2]
    for number in range(1, STEPS + 1):
        heading = heading + style.fall * 0.9 * step / 0.1 * 0.22 * down + sway * 0.15
        heading = heading / np.linalg.norm(heading, axis=1, keepdims=True)
        # What is tied ends behind the head, where the knot would be.
        point = point + step * heading * (smooth_step(-0.25, 0.0, point[:, 2:3]) if style.tied else 1.0)
        share = min(1.0, number / 2.5)
        inside = np.linalg.norm((point - centre) / radii, axis=1, keepdims=True)
        shell = 1 + off * share
        # Above the widest part of the head, lying hair is also held down to its layer.
        above = np.ones_like(inside) if style.tied else smooth_step(0.0, 0.25, point[:, 1:2] - centre[1])
        held = (1 - style.lift) * above
        wanted = np.where(inside < shell, shell, shell + (inside - shell) * (1 - 0.9 * held))
        point = centre + (point - centre) * wanted / np.maximum(inside, 1e-6)
        if style.comb == "down":
            point = _beside_face(point, share)
        nodes[:, number] = point
    if style.wave:
        along = np.linspace(0, 1, STEPS + 1)[None] * length[:, None]
        swing = style.wave * np.sin(along * 7.0 + phase[:, None]) * np.clip(along - 0.3, 0, 1)
        nodes[..., 0] += swing
        nodes[..., 2] += 0.6 * swing
    return nodes


def _beside_face(point: Floats, share: float) -> Floats:
    """Keep falling hair off the face: the lower, the farther from its middle."""
    x, y, z = point.T
    edge = 0.30 + 0.45 * smooth_step(7.95, 7.45, y) + 0.04 * smooth_step(7.4, 6.8, y)
    front = smooth_step(0.25, 0.6, z) * smooth_step(7.98, 7.65, y)
    aside = np.sign(x) * np.maximum(np.abs(x), edge)
    return np.stack([x + (aside - x) * front * share, y, z - 0.02 * front], axis=1)


def _knot(roots: Floats, style: HairStyle, random: np.random.Generator) -> Floats:
    """A knot on the crown: strands that run round a ball, (KNOT, STEPS + 1, 3)."""
    radius = random.uniform(0.24, 0.36) * (1.15 if style.curl else 1.0)
    middle = np.array([0.0, roots[:, 1].max() + 0.45 * radius, random.uniform(-0.05, 0.2)])
    axis = random.normal(0, 1, (KNOT, 3)) + np.array([0.0, 2.5, 0.0])
    axis /= np.linalg.norm(axis, axis=1, keepdims=True)
    first = np.cross(axis, random.normal(0, 1, (KNOT, 3)))
    first /= np.linalg.norm(first, axis=1, keepdims=True)
    second = np.cross(axis, first)
    turn = np.linspace(0, 2.6, STEPS + 1)[None, :, None]
    height = random.uniform(-0.9, 0.9, (KNOT, 1, 1))
    ring = np.cos(turn) * first[:, None] + np.sin(turn) * second[:, None]
    shell = (
        radius
        * random.uniform(0.8, 1.0, (KNOT, 1, 1))
        * (1 + (0.06 if style.curl else 0.0) * random.normal(0, 1, (KNOT, STEPS + 1, 1)))
    )
    return np.asarray(middle + shell * (np.sqrt(1 - height**2) * ring + height * axis[:, None]))


def _curls(style: HairStyle, nodes: Floats, random: np.random.Generator) -> Floats:
    turn = np.arange(STEPS + 1)[None] * random.uniform(0.9, 1.5, (len(nodes), 1)) + random.uniform(
        0, 6.3, (len(nodes), 1)
    )
    grow = np.minimum(np.arange(STEPS + 1) / 4, 1)[None]
    random_walk = np.cumsum(random.normal(0, 0.18, nodes.shape), axis=1) * style.curl
    circle = style.curl * grow * np.stack([np.cos(turn), np.sin(turn * 1.3 + 1), np.sin(turn)])
    return np.asarray(np.moveaxis(circle, 0, 2) + random_walk)

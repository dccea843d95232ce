"""Reading traces back: attention, probabilities and hidden states of one answer, or of all answers to a step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lib.errors import DataError, MissingFileError
from lib.local.grids import Grid
from lib.traces.files import read_part
from lib.traces.heatmaps import Method, attention_map
from lib.traces.manifest import standing_lines
from lib.traces.naming import manifest_file, trace_file
from lib.traces.parts import Part, grid_of

MANIFEST = {
    "key": pl.String, "kind": pl.String, "image_id": pl.String, "repeat": pl.Int64, "step": pl.String,
    "file": pl.String, "text_sha256": pl.String, "model_version": pl.String, "device": pl.String, "arrays": pl.String,
    "bytes": pl.Int64, "sha256": pl.String, "again": pl.Boolean, "written_at": pl.String,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Attention:
    """Where an answer's tokens looked.

    Attributes
    ----------
    key : str
        Of the answer.
    grid : Grid
        Where the places are on the picture.
    layers : tuple of int
        Numbers of the layers, from 1.
    maps : array, (layers, heads, rows, columns), float16
        Attention to each place, the mean over the answer's tokens; of all attention, so that a map's sum is the share
        of the image and the rest went to words.
    tokens : array, (tokens, layers, rows, columns), float16
        The same of each of the answer's tokens, the mean over heads.
    mass : array, (tokens, layers, heads), float32
        Sums over the grid, at most 1.
    pieces : tuple of str
        The answer's tokens.
    """

    key: str
    grid: Grid
    layers: tuple[int, ...]
    maps: NDArray[np.float16]
    tokens: NDArray[np.float16]
    mass: NDArray[np.float32]
    pieces: tuple[str, ...]

    def on_pixels(
        self,
        size: tuple[int, int] | None = None,
        *,
        layers: Sequence[int] | None = None,
        heads: Sequence[int] | None = None,
        method: Method = "box",
    ) -> NDArray[np.float64]:
        """Heatmap, (height, width); see `lib.traces.heatmaps.attention_map`."""
        return attention_map(
            self.maps, self.grid, size, layer_numbers=self.layers, layers=layers, heads=heads, method=method
        )


@dataclass(frozen=True, slots=True)
class Hidden:
    """Hidden states of one answer; float16, or float32 where a value was beyond its range.

    Attributes
    ----------
    key : str
        Of the answer.
    layers : tuple of int
        0 is what goes into the first layer, n what comes out of layer n.
    last : array, (layers, width)
        Of the token from which the answer's first one came; all NaN if the answer has none.
    image : array, (layers, width)
        Mean over the image's tokens; all NaN where there are none (no image, or cross-attention).
    """

    key: str
    layers: tuple[int, ...]
    last: NDArray[np.floating]
    image: NDArray[np.floating]


def read_manifest(folder: Path, condition: str) -> pl.DataFrame:
    """All traces of a condition, one row each.

    Parameters
    ----------
    folder
        Of all traces: the study's `cache/traces`.
    condition
        Its id.

    Returns
    -------
    DataFrame
        The fields of `lib.traces.manifest.Line`, `arrays` as text such as `maps <f2 2x4x8x8`; in order of image,
        repeat, step and kind. No rows if nothing was traced.
    """
    rows = []
    for line in standing_lines(folder, condition):
        row = {name: getattr(line, name) for name in MANIFEST}
        row["arrays"] = ", ".join(
            f"{name} {kind} {'x'.join(map(str, shape))}" for name, (kind, shape) in sorted(line.arrays.items())
        )
        rows.append(row)
    return pl.DataFrame(rows, schema=MANIFEST).sort("image_id", "repeat", "step", "kind")


def read_attention(folder: Path, condition: str, image_id: str, step: str, repeat: int = 0) -> Attention:
    """Where an answer's tokens looked.

    Raises
    ------
    DataError
        There is no such trace, it is damaged, or the model gave none.
    """
    part = read_trace(folder, condition, "attention", image_id, step, repeat=repeat)
    grid = grid_of(part.about)
    assert grid is not None
    arrays, about = part.arrays, part.about
    return Attention(
        about["key"], grid, tuple(about["layers"]), arrays["maps"], arrays["tokens"], arrays["mass"],
        tuple(about["pieces"]),
    )  # fmt: skip


def read_vision(folder: Path, condition: str, image_id: str, step: str, repeat: int = 0) -> tuple[NDArray[Any], Grid]:
    """Attention that each place gets within the vision tower, (layers, heads, rows, columns), and its grid.

    It is kept with the first step alone, since it is the same for all.

    Raises
    ------
    DataError
        As `read_attention`.
    """
    part = read_trace(folder, condition, "vision", image_id, step, repeat=repeat)
    grid = grid_of(part.about)
    assert grid is not None
    return part.arrays["maps"], grid


def read_hidden(folder: Path, condition: str, image_id: str, step: str, repeat: int = 0) -> Hidden:
    """Hidden states of one answer.

    Raises
    ------
    DataError
        As `read_attention`.
    """
    part = read_trace(folder, condition, "hidden", image_id, step, repeat=repeat)
    there = next(iter(part.arrays.values()))
    nothing = np.full(there.shape, np.nan, dtype=there.dtype)
    found = (part.arrays.get(name, nothing) for name in ("last", "image"))
    return Hidden(part.about["key"], tuple(part.about["layers"]), *found)


def hidden_states(
    folder: Path, condition: str, step: str, layer: int, *, pooled: str = "last", repeat: int = 0
) -> tuple[list[str], NDArray[np.float32]]:
    """Hidden states of one layer over all images, for comparisons between images (RSA, CKA).

    Parameters
    ----------
    folder, condition, step, repeat
        Whose states.
    layer
        Its number, from 0.
    pooled
        `last` or `image`, as in `Hidden`.

    Returns
    -------
    list of str, array (images, width)
        The images in order of their ids, and their states; a row of NaN where there is none.

    Raises
    ------
    MissingFileError
        Nothing was traced.
    DataError
        The layer was not kept, or a file is damaged.
    """
    ids = images_with(folder, condition, "hidden", step, repeat)
    rows = []
    for image_id in ids:
        hidden = read_hidden(folder, condition, image_id, step, repeat)
        if layer not in hidden.layers:
            raise DataError(f"{condition}: layer: got {layer}, but {image_id} has {hidden.layers}. Name one of them.")
        rows.append(getattr(hidden, pooled)[hidden.layers.index(layer)].astype(np.float32))
    return ids, np.stack(rows)


def images_with(folder: Path, condition: str, kind: str, step: str, repeat: int = 0) -> list[str]:
    """Ids of images with arrays of a kind for a step, in order.

    Raises
    ------
    MissingFileError
        There are none.
    """
    lines = standing_lines(folder, condition)
    ids = {
        line.image_id for line in lines if (line.kind, line.step, line.repeat) == (kind, step, repeat) and line.arrays
    }
    if not ids:
        raise MissingFileError(
            f"{manifest_file(folder, condition, 'all').parent}: has no {kind} of step {step!r}. Trace it: rater infer "
            f"-m {condition} --traces {kind}"
        )
    return sorted(ids)


def read_trace(folder: Path, condition: str, kind: str, image_id: str, step: str, *, repeat: int = 0) -> Part:
    """One trace as it is stored.

    Raises
    ------
    DataError
        There is none, it is damaged, or the model gave none.
    """
    path = trace_file(folder, condition, kind, image_id, repeat)
    part = read_part(path, step)
    if "lacking" in part.about:
        raise DataError(f"{path}: step {step}: there is nothing to read: {part.about['lacking']}.")
    return part

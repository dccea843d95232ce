"""What chapters read of an answer's attention: one map over the image's grid for all layers, heads and tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lib.local.grids import Grid
from lib.traces.parts import Part, grid_of

BOX = ("left", "top", "right", "bottom")
ATTENDED: Mapping[str, type[pl.DataType] | pl.DataType] = (
    dict.fromkeys(("rows", "columns"), pl.Int64)
    | dict.fromkeys((*BOX, "width", "height"), pl.Float64)
    | dict.fromkeys(("layers", "heads", "tokens"), pl.Int64)
    | {"mass": pl.Float64, "map": pl.List(pl.Float32)}
)


def attended(part: Part, step: str, _categories: Sequence[str], _dimensions: Sequence[str]) -> dict[str, pl.DataFrame]:
    """Where an answer's tokens looked, from `attention`.

    Returns
    -------
    dict of str to polars.DataFrame
        By step, one row: rows, columns (of the image's grid); left, top, right, bottom (of the whole grid), width,
        height (of the picture), in pixels of the picture as the model was given it; layers, heads, tokens (how many the
        mean is over); mass (share of all attention that went to the image, 0 to 1); map (rows x columns numbers, row by
        row from the top left: each place's share of all attention, so that they sum to mass but for rounding; places
        beside the picture, such as padding, included). No frame where a value of the map is not finite.

    Notes
    -----
    Layers and heads that see the image count alike, and so does each token of the answer. `lib.traces.reading` gives
    each of them.
    """
    grid, maps = grid_of(part.about), part.arrays["maps"].astype(np.float64)
    if grid is None or not np.isfinite(maps).all():
        return {}
    row = {
        "rows": grid.rows, "columns": grid.columns, **dict(zip(BOX, grid.box, strict=True)),
        "width": grid.size[0], "height": grid.size[1], "layers": maps.shape[0], "heads": maps.shape[1],
        "tokens": len(part.arrays["tokens"]), "mass": float(part.arrays["mass"].mean(dtype=np.float64)),
        "map": maps.mean((0, 1)).ravel().tolist(),
    }  # fmt: skip
    return {step: pl.DataFrame([row], schema=ATTENDED, orient="row")}


def map_of(row: Mapping[str, object]) -> tuple[NDArray[np.float64], Grid]:
    """The map of one row of such a frame, (rows, columns), and its grid."""
    numbers = {name: float(row[name]) for name in (*BOX, "width", "height")}  # type: ignore[arg-type]
    rows, columns = int(row["rows"]), int(row["columns"])  # type: ignore[call-overload]
    box = (numbers["left"], numbers["top"], numbers["right"], numbers["bottom"])
    grid = Grid(rows, columns, box, (round(numbers["width"]), round(numbers["height"])))
    return np.asarray(row["map"], dtype=np.float64).reshape(rows, columns), grid

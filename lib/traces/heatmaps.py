"""From places of an image's grid to pixels of the picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from lib.local.grids import Grid

Method = Literal["box", "bilinear"]
Floats = NDArray[np.float64]


def attention_map(
    maps: NDArray[np.floating],
    grid: Grid,
    size: tuple[int, int] | None = None,
    *,
    layer_numbers: Sequence[int] | None = None,
    layers: Sequence[int] | None = None,
    heads: Sequence[int] | None = None,
    method: Method = "box",
) -> NDArray[np.float64]:
    """Attention to each pixel of a picture.

    Parameters
    ----------
    maps : array, (layers, heads, rows, columns)
        Attention to each place, such as `Attention.maps`; or (layers, rows, columns), or (rows, columns).
    grid
        Where the places are on the picture.
    size : (width, height) or None
        Of the heatmap in pixels; the picture as the model was given it by default. For a picture that was made smaller
        before it was sent, give its own size: the grid is stretched along.
    layer_numbers
        Which layers `maps` has, as `Attention.layers`; by default they count from 1.
    layers, heads
        Those that are averaged, layers by their numbers, heads from 0; all by default.
    method
        `box`: each pixel has the mean of the places that it lies in, by area, which is exact: the mean over pixels is
        the mean over places where the grid covers the picture. `bilinear`: between the centres of places the values go
        straight from one to the next; smoother, and no finer.

    Returns
    -------
    array, (height, width)
        Attention as share of all that the model paid, of the place that a pixel is in (not divided among its pixels).
        NaN for pixels that no place of the grid touches: those cut off by a centre crop.

    Raises
    ------
    ValueError
        The shapes do not fit, or there is no such layer or head.
    """
    values = _chosen(np.asarray(maps, dtype=np.float64), layer_numbers, layers, heads)
    if values.shape != (grid.rows, grid.columns):
        raise ValueError(f"maps: got places {values.shape!r}, expected {(grid.rows, grid.columns)!r}")
    width, height = size or grid.size
    if width < 1 or height < 1:
        raise ValueError(f"size: got {size!r}, expected a width and a height of at least 1")
    left, top, right, bottom = grid.box
    along, down = width / grid.size[0], height / grid.size[1]
    of_columns = _overlaps(width, left * along, right * along, grid.columns)
    of_rows = _overlaps(height, top * down, bottom * down, grid.rows)
    seen = (of_rows.sum(1) > 0)[:, None] & (of_columns.sum(1) > 0)[None, :]
    if method == "bilinear":
        of_columns = _between(width, left * along, right * along, grid.columns)
        of_rows = _between(height, top * down, bottom * down, grid.rows)
    with np.errstate(invalid="ignore"):
        of_rows, of_columns = (one / one.sum(1, keepdims=True) for one in (of_rows, of_columns))
    spread: Floats = np.nan_to_num(of_rows) @ values @ np.nan_to_num(of_columns).T
    spread[~seen] = np.nan
    return spread


def _chosen(
    maps: Floats, numbers: Sequence[int] | None, layers: Sequence[int] | None, heads: Sequence[int] | None
) -> Floats:
    """The mean over layers and heads."""
    if maps.ndim == 2:
        maps = maps[None]
    if maps.ndim == 3:
        maps = maps[:, None]
    if maps.ndim != 4:
        raise ValueError(f"maps: got {maps.ndim} dimensions, expected layers, heads, rows and columns")
    known = list(range(1, maps.shape[0] + 1)) if numbers is None else list(numbers)
    places = _places(known, layers, "layers")
    return np.asarray(maps[places][:, _places(list(range(maps.shape[1])), heads, "heads")].mean((0, 1)))


def _places(known: list[int], wanted: Sequence[int] | None, name: str) -> list[int]:
    if wanted is None:
        return list(range(len(known)))
    lacking = [one for one in wanted if one not in known]
    if lacking or not wanted:
        raise ValueError(f"{name}: got {list(wanted)!r}, expected some of {known!r}")
    return [known.index(one) for one in wanted]


def _overlaps(pixels: int, begin: float, end: float, places: int) -> Floats:
    """How much of each pixel lies in each place, (pixels, places); both along one side, in pixels."""
    edges = begin + (end - begin) * np.arange(places + 1) / places
    pixel = np.arange(pixels, dtype=np.float64)[:, None]
    shared: Floats = np.minimum(pixel + 1, edges[1:]) - np.maximum(pixel, edges[:-1])
    return shared.clip(0)


def _between(pixels: int, begin: float, end: float, places: int) -> Floats:
    """Weights of the two places between whose centres each pixel's centre lies, (pixels, places)."""
    at = (np.arange(pixels) + 0.5 - begin) / (end - begin) * places - 0.5
    at = at.clip(0, places - 1)
    lower = np.floor(at).astype(np.int64).clip(0, max(0, places - 2))
    weights = np.zeros((pixels, places))
    rows = np.arange(pixels)
    weights[rows, lower] = 1 - (at - lower)
    weights[rows, np.minimum(lower + 1, places - 1)] += at - lower
    return weights

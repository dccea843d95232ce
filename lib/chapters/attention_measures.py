"""Figures of each image's attention map: shape and place of the whole, and what falls into each region."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lib.contracts.regions import ELSEWHERE
from lib.local.grids import Grid
from lib.metrics.attention_maps import describe_maps, region_shares
from lib.metrics.image_draws import Numbers
from lib.metrics.region_masks import Outline, cover_places
from lib.traces.attended import map_of

SHAPE, SHARE, AREA, DENSITY, TESTED = "shape", "share", "area", "density", "tested"
SHAPES = ("mass", "entropy_share", "x", "y", "spread")
SIDES = ("left_", "right_")
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Measured:
    """Figures of a number of images.

    Attributes
    ----------
    regions : tuple of str
        `Regions.names`.
    shape : numpy.ndarray
        `SHAPES` of each image, shape (n_images, 5); NaN where the map is empty.
    share, area, density : numpy.ndarray
        As in `lib.metrics.attention_maps.RegionShares`, shape (n_images, n_regions); NaN for images of which the table
        lacks a region that it has of others.
    """

    regions: tuple[str, ...]
    shape: Numbers
    share: Numbers
    area: Numbers
    density: Numbers

    def of(self, kind: str) -> Numbers:
        """Figures of a kind, one column a name; `tested` are densities and what tells of the map's shape."""
        if kind == TESTED:
            return np.hstack([self.density, self.shape[:, 1:]])
        return {SHAPE: self.shape, SHARE: self.share, AREA: self.area, DENSITY: self.density}[kind]

    def names(self, kind: str) -> list[str]:
        """Names of the columns of a kind."""
        return {SHAPE: [*SHAPES], TESTED: [*self.regions, *SHAPES[1:]]}.get(kind, [*self.regions])


class Regions:
    """Outlines of the images that have all regions that any image has, laid onto grids.

    Parameters
    ----------
    table
        `StudyData.regions`.

    Attributes
    ----------
    names : tuple of str
        The regions in the order of the table and what lies in none of them; empty without a table.
    """

    def __init__(self, table: pl.DataFrame | None) -> None:
        self._outlines = _outlines(table)
        named = dict.fromkeys(name for own in self._outlines.values() for name, _, _ in own)
        self.names = (*named, ELSEWHERE) if named else ()
        self._covers: dict[tuple[object, ...], dict[str, Numbers]] = {}

    def __contains__(self, image_id: str) -> bool:
        """Whether all regions of an image are known."""
        return image_id in self._outlines

    def cover(self, image_id: str, rows: int, columns: int, box: Box) -> dict[str, Numbers]:
        """How much of each place of a grid lies in each region of an image (`cover_places`)."""
        key = (image_id, rows, columns, *box)
        if key not in self._covers:
            self._covers[key] = cover_places(self._outlines[image_id], rows, columns, box)
        return self._covers[key]


def measure(frame: pl.DataFrame, regions: Regions) -> Measured:
    """Compute the figures of each image of one condition and step.

    Parameters
    ----------
    frame
        `lib.traces.attended.ATTENDED` with image_id, one row an image.
    regions
        Of the study's images.

    Returns
    -------
    Measured
        In the order of `frame`. Regions of both sides count as one (`left_eye` and `right_eye` as `eyes`); a point that
        lies in several counts for the smallest, and what lies in none is `elsewhere`, so that shares sum to 1.
    """
    blank = np.full((frame.height, len(regions.names)), np.nan)
    found = Measured(regions.names, np.full((frame.height, len(SHAPES)), np.nan), blank, blank.copy(), blank.copy())
    placed = [map_of(row) for row in frame.iter_rows(named=True)]
    sizes = [(grid.rows, grid.columns) for _, grid in placed]
    for size in sorted(set(sizes)):
        places = [at for at, own in enumerate(sizes) if own == size]
        maps = np.stack([_on_picture(*placed[at]) for at in places])
        boxes = np.array([_box(placed[at][1]) for at in places])
        found.shape[places] = describe_maps(maps, boxes).select(SHAPES).fill_null(np.nan).to_numpy()
        _fill_regions(found, frame["image_id"], regions, (places, maps, boxes))
    return found


def pair_name(region: str) -> str:
    """What a region is called together with that of the other side: `left_eye` and `right_eye` are `eyes`."""
    return next((f"{region.removeprefix(side)}s" for side in SIDES if region.startswith(side)), region)


def _fill_regions(found: Measured, ids: pl.Series, regions: Regions, group: tuple[list[int], Numbers, Numbers]) -> None:
    """Fill in the images of one grid whose regions are known."""
    places, maps, boxes = group
    inner = [number for number, at in enumerate(places) if ids[at] in regions]
    if not inner:
        return
    rows, columns = maps.shape[1:]
    covers = [regions.cover(ids[places[number]], rows, columns, tuple(boxes[number])) for number in inner]
    masks = {name: np.stack([cover[name] for cover in covers]) for name in found.regions[:-1]}
    masks[ELSEWHERE] = np.clip(1 - sum(masks.values()), 0, 1)
    shares = region_shares(maps[inner], masks)
    own = [places[number] for number in inner]
    found.share[own], found.area[own], found.density[own] = shares.share, shares.area, shares.density


def _outlines(regions: pl.DataFrame | None) -> dict[str, list[Outline]]:
    """Outlines of each image that has all regions that any image has."""
    if regions is None or regions.is_empty():
        return {}
    count = regions["region"].n_unique()
    order = regions["region"].unique(maintain_order=True).to_list()
    whole = regions.filter(pl.len().over("image_id") == count)
    found: dict[str, list[Outline]] = {}
    for image_id, region, x, y in whole.sort(pl.col("region").replace_strict(order, range(count))).iter_rows():
        found.setdefault(image_id, []).append((pair_name(region), np.asarray(x), np.asarray(y)))
    return found


def _box(grid: Grid) -> Box:
    """The grid on the picture whose sides are 1."""
    (left, top, right, bottom), (width, height) = grid.box, grid.size
    return left / width, top / height, right / width, bottom / height


def _on_picture(values: NDArray[np.float64], grid: Grid) -> NDArray[np.float64]:
    """The map without places whose middle lies beside the picture."""
    left, top, right, bottom = _box(grid)
    x = left + (right - left) * (np.arange(grid.columns) + 0.5) / grid.columns
    y = top + (bottom - top) * (np.arange(grid.rows) + 0.5) / grid.rows
    inside = ((y >= 0) & (y <= 1))[:, None] & ((x >= 0) & (x <= 1))[None, :]
    return np.where(inside, values, np.nan)

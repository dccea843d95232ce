"""Where a machine looks: entropy and centre of attention maps, their shares in regions, and differences of these."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lib.errors import DataError
from lib.metrics.image_draws import Numbers, ratio
from lib.metrics.permutation import paired_permutation_test, unpaired_permutation_test

FIGURES = ("mass", "entropy", "entropy_share", "x", "y", "spread")
TOLERANCE = 1e-12
WHOLE = (0.0, 0.0, 1.0, 1.0)


@dataclass(frozen=True)
class RegionShares:
    """What falls into each region of each image.

    Attributes
    ----------
    names : tuple of str
        The regions.
    share : numpy.ndarray
        Share of the map's sum, 0 to 1, shape (n_images, n_regions); NaN where the map sums to 0.
    area : numpy.ndarray
        Share of the area, 0 to 1.
    density : numpy.ndarray
        share / area: 1 where a region gets as much as its area; NaN where an image lacks the region.
    """

    names: tuple[str, ...]
    share: Numbers
    area: Numbers
    density: Numbers


def describe_maps(maps: Numbers, boxes: Numbers | None = None) -> pl.DataFrame:
    """Entropy, centre and spread of each map.

    Parameters
    ----------
    maps : numpy.ndarray
        Attention to each place, 0 or more, shape (n_images, height, width), row 0 at the top; NaN = no place (pixels
        that were cut off). Give places of the model's grid, not pixels: entropy grows with their number.
    boxes : numpy.ndarray, optional
        Left, top, right and bottom of each map on its picture, whose sides are 1, shape (n_images, 4); without it each
        map is all of its picture.

    Returns
    -------
    polars.DataFrame
        One row an image: mass (sum), entropy (bits, of the map over its sum), entropy_share (of ``log2`` of the number
        of places, 0 = one place, 1 = everywhere alike), x and y (centre of mass from the left and top, 0 to 1 of the
        picture), spread (root mean square distance from the centre, a side of the picture being 1). Null where the map
        sums to 0; entropy_share also where there is one place.

    Raises
    ------
    DataError
        If there is no map, or a value is negative.

    Notes
    -----
    Centres of places are at ``(column + 1/2) / width`` and ``(row + 1/2) / height`` of the map. Checked against
    scipy.ndimage.center_of_mass and scipy.stats.entropy, and on maps whose evidence is in one known corner.
    """
    values, there = _require_maps(maps)
    height, width = values.shape[1:]
    mass = values.sum(axis=(1, 2))
    shares = ratio(values, mass[:, np.newaxis, np.newaxis])
    bits = -(shares * np.log2(np.where(shares > 0, shares, 1.0))).sum(axis=(1, 2)) + 0.0
    left, top, right, bottom = np.asarray([WHOLE] if boxes is None else boxes, dtype=np.float64).T[..., np.newaxis]
    x = left + (right - left) * (np.arange(width) + 0.5) / width
    y = top + (bottom - top) * (np.arange(height) + 0.5) / height
    over, down = shares.sum(axis=1), shares.sum(axis=2)
    centre_x, centre_y = (over * x).sum(axis=1), (down * y).sum(axis=1)
    squares = (over * x**2).sum(axis=1) - centre_x**2 + (down * y**2).sum(axis=1) - centre_y**2
    most = np.log2(np.maximum(there.sum(axis=(1, 2)), 1).astype(float))
    columns = (
        np.where(mass > 0, mass, np.nan),
        bits,
        ratio(bits, most),
        centre_x,
        centre_y,
        np.sqrt(np.maximum(squares, 0)),
    )
    return pl.DataFrame(dict(zip(FIGURES, columns, strict=True))).fill_nan(None)


def region_shares(maps: Numbers, masks: Mapping[str, Numbers]) -> RegionShares:
    """Share of each map in each region, beside the region's share of the area.

    Parameters
    ----------
    maps : numpy.ndarray
        As in `describe_maps`.
    masks : mapping of str to numpy.ndarray
        For each region how much of a place lies in it, 0 to 1, shape (n_images, height, width), or (height, width) for
        a region that is the same in all images. Regions may overlap.

    Returns
    -------
    RegionShares

    Raises
    ------
    DataError
        If there is no map or region, shapes do not fit, or a value is out of range.
    """
    values, there = _require_maps(maps)
    if not masks:
        raise DataError("No regions to compute on, got an empty mapping. Name at least one.")
    mass, area = values.sum(axis=(1, 2)), there.sum(axis=(1, 2)).astype(float)
    shares, areas = [], []
    for name, mask in masks.items():
        inside = np.asarray(mask, dtype=np.float64)
        if inside.shape not in (values.shape, values.shape[1:]):
            raise DataError(f"Region {name!r} must have a map's shape, got {inside.shape!r} for {values.shape!r}.")
        if not ((inside >= 0) & (inside <= 1)).all():
            raise DataError(f"Region {name!r} must lie between 0 and 1, got {inside.min()!r} to {inside.max()!r}.")
        shares.append(ratio((values * inside).sum(axis=(1, 2)), mass))
        areas.append(ratio((there * inside).sum(axis=(1, 2)), area))
    share, covered = np.column_stack(shares), np.column_stack(areas)
    return RegionShares(tuple(masks), share, covered, ratio(share, np.where(covered > TOLERANCE, covered, 0.0)))


def compare_steps(
    first: Numbers, second: Numbers, masks: Mapping[str, Numbers], *, draws: int, seed: int
) -> pl.DataFrame:
    """Whether a machine looks elsewhere at one step than at another, on the same images.

    Parameters
    ----------
    first, second : numpy.ndarray
        Maps of the same images in the same order at both steps, such as emotion and arousal; shape (n_images, height,
        width).
    masks : mapping of str to numpy.ndarray
        Regions, as in `region_shares`.
    draws, seed : int
        Of the sign flips.

    Returns
    -------
    polars.DataFrame
        Columns of `lib.metrics.permutation.paired_permutation_test`, one row for each region's density (by its name)
        and for entropy_share, x, y and spread; difference is first - second, and p_family is over all rows.

    Raises
    ------
    DataError
        If the maps do not fit each other or the regions.
    """
    if np.shape(first) != np.shape(second):
        raise DataError(f"Both steps must show the same images, got {np.shape(first)!r} and {np.shape(second)!r}.")
    (one, names), (other, _) = (_measures(maps, masks) for maps in (first, second))
    return paired_permutation_test(one - other, names, draws=draws, seed=seed)


def compare_images(
    maps: Numbers, first: NDArray[np.bool_], masks: Mapping[str, Numbers], *, draws: int, seed: int
) -> pl.DataFrame:
    """Whether a machine looks elsewhere on one group of images, such as those it agrees with people about.

    Parameters
    ----------
    maps : numpy.ndarray
        Shape (n_images, height, width).
    first : numpy.ndarray
        Whether an image is in the first group, shape (n_images,).
    masks, draws, seed
        As in `compare_steps`; labels are exchanged between images.

    Returns
    -------
    polars.DataFrame
        Columns of `lib.metrics.permutation.unpaired_permutation_test`, one row a measure as in `compare_steps`;
        difference is the first group - the others, and p_family is over all rows.

    Raises
    ------
    DataError
        If the maps do not fit the regions or the groups.

    Notes
    -----
    Images differ in more than agreement: where it goes with the emotion, compare within emotions.
    """
    measures, names = _measures(maps, masks)
    return unpaired_permutation_test(measures, first, names, draws=draws, seed=seed)


def _measures(maps: Numbers, masks: Mapping[str, Numbers]) -> tuple[Numbers, Sequence[str]]:
    """Densities of the regions and shape of the map, one row an image, with their names."""
    shape = describe_maps(maps).select("entropy_share", "x", "y", "spread")
    density = region_shares(maps, masks).density if masks else np.empty((shape.height, 0))
    return np.hstack([density, shape.to_numpy().astype(np.float64)]), [*masks, *shape.columns]


def _require_maps(maps: Numbers) -> tuple[Numbers, NDArray[np.bool_]]:
    """Maps with 0 where there is no place, and where there is one."""
    values = np.asarray(maps, dtype=np.float64)
    if values.ndim != 3 or not values.size:
        raise DataError(f"Maps must be images x height x width and not empty, got shape {values.shape!r}.")
    there = ~np.isnan(values)
    filled = np.where(there, values, 0.0)
    if (filled < 0).any() or np.isinf(filled).any():
        raise DataError(f"Attention must be 0 or more and finite, got {filled.min()!r} to {filled.max()!r}.")
    return filled, there

"""Pairs of images, numbers of pairs, and how two such numbers go together when images are permuted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.stats import rankdata

from lib.errors import ParameterError
from lib.metrics.image_draws import Numbers
from lib.metrics.strata import Strata, number_strata, permuted_places

Singles = NDArray[np.float32]
BLOCK = 16_000_000  # permuted numbers held at a time: 64 MB
FEWEST = 3  # images that a category needs: with two there is one pair


@dataclass(frozen=True)
class Pairs:
    """Pairs of images, block by block.

    Attributes
    ----------
    n_images : int
        Images that the pairs are of.
    first, second : numpy.ndarray
        Both images of each pair, first < second, shape (n_pairs,).
    ends : tuple of int
        Where each block begins, and the last one ends: one block of all pairs, or one for each category.
    strata : numpy.ndarray
        Within which images may be exchanged, shape (n_images,).
    names : tuple of str
        The categories of the blocks; one empty name for the block of all pairs.
    """

    n_images: int
    first: NDArray[np.int64]
    second: NDArray[np.int64]
    ends: tuple[int, ...]
    strata: Strata
    names: tuple[str, ...]

    @property
    def n_pairs(self) -> int:
        """Number of pairs."""
        return self.first.size

    def blocks(self) -> Iterator[slice]:
        """Where each block's pairs are."""
        return (slice(start, end) for start, end in zip(self.ends[:-1], self.ends[1:], strict=True))


def all_pairs(n_images: int, category: pl.Series | None = None) -> Pairs:
    """All pairs of images; with a category, images are exchanged within it only."""
    first, second = np.triu_indices(n_images, 1)
    return Pairs(n_images, first, second, (0, first.size), number_strata(category, n_images), ("",))


def pairs_within(category: pl.Series) -> Pairs:
    """The pairs of images of one category, a block for each category of three images or more.

    Raises
    ------
    DataError
        If an image has no category.
    ParameterError
        If no category has three images.
    """
    strata = number_strata(category, category.len())
    names = category.cast(pl.String).unique().sort().to_list()
    members = [np.flatnonzero(strata == number) for number in range(len(names))]
    usable = [at for at, own in enumerate(members) if own.size >= FEWEST]
    if not usable:
        raise ParameterError(f"A category needs three images to compare pairs within it, got {strata.size!r} in all.")
    corners = [np.triu_indices(members[at].size, 1) for at in usable]
    first = np.concatenate([members[at][rows] for at, (rows, _) in zip(usable, corners, strict=True)])
    second = np.concatenate([members[at][columns] for at, (_, columns) in zip(usable, corners, strict=True)])
    ends = tuple(np.cumsum([0, *(rows.size for rows, _ in corners)]).tolist())
    return Pairs(strata.size, first, second, ends, strata, tuple(names[at] for at in usable))


def standard_ranks(matrix: Numbers, pairs: Pairs) -> Singles:
    """Mid-ranks of a symmetric matrix's pairs, of mean 0 and length 1 in each block; 0 where a block is constant."""
    return _standardise(matrix[pairs.first, pairs.second], pairs, ranked=True)


def standard_values(matrix: Numbers, pairs: Pairs) -> Singles:
    """A symmetric matrix's pairs as they are, of length 1 in each block; 0 where a block is."""
    return _standardise(matrix[pairs.first, pairs.second], pairs, ranked=False)


def block_products(sides: Singles, target: Singles, pairs: Pairs) -> Numbers:
    """Sum of products in each block, shape (n_sides, n_blocks): the correlations of standard ranks."""
    return np.stack([np.asarray(sides[:, own] @ target[own], dtype=np.float64) for own in pairs.blocks()], axis=1)


def permuted_products(sides: Singles, target: Singles, pairs: Pairs, *, draws: int, seed: int) -> Numbers:
    """`block_products` when the target's images are permuted.

    Parameters
    ----------
    sides : numpy.ndarray
        Standardised numbers of the pairs, shape (n_sides, n_pairs).
    target : numpy.ndarray
        Standardised numbers of the target's pairs, shape (n_pairs,).
    pairs : Pairs
        Images are exchanged within its strata.
    draws, seed : int
        Number of permutations and their seed.

    Returns
    -------
    numpy.ndarray
        Shape (draws, n_sides, n_blocks).

    Notes
    -----
    Ranks are taken once; a permutation only looks the target's pairs up in another order, the same one for all sides,
    and sides are multiplied in one matrix product for several permutations. 1,440 images are 1,036,080 pairs.
    """
    full = np.zeros((pairs.n_images, pairs.n_images), dtype=np.float32)
    full[pairs.first, pairs.second] = target
    full[pairs.second, pairs.first] = target
    flat, width = full.ravel(), np.int32(pairs.n_images)
    one, other = pairs.first.astype(np.int32), pairs.second.astype(np.int32)
    orders = permuted_places(pairs.strata, draws, seed)
    rows = max(1, min(32, BLOCK // max(pairs.n_pairs, 1)))
    found = np.empty((draws, len(sides), len(pairs.names)))
    for start in range(0, draws, rows):
        count = min(rows, draws - start)
        permuted = np.empty((count, pairs.n_pairs), dtype=np.float32)
        for row in range(count):
            order = next(orders).astype(np.int32)
            np.take(flat, order[one] * width + order[other], out=permuted[row])
        for at, own in enumerate(pairs.blocks()):
            found[start : start + count, :, at] = permuted[:, own] @ sides[:, own].T
    return found


def _standardise(values: Numbers, pairs: Pairs, *, ranked: bool) -> Singles:
    standard = np.zeros(values.size, dtype=np.float32)
    for own in pairs.blocks():
        part = np.asarray(rankdata(_tied(values[own])) if ranked else values[own], dtype=np.float64)
        centred = part - part.mean() if ranked else part
        length = float(np.sqrt((centred**2).sum()))
        if length > 0:
            standard[own] = centred / length
    return standard


def _tied(values: Numbers) -> Numbers:
    """Distances that differ by rounding only are ties."""
    largest = float(np.abs(values).max(initial=0.0))
    return np.round(values / largest, 10) if largest > 0 else values

"""Ratings condensed into what a model with crossed participants and images needs: sums, and who rated what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import sparse

from lib.errors import DataError
from lib.metrics.checks import require_columns
from lib.metrics.mixed_design import Design, Matrix, make_design
from lib.metrics.mixed_model import ModelNotFittedError

Positions = NDArray[np.int64]
FEW_COUNTS = 4  # so many dense matrices are always kept
PRODUCT_COST = 4  # a product of sparse matrices costs so many times an addition of dense ones, an element


@dataclass(frozen=True)
class CrossedRatings:
    """Ratings by position of participant and image.

    Attributes
    ----------
    participant, image : numpy.ndarray
        Position of each rating's participant and image, shape (ratings,).
    y : numpy.ndarray
        The ratings less `centre`.
    combination : numpy.ndarray
        Row of the design that each image has, shape (images,).
    design : Design
        The fixed effects, constant within an image.
    centre : float
        Mean of all ratings.
    n_excluded : int
        Rows left out because the rating, the participant, the image or a factor was missing.
    """

    participant: Positions
    image: Positions
    y: Matrix
    combination: Positions
    design: Design
    centre: float
    n_excluded: int

    @property
    def n_participants(self) -> int:
        """Participants with a rating."""
        return int(self.participant.max()) + 1

    @property
    def n_images(self) -> int:
        """Images with a rating."""
        return self.combination.size


@dataclass(frozen=True)
class Meetings:
    """Who met whom: for weights of the eliminated levels, the matrix N'WN of the kept levels.

    Attributes
    ----------
    table : scipy.sparse.csr_matrix
        N: ratings of each pair of an eliminated and a kept level.
    group : numpy.ndarray
        Position of each eliminated level's count among the distinct counts.
    shared : tuple of numpy.ndarray
        N_k'N_k for the levels of each count, dense; empty where the counts are so many that it pays to multiply anew.
    """

    table: sparse.csr_matrix
    group: Positions
    shared: tuple[Matrix, ...]

    def weighted(self, weights: Matrix) -> Matrix:
        """N'WN with one weight for each distinct count, shape (kept, kept), in the order that LAPACK wants."""
        size = self.table.shape[1]
        if self.shared:
            found = np.zeros((size, size), order="F")
            for weight, shared in zip(weights, self.shared, strict=True):
                found += weight * shared
            return found
        scaled = self.table.copy()
        scaled.data = self.table.data * np.repeat(weights[self.group], np.diff(self.table.indptr))
        return np.asarray((self.table.T @ scaled).toarray(order="F"), dtype=np.float64)


@dataclass(frozen=True)
class CrossedSums:
    """Sums for the criterion: one factor's levels are eliminated by groups of equal counts, the other's are kept.

    Attributes
    ----------
    eliminated_counts, n_eliminated : numpy.ndarray
        Distinct numbers of ratings of the eliminated factor's levels, and how many levels have each.
    meetings : Meetings
        Which levels of both factors meet.
    met : numpy.ndarray
        N_k'S_k, with S_k the sums of X and y over the k-th group's levels, shape (groups, kept, coefficients + 1).
    squares : numpy.ndarray
        S_k'S_k, shape (groups, coefficients + 1, coefficients + 1).
    counts : numpy.ndarray
        Ratings of each kept level.
    sums : numpy.ndarray
        Sums of X and y over each kept level's ratings, shape (kept, coefficients + 1).
    products : numpy.ndarray
        Products of X and y over all ratings.
    n_observations : int
        Ratings.
    """

    eliminated_counts: Matrix
    n_eliminated: Matrix
    meetings: Meetings
    met: Matrix
    squares: Matrix
    counts: Matrix
    sums: Matrix
    products: Matrix
    n_observations: int


def read_crossed(
    frame: pl.DataFrame, response: str, factors: Sequence[str], participant: str, image: str
) -> CrossedRatings:
    """Number participants and images, and make the design of the images.

    Raises
    ------
    DataError
        If a column is missing, or a factor differs within an image.
    ModelNotFittedError
        If there are fewer than two participants or images, or no more ratings than either has levels.
    """
    require_columns(frame, [response, participant, image, *factors], "The ratings")
    own = [f"f_{name}" for name in factors]
    kept = frame.select(
        pl.col(response).cast(pl.Float64).fill_nan(None).alias("y"),
        pl.col(participant).alias("p"),
        pl.col(image).alias("i"),
        *(pl.col(name).cast(pl.String).alias(label) for name, label in zip(factors, own, strict=True)),
    ).drop_nulls()
    positions = kept.select(pl.col("p", "i").rank("dense").cast(pl.Int64) - 1)
    number = positions["i"]
    _require_levels(kept, {participant: positions["p"], image: number})
    images = kept.select("i", *own).with_columns(number.alias("number")).unique().sort("number")
    if images.height > images["number"].n_unique():
        twice = images.filter(pl.col("i").is_duplicated())["i"][0]
        raise DataError(f"A factor of {list(factors)!r} must be the same in all ratings of an image, got {twice!r}.")
    combinations = images.select(own).unique().sort(own) if own else pl.DataFrame({"": [""]})
    place = combinations.with_row_index("place")
    rows = images.join(place, on=own, maintain_order="left")["place"] if own else pl.Series(np.zeros(images.height))
    centre = float(kept["y"].mean())  # type: ignore[arg-type]
    return CrossedRatings(
        participant=positions["p"].to_numpy(),
        image=number.to_numpy(),
        y=kept["y"].to_numpy() - centre,
        combination=rows.to_numpy().astype(np.int64),
        design=make_design(combinations.rename({f"f_{name}": name for name in factors}), factors),
        centre=centre,
        n_excluded=frame.height - kept.height,
    )


def sum_crossed(ratings: CrossedRatings) -> tuple[CrossedSums, bool]:
    """Condense the ratings; also say whether it is the images that are eliminated.

    Notes
    -----
    The cost is linear in the ratings, up to the products of who met whom: for each eliminated level, the square of
    its ratings. These are made once for each distinct count and added up at each step, or made anew at each step.
    """
    x = ratings.design.matrix[ratings.combination]
    table = sparse.csr_matrix(
        (np.ones(ratings.y.size), (ratings.image, ratings.participant)), (ratings.n_images, ratings.n_participants)
    )
    per_image = np.asarray(table.sum(axis=1)).ravel()
    image_sums = np.column_stack([x * per_image[:, np.newaxis], np.bincount(ratings.image, ratings.y)])
    person_sums = np.column_stack([table.T @ x, np.bincount(ratings.participant, ratings.y)])
    xx, xy = x.T @ image_sums[:, :-1], x.T @ image_sums[:, -1]
    products = np.block([[xx, xy[:, np.newaxis]], [xy[np.newaxis, :], np.array([[ratings.y @ ratings.y]])]])
    images_eliminated = ratings.n_images >= ratings.n_participants
    big, big_sums, small_sums = (
        (table, image_sums, person_sums) if images_eliminated else (table.T.tocsr(), person_sums, image_sums)
    )
    counts, group, n_levels = np.unique(np.asarray(big.sum(axis=1)).ravel(), return_inverse=True, return_counts=True)
    members = [group == place for place in range(counts.size)]
    sums = CrossedSums(
        eliminated_counts=counts,
        n_eliminated=n_levels.astype(np.float64),
        meetings=_meetings(big, group, members),
        met=np.stack([big[own].T @ big_sums[own] for own in members]),
        squares=np.stack([big_sums[own].T @ big_sums[own] for own in members]),
        counts=np.asarray(big.sum(axis=0)).ravel(),
        sums=small_sums,
        products=products,
        n_observations=ratings.y.size,
    )
    return sums, images_eliminated


def _meetings(table: sparse.csr_matrix, group: Positions, members: list[NDArray[np.bool_]]) -> Meetings:
    """Multiply once for each distinct count, unless adding these up costs more than multiplying anew each time."""
    adding = len(members) * float(table.shape[1]) ** 2
    multiplying = PRODUCT_COST * float((np.diff(table.indptr).astype(float) ** 2).sum())
    if len(members) > FEW_COUNTS and adding > multiplying:
        return Meetings(table, group, ())
    return Meetings(table, group, tuple((table[own].T @ table[own]).toarray(order="F") for own in members))


def _require_levels(kept: pl.DataFrame, levels: dict[str, pl.Series]) -> None:
    """Refuse what lme4 refuses: no more rows than levels, or a single level."""
    for name, position in levels.items():
        n_levels = position.n_unique()
        if n_levels < 2 or n_levels >= kept.height:
            raise ModelNotFittedError(
                f"A random intercept of {name!r} needs two or more of it, and some with several ratings, "
                f"got {n_levels!r} of it in {kept.height!r} ratings. Add ratings, or leave this model out."
            )

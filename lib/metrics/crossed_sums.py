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
class CountGroup:
    """Levels of the eliminated factor that have the same number of ratings.

    Attributes
    ----------
    count : float
        Ratings of each level.
    n_levels : int
        Such levels.
    shared : numpy.ndarray
        N'N, how often two kept levels meet in these levels; shape (kept, kept).
    met : numpy.ndarray
        N'S with S these levels' sums of X and y; shape (kept, coefficients + 1).
    squares : numpy.ndarray
        S'S, shape (coefficients + 1, coefficients + 1).
    """

    count: float
    n_levels: int
    shared: Matrix
    met: Matrix
    squares: Matrix


@dataclass(frozen=True)
class CrossedSums:
    """Sums for the criterion: one factor's levels are eliminated by groups of equal counts, the other's are kept.

    Attributes
    ----------
    groups : tuple of CountGroup
        The eliminated factor, the one with more levels.
    counts : numpy.ndarray
        Ratings of each kept level.
    sums : numpy.ndarray
        Sums of X and y over each kept level's ratings, shape (kept, coefficients + 1).
    products : numpy.ndarray
        Products of X and y over all ratings.
    n_observations : int
        Ratings.
    """

    groups: tuple[CountGroup, ...]
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
    its ratings.
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
    counts, inverse = np.unique(np.asarray(big.sum(axis=1)).ravel(), return_inverse=True)
    groups = tuple(_count_group(count, big[inverse == k], big_sums[inverse == k]) for k, count in enumerate(counts))
    kept_counts = np.asarray(big.sum(axis=0)).ravel()
    return CrossedSums(groups, kept_counts, small_sums, products, ratings.y.size), images_eliminated


def _count_group(count: float, met: sparse.csr_matrix, sums: Matrix) -> CountGroup:
    return CountGroup(float(count), met.shape[0], (met.T @ met).toarray(), met.T @ sums, sums.T @ sums)


def _require_levels(kept: pl.DataFrame, levels: dict[str, pl.Series]) -> None:
    """Refuse what lme4 refuses: no more rows than levels, or a single level."""
    for name, position in levels.items():
        n_levels = position.n_unique()
        if n_levels < 2 or n_levels >= kept.height:
            raise ModelNotFittedError(
                f"A random intercept of {name!r} needs two or more of it, and some with several ratings, "
                f"got {n_levels!r} of it in {kept.height!r} ratings. Add ratings, or leave this model out."
            )

"""What a machine's layers tell apart, beside what people's ratings do: representational similarity analysis."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lib.errors import DataError, ParameterError
from lib.metrics.checks import finite_or_none
from lib.metrics.image_draws import Numbers
from lib.metrics.image_pairs import Pairs, Singles, block_products, permuted_products, standard_ranks
from lib.metrics.permutation import family_p, permutation_p
from lib.metrics.strata import number_strata
from lib.metrics.within_tracking import ALL

Metric = Literal["correlation", "euclidean"]
RELATED = {"layer": pl.String, "part": pl.String, "n_pairs": pl.Int64} | dict.fromkeys(
    ["rho", "p", "p_family"], pl.Float64
) | {"reason": pl.String}  # fmt: skip
CONSTANT = "one side's distances are all the same"
SAME = 1e-12  # images whose features correlate this closely are alike: the rest is rounding


def dissimilarity(features: Numbers, metric: Metric) -> Numbers:
    """Distances between images: a representational dissimilarity matrix.

    Parameters
    ----------
    features : numpy.ndarray
        One row an image: a layer's activations, or people's mean ratings; shape (n_images, n_features), no NaN.
    metric : {"correlation", "euclidean"}
        One minus Pearson's correlation of two rows, for activations of many units; or the distance, for ratings.

    Returns
    -------
    numpy.ndarray
        Symmetric with a diagonal of 0, shape (n_images, n_images).

    Raises
    ------
    DataError
        If features are not a table, hold NaN, or a row is constant (which has no correlation).
    ParameterError
        If `metric` is none of these.

    Notes
    -----
    Kriegeskorte, Mur & Bandettini (2008, doi:10.3389/neuro.06.004.2008). Checked against scipy.spatial.distance.pdist.
    """
    if metric not in ("correlation", "euclidean"):
        raise ParameterError(f"metric must be 'correlation' or 'euclidean', got {metric!r}.")
    table = require_features(features)
    if metric == "correlation":
        centred = table - table.mean(axis=1, keepdims=True)
        length = np.sqrt((centred**2).sum(axis=1, keepdims=True))
        if (length[:, 0] <= 1e-12 * np.abs(table).max(axis=1)).any():
            row = int(np.argmin(length))
            raise DataError(
                f"An image's features must vary for a correlation, got a constant row {row}. Use 'euclidean'."
            )
        unit = centred / length
        distances = 1 - unit @ unit.T
        distances[distances < SAME] = 0.0
    else:
        centred = table - table.mean(axis=0)
        squares = (centred**2).sum(axis=1)
        distances = np.sqrt(np.maximum(squares[:, np.newaxis] + squares - 2 * centred @ centred.T, 0.0))
    distances = np.maximum((distances + distances.T) / 2, 0.0)
    np.fill_diagonal(distances, 0.0)
    return np.asarray(distances)


def category_dissimilarity(category: pl.Series) -> Numbers:
    """Distances of 0 within a category and 1 between categories, shape (n_images, n_images); null is refused."""
    number = number_strata(category, category.len())
    return np.asarray(number[:, np.newaxis] != number, dtype=np.float64)


def relate_layers(
    layers: Mapping[str, Numbers],
    target: Numbers,
    pairs: Pairs,
    *,
    draws: int,
    seed: int,
    metric: Metric = "correlation",
) -> pl.DataFrame:
    """Rank correlation of each layer's distances with a target's, tested by permuting images.

    Parameters
    ----------
    layers : mapping of str to numpy.ndarray
        Features of the same images in the same order, shape (n_images, n_features) each.
    target : numpy.ndarray
        Distances that they are compared with, shape (n_images, n_images): of people's ratings, or of intended emotions.
    pairs : Pairs
        Which pairs are compared: `lib.metrics.image_pairs.all_pairs`, with a category to keep it under permutation, or
        `pairs_within` a category. The latter asks whether structure within categories exists inside.
    draws, seed : int
        Number of permutations and their seed; 0 draws leave out the tests.
    metric : {"correlation", "euclidean"}
        Distance between the images of a layer.

    Returns
    -------
    polars.DataFrame
        One row a layer and part (`all`; with `pairs_within`, `all` is the mean over categories, and one row a category
        follows): layer, part, n_pairs, rho (Spearman), p (one-sided: as large by chance), p_family (over all layers of
        the same part), reason (why rho is null: constant distances; `all` is then the mean over the other categories).

    Raises
    ------
    DataError
        If shapes do not fit, or as `dissimilarity`.

    Notes
    -----
    Spearman's correlation between the pairs' distances (Kriegeskorte, Mur & Bandettini, 2008,
    doi:10.3389/neuro.06.004.2008); ranks within a category are taken within it, so that how far apart its faces lie as
    a whole does not count. Pairs are not independent, images are: the target's rows and columns are permuted together
    (Mantel, 1967; ``(1 + count) / (1 + draws)``). The same permutations serve all layers, whose largest rho gives
    p_family. 1,000 permutations of all pairs of 1,440 images take some 15 s on one core, and each further layer about a
    second; where that is too long, take a sample with `choose_images`. Checked against scipy.stats.spearmanr; p is
    uniform under the hypothesis by simulation.
    """
    if target.shape != (pairs.n_images, pairs.n_images):
        raise DataError(f"The target must be images x images, got {target.shape!r} for {pairs.n_images!r} images.")
    sides = np.empty((len(layers), pairs.n_pairs), dtype=np.float32)
    for at, (name, features) in enumerate(layers.items()):
        if len(features) != pairs.n_images:
            raise DataError(f"Layer {name!r} must have a row an image, got {len(features)!r} for {pairs.n_images!r}.")
        sides[at] = standard_ranks(dissimilarity(features, metric), pairs)
    return related(list(layers), sides, standard_ranks(target, pairs), pairs, draws=draws, seed=seed)


def related(names: list[str], sides: Singles, target: Singles, pairs: Pairs, *, draws: int, seed: int) -> pl.DataFrame:
    """The frame of `relate_layers` from standardised numbers of pairs: sides (n_sides, n_pairs), target (n_pairs,)."""
    parts = (ALL,) if pairs.names == ("",) else (ALL, *pairs.names)
    defined = np.stack(
        [(np.abs(sides[:, own]).max(axis=1) > 0) & (np.abs(target[own]).max() > 0) for own in pairs.blocks()], axis=1
    )
    found = _with_mean(block_products(sides, target, pairs)[np.newaxis], defined, len(parts))[0]
    drawn = _with_mean(permuted_products(sides, target, pairs, draws=draws, seed=seed), defined, len(parts))
    p, family = np.full((2, *found.shape), np.nan)
    if draws > 0:
        for at in range(len(parts)):
            p[:, at] = permutation_p(found[:, at], drawn[:, :, at])
            family[:, at] = family_p(found[:, at], drawn[:, :, at])
    sizes = [pairs.n_pairs, *(own.stop - own.start for own in pairs.blocks())]
    rows = [
        {"layer": name, "part": part, "n_pairs": sizes[at], "rho": finite_or_none(found[row, at]),
         "p": finite_or_none(p[row, at]), "p_family": finite_or_none(family[row, at]),
         "reason": CONSTANT if np.isnan(found[row, at]) else None}
        for row, name in enumerate(names) for at, part in enumerate(parts)
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=RELATED)


def choose_images(category: pl.Series, most: int, seed: int) -> NDArray[np.int64]:
    """A random sample of at most `most` images, as many of each category as of the others, in their order.

    Raises
    ------
    ParameterError
        If `most` is below the number of categories.
    """
    strata = number_strata(category, category.len())
    kinds = int(strata.max(initial=-1)) + 1
    if most < kinds:
        raise ParameterError(f"A sample needs an image of every category, got {most!r} images for {kinds!r}.")
    if strata.size <= most:
        return np.arange(strata.size)
    generator = np.random.default_rng(seed)
    chosen = [generator.permutation(np.flatnonzero(strata == kind))[: most // kinds] for kind in range(kinds)]
    return np.sort(np.concatenate(chosen))


def require_features(features: Numbers) -> Numbers:
    """`features` as a table of numbers; raises `DataError` where it is none."""
    table = np.asarray(features, dtype=np.float64)
    if table.ndim != 2 or not table.size or not np.isfinite(table).all():
        raise DataError(f"Features must be a table of finite numbers, images x features, got shape {table.shape!r}.")
    return table


def _with_mean(products: Numbers, defined: NDArray[np.bool_], n_parts: int) -> Numbers:
    """Correlations of `all`, then of each block; NaN where undefined. Shape (draws, n_sides, n_parts)."""
    known = np.where(defined, products, 0.0)
    count = defined.sum(axis=1)
    mean = np.where(count > 0, known.sum(axis=2) / np.maximum(count, 1), np.nan)[:, :, np.newaxis]
    return np.concatenate([mean, np.where(defined, products, np.nan)], axis=2)[:, :, :n_parts]

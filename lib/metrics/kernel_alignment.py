"""Linear centred kernel alignment of a machine's layers with people's ratings or intended emotions."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from lib.errors import DataError
from lib.metrics.image_draws import Numbers
from lib.metrics.image_pairs import all_pairs, standard_values
from lib.metrics.representations import related, require_features
from lib.metrics.strata import number_strata
from lib.metrics.within_category import members

FEWEST = 4  # images that the debiased estimator needs
CONSTANT = "one side's features do not vary"


def linear_cka(first: Numbers, second: Numbers, *, debiased: bool = False) -> float | None:
    """Similarity of two representations of the same images.

    Parameters
    ----------
    first, second : numpy.ndarray
        Features of the same images in the same order, shape (n_images, n_features); numbers of features may differ.
    debiased : bool
        Whether to take the unbiased estimator of each term: without it, unrelated features are the more similar, the
        more of them there are and the fewer images.

    Returns
    -------
    float or None
        0 to 1; debiased about 0 where unrelated, and may be below. None where a side does not vary.

    Raises
    ------
    DataError
        If the images differ in number, there are fewer than four, or features are no table of finite numbers.

    Notes
    -----
    With centred Gram matrices K and L, ``sum K L / sqrt(sum K^2 sum L^2)``: the alignment of Kornblith, Norouzi, Lee &
    Hinton (2019, arXiv:1905.00414), invariant to rotations and to one scale of all features. Debiased, K and L are the
    U-centred matrices of Székely & Rizzo (2014, doi:10.1214/14-AOS1255), whose products are the unbiased estimator of
    the Hilbert-Schmidt independence criterion of Song et al. (2012). Checked against the formula in feature space, and
    for its expectation under independence.
    """
    tables = [require_features(features) for features in (first, second)]
    if len(tables[0]) != len(tables[1]) or len(tables[0]) < FEWEST:
        raise DataError(f"Both sides need the same four images or more, got {len(tables[0])!r} and {len(tables[1])!r}.")
    one, other = (u_centred_gram(table) if debiased else centred_gram(table) for table in tables)
    lengths = float(np.sqrt((one**2).sum() * (other**2).sum()))
    return float((one * other).sum()) / lengths if lengths > 0 else None


def align_layers(
    layers: Mapping[str, Numbers], target: Numbers, *, draws: int, seed: int, category: pl.Series | None = None
) -> pl.DataFrame:
    """CKA of each layer with a target, tested by permuting images.

    Parameters
    ----------
    layers : mapping of str to numpy.ndarray
        Features of the same images in the same order, shape (n_images, n_features) each.
    target : numpy.ndarray
        Such as people's mean ratings (n_images, dimensions), or intended emotions as columns of 0 and 1.
    draws, seed : int
        Number of permutations and their seed; 0 draws leave out the tests.
    category : polars.Series or None
        Category of each image: all features are then deviations from its means, and images are exchanged within it, so
        that only structure within categories counts.

    Returns
    -------
    polars.DataFrame
        layer, cka, cka_debiased, p (one-sided, of the debiased), p_family (over all layers), reason.

    Raises
    ------
    DataError
        As `linear_cka`, or if an image has no category.

    Notes
    -----
    Lengths do not change under permutation, so that the sum of products is tested. p is uniform under the hypothesis by
    simulation in the tests.
    """
    n = len(target)
    pairs = all_pairs(n, category)
    member = None if category is None else members(number_strata(category, n))
    goal = _within(target, member)
    sides = np.zeros((len(layers), pairs.n_pairs), dtype=np.float32)
    plain: list[float | None] = []
    for at, (name, features) in enumerate(layers.items()):
        if len(features) != n:
            raise DataError(f"Layer {name!r} must have a row an image, got {len(features)!r} for {n!r} images.")
        own = _within(features, member)
        plain.append(linear_cka(own, goal))
        sides[at] = standard_values(u_centred_gram(own), pairs)
    tested = related(list(layers), sides, standard_values(u_centred_gram(goal), pairs), pairs, draws=draws, seed=seed)
    return tested.select(
        "layer",
        pl.Series("cka", plain, dtype=pl.Float64),
        pl.col("rho").alias("cka_debiased"),
        "p",
        "p_family",
        pl.when(pl.col("rho").is_null()).then(pl.lit(CONSTANT)).alias("reason"),
    )


def centred_gram(features: Numbers) -> Numbers:
    """Gram matrix of features centred over images, shape (n_images, n_images); exactly 0 where they do not vary."""
    table = require_features(features)
    centred = table - table.mean(axis=0)
    centred[np.abs(centred) <= 1e-12 * np.abs(table).max()] = 0.0
    return np.asarray(centred @ centred.T)


def u_centred_gram(features: Numbers) -> Numbers:
    """Gram matrix whose products with another are unbiased: diagonal and row sums are 0, shape (n_images, n_images)."""
    gram = centred_gram(features)
    n = len(gram)
    np.fill_diagonal(gram, 0.0)
    rows = gram.sum(axis=1) / (n - 2)
    gram += gram.sum() / ((n - 1) * (n - 2)) - rows[:, np.newaxis] - rows
    np.fill_diagonal(gram, 0.0)
    return gram


def _within(features: Numbers, member: Numbers | None) -> Numbers:
    table = require_features(features)
    if member is None:
        return table
    centred = table - member @ (member.T @ table / member.sum(axis=0)[:, np.newaxis])
    return np.where(np.abs(centred) <= 1e-12 * np.abs(table).max(), 0.0, centred)

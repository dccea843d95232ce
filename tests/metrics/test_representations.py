"""Representational similarity against scipy, structure in a known place, permutation p uniform under the hypothesis."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from scipy.spatial.distance import pdist, squareform
from scipy.stats import kstest, spearmanr

from lib.errors import DataError, ParameterError
from lib.metrics.image_pairs import all_pairs, block_products, pairs_within, permuted_products, standard_ranks
from lib.metrics.representations import (
    CONSTANT,
    category_dissimilarity,
    choose_images,
    dissimilarity,
    relate_layers,
)

GENERATOR = np.random.default_rng(1)
N = 36
CATEGORY = pl.Series(["fear", "happy", "sad"] * 12)
KIND = np.arange(N) % 3
RATINGS = np.column_stack([KIND * 3.0, GENERATOR.normal(0, 1, N)])
NOISE = GENERATOR.normal(0, 1, (N, 20))


@pytest.mark.parametrize("metric", ["correlation", "euclidean"])
def test_distances_agree_with_scipy(metric):
    assert dissimilarity(NOISE, metric) == pytest.approx(squareform(pdist(NOISE, metric)), abs=1e-7)


def test_features_that_are_the_same_up_to_rounding_have_no_distance():
    """Multiples of one pattern: their correlations are one but for the last digits."""
    alike = np.outer(GENERATOR.uniform(0.1, 7, N), NOISE[0])
    assert not dissimilarity(alike, "correlation").any()
    found = relate_layers({"alike": alike}, dissimilarity(RATINGS, "euclidean"), all_pairs(N), draws=9, seed=1)
    assert found["rho"].to_list() == found["p"].to_list() == [None] and found["reason"].to_list() == [CONSTANT]


def test_rho_is_spearmans_of_the_pairs():
    target = dissimilarity(RATINGS, "euclidean")
    found = relate_layers({"noise": NOISE, "same": RATINGS}, target, all_pairs(N), draws=0, seed=1, metric="euclidean")
    expected = spearmanr(pdist(NOISE), pdist(RATINGS)).statistic
    assert found["rho"].to_list() == pytest.approx([expected, 1.0], abs=1e-5)
    assert found["p"].null_count() == 2 and found["n_pairs"][0] == N * (N - 1) // 2


def test_within_categories_every_category_has_its_own_ranks():
    target = dissimilarity(RATINGS, "euclidean")
    found = relate_layers({"noise": NOISE}, target, pairs_within(CATEGORY), draws=0, seed=1, metric="euclidean")
    each = [spearmanr(pdist(NOISE[kind == KIND]), pdist(RATINGS[kind == KIND])).statistic for kind in range(3)]
    assert found["part"].to_list() == ["all", "fear", "happy", "sad"]
    assert found["rho"].to_list() == pytest.approx([np.mean(each), *each], abs=1e-5)
    assert found["n_pairs"].to_list() == [198, 66, 66, 66]


def test_permutations_are_those_of_images():
    target = dissimilarity(RATINGS, "euclidean")
    pairs = pairs_within(CATEGORY)
    ranks = standard_ranks(target, pairs)
    drawn = permuted_products(ranks[np.newaxis], ranks, pairs, draws=40, seed=3)
    from lib.metrics.strata import permuted_places

    for order, found in zip(permuted_places(pairs.strata, 40, 3), drawn, strict=True):
        other = standard_ranks(target[np.ix_(order, order)], pairs)
        assert found[0] == pytest.approx(block_products(ranks[np.newaxis], other, pairs)[0], abs=1e-5)


def test_structure_is_found_in_the_layer_that_has_it():
    faces = np.hstack([np.eye(3)[KIND] * 9, np.random.default_rng(7).normal(0, 1, (N, 5))])
    inside = np.hstack([np.eye(3)[KIND] * 9, RATINGS[:, 1:] * 3, NOISE[:, :2]])
    target = dissimilarity(RATINGS, "euclidean")
    layers = {"categories only": faces, "faces, too": inside}
    all_ = relate_layers(layers, target, all_pairs(N), draws=199, seed=1, metric="euclidean")
    assert (all_["p_family"] == 1 / 200).all()
    within = relate_layers(layers, target, pairs_within(CATEGORY), draws=199, seed=1, metric="euclidean")
    p = dict(within.filter(part="all").select("layer", "p_family").iter_rows())
    assert p["categories only"] > 0.05 and p["faces, too"] == 1 / 200
    kept = relate_layers(layers, target, all_pairs(N, CATEGORY), draws=199, seed=1, metric="euclidean")
    assert kept["p"][0] > 0.05 and kept["p"][1] == 1 / 200
    emotions = category_dissimilarity(CATEGORY)
    assert relate_layers(layers, emotions, all_pairs(N), draws=99, seed=1, metric="euclidean")["rho"].min() > 0.6


def test_a_lookup_has_no_distances_within_categories():
    found = relate_layers({"lookup": np.eye(3)[KIND]}, dissimilarity(RATINGS, "euclidean"), pairs_within(CATEGORY),
                          draws=9, seed=1)  # fmt: skip
    assert found["rho"].null_count() == found["p"].null_count() == 4 and (found["reason"] == CONSTANT).all()
    one = np.where((KIND == 1)[:, None], NOISE, np.eye(3)[KIND] @ NOISE[:3])
    some = relate_layers({"one": one}, dissimilarity(RATINGS, "euclidean"), pairs_within(CATEGORY), draws=9, seed=1)
    assert some["rho"][0] == pytest.approx(some["rho"][2]) and some["rho"].null_count() == 2


def test_a_sample_is_even():
    kind = pl.Series(["a"] * 50 + ["b"] * 10)
    chosen = choose_images(kind, 16, seed=1)
    assert kind.gather(chosen).value_counts().sort("count")["count"].to_list() == [8, 8]
    assert (np.diff(chosen) > 0).all() and (choose_images(kind, 16, seed=1) == chosen).all()
    assert choose_images(kind, 60, seed=1).tolist() == list(range(60))
    with pytest.raises(ParameterError, match="got 1 images for 2"):
        choose_images(kind, 1, seed=1)


def test_what_cannot_be_used_is_named():
    target = dissimilarity(RATINGS, "euclidean")
    with pytest.raises(ParameterError, match="metric must be"):
        dissimilarity(NOISE, "cosine")
    with pytest.raises(DataError, match="constant row 3"):
        dissimilarity(np.where(np.arange(N)[:, None] == 3, 1.0, NOISE), "correlation")
    with pytest.raises(DataError, match="finite numbers"):
        dissimilarity(NOISE * np.nan, "euclidean")
    with pytest.raises(DataError, match="Layer 'short' must have a row an image, got 3"):
        relate_layers({"short": NOISE[:3]}, target, all_pairs(N), draws=9, seed=1)
    with pytest.raises(DataError, match="images x images"):
        relate_layers({"noise": NOISE}, target[1:], all_pairs(N), draws=9, seed=1)
    with pytest.raises(ParameterError, match="three images"):
        pairs_within(pl.Series(["a", "a", "b"]))


def test_p_is_uniform_without_relation():
    generator, rounds = np.random.default_rng(5), 80
    found = np.empty((rounds, 4))
    free, within = all_pairs(N, CATEGORY), pairs_within(CATEGORY)
    for seed in range(rounds):
        target = dissimilarity(KIND[:, None] + generator.normal(0, 1, (N, 1)), "euclidean")
        layers = {str(at): KIND[:, None] * 2 + generator.normal(0, 1, (N, 3)) for at in range(2)}
        for at, pairs in enumerate((free, within)):
            table = relate_layers(layers, target, pairs, draws=39, seed=seed, metric="euclidean")
            found[seed, at * 2 : at * 2 + 2] = (
                table["p"][0],
                min(table["p_family"][0], table["p_family"][table.height // 2]),
            )
    assert all(kstest(column, "uniform").pvalue > 0.01 for column in found.T)

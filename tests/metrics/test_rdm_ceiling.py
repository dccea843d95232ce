"""Noise ceiling of distances: perfect and absent agreement, and what a model of the truth reaches."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from scipy.spatial.distance import pdist
from scipy.stats import spearmanr

from lib.errors import DataError, ParameterError
from lib.metrics.rdm_ceiling import FEW, rdm_ceiling

IMAGES = pl.DataFrame({"image_id": [f"i{at:02d}" for at in range(60)], "category": ["fear", "happy", "sad"] * 20})


def rate(truth, noise, n_raters, share=0.5, seed=1):
    """Raters who each see a share of the images."""
    generator = np.random.default_rng(seed)
    seen = generator.random((n_raters, 60)) < share
    rater, image = np.nonzero(seen)
    values = truth[image] + generator.normal(0, noise, (rater.size, 2))
    columns = {"image_id": IMAGES["image_id"].gather(image), "participant_id": [f"p{at}" for at in rater]}
    return pl.DataFrame(columns | {"valence": values[:, 0], "arousal": values[:, 1]})


TRUTH = np.random.default_rng(2).normal(5, 1, (60, 2)) + (np.arange(60) % 3)[:, None]


def ceiling(ratings, **more):
    return rdm_ceiling(ratings, ["valence", "arousal"], IMAGES, splits=10, seed=1, **more)


def test_raters_without_noise_agree():
    found = ceiling(rate(TRUTH, 0.0, 30))
    assert (found.n_images, found.n_left_out) == (60, 0)
    assert [found.halves, found.upper, found.reliability, found.ceiling] == pytest.approx([1.0] * 4, abs=1e-5)
    assert found.reason is None


@pytest.mark.parametrize("within", [False, True])
def test_a_model_of_the_truth_reaches_the_ceiling(within):
    reached, expected, bounds = [], [], []
    for seed in range(8):
        ratings = rate(TRUTH, 2.0, 60, seed=seed)
        found = ceiling(ratings, within=within)
        means = (
            ratings.group_by("image_id")
            .agg(pl.col("valence", "arousal").mean())
            .sort("image_id")
            .drop("image_id")
            .to_numpy()
        )
        parts = [np.arange(60) % 3 == kind for kind in range(3)] if within else [np.ones(60, dtype=bool)]
        reached.append(np.mean([spearmanr(pdist(TRUTH[own]), pdist(means[own])).statistic for own in parts]))
        expected.append(found.ceiling)
        bounds.append((found.halves, found.upper))
    assert np.mean(reached) == pytest.approx(np.mean(expected), abs=0.04)
    assert all(lower < top for lower, top in bounds)


def test_raters_who_do_not_agree_have_no_ceiling():
    found = ceiling(rate(TRUTH * 0, 1.0, 40))
    assert abs(found.halves) < 0.1 and found.upper > 0.3
    same = rate(TRUTH * 0, 0.0, 40)
    assert (ceiling(same).halves, ceiling(same).ceiling, ceiling(same).reason) == (None, None, FEW)


def test_images_that_a_half_did_not_see_are_left_out():
    ratings = rate(TRUTH, 1.0, 30)
    once = pl.concat([ratings.filter(pl.col("image_id") != "i00"), ratings.filter(pl.col("image_id") == "i00")[:1]])
    assert ceiling(once).n_left_out == 1
    gap = IMAGES.with_columns(category=pl.when(pl.col("image_id") != "i05").then("category"))
    found = rdm_ceiling(once, ["valence"], gap, splits=3, seed=1, within=True)
    assert (found.n_images, found.n_left_out) == (58, 2)
    few = rdm_ceiling(ratings, ["valence"], IMAGES[:2], splits=3, seed=1)
    assert (few.halves, few.reason) == (None, FEW)


def test_what_cannot_be_used_is_named():
    ratings = rate(TRUTH, 1.0, 30)
    with pytest.raises(DataError, match="two people or more who rated, got 1"):
        ceiling(ratings.filter(participant_id="p0"))
    with pytest.raises(ParameterError, match="one split or more, got 0"):
        rdm_ceiling(ratings, ["valence"], IMAGES, splits=0, seed=1)
    with pytest.raises(DataError, match="lack the column 'category'"):
        rdm_ceiling(ratings, ["valence"], IMAGES.drop("category"), splits=1, seed=1, within=True)

"""Thinking tokens: means, ratios and rank correlations against R, and Monte Carlo coverage."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from lib.errors import DataError
from lib.metrics.resampling import Resampling
from lib.metrics.tokens import disagreement, rank_correlation, token_means, token_ratio

REFERENCE = Path(__file__).parents[1] / "reference"
FEW = Resampling(seed=1, draws=200)


@pytest.fixture(scope="module")
def expected():
    return json.loads((REFERENCE / "stereotypes_expected.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def tokens():
    return pl.read_csv(REFERENCE / "stereotypes_images.csv")


def test_means_by_emotion_agree_with_r(tokens, expected):
    found = token_means(tokens, "emotion", FEW)
    for row in found.iter_rows(named=True):
        for name in ("n", "mean", "sd"):
            wanted = expected["tokens"][name][row["emotion"]]
            assert row[name] == (None if wanted is None else pytest.approx(wanted, rel=1e-9))
    large = found.filter(pl.col("n") > 1)
    assert ((large["mean_low"] < large["mean"]) & (large["mean"] < large["mean_high"])).all()


def test_a_ratio_is_that_of_the_means(tokens, expected):
    found = token_ratio(tokens, "emotion", "sad", "happy", FEW)
    assert found.value == pytest.approx(
        expected["tokens"]["mean"]["sad"] / expected["tokens"]["mean"]["happy"], rel=1e-9
    )
    assert found.low < found.value < found.high and found.n == 63
    assert token_ratio(tokens, "emotion", "sad", "calm", FEW).value is None


def test_rank_correlation_agrees_with_r(tokens, expected):
    single = pl.read_csv(REFERENCE / "stereotypes_ratings.csv").drop_nulls()
    spread = single.group_by("image_id").agg(pl.col("valence").std().alias("spread"))
    both = tokens.join(spread, on="image_id", how="left")
    found = rank_correlation(both["tokens"], both["spread"], FEW)
    assert (found.value, found.n) == (pytest.approx(expected["spearman"], rel=1e-9), expected["spearman_n"])
    assert found.low < found.value < found.high


def test_ranks_of_a_bootstrap_sample_are_those_of_its_rows():
    first, second = pl.Series([1.0, 2.0, 2.0, 5.0]), pl.Series([3.0, 1.0, 4.0, 4.0])
    weights = np.array([[2.0, 0.0, 1.0, 1.0]])
    from scipy.stats import spearmanr

    from lib.metrics import tokens as module

    drawn = {}
    original = module.image_draws
    module.image_draws = lambda statistic, n, how: drawn.setdefault("found", statistic(weights))
    try:
        rank_correlation(first, second, FEW)
    finally:
        module.image_draws = original
    assert drawn["found"][0, 0] == pytest.approx(spearmanr([1, 1, 2, 5], [3, 3, 4, 4]).statistic)


def test_without_variation_or_pairs_there_is_no_correlation():
    assert rank_correlation(pl.Series([1, 1, 1]), pl.Series([1, 2, 3]), FEW).value is None
    short = rank_correlation(pl.Series([1, 2, None]), pl.Series([1, 2, 3]), FEW)
    assert (short.value, short.n) == (None, 2)


def test_a_study_that_draws_participants_gets_no_interval(tokens):
    how = replace(FEW, unit="participant")
    assert token_means(tokens, "emotion", how)["mean_low"].null_count() == 4
    ratio = token_ratio(tokens, "emotion", "sad", "happy", how)
    assert ratio.value is not None and (ratio.low, ratio.high) == (None, None)
    assert rank_correlation(tokens["tokens"], tokens["network"], how).low is None


def test_disagreement_is_the_share_outside_the_most_frequent_label():
    assert disagreement(np.array([[8, 2], [5, 5], [0, 0]])) == [pytest.approx(0.2), 0.5, None]


def test_no_tokens_are_named(tokens):
    with pytest.raises(DataError, match="No thinking tokens to compute on"):
        token_means(tokens.with_columns(tokens=None), "emotion", FEW)


@pytest.mark.slow
def test_intervals_cover_as_often_as_they_say():
    generator = np.random.default_rng(4)
    rounds, n = 1000, 80
    truth = {"mean": 900 * np.exp(0.3**2 / 2), "ratio": 1.4, "rank": 6 / np.pi * np.arcsin(0.5 / 2)}
    covered = dict.fromkeys(truth, 0)
    groups = ["a", "b"] * (n // 2)
    images = [f"{i:03d}" for i in range(n)]
    for seed in range(rounds):
        how = Resampling(seed=seed, draws=200, confidence=0.9)
        normal = generator.standard_normal((2, n))
        tokens = 900 * np.exp(0.3 * normal[0]) * np.where(np.arange(n) % 2, 1.4, 1)
        frame = pl.DataFrame({"image_id": images, "group": groups, "tokens": tokens})
        mean = token_means(frame, "group", how).row(0, named=True)
        ratio = token_ratio(frame, "group", "b", "a", how)
        other = 0.5 * normal[0] + np.sqrt(0.75) * normal[1]
        rank = rank_correlation(pl.Series(normal[0]), pl.Series(other), how)
        covered["mean"] += mean["mean_low"] <= truth["mean"] <= mean["mean_high"]
        covered["ratio"] += ratio.low <= truth["ratio"] <= ratio.high
        covered["rank"] += rank.low <= truth["rank"] <= rank.high
    for name, count in covered.items():
        assert 0.85 < count / rounds < 0.93, name

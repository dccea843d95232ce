"""Thinking and error within images against R (tests/reference/thinking_load.R), by simulation, level and coverage."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy.stats import kstest

from lib.errors import DataError
from lib.metrics.resampling import Resampling
from lib.metrics.thinking_load import NO_ERROR, TOO_FEW, _within_images, forced_closes, thinking_and_error, tokens_by
from lib.metrics.tokens import token_means

REFERENCE = Path(__file__).parents[1] / "reference"
IMAGE = np.repeat(np.arange(25), 4)


def answers(slope, seed, hard=0.0):
    """Four answers to each of 25 images; `hard`: images that get more thinking have larger errors."""
    generator = np.random.default_rng(seed)
    difficulty = generator.normal(0, 1, 25)[IMAGE]
    x = 9 + difficulty + generator.normal(0, 0.5, 100)
    error = hard * difficulty + slope * x + generator.normal(0, 1, 25)[IMAGE] + generator.normal(0, 0.5, 100)
    return pl.DataFrame({"image_id": IMAGE, "tokens": 2**x - 1, "error": error})


def test_slope_and_clustered_error_agree_with_r():
    expected = json.loads((REFERENCE / "thinking_load_expected.json").read_text(encoding="utf-8"))
    table = pl.DataFrame({name: expected[name] for name in ("image_id", "tokens", "error")})
    found = thinking_and_error(table, confidence=0.9)
    for name in ("slope", "se", "low", "high", "rank"):
        assert getattr(found, name) == pytest.approx(expected[name], rel=1e-9), name
    assert (found.n, found.n_images, found.n_excluded) == (48, 12, 0)


def test_difficult_images_do_not_make_thinking_look_harmful():
    table = answers(-0.4, seed=1, hard=3.0)
    assert np.corrcoef(np.log2(table["tokens"]), table["error"])[0, 1] > 0.5
    found = thinking_and_error(table, confidence=0.95)
    assert found.high < 0 and found.low < -0.4 < found.high and found.p < 0.01 and found.rank < 0


def test_what_does_not_vary_says_so():
    same = answers(-0.4, seed=1).with_columns(tokens=pl.lit(200))
    found = thinking_and_error(same, confidence=0.95)
    assert (found.n, found.n_images, found.n_excluded, found.slope, found.reason) == (0, 0, 100, None, TOO_FEW)
    right = thinking_and_error(answers(0, seed=1).with_columns(error=0.1), confidence=0.95)
    assert (right.slope, right.p, right.reason) == (0.0, None, NO_ERROR)
    gaps = answers(0, seed=1).with_columns(error=pl.when(pl.col("image_id") > 0).then("error"))
    assert thinking_and_error(gaps, confidence=0.95, permutations=0).n_excluded == 4
    with pytest.raises(DataError, match="Tokens must be 0 or more, got -3"):
        thinking_and_error(answers(0, seed=1).with_columns(tokens=pl.lit(-3.0)), confidence=0.95)
    with pytest.raises(DataError, match="No answers with tokens and error"):
        thinking_and_error(gaps.clear(), confidence=0.95)


def test_p_is_uniform_without_relation_and_intervals_cover():
    # on the numbers alone: frames would cost more than all the sums
    generator, rounds = np.random.default_rng(3), 150
    p, covered = np.empty(rounds), 0
    for seed in range(rounds):
        difficulty = generator.normal(0, 1, 25)[IMAGE]
        x = 9 + difficulty + generator.normal(0, 0.5, 100)
        error = difficulty + generator.normal(0, 0.5, 100)
        p[seed] = _within_images((x, error), IMAGE, confidence=0.9, permutations=39, seed=seed).p
        found = _within_images((x, error - 0.3 * x), IMAGE, confidence=0.9, permutations=0, seed=0)
        covered += found.low <= -0.3 <= found.high
    assert kstest(p, "uniform").pvalue > 0.01
    assert 0.83 < covered / rounds < 0.96


def test_tokens_by_several_columns_are_those_of_each_cell():
    generator = np.random.default_rng(2)
    table = pl.DataFrame({
        "image_id": np.repeat(np.arange(30), 2), "step": ["emotion", "arousal"] * 30,
        "emotion": np.repeat(["sad", "happy", None], 20), "tokens": generator.integers(50, 900, 60),
    })  # fmt: skip
    how = Resampling(seed=1, draws=100)
    found = tokens_by(table, ["emotion", "step"], how)
    assert found.select("emotion", "step").rows() == [
        ("happy", "arousal"), ("happy", "emotion"), ("sad", "arousal"), ("sad", "emotion")
    ]  # fmt: skip
    one = token_means(table.filter(step="arousal").drop_nulls("emotion"), "emotion", how)
    for name in ("n", "mean", "sd"):
        assert found.filter(step="arousal")[name].to_list() == pytest.approx(one[name].to_list())
    assert (found["mean_low"] < found["mean"]).all()
    with pytest.raises(DataError, match="No thinking tokens"):
        tokens_by(table.clear(), ["step"], how)


def test_forced_closes_by_group():
    table = pl.DataFrame({
        "emotion": ["sad"] * 20 + ["happy"] * 20 + ["fear", None],
        "forced": [True] * 10 + [False] * 10 + [True] + [False] * 19 + [None, True],
    })  # fmt: skip
    found, test = forced_closes(table, "emotion", 0.95)
    assert found.select("emotion", "x", "n", "share", "n_excluded").rows() == [
        ("fear", 0, 0, None, 1), ("happy", 1, 20, 0.05, 0), ("sad", 10, 20, 0.5, 0)
    ]  # fmt: skip
    assert found.row(2)[4:6] == pytest.approx((0.2993, 0.7007), abs=1e-4)
    assert (test.n, test.groups) == (40, 2) and test.p < 0.01
    with pytest.raises(DataError, match="No answers of which is known"):
        forced_closes(table.with_columns(forced=pl.lit(None, pl.Boolean)), "emotion", 0.95)

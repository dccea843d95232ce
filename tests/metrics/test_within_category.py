"""Spread within categories against R (tests/reference/within_category.R), known answers, coverage by Monte Carlo."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from lib.errors import DataError
from lib.metrics.resampling import Resampling
from lib.metrics.within_category import compare_spread, spread_by_category, spread_within

REFERENCE = Path(__file__).parents[1] / "reference"
HOW = Resampling(seed=1, draws=300)
SCALE = np.arange(1.0, 10.0)
KIND = pl.Series(["happy", "sad", "fear"] * 40)
PROTOTYPE = np.array([7.0, 3.0, 4.0] * 40)


def noise(seed, sd, shape=120):
    return np.random.default_rng(seed).normal(0, sd, shape)


def test_spread_agrees_with_r():
    expected = json.loads((REFERENCE / "within_category_expected.json").read_text(encoding="utf-8"))
    category, value = pl.Series(expected["category"]), np.array(expected["value"], dtype=float)
    found = spread_within(value, category)
    assert (found.n, found.n_excluded) == (21, 0)
    assert found.within_sd == pytest.approx(expected["within_sd"])
    assert found.eta_squared == pytest.approx(expected["eta_squared"])
    repeated = spread_within(np.column_stack([value, 10 - value]), category)
    assert (repeated.within_sd, repeated.eta_squared) == (
        pytest.approx(found.within_sd),
        pytest.approx(found.eta_squared),
    )


def test_a_lookup_has_no_spread_and_everything_between_categories():
    found = spread_within(PROTOTYPE, KIND)
    assert (found.within_sd, found.eta_squared) == (0.0, 1.0)
    constant = spread_within(np.full(120, 5.0), KIND)
    assert (constant.within_sd, constant.eta_squared) == (0.0, None)
    table = spread_by_category(pl.DataFrame({"emotion": KIND, "v": PROTOTYPE}), ["emotion"], "v", SCALE)
    assert table.select("emotion", "n", "distinct", "entropy", "entropy_share").rows() == [
        ("fear", 40, 1, 0.0, 0.0), ("happy", 40, 1, 0.0, 0.0), ("sad", 40, 1, 0.0, 0.0)
    ]  # fmt: skip
    every = spread_by_category(pl.DataFrame({"emotion": ["a"] * 9, "v": SCALE}), ["emotion"], "v", SCALE)
    assert every["entropy_share"].to_list() == [pytest.approx(1.0)]


def test_images_without_answer_or_category_are_left_out():
    value, kind = PROTOTYPE + noise(1, 1), KIND.to_list()
    value[0], kind[1] = np.nan, None
    found = spread_within(value, pl.Series(kind))
    assert (found.n, found.n_excluded) == (118, 2)
    assert found.within_sd == pytest.approx(spread_within(value[2:], KIND[2:]).within_sd)
    with pytest.raises(DataError, match="paired image by image"):
        spread_within(value[1:], KIND)
    with pytest.raises(DataError, match="No images with a category and all values"):
        spread_within(np.full(120, np.nan), KIND)


def test_repeats_do_not_average_the_spread_away():
    table = PROTOTYPE[:, None] + noise(2, 1, (120, 5))
    assert spread_within(table, KIND).within_sd == pytest.approx(1.0, abs=0.07)
    assert spread_within(table.mean(axis=1), KIND).within_sd == pytest.approx(5**-0.5, abs=0.07)


def test_the_same_answers_do_not_differ():
    found = compare_spread(PROTOTYPE + noise(3, 1), PROTOTYPE + noise(3, 1), KIND, HOW)
    assert (found.sd_difference, found.sd_low, found.sd_high, found.eta_difference) == (0.0, 0.0, 0.0, 0.0)
    wider = compare_spread(PROTOTYPE, PROTOTYPE + noise(3, 1), KIND, HOW)
    assert wider.sd_difference == wider.variant_sd and wider.sd_low > 0.8 and wider.sd_p < 0.01
    assert wider.eta_high < 0
    people = compare_spread(PROTOTYPE, PROTOTYPE + noise(3, 1), KIND, Resampling(1, 300, unit="participant"))
    assert people.sd_difference == wider.sd_difference
    assert (people.sd_low, people.sd_p) == (None, None)


def test_intervals_cover_as_often_as_they_say():
    generator, rounds, covered = np.random.default_rng(7), 200, 0
    for seed in range(rounds):
        own = generator.normal(0, 1, (3, 120))
        base, variant = PROTOTYPE + 0.2 * own[0], PROTOTYPE + 0.3 * own[0] + 0.4 * own[2]
        found = compare_spread(base, variant, KIND, Resampling(seed=seed, draws=200, confidence=0.9))
        covered += found.sd_low <= 0.3 <= found.sd_high
    assert 0.84 < covered / rounds < 0.95

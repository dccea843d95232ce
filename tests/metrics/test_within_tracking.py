"""Tracking within categories against R (tests/reference/within_tracking.R), known responders, level and coverage."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy.stats import kstest, spearmanr

from lib.metrics.resampling import Resampling
from lib.metrics.within_tracking import ALL, CONSTANT, CONSTANT_PEOPLE, CONSTANT_VALUES, compare_tracking, track_within

REFERENCE = Path(__file__).parents[1] / "reference"
HOW = Resampling(seed=1, draws=200)
KINDS = np.repeat(np.arange(3), 30)
CATEGORY = pl.Series(np.array(["fear", "happy", "sad"])[KINDS])
TYPICAL = np.array([4.0, 7.0, 3.0])[KINDS]


def noise(seed, sd=1.0):
    return np.random.default_rng(seed).normal(0, sd, KINDS.size)


def test_correlations_agree_with_r():
    expected = json.loads((REFERENCE / "within_tracking_expected.json").read_text(encoding="utf-8"))
    found = track_within(
        np.array(expected["values"]), np.array(expected["people"]), pl.Series(expected["category"]), HOW
    )
    assert found["part"].to_list() == [ALL, "fear", "happy", "sad"]
    assert found["r"].to_list() == pytest.approx([expected["r"], *expected["r_each"]], rel=1e-9)
    assert found["rho"].to_list() == pytest.approx([expected["rho"], *expected["rho_each"]], rel=1e-9)
    assert (found["r_low"] < found["r"]).all() and (found["rho"] < found["rho_high"]).all()
    assert found["p"][0] < 0.01 and found["n"].to_list() == [36, 12, 12, 12]


def test_differences_between_categories_do_not_count():
    lookup = track_within(TYPICAL + noise(1), TYPICAL * 2 + noise(2), CATEGORY, HOW)
    assert abs(lookup["r"][0]) < 0.25 and lookup["p"][0] > 0.05
    alone = track_within(TYPICAL, TYPICAL + noise(2), CATEGORY, HOW)
    assert alone["r"].null_count() == 4 and alone["reason"].to_list() == [CONSTANT_VALUES] * 4
    agreed = track_within(TYPICAL + noise(2), TYPICAL, CATEGORY, HOW)
    assert agreed["r"].null_count() == 4 and agreed["reason"].to_list() == [CONSTANT_PEOPLE] * 4


def test_one_category_that_varies_is_all_there_is():
    values = np.where(KINDS == 2, noise(3), TYPICAL)
    found = track_within(values, TYPICAL + noise(4), CATEGORY, HOW)
    assert found["r"][1] is None and found["distinct"].to_list()[1:3] == [1, 1]
    inside = KINDS == 2
    assert found["rho"][3] == pytest.approx(spearmanr(values[inside], (TYPICAL + noise(4))[inside]).statistic)


def test_expected_values_can_follow_where_argmax_cannot():
    people = TYPICAL + noise(5)
    expected = TYPICAL + 0.3 * (people - TYPICAL) + noise(6, 0.2)
    argmax = np.where(KINDS == 0, np.round(people), TYPICAL)
    found = compare_tracking(expected, argmax, people, CATEGORY, HOW)
    assert found["part"].to_list() == [ALL, CONSTANT, "fear", "happy", "sad"]
    still = found.row(1, named=True)
    assert still["n"] == 60 and still["expected_r_low"] > 0.5 and still["expected_p"] < 0.01
    assert (still["argmax_r"], still["argmax_reason"], still["r_difference"]) == (None, CONSTANT_VALUES, None)
    fear = found.row(2, named=True)
    assert fear["r_difference"] == pytest.approx(fear["expected_r"] - fear["argmax_r"])
    assert fear["r_difference_low"] < fear["r_difference"] < fear["r_difference_high"]
    assert found.row(3, named=True)["argmax_distinct"] == 1
    same = compare_tracking(people, people, people + noise(7), CATEGORY, HOW)
    assert CONSTANT not in same["part"] and same["r_difference_high"].to_list() == [0.0] * 4


def test_images_that_lack_something_are_left_out():
    values, kinds = TYPICAL + noise(1), CATEGORY.to_list()
    values[:2], kinds[-1] = np.nan, None
    found = track_within(values, TYPICAL + noise(2), pl.Series(kinds), HOW, permutations=0)
    assert found["n"].to_list() == [87, 28, 30, 29] and found["p"].null_count() == 4
    people = track_within(TYPICAL + noise(1), TYPICAL + noise(2), CATEGORY, Resampling(1, 99, unit="participant"))
    assert people["r_low"].null_count() == 4 and people["r"].null_count() == 0


def test_p_is_uniform_without_relation_and_intervals_cover():
    generator, rounds = np.random.default_rng(10), 120
    p, covered = np.empty(rounds), np.zeros(2)
    truth = 0.5, 6 / np.pi * np.arcsin(0.25)
    for seed in range(rounds):
        own, other = generator.normal(0, 1, (2, 90))
        how = Resampling(seed=seed, draws=150, confidence=0.9)
        none = track_within(TYPICAL + own**3, TYPICAL + other, CATEGORY, Resampling(seed, 0), permutations=99)
        p[seed] = none["p"][0]
        some = track_within(TYPICAL + own, TYPICAL + 0.5 * own + 0.75**0.5 * other, CATEGORY, how, permutations=0)
        covered += [
            some[f"{name}_low"][0] <= real <= some[f"{name}_high"][0]
            for name, real in zip(("r", "rho"), truth, strict=True)
        ]
    assert kstest(p, "uniform").pvalue > 0.01
    assert ((covered / rounds > 0.83) & (covered / rounds < 0.95)).all(), covered / rounds

"""Repeats of the same questions against base R and psych (tests/reference/retest.R), and by enumeration."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.errors import DataError, ParameterError
from lib.metrics.retest import identical_answers, repeat_spread
from lib.metrics.retest_reliability import repeat_icc, repeat_kappa

REFERENCE = Path(__file__).parents[1] / "reference"


def long(table, groups=None):
    rows = [
        {"image_id": f"i{at:02d}", "repeat": repeat, "value": value, "group": None if groups is None else groups[at]}
        for at, row in enumerate(table)
        for repeat, value in enumerate(row)
    ]
    return pl.DataFrame(rows, infer_schema_length=None).sample(fraction=1, shuffle=True, seed=1)


@pytest.fixture(scope="module")
def expected():
    return json.loads((REFERENCE / "retest_expected.json").read_text(encoding="utf-8"))


def test_repeats_agree_with_r(expected):
    answers = long(expected["ratings"], expected["groups"])
    found = identical_answers(answers, "value", confidence=0.95).row(0, named=True)
    assert (found["n_images"], found["n_identical"]) == (6, 2)
    assert found["identical"] == pytest.approx(expected["identical"])
    assert [found["identical_low"], found["identical_high"]] == pytest.approx(expected["interval"])
    assert found["pairwise"] == pytest.approx(expected["pairwise"])
    spread = repeat_spread(answers, "value").row(0, named=True)
    assert spread["within_sd"] == pytest.approx(expected["within_sd"])
    assert spread["mean_sd"] == pytest.approx(expected["mean_sd"])
    assert repeat_spread(answers, "value", ["group"])["within_sd"].to_list() == pytest.approx(expected["within_sd_by"])
    reliability = repeat_icc(answers, "value", 0.95)
    assert reliability.single.value == pytest.approx(expected["icc2_1"])
    assert reliability.mean.value == pytest.approx(expected["icc2_k"])
    assert (reliability.n_images, reliability.n_repeats, reliability.mean.k) == (6, 3, 3)


def test_identical_repeats_are_certain_only_up_to_their_number(expected):
    steady = long([["sad"] * 3, ["happy"] * 3] * 25)
    found = identical_answers(steady, "value", confidence=0.95).row(0, named=True)
    assert (found["identical"], found["pairwise"]) == (1.0, 1.0)
    assert [found["identical_low"], found["identical_high"]] == pytest.approx(expected["fifty"])
    once = long([["sad"] * 3] * 49 + [["sad", "sad", "happy"]])
    found = identical_answers(once, "value", confidence=0.9).row(0, named=True)
    assert [found["identical_low"], found["identical_high"]] == pytest.approx(expected["forty_nine"])
    assert repeat_kappa(steady, "value", ["happy", "sad"], 0.95).value == 1.0


@settings(max_examples=40)
@given(
    st.lists(st.lists(st.sampled_from(["a", "b", None]), min_size=3, max_size=3), min_size=1, max_size=6).filter(
        lambda table: any(label is not None for row in table for label in row)
    )
)
def test_pairs_of_labels_by_enumeration(table):
    found = identical_answers(long(table).cast({"value": pl.String}), "value", confidence=0.95).row(0, named=True)
    answered = [row for row in table if any(label is not None for label in row)]
    shares = [np.mean([x == y and x is not None for x, y in combinations(row, 2)]) for row in answered]
    assert found["n_images"] == len(answered)
    assert found["n_excluded"] == len(table) - len(answered)
    assert found["n_identical"] == sum(share == 1 for share in shares)
    assert found["pairwise"] == pytest.approx(np.mean(shares))
    assert found["n_unanswered"] == sum(label is None for row in answered for label in row)


def test_a_missing_answer_equals_none():
    answers = long([[5.0, None, None], [5.0, 5.0, 5.0], [None, None, None]])
    found = identical_answers(answers, "value", confidence=0.95).row(0, named=True)
    assert (found["n_images"], found["n_excluded"], found["n_identical"]) == (2, 1, 1)
    assert (found["pairwise"], found["n_unanswered"]) == (0.5, 2)
    assert repeat_icc(answers, "value", 0.95).n_excluded == 2


def test_a_tolerance_lets_rounding_pass():
    answers = long([[0.1, 0.1 + 1e-9], [0.2, 0.3]])
    assert identical_answers(answers, "value", confidence=0.95)["identical"][0] == 0
    assert identical_answers(answers, "value", confidence=0.95, tolerance=1e-6)["identical"][0] == 0.5
    with pytest.raises(ParameterError, match="tolerance must be 0 or more, got -1"):
        identical_answers(answers, "value", confidence=0.95, tolerance=-1)


def test_groups_are_apart():
    found = identical_answers(long([["a", "a"], ["a", "b"], ["b", "b"]], ["x", "y", "y"]), "value", ["group"],
                              confidence=0.95)  # fmt: skip
    assert found.select("group", "n_images", "identical").rows() == [("x", 1, 1.0), ("y", 2, 0.5)]


def test_conditions_can_be_groups():
    one, other = long([[5, 5], [3, 4]]), long([[5, 6], [3, 4]])
    both = pl.concat([one.with_columns(group=pl.lit("a")), other.with_columns(group=pl.lit(None, pl.String))])
    found = identical_answers(both, "value", ["group"], confidence=0.95)
    assert found.select("group", "n_images", "n_identical").rows() == [(None, 2, 0), ("a", 2, 1)]
    assert repeat_spread(both, "value", ["group"])["within_sd"].to_list() == pytest.approx([0.5**0.5, 0.5])
    with pytest.raises(DataError, match="or group by them"):
        identical_answers(both, "value", confidence=0.95)


def test_nobody_answered():
    found = identical_answers(long([[None, None]] * 2), "value", confidence=0.95).row(0, named=True)
    assert (found["n_images"], found["n_excluded"], found["identical"], found["identical_low"]) == (0, 2, None, None)


def test_constant_ratings_have_no_reliability_and_say_why():
    constant = repeat_icc(long([[5, 5, 5]] * 4), "value", 0.95)
    assert constant.single.value is None and constant.single.reason == "all ratings are the same"
    steady = repeat_icc(long([[5, 5], [3, 3], [7, 7]]), "value", 0.95)
    assert (steady.single.value, steady.single.low) == (1.0, None) and steady.mean.reason
    alone = repeat_icc(long([[5, 5], [3, None]]), "value", 0.95)
    assert (alone.n_images, alone.single.value) == (1, None) and "fewer than two" in alone.mean.reason
    assert repeat_spread(long([[5, 5, 5]] * 4), "value").row(0) == (4, 0, 0.0, 0.0, 0.0)
    same = repeat_kappa(long([["a", "a"]] * 4), "value", ["a", "b"], 0.95)
    assert same.value is None and same.reason == "all labels are the same"


def test_noise_is_recovered():
    generator = np.random.default_rng(2)
    truth, noise = generator.normal(5, 2, (400, 1)), generator.normal(0, 0.5, (400, 5))
    answers = long(truth + noise)
    assert repeat_spread(answers, "value")["within_sd"][0] == pytest.approx(0.5, abs=0.03)
    assert repeat_icc(answers, "value", 0.95).single.value == pytest.approx(4 / 4.25, abs=0.02)


def test_what_cannot_be_used_is_named():
    twice = pl.DataFrame({"image_id": ["a", "a"], "repeat": [0, 0], "value": [1.0, 2.0]})
    for use in (lambda: identical_answers(twice, "value", confidence=0.95), lambda: repeat_icc(twice, "value", 0.95)):
        with pytest.raises(DataError, match="one answer a repeat, got 2 rows that share theirs, such as image 'a'"):
            use()
    with pytest.raises(DataError, match="lack the column 'repeat'"):
        repeat_spread(twice.drop("repeat"), "value")
    with pytest.raises(DataError, match="No repeated answers"):
        repeat_spread(twice.clear(), "value")

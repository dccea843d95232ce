"""McNemar's tests of all pairs against R: mcnemar.test, binom.test, p.adjust (tests/reference/agreement.R)."""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.errors import DataError
from lib.metrics.mcnemar import SCHEMA, mcnemar_pairs

EXPECTED = json.loads((Path(__file__).parents[1] / "reference/agreement_expected.json").read_text(encoding="utf-8"))
RIGHT = np.array(EXPECTED["mcnemar"]["right"], dtype=float)
RATERS = EXPECTED["mcnemar"]["raters"]


@pytest.mark.parametrize("correction", ["fdr_bh", "holm", "bonferroni"])
def test_every_pair_agrees_with_r(correction):
    found = mcnemar_pairs(RIGHT, RATERS, correction)
    assert found.schema == pl.Schema(SCHEMA)
    assert found.height == 15
    for row, expected in zip(found.iter_rows(named=True), EXPECTED["mcnemar"]["rows"], strict=True):
        for name, value in expected.items():
            known = value if value is None or isinstance(value, str) else pytest.approx(value, rel=1e-9)
            assert row[name] == known, (row["rater_a"], row["rater_b"], name)
        assert row["both_right"] + row["both_wrong"] + row["b"] + row["c"] == row["n"]
        assert row["difference"] == pytest.approx(row["accuracy_a"] - row["accuracy_b"], abs=1e-12)
    assert found["p_adjusted"].to_list() == pytest.approx(EXPECTED["mcnemar"]["adjusted"][correction], rel=1e-9)


def test_identical_raters_and_raters_without_a_common_image():
    right = np.array([[1, 0, 1, np.nan], [1, 0, 1, np.nan], [np.nan, np.nan, np.nan, 1]])
    found = mcnemar_pairs(right, ["a", "b", "c"], "holm")
    same = found.row(0, named=True)
    assert (same["n"], same["b"], same["c"], same["p_exact"], same["p_corrected"]) == (3, 0, 0, 1.0, None)
    apart = found.row(1, named=True)
    assert (apart["n"], apart["p_exact"], apart["accuracy_a"], apart["p_adjusted"]) == (0, None, None, None)


@pytest.mark.parametrize("n", [0, 1])
def test_fewer_than_two_raters_have_no_pair(n):
    found = mcnemar_pairs(np.ones((n, 4)), ["a"][:n], "fdr_bh")
    assert found.is_empty()
    assert found.schema == pl.Schema(SCHEMA)


def test_what_is_not_right_or_wrong_is_refused():
    with pytest.raises(DataError, match="got another value"):
        mcnemar_pairs(np.array([[0.5, 1], [1, 0]]), ["a", "b"], "holm")
    with pytest.raises(DataError, match="got 1 raters"):
        mcnemar_pairs(np.ones((2, 3)), ["a"], "holm")


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1)), min_size=1, max_size=40))
def test_turning_a_pair_round_swaps_b_and_c_only(answers):
    right = np.array(answers, dtype=float).T
    one, other = (mcnemar_pairs(item, ["a", "b"], "fdr_bh").row(0, named=True) for item in (right, right[::-1]))
    assert (one["b"], one["c"], one["p_exact"], one["chi2_corrected"]) == (
        other["c"], other["b"], other["p_exact"], other["chi2_corrected"],
    )  # fmt: skip


@pytest.mark.slow
def test_the_exact_test_keeps_its_level():
    generator = np.random.default_rng(5)
    base = generator.random((1200, 150)) < 0.8
    flipped = np.where(generator.random((1200, 2, 150)) < 0.1, ~base[:, np.newaxis], base[:, np.newaxis])
    found = [mcnemar_pairs(pair.astype(float), ["a", "b"], "fdr_bh")["p_exact"][0] for pair in flipped]
    assert 0.01 < np.mean(np.array(found) < 0.05) <= 0.062


@pytest.mark.slow
def test_a_hundred_raters_take_no_time():
    right = (np.random.default_rng(1).random((100, 14_400)) < 0.8).astype(float)
    start = time.perf_counter()
    assert mcnemar_pairs(right, [f"r{n}" for n in range(100)], "fdr_bh").height == 4950
    assert time.perf_counter() - start < 3

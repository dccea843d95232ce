"""Paired accuracies against R (prop.test, binom.test), Newcombe's example, and Monte Carlo coverage."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from lib.errors import DataError
from lib.metrics.paired_accuracy import paired_accuracy

EXPECTED = Path(__file__).parents[1] / "reference/stereotypes_expected.json"


def answers(a, b, c, d):
    return (
        pl.Series([True] * (a + b) + [False] * (c + d)),
        pl.Series([True] * a + [False] * b + [True] * c + [False] * d),
    )


@pytest.mark.parametrize(
    "case", json.loads(EXPECTED.read_text(encoding="utf-8"))["newcombe"], ids=lambda c: str(c["cells"])
)
def test_interval_and_p_agree_with_r(case):
    found = paired_accuracy(*answers(*case["cells"]))
    assert [found.both, found.first_only, found.second_only, found.neither] == case["cells"]
    assert (found.low, found.high) == pytest.approx(case["ends"], rel=1e-9)
    assert found.p_exact == pytest.approx(case["p"], rel=1e-9)


def test_newcombes_example():
    found = paired_accuracy(*answers(36, 12, 2, 0))
    assert found.difference == pytest.approx(0.2)
    assert (round(found.low, 4), round(found.high, 4)) == (0.0569, 0.3404)


def test_the_other_way_round_is_the_same_with_the_sign_reversed():
    first, second = answers(20, 7, 3, 4)
    one, other = paired_accuracy(first, second), paired_accuracy(second, first)
    assert (other.difference, other.low, other.high) == pytest.approx((-one.difference, -one.high, -one.low))
    assert other.p_exact == one.p_exact


def test_missing_answers_must_be_counted_as_wrong():
    with pytest.raises(DataError, match=r"got None\. Count missing answers as wrong"):
        paired_accuracy(pl.Series([True, None]), pl.Series([True, False]))
    with pytest.raises(DataError, match="No images to compute on"):
        paired_accuracy(pl.Series([], dtype=pl.Boolean), pl.Series([], dtype=pl.Boolean))


@pytest.mark.slow
@pytest.mark.parametrize("shares", [(0.5, 0.3, 0.1, 0.1), (0.85, 0.1, 0.03, 0.02)])
def test_the_interval_covers_the_difference_as_often_as_it_says(shares):
    drawn = np.random.default_rng(2).multinomial(120, shares, 2000)
    tables, times = np.unique(drawn, axis=0, return_counts=True)
    hits = 0
    for table, count in zip(tables, times, strict=True):
        found = paired_accuracy(*answers(*table))
        hits += count * (found.low <= shares[1] - shares[2] <= found.high)
    assert 0.935 < hits / 2000 < 0.975

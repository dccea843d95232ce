"""Closeness from sums over images equals what the metrics of single raters say, also in bootstrap samples."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from lib.errors import DataError
from lib.metrics.closeness import VALUE_FIGURES, label_closeness, value_closeness
from lib.metrics.correlation import concordance
from lib.metrics.dimensions import compare_with_people
from lib.metrics.kappa import cohen_kappa, label_table
from lib.metrics.resampling import Resampling, draw_weights

RESAMPLING = Resampling(3, 40)
LABELS = ("angry", "happy", "sad", "surprised")


def test_kappa_of_all_images_and_of_drawn_ones() -> None:
    random = np.random.default_rng(1)
    people = random.integers(-1, 4, (60, 1))
    own = np.where(random.random((60, 3)) < [0.9, 0.5, 0.0], people, random.integers(-1, 3, (60, 3)))
    drawn = label_closeness(own, np.repeat(people, 3, axis=1), 4, RESAMPLING)
    weights = np.concatenate(list(draw_weights(60, RESAMPLING))).astype(int)
    for rater in range(3):
        for sample, found in ((np.ones(60, dtype=int), drawn.found), (weights[7], drawn.draws[7])):
            rows = np.repeat(np.arange(60), sample)
            rows = rows[people[rows, 0] >= 0]
            sides = [pl.Series([None if code < 0 else LABELS[code] for code in side[rows]])
                     for side in (people[:, 0], own[:, rater])]  # fmt: skip
            expected = cohen_kappa(label_table(*sides, LABELS), 0.95).value
            assert found[rater] == pytest.approx(expected)


def test_correlation_concordance_and_error_of_all_images_and_of_drawn_ones() -> None:
    random = np.random.default_rng(2)
    people = random.normal(5, 2, (50, 1))
    own = people * [1.0, 0.4, 0.0] + random.normal(0, 1, (50, 3))
    own[:4, 1], people[9] = np.nan, np.nan
    drawn = value_closeness(own, np.repeat(people, 3, axis=1), RESAMPLING)
    weights = np.concatenate(list(draw_weights(50, RESAMPLING))).astype(int)
    for rater in range(3):
        for sample, at in ((np.ones(50, dtype=int), None), (weights[11], 11)):
            rows = np.repeat(np.arange(50), sample)
            one, other = own[rows, rater], people[rows, 0]
            known = ~np.isnan(one) & ~np.isnan(other)
            scores = compare_with_people(pl.Series(one), pl.Series(other))
            expected = (scores.r, concordance(one[known], other[known]), scores.mae)
            for figure, value in zip(VALUE_FIGURES, expected, strict=True):
                found = drawn[figure].found if at is None else drawn[figure].draws[at]
                assert found[rater] == pytest.approx(value), figure


def test_many_raters_are_computed_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(3)
    labels, values = random.integers(-1, 4, (2, 30, 7)), random.normal(5, 2, (2, 30, 7))
    whole = label_closeness(*labels, 4, RESAMPLING), value_closeness(*values, RESAMPLING)["ccc"]
    monkeypatch.setattr("lib.metrics.closeness.LARGEST", 30 * 10 * 3)
    parts = label_closeness(*labels, 4, RESAMPLING), value_closeness(*values, RESAMPLING)["ccc"]
    for one, other in zip(whole, parts, strict=True):
        assert one.found == pytest.approx(other.found) and one.draws.shape == other.draws.shape == (40, 7)
        assert one.draws == pytest.approx(other.draws)


def test_what_is_undefined() -> None:
    constant = np.full((10, 1), 5.0)
    people = np.arange(10.0)[:, np.newaxis]
    drawn = value_closeness(np.hstack([constant, np.full((10, 1), np.nan)]), np.hstack([people, people]), RESAMPLING)
    assert np.isnan(drawn["r"].found).all()
    assert drawn["ccc"].found[0] == 0 and np.isnan(drawn["mae"].found[1])
    same = label_closeness(np.zeros((6, 1), dtype=int), np.zeros((6, 1), dtype=int), 3, RESAMPLING)
    assert np.isnan(same.found).all()
    zeros = np.zeros((6, 1), dtype=int)
    assert label_closeness(zeros, zeros + 1, 3, Resampling(1, 9, "participant")).draws.shape == (0, 1)
    with pytest.raises(DataError, match="one table of images"):
        value_closeness(constant, np.full((10, 2), 5.0), RESAMPLING)

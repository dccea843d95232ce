"""Alpha against the worked example of Krippendorff (2011) and irr (tests/reference/human.R)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lib.metrics.agreement import krippendorff_alpha

VALUES = np.arange(1.0, 6.0)
PUBLISHED = {"nominal": 0.743, "ordinal": 0.815, "interval": 0.849}


@pytest.fixture
def classic(r_human):
    raters = r_human["krippendorff_2011"]["ratings"]
    return np.array([[sum(rater[image] == v for rater in raters) for v in VALUES] for image in range(12)])


@pytest.mark.parametrize("level", ["nominal", "ordinal", "interval"])
def test_the_example_with_missing_ratings_agrees_with_print_and_with_irr(classic, r_human, level):
    alpha = krippendorff_alpha(classic, level, VALUES)
    assert alpha.value == pytest.approx(PUBLISHED[level], abs=5e-4)
    assert alpha.value == pytest.approx(r_human["krippendorff_2011"][level], rel=1e-9)
    assert (alpha.reason, alpha.n_images) == (None, 11)


def test_undefined_alpha_says_why():
    single = krippendorff_alpha(np.eye(3, dtype=int), "ordinal")
    assert (single.value, single.reason, single.n_images) == (None, "no image was rated by two or more people", 0)
    same = krippendorff_alpha(np.array([[0, 2], [0, 5], [1, 0]]), "nominal")
    assert (same.value, same.reason, same.n_images) == (None, "all ratings are the same value", 2)


@pytest.mark.parametrize("level", ["nominal", "ordinal", "interval"])
def test_values_nobody_used_change_nothing(classic, level):
    padded = np.insert(classic, [0, 2, 5], 0, axis=1)
    values = np.insert(VALUES, [0, 2, 5], [0.5, 2.5, 9.0])
    expected = krippendorff_alpha(classic, level, VALUES).value
    assert krippendorff_alpha(padded, level, values).value == pytest.approx(expected, rel=1e-12)


@given(st.lists(st.lists(st.integers(0, 4), min_size=5, max_size=5), min_size=1, max_size=15))
def test_alpha_is_at_most_one_and_equals_its_definition(rows):
    counts = np.array(rows)
    shared = counts[counts.sum(axis=1) > 1]
    assume(len(shared) > 0 and (shared.sum(axis=0) > 0).sum() > 1)
    ratings = [np.repeat(VALUES, row) for row in shared]
    observed = sum(np.subtract.outer(r, r).__pow__(2).sum() / (len(r) - 1) for r in ratings)
    pooled = np.concatenate(ratings)
    expected = (np.subtract.outer(pooled, pooled) ** 2).sum() / (len(pooled) - 1)
    alpha = krippendorff_alpha(counts, "interval", VALUES).value
    assert alpha <= 1
    assert alpha == pytest.approx(1 - observed / expected, abs=1e-9)

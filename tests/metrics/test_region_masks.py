"""Regions on a grid's places: against areas that follow from geometry, and every point counted once."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.errors import DataError
from lib.metrics.region_masks import cover_places

PICTURE = (0.0, 0.0, 1.0, 1.0)


def rectangle(left, top, right, bottom):
    return np.array([left, right, right, left]), np.array([top, top, bottom, bottom])


def test_whole_places_are_covered_wholly():
    found = cover_places([("mouth", *rectangle(0.25, 0.5, 0.75, 1.0))], 4, 4, PICTURE)
    expected = np.zeros((4, 4))
    expected[2:, 1:3] = 1
    assert (found["mouth"] == expected).all()


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(-0.2, 1.2), min_size=4, max_size=4), st.integers(1, 9), st.integers(1, 9))
def test_boxes_have_their_area(ends, rows, columns):
    (left, right), (top, bottom) = sorted(ends[:2]), sorted(ends[2:])
    found = cover_places([("box", *rectangle(left, top, right, bottom))], rows, columns, PICTURE)["box"]
    inside = [np.clip(one, 0, 1) for one in (left, right, top, bottom)]
    assert found.sum() / (rows * columns) == pytest.approx((inside[1] - inside[0]) * (inside[3] - inside[2]), abs=0.006)


def test_polygons_have_their_area():
    angle = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    x, y = 0.5 + 0.3 * np.cos(angle), 0.45 + 0.2 * np.sin(angle)
    exact = 24 / 2 * np.sin(2 * np.pi / 24) * 0.3 * 0.2
    for turned in (slice(None), slice(None, None, -1)):
        found = cover_places([("face", x[turned], y[turned])], 12, 12, PICTURE)["face"]
        assert found.mean() == pytest.approx(exact, abs=0.0005)
    hollow = np.array([0, 1, 1, 0.5, 0]), np.array([0, 0, 1, 0.5, 1])  # not convex
    assert cover_places([("v", *hollow)], 6, 6, PICTURE)["v"].mean() == pytest.approx(0.75, abs=0.002)


def test_a_point_belongs_to_the_smallest_region():
    outlines = [
        ("eyes", *rectangle(0.1, 0.2, 0.3, 0.3)), ("face", *rectangle(0, 0, 1, 0.8)),
        ("eyes", *rectangle(0.6, 0.2, 0.8, 0.3)),
    ]  # fmt: skip
    found = cover_places(outlines, 10, 10, PICTURE)
    assert list(found) == ["eyes", "face"]
    assert found["eyes"].sum() == pytest.approx(4) and found["face"].sum() == pytest.approx(76)
    assert (found["eyes"] + found["face"] <= 1).all()


def test_a_grid_that_is_not_the_picture():
    """Padding below: the grid goes on to twice the picture's height."""
    found = cover_places([("low", *rectangle(0, 0.5, 1, 1))], 4, 2, (0.0, 0.0, 1.0, 2.0))["low"]
    assert found.tolist() == [[0, 0], [1, 1], [0, 0], [0, 0]]
    cropped = cover_places([("all", *rectangle(0, 0, 1, 1))], 2, 2, (0.25, 0.0, 0.75, 1.0))["all"]
    assert (cropped == 1).all()


def test_what_is_no_region_is_refused():
    with pytest.raises(DataError, match="three corners"):
        cover_places([("line", np.array([0, 1.0]), np.array([0, 1.0]))], 2, 2, PICTURE)
    with pytest.raises(DataError, match="places and an extent"):
        cover_places([], 2, 2, (0, 0, 0, 1))

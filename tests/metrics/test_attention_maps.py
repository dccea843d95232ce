"""Attention maps against scipy, on evidence in one known corner, and tests of steps and images."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.ndimage import center_of_mass
from scipy.stats import entropy

from lib.errors import DataError
from lib.metrics.attention_maps import compare_images, compare_steps, describe_maps, region_shares

CORNERS = {"top left": (slice(0, 2), slice(0, 2)), "bottom right": (slice(6, 8), slice(10, 12))}


def mask(name):
    inside = np.zeros((8, 12))
    inside[CORNERS[name]] = 1
    return inside


MASKS = {name: mask(name) for name in CORNERS}


def looking_at(name, n, noise=0.0, seed=1):
    """A responder that looks at one corner, four times as much as elsewhere."""
    return 1 + 3 * mask(name) + noise * np.random.default_rng(seed).random((n, 8, 12))


@settings(max_examples=20)
@given(arrays(float, (2, 3, 5), elements=st.floats(0.01, 9)))
def test_figures_agree_with_scipy(maps):
    found = describe_maps(maps)
    for row, one in zip(found.iter_rows(named=True), maps, strict=True):
        y, x = center_of_mass(one)
        assert (row["x"], row["y"]) == (pytest.approx((x + 0.5) / 5), pytest.approx((y + 0.5) / 3))
        assert row["entropy"] == pytest.approx(entropy(one.ravel(), base=2))
        assert row["entropy_share"] == pytest.approx(entropy(one.ravel(), base=15))
        columns, rows = np.meshgrid((np.arange(5) + 0.5) / 5, (np.arange(3) + 0.5) / 3)
        distance = (columns - row["x"]) ** 2 + (rows - row["y"]) ** 2
        assert row["spread"] == pytest.approx(np.sqrt((distance * one).sum() / one.sum()))


@pytest.mark.parametrize(("corner", "x", "y"), [("top left", 1 / 12, 1 / 8), ("bottom right", 11 / 12, 7 / 8)])
def test_evidence_in_one_corner_is_found_there(corner, x, y):
    maps = np.stack([mask(corner), np.ones((8, 12))])
    found = describe_maps(maps)
    assert found.select("x", "y", "entropy").rows() == [
        pytest.approx((x, y, 2.0)),
        pytest.approx((0.5, 0.5, np.log2(96))),
    ]
    assert found["entropy_share"].to_list() == pytest.approx([2 / np.log2(96), 1.0])
    shares = region_shares(maps, MASKS)
    here = list(CORNERS).index(corner)
    assert shares.share[0].tolist() == [float(at == here) for at in range(2)]
    assert shares.area == pytest.approx(np.full((2, 2), 4 / 96))
    assert shares.density[0, here] == pytest.approx(24) and shares.density[1] == pytest.approx([1.0, 1.0])


def test_places_that_are_none_do_not_count():
    one = np.ones((1, 4, 4))
    one[0, 2:] = np.nan
    row = describe_maps(one).row(0, named=True)
    assert (row["y"], row["entropy_share"], row["mass"]) == (0.25, pytest.approx(1.0), 8.0)
    top = np.zeros((4, 4))
    top[0] = 1
    shares = region_shares(one, {"top": top, "bottom": top[::-1]})
    assert shares.density[0, 0] == pytest.approx(1.0) and np.isnan(shares.density[0, 1])
    assert describe_maps(np.zeros((1, 2, 2))).row(0) == (None,) * 6


def test_a_map_that_is_a_part_of_its_picture_is_placed_on_it():
    one = np.zeros((2, 4, 4))
    one[:, 0, 3] = 1
    one[:, 0, 0] = 1
    found = describe_maps(one, np.array([[0, 0, 1, 1], [0.5, 0, 1, 0.5]]))
    assert found["x"].to_list() == pytest.approx([0.5, 0.75]) and found["y"].to_list() == pytest.approx([1 / 8, 1 / 16])
    assert found["spread"].to_list() == pytest.approx([3 / 8, 3 / 16])


def test_one_place_has_no_entropy():
    row = describe_maps(np.ones((1, 1, 1))).row(0, named=True)
    assert (row["entropy"], row["entropy_share"], row["spread"]) == (0.0, None, 0.0)


def test_steps_that_look_elsewhere_differ():
    one, other = looking_at("top left", 30, 1.0), looking_at("bottom right", 30, 1.0, seed=2)
    found = compare_steps(one, other, MASKS, draws=499, seed=1)
    assert found["measure"].to_list() == [*CORNERS, "entropy_share", "x", "y", "spread"]
    assert found["p_family"][0] == found["p_family"][1] == 1 / 500
    assert found["difference"][0] > 1 > -1 > found["difference"][1] and found["difference"][3] < 0
    alike = compare_steps(one, looking_at("top left", 30, 1.0, seed=3), MASKS, draws=499, seed=1)
    assert alike["p_family"].min() > 0.05
    same = compare_steps(one, one, MASKS, draws=99, seed=1)
    assert same["p"].null_count() == 6 and same["difference"].to_list() == [0.0] * 6


def test_images_that_are_looked_at_elsewhere_differ():
    maps = np.concatenate([looking_at("top left", 20, 1.0), looking_at("bottom right", 25, 1.0, seed=2)])
    found = compare_images(maps, np.arange(45) < 20, MASKS, draws=499, seed=1)
    assert found["p_family"][0] == 1 / 500 and found["difference"][0] > 1
    mixed = compare_images(maps, np.arange(45) % 2 == 0, MASKS, draws=499, seed=1)
    assert mixed["p_family"].min() > 0.05
    shape = compare_images(maps, np.arange(45) < 20, {}, draws=99, seed=1)
    assert shape["measure"].to_list() == ["entropy_share", "x", "y", "spread"]


def test_what_cannot_be_used_is_named():
    maps = np.ones((2, 8, 12))
    with pytest.raises(DataError, match="not empty, got shape"):
        describe_maps(maps[:0])
    with pytest.raises(DataError, match="0 or more and finite"):
        describe_maps(-maps)
    with pytest.raises(DataError, match=r"Region 'eyes' must have a map's shape, got \(3, 3\)"):
        region_shares(maps, {"eyes": np.ones((3, 3))})
    with pytest.raises(DataError, match="Region 'eyes' must lie between 0 and 1"):
        region_shares(maps, {"eyes": 2 * maps})
    with pytest.raises(DataError, match="No regions"):
        region_shares(maps, {})
    with pytest.raises(DataError, match="Both steps must show the same images"):
        compare_steps(maps, maps[:1], MASKS, draws=9, seed=1)

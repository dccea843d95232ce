"""Correlation, errors and bias against base R (tests/reference/dimensions.R), and what must hold for any values."""

from __future__ import annotations

import math

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import foldnorm

from lib.errors import DataError
from lib.metrics.dimensions import bias_by, compare_with_people, folded_normal_mae

TIGHT = 1e-9
FIGURES = ("n", "n_excluded", "r", "mae", "rmse", "bias", "sd_difference")
MARGINS = ("machine_mean", "machine_sd", "people_mean", "people_sd")


def _floats(values: list[float | None]) -> pl.Series:
    return pl.Series(values, dtype=pl.Float64)


def test_every_figure_agrees_with_r(pairs, r_dimensions):
    scores = compare_with_people(pairs["machine"], pairs["people_mean"])
    for name in FIGURES + MARGINS:
        assert getattr(scores, name) == pytest.approx(r_dimensions[name], rel=TIGHT), name


def test_bias_by_emotion_agrees_with_r(pairs, r_dimensions):
    found = bias_by(pairs, ["emotion"])
    expected = pl.DataFrame(r_dimensions["by_emotion"])
    assert found["emotion"].to_list() == expected["emotion"].to_list()
    assert int(found["n_excluded"].sum()) == r_dimensions["n_excluded"]
    for name in ("n", "bias", "sd_difference", "mae", "machine_mean", "people_mean"):
        assert found[name].to_list() == pytest.approx(expected[name].to_list(), rel=TIGHT), name


def test_without_groups_the_bias_is_that_of_all_images(pairs):
    row = bias_by(pairs, []).row(0, named=True)
    scores = compare_with_people(pairs["machine"], pairs["people_mean"])
    for name in ("n", "n_excluded", "bias", "sd_difference", "mae", "machine_mean", "people_mean"):
        assert row[name] == pytest.approx(getattr(scores, name), rel=1e-12), name


@pytest.mark.parametrize("case", range(4))
def test_folded_normal_agrees_with_integration_in_r(r_dimensions, case):
    expected = r_dimensions["folded_normal"][case]
    assert folded_normal_mae(expected["bias"], expected["sd"]) == pytest.approx(expected["mae"], rel=TIGHT)


@given(st.floats(-5, 5), st.floats(0.01, 5))
def test_folded_normal_agrees_with_scipy(bias, sd):
    assert folded_normal_mae(bias, sd) == pytest.approx(foldnorm.mean(abs(bias) / sd, scale=sd), rel=1e-7)


def test_folded_normal_without_spread_is_the_bias_and_a_negative_spread_is_refused():
    assert folded_normal_mae(-0.4, 0.0) == 0.4
    with pytest.raises(DataError, match=r"got -1\.0"):
        folded_normal_mae(0.0, -1.0)


@pytest.mark.parametrize("gap", [None, math.nan])
def test_incomplete_pairs_are_excluded_and_counted(gap):
    scores = compare_with_people(_floats([1, 4, gap, 5]), _floats([2, 2, 3, gap]))
    assert (scores.n, scores.n_excluded, scores.bias, scores.mae) == (2, 2, 0.5, 1.5)
    assert scores.rmse == pytest.approx(math.sqrt(2.5))


def test_a_constant_side_has_no_correlation():
    scores = compare_with_people(_floats([5, 5, 5]), _floats([1.5, 2.5, 3.5]))
    assert (scores.r, scores.machine_sd, scores.people_sd) == (None, 0.0, 1.0)
    assert compare_with_people(_floats([1.5, 2.5, 3.5]), _floats([5, 5, 5])).r is None


def test_one_image_has_neither_correlation_nor_spread():
    scores = compare_with_people(_floats([5]), _floats([4]))
    assert (scores.n, scores.bias, scores.mae) == (1, 1.0, 1.0)
    assert (scores.r, scores.sd_difference, scores.machine_sd, scores.people_sd) == (None,) * 4


def test_whole_numbers_from_a_machine_are_accepted():
    assert compare_with_people(pl.Series([3, 5]), _floats([2.5, 5.5])).mae == 0.5


@pytest.mark.parametrize("gap", [None, math.nan])
def test_a_group_without_pairs_has_no_figures(gap):
    frame = pl.DataFrame({"race": ["x", "x", "y"], "machine": [3.0, 5.0, gap], "people_mean": [2.0, 5.0, 4.0]})
    assert bias_by(frame, ["race"]).rows() == [
        ("x", 2, 0, 0.5, pytest.approx(math.sqrt(0.5)), 0.5, 4.0, 3.5),
        ("y", 0, 1, None, None, None, None, None),
    ]


def test_empty_and_unpaired_input_is_named():
    with pytest.raises(DataError, match="No images with both a machine value and a human mean"):
        compare_with_people(_floats([None]), _floats([3]))
    with pytest.raises(DataError, match="got 1 and 2 values"):
        compare_with_people(_floats([1]), _floats([1, 2]))
    with pytest.raises(DataError, match="No images with both"):
        bias_by(pl.DataFrame({"machine": [], "people_mean": []}), [])
    with pytest.raises(DataError, match="lack the column 'people_mean'"):
        bias_by(pl.DataFrame({"machine": [1.0]}), [])


@given(
    st.lists(st.tuples(st.integers(1, 9), st.floats(1, 9), st.sampled_from("xy")), min_size=1, max_size=50),
)
def test_errors_are_ordered_and_groups_add_up(rows):
    frame = pl.DataFrame(rows, schema=["machine", "people_mean", "group"], orient="row")
    scores = compare_with_people(frame["machine"], frame["people_mean"])
    assert abs(scores.bias) <= scores.mae + 1e-12
    assert scores.mae <= scores.rmse + 1e-12
    assert scores.r is None or -1 <= scores.r <= 1
    spread = 0.0 if scores.sd_difference is None else scores.sd_difference
    assert scores.rmse**2 == pytest.approx(scores.bias**2 + spread**2 * (scores.n - 1) / scores.n, abs=1e-9)
    groups = bias_by(frame, ["group"])
    assert (groups["n"] * groups["bias"]).sum() / scores.n == pytest.approx(scores.bias, abs=1e-9)

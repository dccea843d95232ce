"""Intraclass correlations against print (Shrout & Fleiss, 1979) and psych::ICC (tests/reference/agreement.R)."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.errors import DataError, ParameterError
from lib.metrics.icc import icc_complete, of_mean

EXPECTED = json.loads((Path(__file__).parents[1] / "reference/agreement_expected.json").read_text(encoding="utf-8"))
ICC = EXPECTED["icc"]
PRINTED = {"icc1_1": 0.17, "icc2_1": 0.29, "icc3_1": 0.71, "icc1_k": 0.44, "icc2_k": 0.62, "icc3_k": 0.91}


def _agrees(found, rows):
    for row in rows:
        own = found.coefficients[row["type"]]
        for name, expected in (
            ("value", row["icc"]), ("f", row["f"]), ("df", row["df1"]), ("df_residual", row["df2"]), ("p", row["p"]),
            ("low", row["low"]), ("high", row["high"]),
        ):  # fmt: skip
            assert getattr(own, name) == pytest.approx(expected, rel=1e-9), (row["type"], name)
        assert own.reason is None


def _with_gaps():
    scores = np.array(ICC["complete"]["scores"], dtype=float)
    scores[np.array(ICC["gaps"]["row"]) - 1, np.array(ICC["gaps"]["column"]) - 1] = np.nan
    return scores


def test_the_example_of_shrout_and_fleiss_agrees_with_print_and_psych():
    example = ICC["shrout_fleiss"]
    found = icc_complete(np.array(example["scores"], dtype=float), 0.95)
    assert {kind: round(item.value, 2) for kind, item in found.coefficients.items()} == PRINTED
    assert (round(found.images, 2), round(found.within, 2)) == (11.24, 6.26)
    assert (round(found.raters, 2), round(found.residual, 2)) == (32.49, 1.02)
    _agrees(found, example["rows"])
    _agrees(icc_complete(np.array(example["scores"], dtype=float), 0.90), example["rows_90"])


def test_a_complete_table_agrees_with_psych():
    _agrees(icc_complete(np.array(ICC["complete"]["scores"]), 0.95), ICC["complete"]["rows"])


@pytest.mark.parametrize(
    ("missing", "excluded", "size"), [("drop_images", (3, 0), (27, 5)), ("drop_raters", (0, 3), (30, 2))]
)
def test_missing_ratings_leave_the_side_that_was_chosen_and_are_counted(missing, excluded, size):
    found = icc_complete(_with_gaps(), 0.95, missing)
    assert (found.n_excluded_images, found.n_excluded_raters) == excluded
    assert (found.n_images, found.n_raters) == size
    _agrees(found, ICC[missing])


@pytest.mark.parametrize(
    ("scores", "missing", "error", "message"),
    [
        (_with_gaps(), "refuse", DataError, "row 1, column 0, got nan"),
        (_with_gaps(), "omit", ParameterError, "got 'omit'"),
        ([[1.0, 2.0]], "refuse", DataError, "got 1 x 2"),
        ([[1.0, np.nan], [2.0, 3.0]], "drop_images", DataError, "got 1 x 2"),
        ([1.0, 2.0], "refuse", DataError, "got 1 dimensions"),
    ],
)
def test_what_has_no_coefficient_is_named(scores, missing, error, message):
    with pytest.raises(error, match=message):
        icc_complete(np.array(scores), 0.95, missing)


def test_an_impossible_confidence_is_refused():
    with pytest.raises(ParameterError, match="got 95"):
        icc_complete(np.eye(3), 95)


def test_what_is_undefined_says_why():
    same = icc_complete(np.full((4, 3), 5.0), 0.95).coefficients["icc2_1"]
    assert (same.value, same.low, same.p, same.reason) == (None, None, None, "all ratings are the same")
    shifted = icc_complete(np.array([[1.0, 2.0], [2.0, 3.0], [4.0, 5.0]]), 0.95).coefficients
    assert shifted["icc3_1"].value == pytest.approx(1, rel=1e-12)
    assert (shifted["icc3_1"].low, shifted["icc3_1"].f) == (None, None)
    assert shifted["icc3_1"].reason.startswith("raters do not contradict")
    assert shifted["icc2_1"].value < 1
    assert shifted["icc1_1"].low is not None


@given(st.floats(-10, 10), st.floats(0.1, 10))
def test_units_of_the_scale_do_not_matter_and_averaging_is_spearman_brown(shift, factor):
    scores = np.array(ICC["complete"]["scores"])
    plain, moved = icc_complete(scores, 0.95).coefficients, icc_complete(scores * factor + shift, 0.95).coefficients
    for kind, item in plain.items():
        assert moved[kind].value == pytest.approx(item.value, rel=1e-9)
        assert moved[kind].high == pytest.approx(item.high, rel=1e-9)
    assert plain["icc2_k"].value == pytest.approx(of_mean(plain["icc2_1"].value, 5), rel=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("model", [1, 2, 3])
def test_intervals_cover_at_their_nominal_rate(model):
    generator, n, k, draws = np.random.default_rng(7), 40, 6, 1500
    rater_sd = {1: 0.0, 2: 0.7, 3: 0.7}[model]
    truth = 1 / (1 + 1 + (rater_sd**2 if model == 2 else 0))
    inside = 0
    for _ in range(draws):
        images, raters = generator.normal(size=(n, 1)), rater_sd * generator.normal(size=k)
        found = icc_complete(images + raters + generator.normal(size=(n, k)), 0.9).coefficients[f"icc{model}_1"]
        inside += found.low <= truth <= found.high
    assert inside / draws == pytest.approx(0.9, abs=3.5 * np.sqrt(0.9 * 0.1 / draws))

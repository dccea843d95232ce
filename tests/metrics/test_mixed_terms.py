"""Type III tests, estimated means and differences against lmerTest and emmeans (tests/reference/mixed.R)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from mixed_support import COMPONENT, EXPECTED, TERM_F, assert_close, column, faces

from lib.errors import DataError, ParameterError
from lib.metrics.mixed_design import make_design
from lib.metrics.mixed_one_intercept import fit_one_intercept
from lib.metrics.mixed_terms import estimated_differences, estimated_means, term_tests, type_three_contrasts
from lib.metrics.satterthwaite import contrast_tests, joint_test

CASES = sorted(EXPECTED["one_intercept"])


@pytest.mark.parametrize("case", CASES)
def test_type_three_tests_agree_with_lmertest(case):
    rows, factors, expected = faces(case)
    found = term_tests(fit_one_intercept(rows, "rating", factors, "image_id"))
    assert found["term"].to_list() == column(expected["terms"], "term")
    assert found["df"].to_list() == column(expected["terms"], "df")
    for name in ("f", "df_residual"):
        assert_close(found[name].to_list(), column(expected["terms"], name), TERM_F, name)
    assert found["p"].to_list() == pytest.approx(column(expected["terms"], "p"), rel=1e-3, abs=1e-12)


@pytest.mark.parametrize("case", [case for case in CASES if EXPECTED["one_intercept"][case]["differences"]])
def test_differences_of_rater_types_agree_with_emmeans(case):
    rows, factors, expected = faces(case)
    by = factors[1:]
    found = estimated_differences(
        fit_one_intercept(rows, "rating", factors, "image_id"), "rater_type", ("machine", "human"), by
    )
    table = expected["differences"][0]
    assert found[by[0]].to_list() == column(table, "level")
    for name in ("estimate", "se", "df", "t", "low", "high"):
        assert_close(found[name].to_list(), column(table, name), COMPONENT, name)


def test_a_difference_is_that_of_the_estimated_means():
    rows, factors, _ = faces("ragged_full")
    fit = fit_one_intercept(rows, "rating", factors, "image_id")
    means = estimated_means(fit, ["rater_type", "emotion"])
    wide = means.pivot("rater_type", index="emotion", values="estimate")
    differences = estimated_differences(fit, "rater_type", ("machine", "human"), ["emotion"])
    assert (wide["machine"] - wide["human"]).to_list() == pytest.approx(differences["estimate"].to_list(), rel=1e-9)
    overall = estimated_differences(fit, "rater_type", ("machine", "human"))
    assert overall["estimate"][0] == pytest.approx(differences["estimate"].mean(), rel=1e-9)


def test_what_empty_cells_leave_without_estimate_is_null():
    rows, factors, _ = faces("empty_cells_full")
    fit = fit_one_intercept(rows, "rating", factors, "image_id")
    found = estimated_means(fit, ["emotion", "race"])
    lacking = found.filter(pl.col("estimate").is_null()).select("emotion", "race").rows()
    assert lacking == [("angry", "Korean"), ("neutral", "Black")]
    assert estimated_means(fit, ["emotion"])["estimate"].null_count() == 2


def test_sum_coding_gives_the_same_hypotheses():
    """Type III contrasts of both codings span the same hypotheses about cell means, also with empty cells."""
    rows, factors, _ = faces("empty_cells_full")
    combinations = rows.drop_nulls().select(factors).unique().sort(factors)
    treatment, sums = make_design(combinations, factors), make_design(combinations, factors, "sum")
    one, other = type_three_contrasts(treatment), type_three_contrasts(sums)
    assert one.keys() == other.keys()
    for term, contrasts in one.items():
        about_cells = contrasts @ np.linalg.pinv(treatment.matrix)
        about_cells_too = other[term] @ np.linalg.pinv(sums.matrix)
        rank = np.linalg.matrix_rank(about_cells, tol=1e-8)
        assert np.linalg.matrix_rank(np.vstack([about_cells, about_cells_too]), tol=1e-8) == rank, term


def test_without_empty_cells_type_three_is_equality_of_marginal_means():
    rows, factors, _ = faces("complete_full")
    fit = fit_one_intercept(rows, "rating", factors, "image_id")
    race = estimated_means(fit, ["race"])
    design = fit.design
    cells = pl.DataFrame({"race": design.levels["race"]})
    weights = []
    for level in cells["race"]:
        at = design.combinations.filter(pl.col("race") == level)
        weights.append(design.rows(at).mean(axis=0))
    joint = joint_test(fit, np.stack([weights[1] - weights[0], weights[2] - weights[0]]))
    tested = term_tests(fit).filter(pl.col("term") == "race").row(0, named=True)
    assert joint is not None
    assert (joint.df, joint.f) == (tested["df"], pytest.approx(tested["f"], rel=1e-8))
    assert race["estimate"].to_list() == pytest.approx([float(w @ fit.beta) for w in weights], rel=1e-10)


def test_a_single_contrast_is_the_square_of_its_t():
    rows, factors, _ = faces("ragged_emotion")
    fit = fit_one_intercept(rows, "rating", factors, "image_id")
    contrast = np.array([[0.0, 1, 0, 0, 1, 0]])
    t, joint = contrast_tests(fit, contrast), joint_test(fit, np.vstack([contrast, 2 * contrast]))
    assert joint is not None
    assert (joint.df, joint.f, joint.p) == (1, pytest.approx(t.t[0] ** 2, rel=1e-10), pytest.approx(t.p[0], rel=1e-8))
    assert joint_test(fit, np.zeros((0, 6))) is None


def test_few_degrees_of_freedom_are_pooled_to_two():
    """lmerTest's rule where the expectation of a squared t does not exist: denominator df 2."""
    rows, factors, _ = faces("ragged_emotion")
    fit = fit_one_intercept(rows, "rating", factors, "image_id")
    uncertain = replace(fit, parameter_covariance=fit.parameter_covariance * 1e6)
    joint = joint_test(uncertain, np.eye(6)[1:3])
    assert joint is not None
    assert joint.df_residual == 2.0


def test_wrong_weights_and_levels_are_named():
    rows, factors, _ = faces("complete_emotion")
    fit = fit_one_intercept(rows, "rating", factors, "image_id")
    with pytest.raises(DataError, match="a weight for each of 6 coefficients, got 2"):
        contrast_tests(fit, np.eye(2))
    with pytest.raises(ParameterError, match="got 'robot'"):
        estimated_differences(fit, "rater_type", ("robot", "human"))

"""Two crossed random intercepts against lme4 and lmerTest (tests/reference/mixed.R), and what holds for any ratings."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mixed_support import COMPONENT, EXPECTED, REFERENCE, REML, TERM_F, assert_close, column, people

from lib.errors import DataError
from lib.metrics.crossed_criterion import evaluate
from lib.metrics.crossed_sums import read_crossed, sum_crossed
from lib.metrics.icc_incomplete import icc_from_components
from lib.metrics.mixed_crossed import fit_crossed
from lib.metrics.mixed_model import MixedFit, ModelNotFittedError
from lib.metrics.mixed_one_intercept import fit_one_intercept
from lib.metrics.mixed_terms import coefficient_table, term_tests

CASES = sorted(EXPECTED["crossed"])


def _agrees(fit: MixedFit, expected: dict) -> None:
    assert fit.n_observations == expected["n"]
    assert fit.reml == pytest.approx(expected["reml"], rel=REML)
    assert bool(fit.singular) == expected["singular"]
    for name, value in expected["variances"].items():
        own = fit.variances["residual" if name == "Residual" else name]
        assert own == pytest.approx(value, rel=COMPONENT, abs=1e-10), name
    table = coefficient_table(fit)
    assert table["term"].to_list() == column(expected["coefficients"], "term")
    for name in ("estimate", "se", "df"):
        assert_close(table[name].to_list(), column(expected["coefficients"], name), COMPONENT, name)


@pytest.mark.parametrize("case", CASES)
def test_every_figure_agrees_with_lme4_and_lmertest(case):
    rows, factors, expected = people(case)
    fit = fit_crossed(rows, "rating", factors)
    _agrees(fit, expected)
    found = term_tests(fit)
    for name in ("f", "df_residual") if expected["terms"] else ():
        assert_close(found[name].to_list(), column(expected["terms"], name), TERM_F, name)


def test_penicillin_agrees_with_lme4():
    """lme4's worked example: 24 plates x 6 samples; Bates et al. print SDs of 0.8467, 1.9316 and 0.5499."""
    rows = pl.read_csv(REFERENCE / "mixed_penicillin.csv")
    fit = fit_crossed(rows, "diameter", participant="plate", image="sample")
    _agrees(fit, EXPECTED["penicillin"])
    deviations = {name: np.sqrt(value) for name, value in fit.variances.items()}
    assert deviations == pytest.approx({"plate": 0.8467, "sample": 1.9316, "residual": 0.5499}, abs=5e-5)


@pytest.mark.parametrize("case", [case for case in CASES if not EXPECTED["crossed"][case]["singular"]])
def test_the_covariance_of_variances_agrees_with_lmertest(case):
    """lmerTest has that of (theta, sigma), from numerical derivatives: carried over by the delta method."""
    rows, factors, expected = people(case)
    fit = fit_crossed(rows, "rating", factors)
    theta, sigma = np.array(expected["theta"]), expected["sigma"]
    names = [name.split(".")[0] for name in expected["theta_names"]]
    jacobian = np.zeros((3, 3))
    jacobian[[0, 1], [0, 1]] = 2 * theta * sigma**2
    jacobian[:, 2] = [*(2 * theta**2 * sigma), 2 * sigma]
    wanted = jacobian @ np.array(expected["parameter_covariance"]) @ jacobian.T
    order = [list(fit.variances).index(name) for name in (*names, "residual")]
    found = fit.variance_covariance[np.ix_(order, order)]
    assert found.ravel() == pytest.approx(wanted.ravel(), rel=1e-4, abs=1e-7 * float(np.abs(wanted).max()))


def test_the_fixtures_hold_every_singular_kind():
    kinds = {case: fit_crossed(people(case)[0], "rating", people(case)[1]).singular for case in CASES}
    assert kinds["no_participant_variance_emotion"] == ("participant_id",)
    assert kinds["no_image_variance_emotion"] == ("image_id",)
    assert set(kinds["no_variance_emotion"]) == {"participant_id", "image_id"}
    assert kinds["ragged_emotion"] == ()


def test_a_variance_at_zero_leaves_the_model_with_one_intercept():
    rows, factors, _ = people("no_participant_variance_emotion")
    both, one = fit_crossed(rows, "rating", factors), fit_one_intercept(rows, "rating", factors, "image_id")
    assert both.reml == pytest.approx(one.reml, rel=1e-10)
    assert both.variances["image_id"] == pytest.approx(one.variances["image_id"], rel=1e-6)
    assert coefficient_table(both)["df"].to_list() == pytest.approx(coefficient_table(one)["df"].to_list(), rel=1e-6)
    place = list(both.variances).index("participant_id")
    assert not both.variance_covariance[place].any()


def _ratings(seed: int, images: int = 14, raters: int = 11) -> pl.DataFrame:
    random = np.random.default_rng(seed)
    image, rater = np.nonzero(random.random((images, raters)) < 0.6)
    y = random.normal(0, 0.8, images)[image] + random.normal(0, 0.6, raters)[rater] + random.normal(0, 1, image.size)
    return pl.DataFrame(
        {"image_id": image, "participant_id": [f"p{one}" for one in rater], "group": (image % 2).astype(str), "y": y}
    )


@settings(max_examples=20)
@given(st.integers(0, 10_000), st.floats(-50, 50), st.floats(0.1, 20))
def test_order_names_shift_and_scale_change_what_they_must(seed, shift, scale):
    rows = _ratings(seed)
    plain = fit_crossed(rows, "y", ["group"])
    moved = rows.sample(fraction=1.0, shuffle=True, seed=seed).with_columns(
        pl.col("y") * scale + shift, pl.format("x{}", "image_id").alias("image_id")
    )
    other = fit_crossed(moved, "y", ["group"])
    for name, value in plain.variances.items():
        assert other.variances[name] == pytest.approx(value * scale**2, rel=1e-5, abs=1e-9 * scale**2), name
    assert other.beta[1] == pytest.approx(plain.beta[1] * scale, rel=1e-5, abs=1e-8 * scale)
    assert other.singular == plain.singular
    df, before = coefficient_table(other)["df"].to_list(), coefficient_table(plain)["df"].to_list()
    assert df == pytest.approx(before, rel=1e-4)


@settings(max_examples=20)
@given(st.integers(0, 10_000))
def test_which_factor_is_called_participant_makes_no_difference(seed):
    rows = _ratings(seed)
    one = fit_crossed(rows, "y")
    other = fit_crossed(rows, "y", participant="image_id", image="participant_id")
    assert other.reml == pytest.approx(one.reml, rel=1e-9)
    assert other.variances["image_id"] == pytest.approx(one.variances["image_id"], rel=1e-5, abs=1e-9)


@pytest.mark.parametrize("ratios", [(0.3, 0.7), (2.0, 0.01), (0.0, 0.5), (0.4, 0.0)])
def test_criterion_and_gradient_agree_with_the_whole_covariance_matrix(ratios):
    rows = _ratings(5)
    sums, images_eliminated = sum_crossed(read_crossed(rows, "y", ["group"], "participant_id", "image_id"))
    assert images_eliminated
    m = rows.height - 2
    same = [
        (rows[name].to_numpy()[:, None] == rows[name].to_numpy()).astype(float)
        for name in ("image_id", "participant_id")
    ]
    x = np.column_stack([np.ones(rows.height), (rows["group"] == "1").to_numpy()])
    y = rows["y"].to_numpy()

    def plainly(a: float, b: float) -> float:
        v = np.eye(len(y)) + a * same[0] + b * same[1]
        inverse = np.linalg.inv(v)
        information = x.T @ inverse @ x
        rest = y - x @ np.linalg.solve(information, x.T @ inverse @ y)
        logs = np.linalg.slogdet(v)[1] + np.linalg.slogdet(information)[1]
        return float(logs + m * (1 + np.log(2 * np.pi * (rest @ inverse @ rest) / m)))

    at = evaluate(sums, ratios)
    assert at.profiled(m) == pytest.approx(plainly(*ratios), rel=1e-10)
    step = 1e-5
    numeric = [
        (plainly(ratios[0] + step, ratios[1]) - plainly(ratios[0] - step, ratios[1])) / (2 * step),
        (plainly(ratios[0], ratios[1] + step) - plainly(ratios[0], ratios[1] - step)) / (2 * step),
    ]
    assert at.gradient(m) == pytest.approx(numeric, rel=1e-5, abs=1e-5)


def test_many_distinct_counts_are_multiplied_anew_with_the_same_result():
    few = sum_crossed(read_crossed(people("complete_intercept")[0], "rating", [], "participant_id", "image_id"))[0]
    assert len(few.meetings.shared) == few.eliminated_counts.size == 1
    random = np.random.default_rng(2)
    image, rater = np.nonzero(random.random((120, 100)) < random.uniform(0.02, 0.2, (120, 1)))
    y = random.normal(0, 1, 120)[image] + random.normal(0, 1, 100)[rater] + random.normal(0, 1, image.size)
    rows = pl.DataFrame({"image_id": image, "participant_id": rater, "y": y})
    sums = sum_crossed(read_crossed(rows, "y", [], "participant_id", "image_id"))[0]
    assert sums.eliminated_counts.size > 10
    assert sums.meetings.shared == ()
    parts = [sums.meetings.table[sums.meetings.group == k] for k in range(sums.eliminated_counts.size)]
    shared = tuple((own.T @ own).toarray() for own in parts)
    dense = replace(sums, meetings=replace(sums.meetings, shared=shared))
    one, other = evaluate(sums, (0.7, 0.4)), evaluate(dense, (0.7, 0.4))
    assert one.profiled(900) == pytest.approx(other.profiled(900), rel=1e-12)
    assert one.gradient(900) == pytest.approx(other.gradient(900), rel=1e-9)


def test_missing_ratings_are_counted_and_what_cannot_be_fitted_is_named():
    rows = _ratings(1)
    gaps = pl.concat([rows, rows.head(3).with_columns(pl.lit(float("nan")).alias("y"))])
    assert fit_crossed(gaps, "y").n_excluded == 3
    with pytest.raises(ModelNotFittedError, match="got 1 of it"):
        fit_crossed(rows.with_columns(pl.lit("one").alias("participant_id")), "y")
    with pytest.raises(ModelNotFittedError, match="needs two or more of it, and some with several"):
        fit_crossed(rows.unique("image_id"), "y")
    with pytest.raises(ModelNotFittedError, match="exactly"):
        fit_crossed(rows.with_columns(pl.lit(4.0).alias("y")), "y")
    mixed = rows.with_columns(pl.Series("group", np.random.default_rng(0).choice(["a", "b"], rows.height)))
    with pytest.raises(DataError, match="must be the same in all ratings of an image"):
        fit_crossed(mixed, "y", ["group"])


@pytest.mark.slow
def test_intervals_of_reliability_and_of_the_mean_cover_at_their_rate():
    """1,000 draws of 40 images x 30 raters, half of the cells: 95% intervals cover in 92.5 to 97.5% of the draws."""
    random = np.random.default_rng(20260222)
    seen = random.random((40, 30)) < 0.5
    image, rater = np.nonzero(seen)
    frame = pl.DataFrame({"image_id": image, "participant_id": rater})
    truth = {"image": 0.6, "participant": 0.5, "residual": 1.2}
    single = truth["image"] / sum(truth.values())
    covered, draws = 0, 1000
    for _ in range(draws):
        parts = random.normal(0, np.sqrt(truth["image"]), 40)[image]
        parts = parts + random.normal(0, np.sqrt(truth["participant"]), 30)[rater]
        y = parts + random.normal(0, np.sqrt(truth["residual"]), image.size)
        fit = fit_crossed(frame.with_columns(pl.Series("y", y)), "y")
        order = [list(fit.variances).index(name) for name in ("image_id", "participant_id", "residual")]
        values = [fit.variances[name] for name in ("image_id", "participant_id", "residual")]
        found = icc_from_components(*values, fit.variance_covariance[np.ix_(order, order)], k=15.0, confidence=0.95)
        assert found.icc2_1_low is not None
        assert found.icc2_1_high is not None
        covered += found.icc2_1_low <= single <= found.icc2_1_high
    assert 0.925 <= covered / draws <= 0.975

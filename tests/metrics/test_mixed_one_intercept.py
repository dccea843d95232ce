"""One random intercept against lme4 and lmerTest (tests/reference/mixed.R), and what must hold for any ratings."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mixed_support import COMPONENT, EXPECTED, REML, assert_close, column, faces

from lib.errors import DataError
from lib.metrics.mixed_model import ModelNotFittedError
from lib.metrics.mixed_one_intercept import fit_one_intercept
from lib.metrics.mixed_terms import coefficient_table, term_tests
from lib.metrics.satterthwaite import contrast_tests

CASES = sorted(EXPECTED["one_intercept"])


@pytest.mark.parametrize("case", CASES)
def test_criterion_and_variances_agree_with_lme4(case):
    rows, factors, expected = faces(case)
    fit = fit_one_intercept(rows, "rating", factors, "image_id")
    assert (fit.n_observations, fit.n_observations + fit.n_excluded) == (expected["n"], rows.height)
    assert fit.reml == pytest.approx(expected["reml"], rel=REML)
    assert bool(fit.singular) == expected["singular"]
    assert fit.variances["residual"] == pytest.approx(expected["variances"]["Residual"], rel=COMPONENT)
    assert fit.variances["image_id"] == pytest.approx(expected["variances"]["image_id"], rel=COMPONENT, abs=1e-12)


@pytest.mark.parametrize("case", CASES)
def test_coefficients_and_degrees_of_freedom_agree_with_lmertest(case):
    rows, factors, expected = faces(case)
    table = coefficient_table(fit_one_intercept(rows, "rating", factors, "image_id"))
    assert table["term"].to_list() == column(expected["coefficients"], "term")
    for name in ("estimate", "se", "df", "t"):
        assert_close(table[name].to_list(), column(expected["coefficients"], name), COMPONENT, name)
    assert table["p"].to_list() == pytest.approx(column(expected["coefficients"], "p"), rel=1e-3, abs=1e-12)


def test_the_fixtures_hold_a_singular_fit_missing_rows_and_dropped_coefficients():
    singular = fit_one_intercept(*faces("singular_emotion")[:1], "rating", ["rater_type", "emotion"], "image_id")
    assert singular.singular == ("image_id",)
    assert singular.variances["image_id"] == 0.0
    assert any("variance of image_id is estimated as zero" in note for note in singular.notes)
    rows, factors, _ = faces("empty_cells_full")
    notes = fit_one_intercept(rows, "rating", factors, "image_id").notes
    assert any(note.startswith("6 of 36 coefficients were dropped") for note in notes)
    assert any(note.startswith("Left out: ") and note.endswith(" rows without a rating or a level.") for note in notes)


def _ratings(seed: int, images: int = 20) -> pl.DataFrame:
    random = np.random.default_rng(seed)
    n = random.integers(1, 5, images)
    image = np.repeat(np.arange(images), n)
    frame = pl.DataFrame({"image": [f"i{number:02d}" for number in image], "group": (image % 3).astype(str)})
    frame = frame.with_columns(pl.Series("kind", random.choice(["a", "b"], image.size)))
    y = random.normal(0, 1, images)[image] + (image % 3) * 0.5 + random.normal(0, 1, image.size)
    return frame.with_columns(pl.Series("y", y))


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.floats(-100, 100), st.floats(0.01, 50))
def test_order_shift_and_scale_of_ratings_change_what_they_must(seed, shift, scale):
    rows = _ratings(seed)
    plain = fit_one_intercept(rows, "y", ["kind", "group"], "image")
    moved = rows.sample(fraction=1.0, shuffle=True, seed=seed).with_columns(pl.col("y") * scale + shift)
    other = fit_one_intercept(moved, "y", ["kind", "group"], "image")
    assert other.beta[1:] == pytest.approx(plain.beta[1:] * scale, rel=1e-6, abs=1e-8 * scale)
    assert other.beta[0] == pytest.approx(plain.beta[0] * scale + shift, rel=1e-6, abs=1e-6)
    assert other.variances["residual"] == pytest.approx(plain.variances["residual"] * scale**2, rel=1e-5)
    found, before = coefficient_table(other), coefficient_table(plain)
    assert found["df"].to_list() == pytest.approx(before["df"].to_list(), rel=1e-4)
    assert term_tests(other)["f"].to_list() == pytest.approx(term_tests(plain)["f"].to_list(), rel=1e-4, abs=1e-9)


@settings(max_examples=15)
@given(st.integers(0, 10_000))
def test_names_of_levels_and_images_do_not_change_the_tests_of_terms(seed):
    rows = _ratings(seed)
    renamed = rows.with_columns(
        pl.col("group").replace({"0": "z", "1": "y", "2": "x"}), pl.format("other {}", "image").alias("image")
    )
    one, other = (fit_one_intercept(frame, "y", ["kind", "group"], "image") for frame in (rows, renamed))
    assert other.variances["image"] == pytest.approx(one.variances["image"], rel=1e-6, abs=1e-12)
    assert term_tests(other)["f"].to_list() == pytest.approx(term_tests(one)["f"].to_list(), rel=1e-6, abs=1e-9)


def test_the_score_is_zero_at_the_estimate():
    """An independent criterion, from the whole covariance matrix, is lowest at the estimated ratio of variances."""
    rows = _ratings(3)
    fit = fit_one_intercept(rows, "y", ["kind"], "image")
    x = np.column_stack([np.ones(rows.height), (rows["kind"] == "b").to_numpy()]).astype(float)
    same = (rows["image"].to_numpy()[:, None] == rows["image"].to_numpy()[None, :]).astype(float)
    y = rows["y"].to_numpy()

    def criterion(image: float, residual: float) -> float:
        v = image * same + residual * np.eye(len(y))
        inverse = np.linalg.inv(v)
        information = x.T @ inverse @ x
        rest = y - x @ np.linalg.solve(information, x.T @ inverse @ y)
        constant = (len(y) - 2) * np.log(2 * np.pi)
        return np.linalg.slogdet(v)[1] + np.linalg.slogdet(information)[1] + rest @ inverse @ rest + constant

    image, residual = fit.variances["image"], fit.variances["residual"]
    assert criterion(image, residual) == pytest.approx(fit.reml, rel=1e-10)
    steps = [(a, b) for a in (0.99, 1, 1.01) for b in (0.99, 1, 1.01) if (a, b) != (1, 1)]
    assert all(criterion(image * a, residual * b) > fit.reml for a, b in steps)


@pytest.mark.parametrize("gap", [None, float("nan")])
def test_missing_ratings_are_left_out_and_counted(gap):
    rows = _ratings(1)
    with_gap = pl.concat([rows, rows.head(2).with_columns(pl.lit(gap, pl.Float64).alias("y"))])
    fit = fit_one_intercept(with_gap, "y", ["kind"], "image")
    assert (fit.n_observations, fit.n_excluded) == (rows.height, 2)
    assert fit.reml == pytest.approx(fit_one_intercept(rows, "y", ["kind"], "image").reml, rel=1e-12)


def test_what_cannot_be_fitted_is_named():
    rows = _ratings(2)
    with pytest.raises(ModelNotFittedError, match="needs two or more of it"):
        fit_one_intercept(rows.unique("image"), "y", ["kind"], "image")
    with pytest.raises(ModelNotFittedError, match="got 1 of it"):
        fit_one_intercept(rows.with_columns(pl.lit("one").alias("image")), "y", ["kind"], "image")
    with pytest.raises(ModelNotFittedError, match="exactly"):
        fit_one_intercept(rows.with_columns(pl.lit(5.0).alias("y")), "y", ["kind"], "image")
    with pytest.raises(ModelNotFittedError, match="needs more ratings than that"):
        few = pl.DataFrame({"y": [1.0, 2.0, 4.0, 3.0], "image": ["i", "i", "j", "j"], "kind": ["a", "b", "c", "d"]})
        fit_one_intercept(few, "y", ["kind"], "image")
    alone = rows.with_columns(pl.col("image").rank("dense").cast(pl.Float64).alias("y"))
    with pytest.raises(ModelNotFittedError, match="no residual"):
        fit_one_intercept(alone, "y", ["kind"], "image")
    with pytest.raises(DataError, match="lack the column 'colour'"):
        fit_one_intercept(rows, "y", ["colour"], "image")


@pytest.mark.slow
def test_intervals_cover_the_truth_at_their_rate():
    """1,000 draws of 24 images with 2 to 5 ratings: the 95% interval covers a difference in 93 to 97% of them."""
    random = np.random.default_rng(20260222)
    image = np.repeat(np.arange(24), random.integers(2, 6, 24))
    kind = np.where(random.random(image.size) < 0.5, "a", "b")
    frame = pl.DataFrame({"image": image.astype(str), "kind": kind})
    covered, draws = 0, 1000
    for _ in range(draws):
        y = random.normal(0, 0.7, 24)[image] + 0.4 * (kind == "b") + random.normal(0, 1, image.size)
        fit = fit_one_intercept(frame.with_columns(pl.Series("y", y)), "y", ["kind"], "image")
        low, high = contrast_tests(fit, np.array([[0.0, 1.0]])).interval(0.95)
        covered += low[0] <= 0.4 <= high[0]
    assert 0.93 <= covered / draws <= 0.97

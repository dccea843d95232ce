"""A machine beside people: which rows the model gets, what is refused, and agreement with paired differences."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from scipy import stats

from lib.errors import DataError, ParameterError
from lib.metrics.mixed_model import ModelNotFittedError
from lib.metrics.mixed_raters import bias_estimates, fit_rater_model, rater_frame


@pytest.fixture
def pairs() -> pl.DataFrame:
    random = np.random.default_rng(4)
    emotion = np.repeat(["angry", "happy"], 40)
    people = np.where(emotion == "angry", 3.0, 7.0) + random.normal(0, 0.6, 80)
    machine = people + np.where(emotion == "angry", -1.0, 0.8) + random.normal(0, 0.5, 80)
    return pl.DataFrame(
        {"image_id": [f"i{n:02d}" for n in range(80)], "emotion": emotion, "machine": machine, "people_mean": people}
    )


def test_a_bias_is_the_mean_paired_difference(pairs):
    found = bias_estimates(fit_rater_model(pairs, ["emotion"]), ["emotion"])
    difference = pairs.with_columns((pl.col("machine") - pl.col("people_mean")).alias("d"))
    plain = difference.group_by("emotion").agg(pl.col("d").mean()).sort("emotion")
    assert found["emotion"].to_list() == ["angry", "happy"]
    assert found["estimate"].to_list() == pytest.approx(plain["d"].to_list(), rel=1e-9)


def test_without_factors_it_is_the_paired_t_test(pairs):
    row = bias_estimates(fit_rater_model(pairs, [])).row(0, named=True)
    plain = stats.ttest_rel(pairs["machine"], pairs["people_mean"])
    assert (row["t"], row["df"], row["p"]) == (
        pytest.approx(plain.statistic, rel=1e-7), pytest.approx(79, rel=1e-6), pytest.approx(plain.pvalue, rel=1e-5),
    )  # fmt: skip
    interval = plain.confidence_interval(0.95)
    assert (row["low"], row["high"]) == (pytest.approx(interval.low, rel=1e-7), pytest.approx(interval.high, rel=1e-7))


def test_single_ratings_instead_of_means_have_their_own_residual_variance(pairs):
    random = np.random.default_rng(1)
    single = pl.concat(
        pairs.select("image_id", (pl.col("people_mean") + pl.Series(random.normal(0, 1.5, 80))).alias("value"))
        for _ in range(10)
    )
    means = fit_rater_model(pairs, ["emotion"])
    ratings = fit_rater_model(pairs, ["emotion"], "ratings", single)
    assert (means.n_observations, ratings.n_observations) == (160, 880)
    assert ratings.variances["residual"] > 4 * means.variances["residual"]


@pytest.mark.parametrize("gap", [None, float("nan")])
def test_an_image_without_an_answer_keeps_peoples_mean(pairs, gap):
    with_gap = pairs.with_columns(pl.when(pl.col("image_id") == "i03").then(gap).otherwise("machine").alias("machine"))
    fit = fit_rater_model(with_gap, ["emotion"])
    assert (fit.n_observations, fit.n_excluded, fit.n_levels["image_id"]) == (159, 1, 80)


@pytest.mark.parametrize(("column", "kind"), [("machine", "machine"), ("people_mean", "human")])
def test_a_single_rater_type_is_refused_by_name(pairs, column, kind):
    with pytest.raises(ModelNotFittedError, match=f"got 0 of '{kind}'"):
        fit_rater_model(pairs.with_columns(pl.lit(None, pl.Float64).alias(column)), ["emotion"])


def test_wrong_input_is_named(pairs):
    with pytest.raises(ParameterError, match="got 'median'"):
        rater_frame(pairs, [], "median")  # type: ignore[arg-type]
    with pytest.raises(ParameterError, match="got None"):
        rater_frame(pairs, [], "ratings")
    with pytest.raises(DataError, match="lack the column 'race'"):
        rater_frame(pairs, ["race"])

"""Calibration fold by fold against R's lm, its fallbacks, and Monte Carlo coverage; the hybrid on the same maps."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from lib.errors import DataError, ParameterError
from lib.metrics.calibration import assign_folds, calibrate, cross_calibrate
from lib.metrics.hybrid import score_hybrid
from lib.metrics.resampling import Resampling

REFERENCE = Path(__file__).parents[1] / "reference"
FEW = Resampling(seed=1, draws=200)
SCALE = (1.0, 9.0)


@pytest.fixture(scope="module")
def expected():
    return json.loads((REFERENCE / "stereotypes_expected.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def paired():
    images = pl.read_csv(REFERENCE / "stereotypes_images.csv", schema_overrides={"machine": pl.Float64})
    single = pl.read_csv(REFERENCE / "stereotypes_ratings.csv", schema_overrides={"valence": pl.Float64})
    means = single.group_by("image_id").agg(pl.col("valence").mean().alias("people_mean"))
    return images.join(means, on="image_id", how="left", maintain_order="left")


def test_lines_agree_with_r_fold_by_fold(paired, expected):
    found = cross_calibrate(paired.drop_nulls(["machine", "people_mean"]), SCALE)
    assert found["method"].to_list() == expected["method"]
    assert set(expected["method"]) == {"line", "mean", "overall"}
    assert found["calibrated"].to_list() == pytest.approx(expected["calibrated"], rel=1e-9)
    assert found["label_mean"].to_list() == pytest.approx(expected["label_mean"], rel=1e-9)


def test_errors_before_and_after_agree_with_r(paired, expected):
    found = calibrate(paired, SCALE, FEW)
    for name in ("mae_before", "mae_after", "r_after"):
        assert getattr(found, name) == pytest.approx(expected[name], rel=1e-9), name
    assert (found.n, found.n_excluded) == (expected["n"], expected["n_excluded"])
    assert (found.n_line, found.n_mean, found.n_overall) == tuple(
        expected["method"].count(name) for name in ("line", "mean", "overall")
    )
    assert found.reduction == pytest.approx(found.mae_before - found.mae_after)
    assert found.reduction_low < found.reduction < found.reduction_high
    assert found.beyond_label_low < found.beyond_label < found.beyond_label_high


def test_a_machine_that_is_a_line_of_people_is_mapped_back_exactly():
    random = np.random.default_rng(3)
    people = random.uniform(2, 8, 60)
    label = np.array(["a", "b"] * 30)
    machine = np.where(label == "a", 2 * people - 3, 9 - 0.5 * people)
    frame = pl.DataFrame({"people_mean": people, "machine": machine, "label": label, "fold": np.arange(60) % 6})
    found = calibrate(frame, SCALE, FEW)
    assert found.mae_after < 1e-10 < found.mae_before
    assert found.r_after == pytest.approx(1)
    pooled = calibrate(frame.with_columns(pl.lit("").alias("label")), SCALE, FEW)
    assert pooled.mae_after > 0.5


def test_no_image_helps_to_fit_its_own_line():
    frame = pl.DataFrame(
        {"people_mean": [1.0, 2.0, 3.0, 4.0, 9.0], "machine": [1.0, 2.0, 3.0, 4.0, 5.0], "label": "a", "fold": range(5)}
    )
    assert cross_calibrate(frame, SCALE)["calibrated"][4] == pytest.approx(5)


def test_predictions_stay_on_the_scale():
    frame = pl.DataFrame(
        {"people_mean": [1.0, 4.0, 7.0, 8.0], "machine": [1.0, 2.0, 3.0, 9.0], "label": "a", "fold": range(4)}
    )
    assert cross_calibrate(frame, SCALE)["calibrated"][3] == 9


def test_one_identity_is_never_on_both_sides(paired):
    folds = assign_folds(paired["identity"], seed=5, folds=4)
    by_identity = paired.with_columns(folds).group_by("identity").agg(pl.col("fold").n_unique())
    assert set(by_identity["fold"]) == {1}
    sizes = paired.with_columns(folds).group_by("fold").agg(pl.col("identity").n_unique())["identity"]
    assert sorted(sizes) == [3, 3, 3, 4]
    shuffled = paired.sample(fraction=1, shuffle=True, seed=1)
    again = shuffled.with_columns(assign_folds(shuffled["identity"], seed=5, folds=4)).select("image_id", "fold")
    assert again.sort("image_id").equals(paired.with_columns(folds).select("image_id", "fold").sort("image_id"))
    assert assign_folds(paired["identity"], seed=6, folds=4).to_list() != folds.to_list()


def test_fewer_units_than_folds_are_left_out_one_by_one_and_one_unit_is_refused():
    assert sorted(assign_folds(pl.Series(["a", "b", None, None]), 1)) == [0, 1, 2, 3]
    with pytest.raises(ParameterError, match="two folds and two units, got 10 and 1"):
        assign_folds(pl.Series(["a", "a"]), 1)


def test_missing_values_are_refused_and_a_study_of_participants_has_no_interval(paired):
    with pytest.raises(DataError, match="must not be null, got None"):
        cross_calibrate(paired, SCALE)
    found = calibrate(paired, SCALE, replace(FEW, unit="participant"))
    assert (found.reduction_low, found.reduction_high) == (None, None)


@pytest.fixture(scope="module")
def joined(paired):
    columns = {"machine": "vlm", "label": "vlm_label", "second": "fer_label", "network": "fer"}
    return paired.select("image_id", "people_mean", "fold", *columns).rename(columns)


def test_a_hybrid_of_a_model_with_its_own_labels_is_the_model(joined):
    found = score_hybrid(joined.with_columns(fer_label="vlm_label"), SCALE, FEW)
    assert found.mae == found.mae_vlm and found.gain == 0
    assert found.intensity == pytest.approx(found.mae_label - found.mae)


def test_the_hybrids_parts_are_calibrated_alike(joined, paired, expected):
    found = score_hybrid(joined, SCALE, FEW)
    assert found.mae_vlm == pytest.approx(expected["mae_after"], rel=1e-9)
    by_fer = calibrate(paired.with_columns(label="second"), SCALE, FEW)
    assert (found.mae, found.mae_label) == pytest.approx((by_fer.mae_after, by_fer.mae_label_mean))
    assert (found.n, found.n_excluded) == (expected["n"], expected["n_excluded"])
    assert found.gain_low < found.gain < found.gain_high
    alone = score_hybrid(joined.with_columns(pl.lit(None, pl.Float64).alias("fer")), SCALE, FEW)
    assert alone.mae_fer is None and alone.mae == found.mae


@pytest.mark.slow
def test_the_reductions_interval_covers_it_as_often_as_it_says():
    """The truth: the mean reduction over many samples of the same size, which is what a sample estimates."""
    rounds, n = 1000, 100
    generator = np.random.default_rng(8)
    label = np.array(["a", "b"] * (n // 2))
    centre = np.where(label == "a", 3.0, 7.0)
    found = []
    for seed in range(rounds):
        people = centre + generator.normal(0, 0.5, n)
        machine = 2 * (people - 5) + 4.5 + generator.normal(0, 1, n)
        frame = pl.DataFrame({"people_mean": people, "machine": machine, "label": label, "fold": np.arange(n) % 10})
        found.append(calibrate(frame, SCALE, Resampling(seed=seed, draws=200, confidence=0.9)))
    truth = np.mean([item.reduction for item in found])
    covered = np.mean([item.reduction_low <= truth <= item.reduction_high for item in found])
    assert 0.86 < covered < 0.93

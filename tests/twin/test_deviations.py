"""Twin against published: every figure with a tolerance is met, and figures are what an independent count says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from lib.twin.deviations import SCHEMA, deviations
from lib.twin.recompute import variance_shares
from lib.twin.targets import TwinTargets, read_targets

KEYS = sorted(read_targets(Path(__file__).parents[2] / "data" / "published" / "twin_targets.yaml").aimed)


@pytest.mark.parametrize("key", KEYS)
def test_the_twin_is_within_tolerance(compared: pl.DataFrame, key: str):
    row = compared.filter(pl.col("target") == key, pl.col("tolerance").is_not_null()).row(0, named=True)
    assert row["within_tolerance"], f"published {row['published']}, recomputed {row['recomputed']}"


def test_one_row_a_target(compared: pl.DataFrame, targets: TwinTargets):
    assert dict(compared.schema) == SCHEMA
    assert compared["target"].to_list() == [target.key for target in targets.targets]
    assert compared["recomputed"].null_count() == 0


def test_figures_that_were_not_aimed_at_are_not_judged(compared: pl.DataFrame):
    free = compared.filter(pl.col("tolerance").is_null())
    assert free.height > 0
    assert free["within_tolerance"].null_count() == free.height
    assert set(free["standing"]) == {"superseded", "contradicted"}


def test_accuracies_are_right_to_one_image(twin, images, compared: pl.DataFrame):
    published = compared.filter(pl.col("quantity") == "accuracy", pl.col("version") == "v10")
    assert published.height == 13
    for condition, share in published.select("condition", "published").iter_rows():
        labels = twin.predictions[condition]["emotion"]
        right = sum(
            label == intended
            for label, intended in zip(labels.to_list(), images["intended_emotion"].to_list(), strict=True)
        )
        assert abs(right - share * 1440) <= 1


def test_correlation_and_errors_agree_with_numpy(twin, images, compared: pl.DataFrame):
    people = twin.ratings.group_by("image_id").agg(pl.col("valence").mean().alias("people"))
    pairs = images.join(people, on="image_id").join(twin.predictions["gpt-4o-mini"], on="image_id")
    machine, mean = pairs["valence"].to_numpy(), pairs["people"].to_numpy()
    found = dict(
        compared.filter(pl.col("condition") == "gpt-4o-mini", pl.col("dimension") == "valence")
        .select("quantity", "recomputed")
        .iter_rows()
    )
    assert found["r"] == pytest.approx(np.corrcoef(machine, mean)[0, 1])
    assert found["mae"] == pytest.approx(np.mean(np.abs(machine - mean)))
    assert found["sd_difference"] == pytest.approx(np.std(machine - mean, ddof=1))


def test_a_missing_condition_has_no_figures(twin, images, targets: TwinTargets):
    found = deviations(images, twin.ratings, {}, targets)
    machines = found.filter(pl.col("condition") != "human")
    assert machines["recomputed"].null_count() == machines.height
    assert machines["within_tolerance"].null_count() == machines.height


def test_a_spoilt_prediction_is_noticed(twin, images, targets: TwinTargets):
    frame = twin.predictions["gemma3-27b"]
    spoilt = frame.with_columns((pl.col("valence") + 1).alias("valence"))
    found = deviations(images, twin.ratings, {"gemma3-27b": spoilt}, targets)
    bias = found.filter(pl.col("target") == "gemma3-27b.valence.bias").row(0, named=True)
    assert not bias["within_tolerance"]
    assert bias["deviation"] == pytest.approx(1, abs=0.05)


def test_variance_shares_of_a_table_worked_by_hand():
    # cell means: Man 1, 3; Woman 3, 1 with two values each at +-1: SS = 16, no main effect, interaction 8, within 8
    frame = pl.DataFrame(
        {
            "gender": ["Man"] * 4 + ["Woman"] * 4,
            "intended_emotion": ["sad", "sad", "fear", "fear"] * 2,
            "difference": [0.0, 2.0, 2.0, 4.0, 2.0, 4.0, 0.0, 2.0],
        }
    )
    assert variance_shares(frame, "gender") == pytest.approx((0.0, 0.5))

"""Collapse and exaggeration against R (tests/reference/stereotypes.R), by property, and by Monte Carlo coverage."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.errors import DataError
from lib.metrics.human_null import hold_out
from lib.metrics.resampling import Resampling
from lib.metrics.stereotyping import INDICES, stereotyping_indices

REFERENCE = Path(__file__).parents[1] / "reference"
FEW = Resampling(seed=1, draws=100)


@pytest.fixture(scope="module")
def expected():
    return json.loads((REFERENCE / "stereotypes_expected.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def values():
    frame = pl.read_csv(REFERENCE / "stereotypes_images.csv", schema_overrides={"machine": pl.Float64})
    return frame.with_columns(pl.lit("m").alias("condition"))


@pytest.fixture(scope="module")
def single():
    return pl.read_csv(REFERENCE / "stereotypes_ratings.csv", schema_overrides={"valence": pl.Float64})


def index(values, ratings, how=FEW):
    return stereotyping_indices(values, ratings, "valence", how).row(0, named=True)


def test_indices_agree_with_r(values, single, expected):
    found = index(values, single)
    assert (found["n"], found["n_excluded"]) == (expected["n"], expected["n_excluded"])
    for name in ("within_sd", "person_within_sd", "means_within_sd", "polarity", "sd_ratio"):
        assert found[name] == pytest.approx(expected[name], rel=1e-9), name
    assert found["collapse"] == pytest.approx(1 - expected["within_sd"] / expected["person_within_sd"], rel=1e-9)
    assert found["collapse_means"] == pytest.approx(1 - expected["within_sd"] / expected["means_within_sd"], rel=1e-9)
    for name in INDICES:
        assert found[f"{name}_low"] < found[name] < found[f"{name}_high"], name


def test_one_persons_spread_is_that_of_all_ways_to_draw_one_rating_an_image(values, single, expected):
    small = values.filter(pl.col("image_id").is_in(expected["person_small_images"]))
    assert index(small, single)["person_within_sd"] == pytest.approx(expected["person_small"], rel=1e-9)


def test_one_persons_spread_is_that_of_the_held_out_person_on_average(values, single):
    held = []
    ratings = single.with_columns(pl.lit("happy").alias("emotion")).drop_nulls()
    own = values.drop_nulls("machine").filter(pl.col("image_id").is_in(ratings["image_id"].unique().implode()))
    for seed in range(500):
        person = hold_out(ratings, ["happy"], seed, ["valence"]).predictions
        rest = own.join(person, on="image_id").with_columns(
            pl.col("valence") - pl.col("valence").mean().over("emotion")
        )
        held.append((rest["valence"] ** 2).sum() / (rest.height - 4))
    standard_error = np.std(held) / len(held) ** 0.5
    assert abs(np.mean(held) - index(values, single)["person_within_sd"] ** 2) < 4 * standard_error


def test_a_prototype_has_collapsed_and_a_copy_of_people_has_not(values, single):
    means = single.drop_nulls().group_by("image_id").agg(pl.col("valence").mean().alias("people"))
    joined = values.drop("machine").join(means, on="image_id")
    prototype = joined.with_columns(pl.col("people").mean().over("emotion").alias("machine"))
    found = index(prototype, single)
    assert found["collapse"] == found["collapse_means"] == pytest.approx(1, abs=1e-6)
    assert found["polarity"] == pytest.approx(1)
    copy = index(joined.rename({"people": "machine"}), single)
    assert copy["collapse_means"] == pytest.approx(0, abs=1e-12)
    assert copy["polarity"] == pytest.approx(1) and copy["sd_ratio"] == pytest.approx(1)
    assert 0 < copy["collapse"] < 1


@settings(max_examples=25)
@given(slope=st.floats(-3, 3).filter(lambda value: abs(value) > 0.01), shift=st.floats(-5, 5))
def test_indices_follow_a_linear_change_of_the_machine(slope, shift):
    values = pl.read_csv(REFERENCE / "stereotypes_images.csv", schema_overrides={"machine": pl.Float64})
    values = values.with_columns(pl.lit("m").alias("condition"))
    single = pl.read_csv(REFERENCE / "stereotypes_ratings.csv", schema_overrides={"valence": pl.Float64})
    plain = index(values, single)
    changed = index(values.with_columns(pl.col("machine") * slope + shift), single)
    assert changed["polarity"] == pytest.approx(slope * plain["polarity"], rel=1e-7)
    assert 1 - changed["collapse"] == pytest.approx(abs(slope) * (1 - plain["collapse"]), rel=1e-7)


def test_drawing_participants_leaves_the_machine_as_it_is(values, single):
    constant = values.with_columns(pl.col("machine").mean().over("emotion"))
    by_person = index(constant, single, replace(FEW, unit="participant"))
    assert by_person["collapse_low"] == pytest.approx(1, abs=1e-6)
    assert by_person["polarity_low"] < by_person["polarity"] < by_person["polarity_high"]


def test_what_is_undefined_is_null(values, single):
    happy = index(values.filter(pl.col("emotion") == "happy"), single)
    assert happy["polarity"] is None and happy["polarity_low"] is None and happy["collapse"] is not None
    lone = index(values.drop_nulls("machine").unique("emotion", keep="first", maintain_order=True), single)
    assert lone["within_sd"] is None and lone["collapse"] is None and lone["collapse_low"] is None
    same = single.with_columns(pl.lit(5.0).alias("valence"))
    assert [index(values, same)[name] for name in INDICES] == [None] * 4
    assert stereotyping_indices(values.with_columns(machine=None), single, "valence", FEW).is_empty()


def test_missing_parts_are_named(values, single):
    with pytest.raises(DataError, match="The ratings lack the column 'arousal'"):
        stereotyping_indices(values, single, "arousal", FEW)
    with pytest.raises(DataError, match="No ratings of valence to compute on"):
        stereotyping_indices(values, single.with_columns(pl.lit(None).alias("valence")), "valence", FEW)


@pytest.mark.slow
def test_intervals_cover_as_often_as_they_say():
    """Images of four emotions, six ratings each; the truth is that of the population they are drawn from."""
    generator = np.random.default_rng(11)
    rounds, n, raters, emotions = 1000, 120, 6, 4
    centre, between, noise, spread = np.array([2.0, 4.0, 5.0, 8.0]), 0.6, 1.2, 0.7
    truth = {"collapse": 1 - spread / np.hypot(between, noise), "polarity": 1.5}
    covered = dict.fromkeys(truth, 0)
    emotion = np.arange(n) % emotions
    frame = pl.DataFrame({"image_id": [f"{i:03d}" for i in range(n)], "emotion": [f"e{e}" for e in emotion]})
    keys = {"image_id": np.repeat(frame["image_id"].to_numpy(), raters), "participant_id": ["p"] * n * raters}
    for seed in range(rounds):
        people = centre[emotion] + between * generator.standard_normal(n)
        machine = 1.5 * centre[emotion] + spread * generator.standard_normal(n)
        rating = people[:, np.newaxis] + noise * generator.standard_normal((n, raters))
        single = pl.DataFrame(keys | {"valence": rating.ravel()})
        values = frame.with_columns(pl.Series("machine", machine), pl.lit("m").alias("condition"))
        found = index(values, single, Resampling(seed=seed, draws=200, confidence=0.9))
        for name, value in truth.items():
            covered[name] += found[f"{name}_low"] <= value <= found[f"{name}_high"]
    assert 0.87 < covered["polarity"] / rounds < 0.93
    assert 0.82 < covered["collapse"] / rounds < 0.93

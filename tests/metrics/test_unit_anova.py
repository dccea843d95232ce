from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from lib.errors import DataError
from lib.metrics.anova import compare_models
from lib.metrics.unit_anova import UnitEffect, compare_units, is_between_units

REFERENCE = Path(__file__).parents[1] / "reference"
R = json.loads((REFERENCE / "anova_units_expected.json").read_text(encoding="utf-8"))
FACES = pl.read_csv(REFERENCE / "anova_units.csv", schema_overrides={"bias": pl.Float64})


def design(name: str) -> pl.DataFrame:
    return FACES.filter(pl.col("design") == name)


def assert_as_r(found: UnitEffect, expected: dict[str, float]) -> None:
    assert vars(found) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("name", ["balanced", "unequal", "lacking", "several", "right"])
class TestAgainstR:
    def test_groups_against_units(self, name: str) -> None:
        assert_as_r(compare_units(design(name), "bias", "race", "identity", "emotion"), R[name]["main"])

    def test_groups_by_emotion_against_units_by_emotion(self, name: str) -> None:
        found = compare_units(design(name), "bias", "race", "identity", "emotion", interaction=True)
        assert_as_r(found, R[name]["interaction"])

    def test_means_of_all_values_of_a_unit(self, name: str) -> None:
        assert_as_r(compare_units(design(name), "bias", "race", "identity"), R[name]["images"])


def test_emotions_weigh_the_same_however_many_images_show_them() -> None:
    own = design("several")
    once = own.group_by("race", "identity", "emotion").agg(pl.col("bias").mean())
    found, expected = (compare_units(frame, "bias", "race", "identity", "emotion") for frame in (own, once))
    assert found.f_units == pytest.approx(expected.f_units, rel=1e-12)
    assert found.f_units != pytest.approx(compare_units(own, "bias", "race", "identity").f_units, rel=1e-3)


def test_units_without_an_emotion_are_left_out_and_counted() -> None:
    found = compare_units(design("lacking"), "bias", "race", "identity", "emotion")
    assert (found.n_units, found.n_units_excluded) == (R["lacking"]["main"]["n_units"], 19 - found.n_units)
    assert found.n_units_excluded > 0
    nan = design("lacking").with_columns(pl.col("bias").fill_null(float("nan")))
    assert compare_units(nan, "bias", "race", "identity", "emotion") == found


def test_an_emotion_that_nobody_has_excludes_nobody() -> None:
    frame = design("balanced").with_columns(
        pl.when(pl.col("emotion") == "sad").then(None).otherwise("bias").alias("bias")
    )
    assert compare_units(frame, "bias", "race", "identity", "emotion").n_units == 18


def test_what_is_undefined_is_none() -> None:
    each = pl.DataFrame({"race": ["a", "b"], "identity": ["x", "y"], "emotion": ["sad", "happy"], "bias": [1.0, 2.0]})
    assert compare_units(each, "bias", "race", "identity", "emotion") == UnitEffect(None, None, None, 0, 2)
    saturated = compare_units(each, "bias", "race", "identity")
    assert (saturated.f_units, saturated.df_residual_units, saturated.n_units) == (None, 0, 2)
    assert compare_units(each.head(0), "bias", "race", "identity").n_units == 0


def test_only_factors_that_differ_between_units_are_tested() -> None:
    assert is_between_units(FACES.filter(pl.col("design") == "balanced"), "identity", ["race"])
    assert not is_between_units(design("balanced"), "identity", ["race", "emotion"])
    assert not is_between_units(design("balanced").head(0), "identity", ["race"])
    with pytest.raises(DataError, match="one level of emotion"):
        compare_units(design("balanced"), "bias", "emotion", "identity")
    with pytest.raises(DataError, match="got None"):
        compare_units(design("balanced"), "bias", "race", "identity", interaction=True)
    with pytest.raises(DataError, match="'age'"):
        compare_units(design("balanced"), "bias", "age", "identity")


@pytest.mark.slow
def test_the_level_is_kept_where_faces_of_one_identity_resemble_each_other() -> None:
    """60 identities of six images, intraclass correlation .4: images taken as independent reject far too often."""
    units, emotions, draws = 60, 6, 1000
    frame = pl.DataFrame(
        {
            "identity": np.repeat(np.arange(units), emotions),
            "race": np.repeat(np.repeat(["a", "b", "c"], units // 3), emotions),
            "emotion": np.tile(list("abcdef"), units),
        }
    )
    generator = np.random.default_rng(11)
    small = {"units": 0, "images": 0, "interaction": 0}
    for draw in range(draws):
        own = np.repeat(generator.normal(scale=np.sqrt(0.4), size=units), emotions)
        drawn = frame.with_columns(pl.Series("bias", own + generator.normal(scale=np.sqrt(0.6), size=own.size)))
        found = {
            "units": compare_units(drawn, "bias", "race", "identity", "emotion").p_units,
            "images": compare_models(drawn, "bias", [("emotion",)], [("emotion",), ("race",)]).p,
        }
        if draw < draws // 2:
            split = compare_units(drawn, "bias", "race", "identity", "emotion", interaction=True)
            found["interaction"] = split.p_units
        for name, p in found.items():
            small[name] += p is not None and p < 0.05
    assert 0.03 < small["units"] / draws < 0.07
    assert small["images"] / draws > 0.25
    assert 0.025 < small["interaction"] / (draws // 2) < 0.08

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from scipy import stats

from lib.stimuli.brightness import HEADS, brightness_by_group, eta_squared, side_by_side


def images() -> pl.DataFrame:
    generator = np.random.default_rng(5)
    rows = [
        {"age": age, "hair": hair, "image_luminance": value, "image_contrast": value**2}
        for age in ("old", "young")
        for hair in ("dark", "fair", "grey")
        for value in generator.normal(0.4 + 0.1 * (age == "old"), 0.05, 7)
    ]
    return pl.DataFrame([*rows, {"age": "old", "hair": "dark", "image_luminance": None, "image_contrast": None}])


def test_means_and_spreads_are_those_of_the_groups_without_images_that_cannot_be_seen() -> None:
    table = brightness_by_group(images(), ["age", "hair"], ["age", "hair"])
    old = images().filter(pl.col("age") == "old")["image_luminance"].drop_nulls().to_numpy()
    row = table.row(by_predicate=(pl.col("level") == "old") & (pl.col("measure") == "luminance"), named=True)
    assert (row["n"], row["mean"], row["sd"]) == (21, pytest.approx(old.mean()), pytest.approx(old.std(ddof=1)))
    assert set(table["factor"]) == {"age", "hair", "age x hair"}
    assert table.filter(pl.col("factor") == "age x hair")["n"].to_list() == [7] * 12


def test_eta_squared_is_that_of_a_one_way_analysis_of_variance() -> None:
    known = images().select(pl.col("hair").alias("level"), pl.col("image_luminance").alias("value")).drop_nulls()
    groups = [group["value"].to_numpy() for _, group in known.group_by("level")]
    f = stats.f_oneway(*groups).statistic
    between, within = len(groups) - 1, known.height - len(groups)
    assert eta_squared(known) == pytest.approx(f * between / (f * between + within))


def test_where_nothing_varies_there_is_no_share() -> None:
    same = pl.DataFrame({"level": ["a", "b"], "value": [0.3, 0.3]})
    assert eta_squared(same) is None
    assert eta_squared(same.clear()) is None
    one = pl.DataFrame({"age": ["old"], "image_luminance": [0.5], "image_contrast": [0.1]})
    assert brightness_by_group(one, ["age"])["sd"].to_list() == [None, None]
    assert brightness_by_group(one, []).height == 0


def test_people_read_one_row_a_level() -> None:
    rows = side_by_side(brightness_by_group(images(), ["age", "hair"]))
    assert [row[:3] for row in rows] == [
        ("age", "old", "21"), ("", "young", "21"), ("hair", "dark", "14"), ("", "fair", "14"), ("", "grey", "14"),
    ]  # fmt: skip
    assert {len(row) for row in rows} == {len(HEADS)}
    assert rows[0][5] and not rows[1][5]

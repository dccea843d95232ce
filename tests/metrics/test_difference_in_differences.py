"""Difference in differences: known effects, the closed form against the bootstrap and statsmodels, coverage."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
import statsmodels.api as sm

from lib.errors import DataError
from lib.metrics.difference_in_differences import _Cells, _closed_errors, _draws, difference_in_differences
from lib.metrics.resampling import Resampling, percentile_interval

HOW = Resampling(seed=1, draws=500)
GROUPS = ("Black", "Caucasian", "Korean")


def faces(effects, noise=1.0, n=40, seed=1):
    """Bias 0.5 on the first set, and by group 0.5 + effect on the second."""
    generator = np.random.default_rng(seed)
    rows = []
    for at_set, name in enumerate(("first", "second")):
        for group, effect in zip(GROUPS, effects, strict=True):
            people = generator.normal(5, 1, n)
            machine = people + 0.5 + effect * at_set + generator.normal(0, noise, n)
            rows.append(pl.DataFrame({
                "set": name, "image_id": [f"{group}{at}" for at in range(n)], "group": group, "machine": machine,
                "people_mean": people,
            }))  # fmt: skip
    return pl.concat(rows)


def test_effects_are_those_put_in():
    found = difference_in_differences(faces((1.0, 0.0, -0.4), noise=0.0), HOW, reference="Caucasian")
    assert found.select("group", "reference", "n_first", "n_second").rows() == [
        ("all", None, 120, 120), *((group, None, 40, 40) for group in GROUPS),
        ("Black", "Caucasian", 80, 80), ("Korean", "Caucasian", 80, 80),
    ]  # fmt: skip
    assert found["estimate"].to_list() == pytest.approx([0.2, 1.0, 0.0, -0.4, 1.0, -0.4])
    assert found["low"].to_list() == pytest.approx(found["high"].to_list())
    assert found["bias_first"].to_list() == pytest.approx([0.5] * 4 + [0.0] * 2)
    assert found["bias_second"].to_list() == pytest.approx([0.7, 1.5, 0.5, 0.1, 1.0, -0.4])


def test_the_closed_form_is_that_of_a_regression_and_of_the_bootstrap():
    table = faces((1.0, 0.0, -0.4))
    found = difference_in_differences(table, Resampling(1, 2000), reference="Caucasian")
    own = table.filter(pl.col("group").is_in(["Black", "Caucasian"]))
    second, black = ((own[name] == value).to_numpy() * 1.0 for name, value in (("set", "second"), ("group", "Black")))
    design = np.column_stack([np.ones(own.height), second, black, second * black])
    gap = (own["machine"] - own["people_mean"]).to_numpy()
    assert found["estimate"][4] == pytest.approx(sm.OLS(gap, design).fit().params[3])
    cells = [gap[(second == s) & (black == b)].var(ddof=1) / 40 for s in (0, 1) for b in (0, 1)]
    assert found["se"][4] == pytest.approx(np.sqrt(sum(cells)))
    width = (found["high"] - found["low"]) / (2 * 1.96)
    assert width.to_list() == pytest.approx(found["se"].to_list(), rel=0.1)
    assert found["p"][1] < 0.01 and found["p_normal"][1] < 0.01 and found["p"][2] > 0.01


def test_without_groups_there_is_one_row():
    found = difference_in_differences(faces((0.3, 0.3, 0.3)).drop("group"), HOW)
    assert found["group"].to_list() == ["all"] and found["estimate"][0] == pytest.approx(0.3, abs=0.4)


def test_raters_widen_the_interval():
    generator = np.random.default_rng(2)
    table = faces((0.5, 0.5, 0.5), noise=0.3)
    leaning = generator.normal(0, 1.5, 2 * 12)
    single = pl.concat([
        table.with_columns(
            participant_id=pl.lit(f"{name}{at}"), rating=pl.col("people_mean") + leaning[at + 12 * (name == "second")]
        ).filter(set=name)
        for name in ("first", "second") for at in range(12)
    ])  # fmt: skip
    means = single.group_by("set", "image_id", maintain_order=True).agg(pl.col("rating").mean().alias("people_mean"))
    table = table.drop("people_mean").join(means, on=["set", "image_id"])
    alone = difference_in_differences(table, HOW)
    raters = difference_in_differences(table, HOW, ratings=single)
    only = difference_in_differences(table, Resampling(1, 300, unit="participant"), ratings=single)
    width = [(frame["high"] - frame["low"])[0] for frame in (alone, raters, only)]
    assert width[1] > 4 * width[0] and width[2] > 4 * width[0]
    assert raters["estimate"].to_list() == pytest.approx(alone["estimate"].to_list())
    assert difference_in_differences(table, Resampling(1, 300, unit="participant"))["low"].null_count() == 4
    with pytest.raises(DataError, match="has no rating in `ratings`"):
        difference_in_differences(table, HOW, ratings=single.filter(pl.col("image_id") != "Black0"))


def persons(n_persons, spread, seed, effect=0.0):
    """Six images of every person, whose bias they share but for noise; the standard error of the second set's mean."""
    generator = np.random.default_rng(seed)
    rows = []
    for at_set, (name, n) in enumerate(zip(("first", "second"), n_persons, strict=True)):
        own = np.repeat(generator.normal(0, spread, n), 6)
        rows.append(pl.DataFrame({
            "set": name, "image_id": [f"i{at}" for at in range(6 * n)], "unit": [f"p{at // 6}" for at in range(6 * n)],
            "emotion": [f"e{at % 6}" for at in range(6 * n)], "race": [f"r{at // 6 % 2}" for at in range(6 * n)],
            "machine": 5 + own + effect * at_set + generator.normal(0, 1, 6 * n), "people_mean": 5.0,
        }))  # fmt: skip
    return pl.concat(rows)


def test_images_of_one_person_are_not_independent():
    table = persons((60, 40), 2.0, 1)
    how = Resampling(1, 1000)
    gaps = table.with_columns(gap=pl.col("machine") - 5).group_by("set", "unit").agg(pl.col("gap").mean())
    variance = gaps.group_by("set").agg((pl.col("gap").var() / pl.len()).alias("v"))["v"].sum()
    found = difference_in_differences(table, how)
    assert (found["high"] - found["low"])[0] / (2 * 1.96) == pytest.approx(np.sqrt(variance), rel=0.08)
    single = difference_in_differences(table.drop("unit"), how)
    assert (found["high"] - found["low"])[0] > 1.8 * (single["high"] - single["low"])[0]
    # between persons' groups they add up, between emotions of the same persons they cancel
    widths = {}
    for factor, base in (("race", "r0"), ("emotion", "e0")):
        both = [table.rename({factor: "group"}), table.rename({factor: "group"}).drop("unit")]
        rows = [difference_in_differences(own, how, reference=base)[-1] for own in both]
        widths[factor] = [(row["high"] - row["low"])[0] for row in rows]
    assert widths["race"][0] > 1.8 * widths["race"][1] and widths["emotion"][0] < 0.7 * widths["emotion"][1]
    lone = table.with_columns(unit=pl.lit(None, pl.String))
    assert difference_in_differences(lone, how).equals(single)


def test_what_cannot_be_used_is_named():
    table = faces((0, 0, 0), n=3)
    with pytest.raises(DataError, match="must hold 'first' and 'second'"):
        difference_in_differences(table.filter(set="first"), HOW)
    with pytest.raises(DataError, match=r"reference must be one of .*got 'White'"):
        difference_in_differences(table, HOW, reference="White")
    with pytest.raises(DataError, match="No images with a machine value"):
        difference_in_differences(table.with_columns(machine=pl.lit(None, pl.Float64)), HOW)
    part = table.filter((pl.col("set") == "first") | (pl.col("group") != "Black"))
    assert difference_in_differences(part, HOW).filter(group="Black").select("estimate", "low", "se", "p").row(0) == (
        None, None, None, None
    )  # fmt: skip


def test_intervals_cover_and_closed_errors_are_right():
    # on the numbers alone: frames would cost more than all the sums
    generator, rounds = np.random.default_rng(3), 300
    cell = np.repeat(np.arange(4), 30)
    design = [([0, 1], None), ([0], 1)]
    covered, estimates, errors = np.zeros(2), np.empty((rounds, 2)), np.empty((rounds, 2))
    for seed in range(rounds):
        gap = np.array([0.5, 0.2, 1.0, 0.2])[cell] + generator.normal(0, 1, 120) * np.array([1, 2, 1, 0.5])[cell]
        own = _Cells(gap, np.zeros(120), cell, ["a", "b"])
        drawn = _draws(own, design, None, Resampling(seed, 200))
        errors[seed] = _closed_errors(own, design)
        mean = gap.reshape(4, 30).mean(axis=1)
        estimates[seed] = (mean[2] + mean[3] - mean[0] - mean[1]) / 2, mean[2] - mean[3] - mean[0] + mean[1]
        for at, truth in enumerate((0.25, 0.5)):
            low, high = percentile_interval(drawn[:, at], 0.9)
            covered[at] += low <= truth <= high
    assert ((covered / rounds > 0.84) & (covered / rounds < 0.94)).all(), covered / rounds
    assert errors.mean(axis=0) == pytest.approx(estimates.std(axis=0), rel=0.12)

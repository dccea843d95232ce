"""Machine against people over images: totals against R, the same draws for all, verdicts, coverage."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from lib.errors import ParameterError
from lib.metrics.counts import count_ratings
from lib.metrics.panels import image_z_scores, leave_one_out_panels
from lib.metrics.resampling import Resampling, draw_weights
from lib.metrics.substitutability import VERDICTS, compare_z_scores, judge

REFERENCE = Path(__file__).parents[1] / "reference"
HOW = Resampling(seed=3, draws=400)


def images(
    machine: list[float | None], people: list[float], condition: str = "a", emotion: str = "joy"
) -> pl.DataFrame:
    known = [value is not None for value in machine]
    return pl.DataFrame(
        {
            "condition": condition,
            "emotion": emotion,
            "image_id": [f"i{number}" for number in range(len(machine))],
            "machine_z": machine,
            "people_z": [value if here else None for value, here in zip(people, known, strict=True)],
            "machine_inside": [0.5 if here else None for here in known],
            "people_inside": [0.75 if here else None for here in known],
            "n_panels": [4 if here else 0 for here in known],
            "n_panels_excluded": [1 if here else 0 for here in known],
        },
        schema_overrides={"machine_z": pl.Float64, "people_z": pl.Float64},
    )


@pytest.mark.parametrize("dimension", ["valence", "arousal"])
def test_totals_agree_with_r(ratings, dimension):
    expected = json.loads((REFERENCE / "substitutability_expected.json").read_text(encoding="utf-8"))[dimension]
    numbers = {"valence": pl.Float64, "arousal": pl.Float64}
    machine = pl.read_csv(REFERENCE / "substitutability_machine.csv", schema_overrides=numbers)
    scale = {"valence": np.arange(1, 10), "arousal": np.arange(-1, 1.25, 0.25)}[dimension]
    panels = leave_one_out_panels(count_ratings(ratings, dimension, scale))
    found = image_z_scores(panels, machine.select("image_id", pl.col(dimension).alias("machine")))
    row = compare_z_scores(found.with_columns(condition=pl.lit("a")), ["condition"], HOW).row(0, named=True)
    for name in ("n", "machine", "people", "difference", "ratio", "inside", "people_inside"):
        assert row[name] == pytest.approx(expected[name], rel=1e-9), name
    assert row["n"] + row["n_excluded"] == machine.height
    assert row["difference_low"] < row["difference"] < row["difference_high"]


def test_intervals_are_those_of_resampled_images():
    random = np.random.default_rng(1)
    machine, people = random.random(30) + 0.1, random.random(30)
    frame = images([None, *machine.tolist()[1:]], people.tolist()).sample(fraction=1, shuffle=True, seed=1)
    row = compare_z_scores(frame, ["condition"], HOW).row(0, named=True)
    order = np.argsort([f"i{number}" for number in range(30)])
    differences = []
    for weights in np.concatenate(list(draw_weights(30, HOW))):
        at = np.repeat(order, weights.astype(int))
        at = at[at != 0]
        differences.append((machine[at] - people[at]).mean())
    assert (row["difference_low"], row["difference_high"]) == pytest.approx(np.quantile(differences, [0.025, 0.975]))
    assert (row["n"], row["n_excluded"], row["n_panels"], row["n_panels_excluded"]) == (29, 1, 116, 29)


def test_groups_do_not_see_each_other():
    first, second = images([1, 2, 3], [1, 1, 1]), images([3, 2, 2], [1, 2, 1], "b", "anger")
    both = compare_z_scores(pl.concat([second, first]), ["condition", "emotion"], HOW)
    assert both["condition"].to_list() == ["a", "b"]
    assert both[0].equals(compare_z_scores(first, ["condition", "emotion"], HOW))


def test_no_usable_image_has_nulls_and_no_row_gives_an_empty_frame():
    row = compare_z_scores(images([None, None], [1, 1]), ["condition"], HOW).row(0, named=True)
    assert (row["n"], row["n_excluded"], row["machine"], row["p"], row["difference_low"]) == (0, 2, None, None, None)
    empty = compare_z_scores(images([1], [1]).head(0), ["condition"], HOW)
    assert empty.is_empty() and {"condition", "ratio_high"} <= set(empty.columns)
    assert judge(empty, ["condition"], "holm", 0.95).columns[-2:] == ["p_adjusted", "verdict"]


def test_people_without_any_distance_give_no_ratio():
    row = compare_z_scores(images([1.0, 2.0], [0.0, 0.0]), ["condition"], HOW).row(0, named=True)
    assert (row["difference"], row["ratio"], row["ratio_low"]) == (1.5, None, None)


def test_participants_are_refused_with_the_reason_and_no_resampling_leaves_out_intervals():
    frame = images([1.0, 2.0], [1.0, 1.0])
    with pytest.raises(ParameterError, match=r"got resample: 'participant'.*resample: image"):
        compare_z_scores(frame, ["condition"], Resampling(seed=1, draws=100, unit="participant"))
    row = compare_z_scores(frame, ["condition"], None).row(0, named=True)
    assert (row["difference"], row["difference_low"], row["p"]) == (0.5, None, None)


def test_verdicts_follow_adjusted_p_and_direction():
    frame = pl.DataFrame(
        {
            "dimension": ["v", "v", "v", "a", "v"],
            "difference": [0.5, -0.5, 0.5, 0.5, None],
            "p": [0.001, 0.02, 0.04, 0.04, None],
        }
    )
    found = judge(frame, ["dimension"], "bonferroni", 0.95)
    assert found["p_adjusted"].to_list() == pytest.approx([0.003, 0.06, 0.12, 0.04, None])
    farther, _, neither = VERDICTS
    assert found["verdict"].to_list() == [farther, neither, neither, farther, None]
    assert judge(frame[1:2], ["dimension"], "holm", 0.95)["verdict"].to_list() == [VERDICTS[1]]


@pytest.mark.slow
def test_intervals_cover_and_p_is_uniform_where_machine_and_people_are_alike():
    random, covered, rejected = np.random.default_rng(5), 0, 0
    for round_ in range(1000):
        drawn = np.clip(np.round(random.normal(random.normal(5, 1, (80, 1)), 1.5, (80, 11))), 1, 9)
        names = [f"{number:02d}" for number in range(80)]
        ratings = pl.DataFrame({"image_id": np.repeat(names, 10), "valence": drawn[:, 1:].ravel()})
        panels = leave_one_out_panels(count_ratings(ratings, "valence", np.arange(1, 10)))
        found = image_z_scores(panels, pl.DataFrame({"image_id": names, "machine": drawn[:, 0]}))
        how = Resampling(seed=round_, draws=400)
        row = compare_z_scores(found.with_columns(condition=pl.lit("a")), ["condition"], how).row(0, named=True)
        covered += row["difference_low"] <= 0 <= row["difference_high"]
        rejected += row["p"] < 0.05
    assert 0.92 < covered / 1000 < 0.97
    assert rejected / 1000 < 0.08

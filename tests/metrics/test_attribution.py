"""Attribution against R (tests/reference/attribution.R), by hand, and how often nothing is taken for something."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy.stats import norm

from lib.errors import DataError, ParameterError
from lib.metrics.attribution import (
    BOTH,
    FIGURES,
    INACCURACY,
    NEITHER,
    OVER,
    UNDER,
    attribution_contrasts,
    judge_attribution,
)

REFERENCE = Path(__file__).parents[1] / "reference"
EMOTIONS = ("angry", "happy", "sad")


def labels(counts: dict[str, dict[str, tuple[int, int]]]) -> pl.DataFrame:
    """Faces by group and emotion: how many are named angry, and how many are not; each image is a unit."""
    rows = [
        (level, emotion, "angry" if place < named else "happy", f"{level}{emotion}{place}")
        for level, own in counts.items()
        for emotion, (named, rest) in own.items()
        for place in range(named + rest)
    ]
    return pl.DataFrame(rows, schema=["level", "intended", "predicted", "unit"], orient="row")


def angry(frame: pl.DataFrame, levels: tuple[str, ...] = ("A", "B")) -> dict[str, float]:
    return attribution_contrasts(frame, EMOTIONS, levels, 0.95).filter(emotion="angry").row(0, named=True)


def test_figures_and_clustered_errors_agree_with_r() -> None:
    expected = json.loads((REFERENCE / "attribution_expected.json").read_text(encoding="utf-8"))
    frame = pl.DataFrame(expected["labels"]).rename({"identity": "unit"})
    row = attribution_contrasts(frame, EMOTIONS, ("A", "B"), 0.9).filter(emotion="angry").row(0, named=True)
    assert (row["shown_first"], row["shown_second"], row["other_first"], row["n_units"]) == (16, 12, 32, 14)
    for figure, parts in expected["figures"].items():
        for part in ("first", "second", "low", "high", "p"):
            assert row[f"{figure}_{part}"] == pytest.approx(parts[part], rel=1e-6), (figure, part)


def test_rates_and_detection_measures_by_hand() -> None:
    one = {"angry": (15, 5), "happy": (6, 14), "sad": (2, 18)}
    row = angry(labels({"A": one, "B": {"angry": (12, 8), "happy": (0, 20), "sad": (2, 18)}}))
    assert (row["hits_first"], row["false_alarms_first"], row["named_first"]) == pytest.approx((0.75, 0.2, 23 / 60))
    assert (row["hits_second"], row["false_alarms_second"], row["named_second"]) == pytest.approx((0.6, 0.05, 14 / 60))
    z = norm.ppf([15.5 / 21, 8.5 / 41])
    assert row["sensitivity_first"] == pytest.approx(z[0] - z[1])
    assert row["criterion_first"] == pytest.approx(-(z[0] + z[1]) / 2)
    assert row["hits_difference"] == pytest.approx(0.15) and row["hits_low"] < 0.15 < row["hits_high"]


def test_emotions_weigh_the_same_whatever_a_group_shows_more_of() -> None:
    few = {"angry": (8, 2), "happy": (5, 5), "sad": (0, 10)}
    many = {"angry": (80, 20), "happy": (5, 5), "sad": (0, 100)}
    row = angry(labels({"A": few, "B": many}))
    for figure in ("hits", "false_alarms", "named"):
        assert row[f"{figure}_difference"] == pytest.approx(0), figure


def test_faces_of_one_identity_are_not_independent() -> None:
    """Identities that are named angry whatever they show widen the intervals."""
    frame = labels({level: dict.fromkeys(EMOTIONS, (10, 30)) for level in "AB"})
    number = pl.col("unit").str.extract(r"(\d+)$").cast(pl.Int64)
    clustered = angry(frame.with_columns(unit=pl.format("{}{}", "level", number % 40)))
    spread = angry(frame)
    width = {name: row["named_high"] - row["named_low"] for name, row in (("one", clustered), ("many", spread))}
    assert width["one"] == pytest.approx(width["many"] * np.sqrt(3), rel=0.08)
    crossed = angry(frame.with_columns(unit=number.cast(pl.String)))
    assert crossed["n_units"] == 40 and crossed["named_difference"] == 0
    assert crossed["named_high"] < clustered["named_high"]  # the same identities in both groups: their leanings cancel


def test_rates_of_one_and_none_have_intervals_and_too_few_units_have_none() -> None:
    perfect = {"angry": (20, 0), "happy": (0, 20), "sad": (0, 20)}
    row = angry(labels({"A": perfect, "B": perfect}))
    for figure in FIGURES:
        assert row[f"{figure}_low"] < 0 < row[f"{figure}_high"] and row[f"{figure}_p"] == pytest.approx(1)
    alone = angry(labels({"A": perfect, "B": perfect}).with_columns(unit=pl.col("level")))
    assert alone["hits_difference"] == 0 and alone["hits_low"] is None and alone["hits_p"] is None


def test_what_a_group_does_not_show_is_not_compared() -> None:
    one, other = {"angry": (9, 1), "happy": (1, 9), "sad": (0, 10)}, {"angry": (9, 1), "happy": (2, 8)}
    found = attribution_contrasts(labels({"A": one, "B": other}), EMOTIONS, ("A", "B", "C"), 0.95)
    assert found.select("first", "second", "emotion").rows() == [("A", "B", "angry"), ("A", "B", "happy")]
    assert found["false_alarms_difference"][0] == pytest.approx(-0.1)  # sad faces, which only A has, are left out
    frame = labels({"A": one})
    assert attribution_contrasts(frame, EMOTIONS, ("A", "B"), 0.95).is_empty()
    with pytest.raises(DataError, match="No images with an intended emotion"):
        attribution_contrasts(frame.with_columns(intended=pl.lit(None, pl.String)), EMOTIONS, ("A", "B"), 0.95)
    with pytest.raises(DataError, match="lack the column 'unit'"):
        attribution_contrasts(frame.drop("unit"), EMOTIONS, ("A", "B"), 0.95)
    with pytest.raises(ParameterError, match="confidence"):
        attribution_contrasts(frame, EMOTIONS, ("A", "B"), 1.2)


def test_a_missing_label_names_nothing() -> None:
    frame = labels({level: dict.fromkeys(EMOTIONS, (4, 16)) for level in "AB"})
    silent = frame.with_columns(predicted=pl.when(pl.col("level") == "B").then("predicted"))
    row = angry(silent)
    assert (row["hits_first"], row["false_alarms_first"]) == (0, 0) and row["shown_first"] == 20


@pytest.mark.parametrize(
    ("named", "alarms", "hits", "sensitivity", "verdict"),
    [  # difference, p, corrected p
        ((0.1, 0.001, 0.01), (0.1, 0.03, 0.3), (0.0, 0.9, 0.9), (-1.0, 0.01, 0.04), OVER),
        ((0.1, 0.001, 0.01), (0.1, 0.03, 0.3), (0.1, 0.01, 0.02), (0.1, 0.7, 0.9), OVER),
        ((0.1, 0.001, 0.01), (0.1, 0.01, 0.01), (-0.2, 0.03, 0.3), (-1.0, 0.01, 0.04), BOTH),
        ((0.1, 0.001, 0.01), (0.02, 0.2, 0.4), (0.4, 0.001, 0.01), (0.8, 0.1, 0.4), INACCURACY),
        ((0.1, 0.001, 0.01), (0.02, 0.2, 0.4), (0.1, 0.01, 0.1), (0.1, 0.4, 0.7), NEITHER),
        ((0.0, 0.6, 0.8), (0.1, 0.001, 0.01), (-0.2, 0.01, 0.02), (-1.0, 0.01, 0.1), INACCURACY),
        ((0.0, 0.6, 0.8), (0.1, 0.001, 0.01), (-0.2, 0.01, 0.1), (-1.0, 0.01, 0.04), INACCURACY),
        ((0.1, 0.01, 0.06), (0.1, 0.001, 0.01), (-0.2, 0.01, 0.1), (-0.1, 0.2, 0.4), NEITHER),
        ((0.1, None, None), (0.1, None, None), (-0.2, None, None), (-0.1, None, None), NEITHER),
    ],
)
def test_the_rule(named, alarms, hits, sensitivity, verdict) -> None:
    found = {"named": named, "false_alarms": alarms, "hits": hits, "sensitivity": sensitivity}
    assert judge_attribution(found, 0.05) == verdict
    swapped = {name: (-difference, *p) for name, (difference, *p) in found.items()}
    assert judge_attribution(swapped, 0.05) == (UNDER if verdict == OVER else verdict)


def test_level_where_groups_do_not_differ_and_identities_do() -> None:
    """Identities lean towards the emotion by themselves; tests of images would find that groups differ."""
    random, below = np.random.default_rng(81), dict.fromkeys(FIGURES, 0)
    identity, runs = np.repeat(np.arange(60), 6), 150
    shown = np.tile(np.array(["angry", "happy", "sad"] * 2), 60)
    for _ in range(runs):
        lean = random.normal(0, 1.2, 60)[identity]
        named = random.random(360) < 1 / (1 + np.exp(-np.where(shown == "angry", 1.0, -1.5) - lean))
        frame = pl.DataFrame({
            "intended": shown, "predicted": np.where(named, "angry", "happy"), "unit": identity,
            "level": np.where(identity < 30, "A", "B"),
        })  # fmt: skip
        row = angry(frame)
        for figure in FIGURES:
            below[figure] += row[f"{figure}_p"] < 0.05
    shares = {figure: count / runs for figure, count in below.items()}
    assert all(0.01 <= share <= 0.1 for share in shares.values()), shares


def test_mistakes_that_spread_evenly_leave_the_share_of_names_where_it_is() -> None:
    good = {"angry": (18, 2), "happy": (1, 19), "sad": (1, 19)}
    poor = {"angry": (12, 8), "happy": (4, 16), "sad": (4, 16)}
    row = angry(labels({"A": poor, "B": good}))
    assert row["named_difference"] == pytest.approx(0) and row["false_alarms_difference"] == pytest.approx(0.15)
    assert row["sensitivity_high"] < 0

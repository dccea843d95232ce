"""Propagation of wrong labels against R (tests/reference/error_propagation.R), known responders, coverage."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from lib.errors import DataError
from lib.metrics.error_propagation import NO_DISTANCE, _figures, _Pairs, error_propagation
from lib.metrics.resampling import Resampling, percentile_interval
from lib.metrics.strata import stratified_draws

REFERENCE = Path(__file__).parents[1] / "reference"
HOW = Resampling(seed=1, draws=200)
LABELS = ("angry", "happy", "sad")
TYPICAL = np.array([2.0, 8.0, 3.0])


def pairs(share_of_label, noise=0.0, n=30, seed=1):
    """Each image after its right and after both wrong labels; ratings mix the face and the label."""
    generator = np.random.default_rng(seed)
    rows = []
    for at in range(n * 3):
        right = at % 3
        face = TYPICAL[right] + generator.normal(0, 0.8)
        after = share_of_label * TYPICAL + (1 - share_of_label) * face + generator.normal(0, noise, 3)
        rows += [
            {"image_id": f"{at:03d}", "right": LABELS[right], "wrong": LABELS[wrong],
             "rating_right": after[right], "rating_wrong": after[wrong]}
            for wrong in range(3) if wrong != right
        ]  # fmt: skip
    return pl.DataFrame(rows)


def test_figures_agree_with_r():
    expected = json.loads((REFERENCE / "error_propagation_expected.json").read_text(encoding="utf-8"))
    columns = ("right", "wrong", "rating_right", "rating_wrong")
    table = pl.DataFrame({name: expected[name] for name in columns}).with_row_index("image_id")
    found = error_propagation(table, HOW)
    whole = found.row(0, named=True)
    for name in ("shift", "distance", "toward", "followed"):
        assert whole[name] == pytest.approx(expected[name]), name
    assert found["followed"][1:].to_list() == pytest.approx(expected["followed_by"])
    assert found["shift"][1:].to_list() == pytest.approx(expected["shift_by"])
    assert whole["followed_low"] < whole["followed"] < whole["followed_high"]
    assert found.select("part", "n").rows() == [("all", 24), ("angry", 8), ("happy", 8), ("sad", 8)]


@pytest.mark.parametrize("seed", [1, 2])
def test_a_lookup_follows_the_label_and_a_perceiver_the_image(seed):
    lookup = error_propagation(pairs(1.0, seed=seed), HOW)
    for name in ("followed", "followed_low", "followed_high", "toward"):
        assert lookup[name].to_list() == pytest.approx([1.0] * 4), name
    assert lookup["distance"][2] == pytest.approx(5.5)
    perceiver = error_propagation(pairs(0.0, seed=seed), HOW)
    for name in ("shift", "followed", "followed_low", "followed_high", "toward"):
        assert perceiver[name].to_list() == pytest.approx([0.0] * 4), name
    assert perceiver["n_images"].to_list() == [90, 60, 60, 60]


def test_typical_ratings_can_be_given():
    given = dict(zip(LABELS, TYPICAL, strict=True))
    assert error_propagation(pairs(0.5), HOW, typical=given)["followed"].to_list() == pytest.approx([0.5] * 4)
    unknown = error_propagation(pairs(0.5), HOW, typical={"angry": 2.0, "happy": 8.0})
    assert unknown.filter(part="sad").select("followed", "followed_low", "reason").row(0) == (None, None, NO_DISTANCE)
    same = error_propagation(pairs(0.5), HOW, typical=dict.fromkeys(LABELS, 5.0))
    assert same["followed"].null_count() == same["distance"].null_count() == 4 and same["shift"].null_count() == 0


def test_what_cannot_be_used_is_named():
    table = pairs(0.5, n=2)
    gaps = table.with_columns(rating_wrong=pl.when(pl.col("image_id") != "000").then("rating_wrong"))
    assert error_propagation(gaps, HOW)["n"][0] == table.height - 2
    with pytest.raises(DataError, match="got label 'sad' as right and wrong for image"):
        error_propagation(table.with_columns(wrong=pl.lit("sad")), HOW)
    with pytest.raises(DataError, match="got two right labels for image '000'"):
        error_propagation(table.with_columns(image_id=pl.lit("000"), wrong=pl.lit("fear")), HOW)
    with pytest.raises(DataError, match="No pairs of ratings"):
        error_propagation(table.clear(), HOW)
    people = error_propagation(table, Resampling(1, 50, unit="participant"))
    assert people["followed_low"].null_count() == 4


def test_intervals_cover_as_often_as_they_say():
    # on the numbers alone: a hundred data frames would cost more than all the sums
    generator, rounds, covered = np.random.default_rng(3), 150, np.zeros(2)
    strata = np.arange(90) % 3
    image, right = np.repeat(np.arange(90), 2), np.repeat(strata, 2)
    wrong = (right + np.tile([1, 2], 90)) % 3
    for seed in range(rounds):
        face = TYPICAL[strata] + generator.normal(0, 0.8, 90)
        after = 0.4 * TYPICAL + 0.6 * face[:, None] + generator.normal(0, 0.7, (90, 3))
        own = _Pairs(
            image, right, wrong, after[image, right], after[image, wrong], np.arange(0, 180, 2), [*LABELS], None
        )
        parts = [np.ones(180, dtype=bool), wrong == 2]
        drawn = stratified_draws(lambda w, o=own, p=parts: _figures(w, o, p), strata, Resampling(seed, 200))
        followed, shift = (percentile_interval(drawn[:, place], 0.9) for place in (4, 6 + 2))
        covered += followed[0] <= 0.4 <= followed[1], shift[0] <= 0.4 * -2 <= shift[1]
    assert ((covered / rounds > 0.83) & (covered / rounds < 0.96)).all(), covered / rounds

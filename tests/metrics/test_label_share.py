"""The label's share against R (tests/reference/label_share.R), responders with known answers, and coverage."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from lib.errors import DataError, ParameterError
from lib.metrics.label_share import CONSTANT, NO_ADVANTAGE, UNSTABLE, label_share
from lib.metrics.resampling import Resampling

REFERENCE = Path(__file__).parents[1] / "reference"
HOW = Resampling(seed=1, draws=300)
LABELS = np.repeat(np.arange(4), 40)
TYPICAL = np.array([6.5, 6.0, 2.5, 4.0])


def people(seed, sd=0.8):
    return TYPICAL[LABELS] + np.random.default_rng(seed).normal(0, sd, LABELS.size)


def share(people, full, label_only, **more):
    names = pl.Series(np.array(["angry", "happy", "neutral", "sad"])[LABELS])
    return label_share(pl.Series(people), pl.Series(full), pl.Series(label_only), names, HOW, **more)


def test_figures_agree_with_r():
    expected = json.loads((REFERENCE / "label_share_expected.json").read_text(encoding="utf-8"))
    column = {name: pl.Series(expected[name]) for name in ("people", "full", "label_only", "label", "reference")}
    found = label_share(column["people"], column["full"], column["label_only"], column["label"], HOW,
                        reference=column["reference"])  # fmt: skip
    assert [found.r_full, found.r_label, found.r_reference] == pytest.approx(expected["r"])
    for name in ("share", "common", "increment", "increment_p", "within", "within_p"):
        assert getattr(found, name) == pytest.approx(expected[name], rel=1e-8), name
    assert found.share_low < found.share < found.share_high


def test_a_lookup_has_share_1_and_adds_nothing():
    lookup = np.array([8.0, 7.0, 2.0, 3.0])[LABELS]
    found = share(people(1), lookup, lookup)
    assert (found.share, found.common, found.increment, found.within) == (1.0, 1.0, 0.0, 0.0)
    assert found.share_low == pytest.approx(1) and found.share_high == pytest.approx(1)
    assert (found.increment_high, found.within_high, found.within_p) == (0.0, 0.0, 1.0)
    other = share(people(1), np.array([7.0, 7.0, 3.0, 3.0])[LABELS], lookup)
    assert other.share != pytest.approx(1, abs=0.01) and (other.within, other.within_p) == (0.0, 1.0)


def test_a_noisy_perceiver_adds_to_the_label():
    theirs = people(2)
    own = theirs + np.random.default_rng(3).normal(0, 0.5, LABELS.size)
    found = share(theirs, own, np.array([8.0, 7.0, 2.0, 3.0])[LABELS])
    assert found.share_high < 1 and found.common < 1
    assert found.within == pytest.approx(0.64**2 / (0.64 + 0.25) / (np.var(TYPICAL) + 0.64), abs=0.05)
    assert found.within_low > 0 and found.within_p < 1e-6


def test_the_reference_is_a_correlation_or_ratings():
    theirs, lookup = people(2), TYPICAL[LABELS]
    own = theirs + np.random.default_rng(3).normal(0, 0.5, LABELS.size)
    rated = theirs + np.random.default_rng(4).normal(0, 3, LABELS.size)
    one = share(theirs, own, lookup, reference=pl.Series(rated))
    other = share(theirs, own, lookup, reference=float(np.corrcoef(theirs, rated)[0, 1]))
    assert one.share == pytest.approx(other.share)
    assert share(theirs, own, lookup).share == pytest.approx(one.r_label / one.r_full)
    with pytest.raises(ParameterError, match=r"between -1 and 1, got 1\.5"):
        share(theirs, own, lookup, reference=1.5)


def test_an_unstable_share_says_so():
    theirs, lookup = people(5), TYPICAL[LABELS]
    generator = np.random.default_rng(6)
    own = theirs + generator.normal(0, 2, LABELS.size)
    worse = share(theirs, own, lookup, reference=1.0)
    assert (worse.share, worse.share_low, worse.reason) == (None, None, NO_ADVANTAGE)
    close = share(theirs, own, lookup, reference=worse.r_full - 0.02)
    assert close.share > 1 and (close.share_low, close.share_high, close.reason) == (None, None, UNSTABLE)
    constant = share(theirs, own, np.full(LABELS.size, 5.0))
    assert (constant.r_label, constant.share, constant.reason) == (None, None, CONSTANT)
    assert constant.increment == pytest.approx(constant.r_full**2) and constant.common == pytest.approx(0)


def test_images_without_all_ratings_are_left_out():
    theirs, lookup = people(7), TYPICAL[LABELS].copy()
    lookup[:3] = np.nan
    found = share(theirs, theirs + 1, lookup)
    assert (found.n, found.n_excluded) == (157, 3)
    with pytest.raises(DataError, match="No images with a label and all ratings"):
        share(theirs, theirs * np.nan, lookup)
    alone = label_share(*[pl.Series(side) for side in (theirs, theirs + lookup, lookup)], pl.Series(LABELS),
                        Resampling(1, 50, unit="participant"))  # fmt: skip
    assert alone.share is not None and alone.share_low is None and alone.within_low is None


def test_intervals_cover_and_tests_keep_their_level():
    generator, rounds = np.random.default_rng(8), 200
    told = np.array([8.0, 7.0, 2.0, 3.0])[LABELS]
    labels = pl.Series(LABELS)

    def draw(n_each, slope):
        places = np.repeat(np.arange(4), n_each)
        real = generator.normal(0, 0.8, places.size)
        return places, TYPICAL[places] + real, told[::40][places] + slope * real + generator.normal(0, 0.7, places.size)

    places, theirs, own = draw(100_000, 0.6)
    r = [np.corrcoef(theirs, side)[0, 1] for side in (own, told[::40][places])]
    covered = level = 0
    for seed in range(rounds):
        _, theirs, own = draw(40, 0.6)
        how = Resampling(seed=seed, draws=200, confidence=0.9)
        found = label_share(pl.Series(theirs), pl.Series(own), pl.Series(told), labels, how)
        covered += found.share_low <= r[1] / r[0] <= found.share_high
        _, theirs, own = draw(40, 0.0)
        none = label_share(pl.Series(theirs), pl.Series(own), pl.Series(told), labels, Resampling(1, 1))
        level += none.within_p < 0.1
    assert 0.85 < covered / rounds < 0.95
    assert 0.05 < level / rounds < 0.15

"""Share of collapse that a variant undoes: known answers, no answer without collapse, coverage by Monte Carlo."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from lib.metrics.collapse_share import NO_COLLAPSE, UNSTABLE, collapse_explained
from lib.metrics.resampling import Resampling

HOW = Resampling(seed=1, draws=300)
KIND = pl.Series(["happy", "sad", "fear"] * 40)
PROTOTYPE = np.array([7.0, 3.0, 4.0] * 40)


def noise(seed, sd):
    return np.random.default_rng(seed).normal(0, sd, 120)


def test_a_variant_half_as_wide_as_people_undoes_half():
    people = PROTOTYPE + noise(4, 1)
    found = collapse_explained(PROTOTYPE, PROTOTYPE + (people - PROTOTYPE) / 2, people, KIND, HOW)
    assert found.share == pytest.approx(0.5, abs=1e-6)
    assert found.low == pytest.approx(0.5, abs=0.01) and found.reason is None
    assert collapse_explained(PROTOTYPE, PROTOTYPE, people, KIND, HOW).share == 0.0
    assert collapse_explained(PROTOTYPE, people, people, KIND, HOW).share == pytest.approx(1.0)


def test_one_persons_spread_includes_disagreement():
    people = PROTOTYPE + noise(4, 1)
    means = collapse_explained(PROTOTYPE, PROTOTYPE, people, KIND, HOW)
    person = collapse_explained(PROTOTYPE, PROTOTYPE, people, KIND, HOW, people_variance=np.full(120, 3.0))
    assert person.people_sd == pytest.approx(np.sqrt(means.people_sd**2 + 3))


def test_without_collapse_there_is_no_share():
    people = PROTOTYPE + noise(4, 1)
    wide = collapse_explained(PROTOTYPE + noise(5, 3), PROTOTYPE, people, KIND, HOW)
    assert (wide.share, wide.reason) == (None, NO_COLLAPSE) and wide.collapse < 0
    close = collapse_explained(PROTOTYPE + noise(6, 0.97), PROTOTYPE, people, KIND, HOW)
    assert close.collapse > 0 and close.share is not None
    assert (close.low, close.high, close.reason) == (None, None, UNSTABLE)


def test_intervals_cover_as_often_as_they_say():
    generator, rounds, covered = np.random.default_rng(7), 200, 0
    for seed in range(rounds):
        own = generator.normal(0, 1, (3, 120))
        base, people = PROTOTYPE + 0.2 * own[0], PROTOTYPE + own[1]
        variant = PROTOTYPE + 0.3 * own[0] + 0.4 * own[2]
        found = collapse_explained(base, variant, people, KIND, Resampling(seed=seed, draws=200, confidence=0.9))
        covered += found.low <= 0.3 / 0.8 <= found.high
    assert 0.84 < covered / rounds < 0.95

"""Intervals of people's errors: their centre is the error itself, both units of resampling, coverage."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.errors import DataError
from lib.metrics.counts import count_ratings
from lib.metrics.human import describe_people
from lib.metrics.human_errors import error_sums, human_error_intervals
from lib.metrics.resampling import Resampling, draw_weights

SCALE = np.arange(1.0, 10.0)


@pytest.mark.parametrize("dimension", ["valence", "arousal"])
def test_sums_give_the_errors_of_the_baseline(ratings, dimension):
    scale = {"valence": SCALE, "arousal": np.arange(-1, 1.25, 0.25)}[dimension]
    counts = count_ratings(ratings, dimension, scale)
    total, baseline = error_sums(counts).sum(axis=0), describe_people(counts)
    assert total[0] / total[1] == pytest.approx(baseline.loo_mae, rel=1e-12)
    assert total[2] / total[3] == pytest.approx(baseline.pairwise_mae, rel=1e-12)


@pytest.mark.parametrize("unit", ["image", "participant"])
def test_intervals_enclose_the_error_and_widen_with_confidence(ratings, unit):
    found = [
        human_error_intervals(ratings, "valence", SCALE, Resampling(seed=1, draws=300, unit=unit, confidence=level))
        for level in (0.8, 0.99)
    ]
    baseline = describe_people(count_ratings(ratings, "valence", SCALE))
    for name in ("loo_mae", "pairwise_mae"):
        inner, outer = ((getattr(item, f"{name}_low"), getattr(item, f"{name}_high")) for item in found)
        assert outer[0] < inner[0] < getattr(baseline, name) < inner[1] < outer[1], name


def _of_sample(rows: list[tuple[str, str, int]], weight: dict[str, float]) -> tuple[float, float]:
    """Both errors of one sample of participants, by enumeration; NaN where nobody remains."""
    errors, apart = [], []
    for image in sorted({image for image, _, _ in rows}):
        own = [(who, value) for place, who, value in rows if place == image and weight[who] > 0]
        for who, value in own:
            others = [other for name, other in own if name != who for _ in range(int(weight[name]))]
            if others:
                errors += [abs(value - np.mean(others))] * int(weight[who])
        for (one, first), (two, second) in combinations(own, 2):
            apart += [abs(first - second)] * int(weight[one] * weight[two])
    return (np.mean(errors) if errors else np.nan), (np.mean(apart) if apart else np.nan)


@given(
    st.dictionaries(st.tuples(st.sampled_from("abc"), st.sampled_from("wxyz")), st.integers(1, 9), min_size=4).filter(
        lambda cells: {image for image, _ in cells} == set("abc")
    )
)
def test_a_participant_is_left_out_with_all_copies(cells):
    rows = [(image, who, value) for (image, who), value in cells.items()]
    frame = pl.DataFrame(rows, schema=["image_id", "participant_id", "valence"], orient="row")
    counts = count_ratings(frame, "valence", SCALE)
    whole = error_sums(counts).sum(axis=0)
    how = Resampling(seed=2, draws=100, unit="participant", confidence=0.9)
    names = sorted({who for _, who, _ in rows})
    samples = np.array(
        [
            _of_sample(rows, dict(zip(names, weights, strict=True)))
            for weights in np.concatenate(list(draw_weights(len(names), how)))
        ]
    )
    found = human_error_intervals(frame, "valence", SCALE, how)
    for column, name in enumerate(("loo_mae", "pairwise_mae")):
        known = samples[~np.isnan(samples[:, column]), column]
        low, high = getattr(found, f"{name}_low"), getattr(found, f"{name}_high")
        if known.size * 2 < 100:
            assert (low, high) == (None, None)
            continue
        shift = whole[2 * column] / whole[2 * column + 1] - known.mean()
        assert (low, high) == pytest.approx(tuple(np.quantile(known, [0.05, 0.95]) + shift), abs=1e-9)


def test_one_rating_an_image_leaves_nothing_and_a_missing_column_is_named():
    frame = pl.DataFrame({"image_id": ["a", "b"], "participant_id": ["x", "y"], "valence": [3.0, 4.0]})
    for unit in ("image", "participant"):
        how = Resampling(seed=1, draws=100, unit=unit)
        assert human_error_intervals(frame, "valence", SCALE, how).loo_mae_low is None
    with pytest.raises(DataError, match="lack the column 'participant_id'"):
        human_error_intervals(frame.drop("participant_id"), "valence", SCALE, how)


@pytest.mark.slow
@pytest.mark.parametrize("unit", ["image", "participant"])
def test_intervals_cover_as_often_as_they_say(unit):
    """What is drawn anew in a world is what the bootstrap draws: images, or participants with their own spread."""
    random = np.random.default_rng(6)
    n_images, n_raters = 60, 100
    seen = np.array([random.choice(n_raters, 20, replace=False) for _ in range(n_images)])
    centre = random.normal(5, 1, n_images)
    worlds, found = [], []
    for round_ in range(1000):
        means = random.normal(5, 1, n_images) if unit == "image" else centre
        spread = random.uniform(0.5, 2.5, n_raters) if unit == "participant" else np.full(n_raters, 1.5)
        scale = spread if unit == "participant" else random.uniform(0.7, 2.0, (n_images, 1))
        noise = random.normal(size=seen.shape) * (scale[seen] if unit == "participant" else scale)
        values = np.clip(np.round(means[:, np.newaxis] + noise), 1, 9)
        frame = pl.DataFrame(
            {
                "image_id": np.repeat([f"{number:02d}" for number in range(n_images)], 20),
                "participant_id": seen.ravel(),
                "valence": values.ravel(),
            }
        )
        baseline = describe_people(count_ratings(frame, "valence", SCALE))
        worlds.append((baseline.loo_mae, baseline.pairwise_mae))
        how = Resampling(seed=round_, draws=120, unit=unit)
        ends = human_error_intervals(frame, "valence", SCALE, how)
        found.append((ends.loo_mae_low, ends.loo_mae_high, ends.pairwise_mae_low, ends.pairwise_mae_high))
    truth, ends = np.mean(worlds, axis=0), np.array(found)
    for column in (0, 1):
        covered = (ends[:, 2 * column] <= truth[column]) & (truth[column] <= ends[:, 2 * column + 1])
        assert 0.92 < covered.mean() < 0.98

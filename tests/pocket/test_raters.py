"""The simulated raters follow the rule that the recipe states, checked by sampling and by arithmetic."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pocket_support import shipped

from lib.drawing.expressions import EMOTIONS
from lib.pocket.raters import SCALE, Raters, spread_over_scale

RATERS = Raters(shipped().raters)
EMOTION = st.sampled_from(EMOTIONS)
INTENSITY = st.floats(0.6, 1)


def test_chances_of_a_rating_are_those_of_rounded_normal_draws() -> None:
    draws = np.clip(np.rint(np.random.default_rng(3).normal(7.6, 1.3, 400_000)), 1, 9)
    counted = [float((draws == value).mean()) for value in SCALE]
    assert spread_over_scale(7.6, 1.3) == pytest.approx(counted, abs=0.003)


@given(shown=EMOTION, named=EMOTION, intensity=INTENSITY, valence=st.integers(1, 9))
def test_chances_are_chances(shown: str, named: str, intensity: float, valence: int) -> None:
    for chances in (
        RATERS.emotions(shown, intensity),
        RATERS.ratings("valence", shown, intensity, named),
        RATERS.ratings("arousal", shown, intensity, named, valence),
        RATERS.ratings("arousal", shown, intensity),
        RATERS.from_name("arousal", named),
    ):
        assert chances.min() >= 0
        assert chances.sum() == pytest.approx(1)
    assert EMOTIONS[int(RATERS.emotions(shown, intensity).argmax())] == shown


@pytest.mark.parametrize("emotion", [name for name in EMOTIONS if name != "neutral"])
def test_ratings_follow_intensity_and_doubt_falls_with_it(emotion: str) -> None:
    at = EMOTIONS.index(emotion)
    weak, strong = (RATERS.emotions(emotion, intensity)[at] for intensity in (0.6, 1.0))
    assert (weak, strong) == pytest.approx((0.70, 0.94))
    calm, excited = (RATERS.ratings("arousal", emotion, intensity, emotion) @ SCALE for intensity in (0.6, 1.0))
    assert excited > calm + 1


def test_what_was_named_and_rated_before_is_carried_by_half_and_by_three_tenths() -> None:
    rule = shipped().raters.model_copy(update={"spread": 0.02})  # so that means show
    raters = Raters(rule)
    # Half of angry at full intensity (1.6) and half of happy (8.4).
    assert raters.ratings("valence", "angry", 1.0, "happy") @ SCALE == pytest.approx(5.0, abs=0.01)
    # Fear at full intensity has arousal 8.4, valence 2.0; a valence of 5 is 3 points nearer to the middle: 8.4 - 0.9.
    wide = Raters(shipped().raters.model_copy(update={"spread": 0.3}))
    assert wide.ratings("arousal", "fear", 1.0, "fear", 5)[[6, 7]] == pytest.approx([0.5, 0.5], abs=0.01)


def test_without_image_the_mean_is_that_of_all_intensities() -> None:
    # Arousal of angry faces runs from 5.2 to 8.2; ends of the scale cut off little.
    assert RATERS.from_name("arousal", "angry") @ SCALE == pytest.approx(6.7, abs=0.06)

"""Simulated raters: a stated rule that turns what a face was drawn with into chances of answers. No person's rating.

What the pocket rater learns is not one answer a face but the chances of all of them, as a crowd would spread over the
scale, so that its own chances of the digits say something.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from lib.drawing.expressions import EMOTIONS, LEAST, MOST
from lib.pocket.recipe import HIGH, LOW, RatersRecipe

Chances = NDArray[np.float64]
SCALE = np.arange(LOW, HIGH + 1)
MIDDLE = (LOW + HIGH) / 2
STEPS = np.linspace(LEAST, MOST, 21)
"""Intensities over which an answer without image is averaged."""


class Raters:
    """Chances of answers under one rule.

    Parameters
    ----------
    rule
        The recipe's.
    """

    def __init__(self, rule: RatersRecipe) -> None:
        self.rule = rule
        self._from_name = lru_cache(maxsize=None)(self._without_image)

    def emotions(self, shown: str, intensity: float) -> Chances:
        """Chances (6,) of each of `EMOTIONS` to be named for a face.

        The doubt falls from `doubt[0]` to `doubt[1]` as intensity rises from 0.6 to 1; neutral has the mean of both.
        """
        least, full = self.rule.doubt
        doubt = (least + full) / 2 if shown == "neutral" else least + (full - least) * _along(intensity)
        others = self.rule.confused[shown]
        total = sum(others.values())
        chances = np.array([doubt * others.get(name, 0.0) / total for name in EMOTIONS])
        chances[EMOTIONS.index(shown)] = 1 - doubt
        return chances

    def mean(self, dimension: str, emotion: str, intensity: float) -> float:
        """Mean rating of an emotion at an intensity; what is below the least intensity counts as the least."""
        least, full = self.rule.means[dimension][emotion]
        return least + (full - least) * _along(intensity)

    def ratings(
        self, dimension: str, shown: str, intensity: float, named: str | None = None, valence: int | None = None
    ) -> Chances:
        """Chances (9,) of each rating from 1 to 9 for a face.

        The rating is normal with the recipe's spread around a mean, rounded to the scale; what falls beyond an end
        counts for the end. The mean is `named` x that of the emotion that was named + (1 - `named`) x that of the
        emotion that is shown, both at the face's intensity. For arousal, where valence was rated before, it rises by
        `carried` x (distance of that valence from 5 - distance of its mean from 5).

        Parameters
        ----------
        dimension
            `valence` or `arousal`.
        shown, intensity
            What the face was drawn with.
        named
            The emotion that the rater has named; None where none was: then raters have named each with its chance.
        valence
            What the rater has rated just before, 1 to 9; only arousal depends on it.
        """
        if named is None:
            each = [self.ratings(dimension, shown, intensity, name, valence) for name in EMOTIONS]
            return np.asarray(self.emotions(shown, intensity) @ np.array(each))
        mean = self.mixed(dimension, shown, named, intensity)
        if dimension == "arousal" and valence is not None:
            usual = abs(self.mixed("valence", shown, named, intensity) - MIDDLE)
            mean += self.rule.carried * (abs(valence - MIDDLE) - usual)
        return spread_over_scale(mean, self.rule.spread)

    def from_name(self, dimension: str, named: str) -> Chances:
        """Chances (9,) of each rating without a face: those of the named emotion's faces, averaged over intensities."""
        return self._from_name(dimension, named)

    def mixed(self, dimension: str, shown: str, named: str, intensity: float) -> float:
        """Mean rating of who has named one emotion while another is shown, before anything is carried."""
        share = self.rule.named
        own = self.mean(dimension, shown, intensity)
        return share * self.mean(dimension, named, intensity) + (1 - share) * own

    def _without_image(self, dimension: str, named: str) -> Chances:
        each = [self.ratings(dimension, named, float(intensity), named) for intensity in STEPS]
        return np.asarray(np.mean(each, axis=0))


def spread_over_scale(mean: float, spread: float) -> Chances:
    """Chances (9,) of a normal rating, rounded to 1 to 9; beyond an end counts for the end."""
    from scipy.special import ndtr

    below = ndtr((SCALE[:-1] + 0.5 - mean) / spread)
    return np.asarray(np.diff(below, prepend=0.0, append=1.0))


def _along(intensity: float) -> float:
    """Where an intensity lies between the least (0) and the full one (1)."""
    return float(np.clip((intensity - LEAST) / (MOST - LEAST), 0, 1))

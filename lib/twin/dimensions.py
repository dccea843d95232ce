"""Simulated valence and arousal of the machine conditions."""

from __future__ import annotations

import numpy as np
import polars as pl

from lib.twin.design import EMOTIONS, Indices, emotion_index
from lib.twin.people import HIGH, LOW, Numbers
from lib.twin.search import Aim, Aims, CellAims, approach
from lib.twin.targets import Answers, TwinTargets

OVERALL = ("bias", "sd_difference", "r", "mae", "machine_mean", "machine_sd")
SOFT = 0.5
PRIORITY = 0.6
WHOLE_STEPS = (-1.0, 1.0)
FINE_STEPS = (-1.0, -0.25, -0.05, 0.05, 0.25, 1.0)
MAX_DISTINCT = 6
TOWARDS_LABEL = 0.6


def rate_images(
    condition: str,
    dimension: str,
    images: pl.DataFrame,
    labels: pl.Series,
    people: Numbers,
    targets: TwinTargets,
    random: np.random.Generator,
) -> Numbers:
    """Rate all images on one dimension as one machine.

    Start values follow the human means of the intended emotion, stretched to the machine's spread, drawn towards the
    emotion that the machine named, plus noise; `lib.twin.search` then moves them until the published figures hold.

    Parameters
    ----------
    condition, dimension : str
        Machine and dimension (valence or arousal).
    images : polars.DataFrame
        The images frame.
    labels : polars.Series
        The machine's emotion labels, null where invalid.
    people : numpy.ndarray
        Mean human rating of each image, shape (n_images,).
    targets : TwinTargets
        Published figures; mean and SD that are not published come from the choices.
    random : numpy.random.Generator
        Source of all draws.

    Returns
    -------
    numpy.ndarray
        Ratings 1 to 9, shape (n_images,): whole numbers for a VLM, three decimals for a FER network.
    """
    chosen = targets.choices.dimensions[condition][dimension]
    emotion = emotion_index(images)
    latent = _latent(emotion, labels, people, _emotion_means(condition, dimension, emotion, people, targets), random)
    latent = _spread(latent, emotion, _emotion_sds(condition, dimension, targets), chosen)
    bounds = _bounds(condition, dimension, latent, emotion, targets)
    aims = _aims(condition, dimension, images, emotion, targets, chosen)
    start = np.clip(latent if chosen.continuous else np.rint(latent), *bounds)
    steps = FINE_STEPS if chosen.continuous else WHOLE_STEPS
    return np.round(approach(start, people, aims, bounds, steps, random), 3)


def _published(condition: str, dimension: str, quantity: str, targets: TwinTargets) -> Numbers:
    """A figure published by emotion, NaN where it is not, shape (6,)."""
    goals = [targets.find(f"{condition}.{dimension}.{quantity}.{emotion}") for emotion in EMOTIONS]
    return np.array([goal.value if goal else np.nan for goal in goals])


def _emotion_means(condition: str, dimension: str, emotion: Indices, people: Numbers, targets: TwinTargets) -> Numbers:
    """Mean rating of each emotion: published bias, else people's mean stretched to the machine's mean and SD."""
    chosen = targets.choices.dimensions[condition][dimension]
    of_people = _by_emotion(people, emotion)
    stretched = chosen.mean + (of_people - of_people.mean()) * chosen.sd / people.std()
    bias = _published(condition, dimension, "emotion_bias", targets)
    return np.clip(np.where(np.isnan(bias), stretched, of_people + bias), LOW, HIGH)


def _emotion_sds(condition: str, dimension: str, targets: TwinTargets) -> Numbers:
    """SD within each emotion: published, else chosen."""
    sds = _published(condition, dimension, "emotion_sd", targets)
    return np.where(np.isnan(sds), targets.choices.dimensions[condition][dimension].within, sds)


def _latent(
    emotion: Indices, labels: pl.Series, people: Numbers, means: Numbers, random: np.random.Generator
) -> Numbers:
    """Unrounded ratings before their spread is set: intended emotion, named emotion, the image itself, noise."""
    named = labels.replace_strict(list(EMOTIONS), list(range(len(EMOTIONS))), default=None, return_dtype=pl.Int64)
    named_index = named.fill_null(pl.Series(emotion)).to_numpy()
    own = people - _by_emotion(people, emotion)[emotion]
    pulled = means[emotion] + TOWARDS_LABEL * (means[named_index] - means[emotion])
    noise = random.standard_normal(emotion.size)
    return np.asarray(pulled + 0.5 * own / own.std() + 0.3 * noise)


def _spread(latent: Numbers, emotion: Indices, sds: Numbers, chosen: Answers) -> Numbers:
    """Give each emotion its SD, and the whole its mean, both before rounding."""
    centre = _by_emotion(latent, emotion)
    spread = np.array([latent[emotion == e].std() for e in range(len(EMOTIONS))])
    scaled = centre[emotion] + (latent - centre[emotion]) * (sds / spread)[emotion]
    return np.asarray(np.clip(scaled + (chosen.mean - scaled.mean()), LOW, HIGH))


def _bounds(
    condition: str, dimension: str, latent: Numbers, emotion: Indices, targets: TwinTargets
) -> tuple[Numbers, Numbers]:
    """Lowest and highest value of each image: the scale, or six values around the emotion's mean where published."""
    low, high = np.full(latent.size, float(LOW)), np.full(latent.size, float(HIGH))
    if targets.find(f"{condition}.{dimension}.most_values") is None:
        return low, high
    centre = np.rint(_by_emotion(latent, emotion))
    low_by_emotion = np.clip(centre - 3, LOW, HIGH - MAX_DISTINCT + 1)
    constant = _published(condition, dimension, "emotion_sd", targets) == 0
    low = np.where(constant, centre, low_by_emotion)[emotion]
    return low, low + np.where(constant, 0, MAX_DISTINCT - 1)[emotion]


def _aims(
    condition: str, dimension: str, images: pl.DataFrame, emotion: Indices, targets: TwinTargets, chosen: Answers
) -> Aims:
    """Everything published about this machine and dimension; chosen mean and SD with a loose tolerance."""
    overall = {}
    for name in OVERALL:
        if goal := targets.find(f"{condition}.{dimension}.{name}"):
            overall[name] = Aim(goal.value, PRIORITY * (goal.tolerance or SOFT))
    if "bias" not in overall:
        overall.setdefault("machine_mean", Aim(chosen.mean, SOFT))
    if "sd_difference" not in overall:
        overall.setdefault("machine_sd", Aim(chosen.sd, SOFT))
    bias = _published(condition, dimension, "emotion_bias", targets)
    sds = _emotion_sds(condition, dimension, targets)
    published = not np.isnan(_published(condition, dimension, "emotion_sd", targets)).all()
    cells = [CellAims(emotion, bias, sds, 0.05, 0.1 if published else 3 * SOFT)]
    for factor in ("race", "gender"):
        levels = images[factor].unique().sort().to_list()
        goals = [targets.find(f"{condition}.{dimension}.group_bias.{level}") for level in levels]
        if any(goals):
            group = images[factor].replace_strict(levels, list(range(len(levels))), return_dtype=pl.Int64).to_numpy()
            values = np.array([goal.value if goal else np.nan for goal in goals])
            cells.append(CellAims(group, values, np.full(len(levels), np.nan), 0.05, SOFT))
    return Aims(overall, tuple(cells))


def _by_emotion(values: Numbers, emotion: Indices) -> Numbers:
    return np.array([values[emotion == e].mean() for e in range(len(EMOTIONS))])

"""Simulated valence and arousal of the machine conditions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from lib.twin.design import EMOTIONS, GENDERS, RACES, Faces, Indices, Numbers, position
from lib.twin.groups import group_aims, group_offsets, group_tables
from lib.twin.people import HIGH, LOW
from lib.twin.search import Aim, Aims, CellAims, Moves, approach
from lib.twin.targets import Answers, TwinTargets

OVERALL = ("bias", "sd_difference", "r", "mae", "machine_mean", "machine_sd")
LOOSE = 0.5
LOOSE_R = 0.01
PRIORITY = 0.6
WHOLE_STEPS = (-1.0, 1.0)
FINE_STEPS = (-1.0, -0.25, -0.05, 0.05, 0.25, 1.0)
MAX_DISTINCT = 6
TOWARDS_LABEL = 0.6


@dataclass(frozen=True)
class Task:
    """One machine, one dimension, and what is known about it."""

    condition: str
    dimension: str
    targets: TwinTargets

    @property
    def chosen(self) -> Answers:
        """Where the search starts."""
        return self.targets.choices.dimensions[self.condition][self.dimension]

    def aim(self, name: str) -> Aim | None:
        """A published figure, None where there is none to aim at."""
        goal = self.targets.find(f"{self.condition}.{self.dimension}.{name}")
        return Aim(goal.value, goal.tolerance or LOOSE) if goal else None

    def published(self, quantity: str, levels: tuple[str, ...] = EMOTIONS) -> Numbers:
        """A figure published by emotion or another level, NaN where it is not, shape (n_levels,)."""
        aims = [self.aim(f"{quantity}.{level}") for level in levels]
        return np.array([aim.value if aim else np.nan for aim in aims])

    @property
    def emotion_sds(self) -> Numbers:
        """SD within each emotion: published, else chosen."""
        sds = self.published("emotion_sd")
        return np.where(np.isnan(sds), self.chosen.within, sds)


def rate_images(task: Task, faces: Faces, labels: pl.Series, people: Numbers, random: np.random.Generator) -> Numbers:
    """Rate all images on one dimension as one machine.

    Start values follow the human means of the intended emotion, stretched to the machine's spread, drawn towards the
    emotion that the machine named and to the side of its biases by race and gender, plus noise; `lib.twin.search` then
    moves them until the published figures hold, and once more with the biases by group among its aims.

    Parameters
    ----------
    task : Task
        Machine, dimension and targets.
    faces : Faces
        The images.
    labels : polars.Series
        The machine's emotion labels, null where invalid.
    people : numpy.ndarray
        Mean human rating of each image, shape (n_images,).
    random : numpy.random.Generator
        Source of all draws.

    Returns
    -------
    numpy.ndarray
        Ratings 1 to 9, shape (n_images,): whole numbers for a VLM, three decimals for a FER network.
    """
    tables = group_tables(task.condition, task.dimension, task.targets, _room(task, faces.emotion, people), random)
    latent = _latent(task, faces.emotion, labels, people, random)
    latent = _spread(task, latent, faces.emotion, group_offsets(tables, faces))
    moves = _moves(task, latent, faces.emotion)
    start = np.clip(latent if task.chosen.continuous else np.rint(latent), moves.low, moves.high)
    aims = _aims(task, faces)
    values = approach(start, people, aims, moves, random)
    if tables:
        bias = _by_emotion(values - people, faces.emotion)
        fixed = _by_emotion(moves.high - moves.low, faces.emotion) == 0
        aims = Aims(aims.overall, (*aims.cells, *group_aims(tables, faces, bias, fixed)))
        values = approach(values, people, aims, moves, random)
    return np.round(values, 3)


def _emotion_means(task: Task, emotion: Indices, people: Numbers) -> Numbers:
    """Mean rating of each emotion: published bias, else people's mean stretched to the machine's mean and SD."""
    of_people = _by_emotion(people, emotion)
    stretched = task.chosen.mean + (of_people - of_people.mean()) * task.chosen.sd / people.std()
    bias = task.published("emotion_bias")
    stretched = np.array([task.chosen.means.get(name, mean) for name, mean in zip(EMOTIONS, stretched, strict=True)])
    return np.clip(np.where(np.isnan(bias), stretched, of_people + bias), LOW, HIGH)


def _room(task: Task, emotion: Indices, people: Numbers) -> Numbers:
    """How far the mean of a group may lie from its emotion's: the emotion's SD, or less near an end of the scale."""
    means = _emotion_means(task, emotion, people)
    return np.maximum(np.minimum(task.emotion_sds, 1.2 * np.minimum(means - LOW, HIGH - means)), 0.05)


def _latent(task: Task, emotion: Indices, labels: pl.Series, people: Numbers, random: np.random.Generator) -> Numbers:
    """Unrounded ratings before their spread is set: intended emotion, named emotion, the image itself, noise."""
    means = _emotion_means(task, emotion, people)
    named = position(labels, EMOTIONS)
    named = np.where(named < 0, emotion, named)
    own = people - _by_emotion(people, emotion)[emotion]
    pulled = means[emotion] + TOWARDS_LABEL * (means[named] - means[emotion])
    noise = random.standard_normal(emotion.size)
    return np.asarray(pulled + 0.5 * own / own.std() + 0.3 * noise)


def _spread(task: Task, latent: Numbers, emotion: Indices, offsets: Numbers) -> Numbers:
    """Add the groups' biases and give each emotion its SD, and the whole its mean, before rounding."""
    centre = _by_emotion(latent, emotion)[emotion]
    inside = latent - centre
    inside_sd, offset_sd = (np.array([v[emotion == e].std() for e in range(len(EMOTIONS))]) for v in (inside, offsets))
    sds = np.sqrt(np.maximum(task.emotion_sds**2 - offset_sd**2, 0.01 * task.emotion_sds**2))
    scaled = centre + inside * (sds / inside_sd)[emotion] + offsets
    return np.asarray(np.clip(scaled + (task.chosen.mean - scaled.mean()), LOW, HIGH))


def _moves(task: Task, latent: Numbers, emotion: Indices) -> Moves:
    """Steps and bounds: the scale, or six values around the emotion's mean where that is published."""
    steps = FINE_STEPS if task.chosen.continuous else WHOLE_STEPS
    if task.aim("most_values") is None:
        return Moves(np.full(latent.size, float(LOW)), np.full(latent.size, float(HIGH)), steps)
    centre = np.rint(_by_emotion(latent, emotion))
    constant = task.published("emotion_sd") == 0
    low = np.where(constant, centre, np.clip(centre - 3, LOW, HIGH - MAX_DISTINCT + 1))
    return Moves(low[emotion], (low + np.where(constant, 0, MAX_DISTINCT - 1))[emotion], steps)


def _aims(task: Task, faces: Faces) -> Aims:
    """Everything published about this machine and dimension; chosen mean and SD with a loose tolerance."""
    overall = {name: Aim(aim.value, PRIORITY * aim.tolerance) for name in OVERALL if (aim := task.aim(name))}
    if "bias" not in overall:
        overall.setdefault("machine_mean", Aim(task.chosen.mean, LOOSE))
    if "sd_difference" not in overall:
        overall.setdefault("machine_sd", Aim(task.chosen.sd, LOOSE))
    if "r" not in overall and task.chosen.r is not None:
        overall["r"] = Aim(task.chosen.r, LOOSE_R)
    published = not np.isnan(task.published("emotion_sd")).all()
    sd_tolerance = 0.1 if published else LOOSE * (3 if task.chosen.continuous else 1)
    by_emotion = task.published("emotion_bias")
    cells = [CellAims(faces.emotion, by_emotion, task.emotion_sds, 0.05, sd_tolerance)]
    for factor, levels in (("race", RACES), ("gender", GENDERS)):
        bias = task.published("group_bias", levels)
        if not np.isnan(bias).all():
            none = np.full(len(levels), np.nan)
            cells.append(CellAims(position(faces.images[factor], levels), bias, none, 0.05, LOOSE))
    return Aims(overall, tuple(cells))


def _by_emotion(values: Numbers, emotion: Indices) -> Numbers:
    return np.array([values[emotion == e].mean() for e in range(len(EMOTIONS))])

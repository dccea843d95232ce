"""Simulated people: 72,000 whole-number ratings whose mean, spread and disagreement come out as published."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import least_squares

from lib.metrics.agreement import krippendorff_alpha
from lib.metrics.human import leave_one_out_mae, pairwise_mae
from lib.twin.design import EMOTIONS, Indices, Numbers
from lib.twin.targets import Target, TwinTargets

LOW, HIGH = 1, 9
SCALE = np.arange(LOW, HIGH + 1, dtype=np.float64)
OVERALL = ("sd", "alpha_ordinal", "loo_mae", "pairwise_mae")
START = (1.4, 0.25)
LOWEST, HIGHEST = (0.6, 0.05), (2.5, 0.9)


@dataclass(frozen=True)
class Panel:
    """Who rates what, and the intended emotion of it.

    `rater`, `image`: positions for each rating, shape (n_ratings,); `emotion`: position in `EMOTIONS` for each image.
    """

    rater: Indices
    image: Indices
    emotion: Indices

    @property
    def by_emotion(self) -> Indices:
        """Positions of the ratings, one row an intended emotion, shape (6, n_ratings / 6)."""
        return np.argsort(self.emotion[self.image], kind="stable").reshape(len(EMOTIONS), -1)


@dataclass(frozen=True)
class _Latent:
    """Standard normal draws, arranged one row an intended emotion, and the aims of each emotion."""

    image: Numbers
    rater: Numbers
    rest: Numbers
    means: Numbers
    sds: Numbers
    rater_sd: float


def rate_dimension(panel: Panel, dimension: str, targets: TwinTargets, random: np.random.Generator) -> Indices:
    """Simulate every person's ratings of one dimension.

    A rating is ``round(location_e + image + rater + scale_e * sign(z) |z|^tail)``, clipped to 1 to 9, with normal image
    and rater effects and z normal. For each emotion e, location and scale are iterated until mean and SD of its
    ratings are as published; `tail` and the SD of the image effect are then solved by least squares so that the SD of
    the image means, Krippendorff's alpha and the leave-one-out and pairwise errors are.

    Parameters
    ----------
    panel : Panel
        The design.
    dimension : str
        valence, arousal or naturalness.
    targets : TwinTargets
        Published figures; means and SDs of an emotion that are not published are taken from the choices.
    random : numpy.random.Generator
        Source of all draws.

    Returns
    -------
    numpy.ndarray
        Ratings 1 to 9 in the order of the panel, shape (n_ratings,).
    """
    order = panel.by_emotion
    rest = random.standard_normal(panel.image.size)
    latent = _Latent(
        image=random.standard_normal(panel.emotion.size)[panel.image][order],
        rater=random.standard_normal(int(panel.rater.max()) + 1)[panel.rater][order],
        rest=rest[order],
        means=_aims(targets, dimension, "emotion_mean", targets.choices.people_means),
        sds=_aims(targets, dimension, "emotion_sd", targets.choices.people_sds),
        rater_sd=float(np.sqrt(targets.choices.rater_variance[dimension])),
    )
    aims = [goal for name in OVERALL if (goal := targets.find(f"human.{dimension}.{name}"))]

    def misfit(shape: Numbers) -> Numbers:
        return _misfit(_ratings(latent, *shape), panel.image[order], aims)

    solved = least_squares(misfit, START, bounds=(LOWEST, HIGHEST), diff_step=0.05, max_nfev=8)
    tail, image_sd = np.round(solved.x, 3)
    ratings = np.empty(panel.image.size, dtype=np.int64)
    ratings[order] = _ratings(latent, tail, image_sd)
    return ratings


def label_faces(panel: Panel, targets: TwinTargets, difficulty: Numbers, random: np.random.Generator) -> Indices:
    """Simulate every person's emotion label.

    No human labels are published: shares are those of the choices, shifted on the logit scale by the difficulty of the
    face, and independent of the same person's valence and arousal. They are not calibrated.

    Returns
    -------
    numpy.ndarray
        Positions in `people_labels(targets)`, shape (n_ratings,).
    """
    shares = label_shares(targets)
    truth = panel.emotion[panel.image]
    hit = shares[truth, truth]
    chance = 1 / (1 + (1 - hit) / hit * np.exp(0.7 * difficulty[panel.image]))
    wrong = shares.copy()
    wrong[np.arange(len(EMOTIONS)), np.arange(len(EMOTIONS))] = 0
    edges = np.cumsum(wrong / wrong.sum(axis=1, keepdims=True), axis=1)
    draw = random.random((2, truth.size))
    other = np.minimum((draw[1][:, np.newaxis] > edges[truth]).sum(axis=1), shares.shape[1] - 1)
    return np.where(draw[0] < chance, truth, other)


def people_labels(targets: TwinTargets) -> tuple[str, ...]:
    """Labels offered to people: the six emotions, then those offered to people only."""
    offered = {label for row in targets.choices.people_labels.values() for label in row}
    return (*EMOTIONS, *sorted(offered - set(EMOTIONS)))


def label_shares(targets: TwinTargets) -> Numbers:
    """Chosen share of each label by intended emotion, shape (6, n_labels); rows add up to 1."""
    labels = people_labels(targets)
    rows = [[targets.choices.people_labels[e].get(label, 0.0) for label in labels] for e in EMOTIONS]
    table = np.array(rows)
    return np.asarray(table / table.sum(axis=1, keepdims=True))


def _aims(targets: TwinTargets, dimension: str, quantity: str, chosen: dict[str, dict[str, float]]) -> Numbers:
    """Published figure of each emotion, or the chosen one."""
    published = [targets.find(f"human.{dimension}.{quantity}.{emotion}") for emotion in EMOTIONS]
    return np.array(
        [goal.value if goal else chosen[dimension][emotion] for goal, emotion in zip(published, EMOTIONS, strict=True)]
    )


def _ratings(latent: _Latent, tail: float, image_sd: float) -> Indices:
    """Ratings for one tail and image SD, with the mean and SD of each emotion solved by fixed-point iteration."""
    noise = np.sign(latent.rest) * np.abs(latent.rest) ** tail
    noise /= noise.std()
    shared = image_sd * latent.image + latent.rater_sd * latent.rater
    location = latent.means.copy()
    scale = np.sqrt(np.maximum(latent.sds**2 - image_sd**2 - latent.rater_sd**2, 0.1))
    for _ in range(14):
        ratings = _to_scale(location, shared, scale, noise)
        location += latent.means - ratings.mean(axis=1)
        scale = np.maximum(scale * (latent.sds / ratings.std(axis=1)) ** 1.2, 0.2)
    return _to_scale(location, shared, scale, noise).astype(np.int64)


def _to_scale(location: Numbers, shared: Numbers, scale: Numbers, noise: Numbers) -> Numbers:
    return np.clip(np.rint(location[:, np.newaxis] + shared + scale[:, np.newaxis] * noise), LOW, HIGH)


def _misfit(ratings: Indices, image: Indices, aims: list[Target]) -> Numbers:
    """Deviation of the recomputed figures from the published ones, in tolerances."""
    n_images = int(image.max()) + 1
    cells = (image * len(SCALE) + ratings - LOW).ravel()
    counts = np.bincount(cells, minlength=n_images * len(SCALE)).reshape(n_images, len(SCALE)).astype(np.int64)
    found = {
        "sd": float((counts @ SCALE / counts.sum(axis=1)).std(ddof=1)),
        "alpha_ordinal": krippendorff_alpha(counts, "ordinal", SCALE).value or 0.0,
        "loo_mae": leave_one_out_mae(counts, SCALE),
        "pairwise_mae": pairwise_mae(counts, SCALE),
    }
    return np.array([(found[goal.quantity] - goal.value) / (goal.tolerance or 1.0) for goal in aims])

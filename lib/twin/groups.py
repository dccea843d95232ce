"""Biases of the machines by race and gender of the face, as large as published."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lib.twin.design import EMOTIONS, GENDERS, RACES, Faces, Numbers, position
from lib.twin.search import CellAims
from lib.twin.targets import TwinTargets

FACTORS = {"race": RACES, "gender": GENDERS}
GROUP_TOLERANCE = 0.06
N_PATTERNS = 300


def group_tables(
    condition: str, dimension: str, targets: TwinTargets, room: Numbers, random: np.random.Generator
) -> dict[str, Numbers]:
    """Shift of a machine's ratings by intended emotion and race, and by intended emotion and gender.

    Each published share of variance (eta squared of race, gender and their interactions with emotion) becomes a
    contrast with that variance. The direction of a main effect is the published one (`choices.directions`) where there
    is one; all others are drawn at random. Of 300 drawn patterns the one is taken that best fits
    the `room` (points of the scale, shape (6,)) that each emotion leaves for shifts.

    Returns
    -------
    dict of str to numpy.ndarray
        For race and for gender, points of the scale, shape (6, n_levels), each row with mean 0; a factor of which
        nothing is published is left out.
    """
    tables = {}
    for factor, levels in FACTORS.items():
        known = targets.choices.directions.get(f"{condition}.{dimension}.{factor}", {})
        drawn = random.standard_normal(len(levels))
        main = np.array([known[level] for level in levels]) if known else drawn
        patterns = random.standard_normal((N_PATTERNS, len(EMOTIONS), len(levels)))
        variance = _variance(condition, dimension, f"{factor}_share", targets)
        variance_pattern = _variance(condition, dimension, f"{factor}_by_emotion_share", targets)
        if variance is not None and variance_pattern is not None:
            main = _scaled(main - main.mean(), variance)
            candidates = [main + _interaction(main, pattern, room, variance_pattern) for pattern in patterns]
            tables[factor] = min(candidates, key=lambda table: float((np.abs(table).max(axis=1) / room).max()))
    return tables


def _interaction(main: Numbers, pattern: Numbers, room: Numbers, variance: float) -> Numbers:
    """Deviations from the main effect, shape (6, n_levels), rows and columns with mean 0, of the given mean square.

    They grow with the room that an emotion leaves (its SD), and take the main effect away where there is none.
    """
    room = room / room.mean()
    uneven = np.outer(room - 1, main)
    uneven *= min(1.0, np.sqrt(0.8 * variance / max(float(np.mean(uneven**2)), 1e-12)))
    pattern = pattern * room[:, np.newaxis]
    pattern = pattern - pattern.mean(axis=0)
    pattern = pattern - pattern.mean(axis=1, keepdims=True)
    square, product = float(np.mean(pattern**2)), float(np.mean(pattern * uneven))
    lacking = variance - float(np.mean(uneven**2))
    factor = (np.sqrt(product**2 + square * lacking) - product) / square
    return np.asarray(uneven + factor * pattern)


def group_offsets(tables: dict[str, Numbers], faces: Faces) -> Numbers:
    """Shift of each image's rating by the race and gender of its face, shape (n_images,)."""
    offsets = np.zeros(faces.difficulty.size)
    for factor, table in tables.items():
        offsets += table[faces.emotion, position(faces.images[factor], FACTORS[factor])]
    return offsets


def group_aims(tables: dict[str, Numbers], faces: Faces, bias: Numbers, fixed: NDArray[np.bool_]) -> list[CellAims]:
    """Aims that keep each emotion's bias and put the groups' shifts around it.

    `bias`: present mean of machine - people of each emotion; `fixed`: emotions whose images cannot be moved; (6,).
    """
    aims = []
    for factor, table in tables.items():
        cell = faces.emotion * table.shape[1] + position(faces.images[factor], FACTORS[factor])
        goal = np.where(fixed[:, np.newaxis], np.nan, bias[:, np.newaxis] + table).ravel()
        aims.append(CellAims(cell, goal, np.full(goal.size, np.nan), GROUP_TOLERANCE, 1.0))
    return aims


def _variance(condition: str, dimension: str, quantity: str, targets: TwinTargets) -> float | None:
    """Published share of the variance of machine - people, in squared points of the scale; None if not published."""
    goal = targets.find(f"{condition}.{dimension}.{quantity}")
    total = targets.find(f"{condition}.{dimension}.sd_difference")
    sd = total.value if total else targets.choices.dimensions[condition][dimension].sd_difference
    return goal.value * sd**2 if goal and sd else None


def _scaled(contrast: Numbers, variance: float) -> Numbers:
    """The contrast with the given mean square."""
    return np.asarray(contrast * np.sqrt(variance / np.mean(contrast**2)))

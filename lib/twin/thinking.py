"""Simulated thinking tokens: longer for sad faces and for wrong answers, as published."""

from __future__ import annotations

import numpy as np
import polars as pl
from scipy.optimize import lsq_linear

from lib.twin.design import EMOTIONS, Faces, Indices, Numbers
from lib.twin.targets import Tokens, TwinTargets

OUTCOMES = ("wrong", "correct")
STEPS = ("emotion", "valence", "arousal")
CONCENTRATION = 60


def count_tokens(
    condition: str, faces: Faces, labels: pl.Series, targets: TwinTargets, random: np.random.Generator
) -> pl.Series:
    """Thinking tokens that one condition spent on each image, over all its steps.

    The mean of each cell (intended emotion x right or wrong) is the least-squares solution that meets the published
    means by emotion and by outcome and stays as near as it can to the chosen ones; images vary log-normally around it.

    Returns
    -------
    polars.Series
        Int64, one an image; null throughout if the condition does not think.
    """
    chosen = targets.choices.thinking.get(condition)
    if chosen is None:
        return pl.Series("thinking_tokens", [None] * labels.len(), dtype=pl.Int64)
    correct = (labels == faces.images["intended_emotion"]).fill_null(value=False).to_numpy().astype(np.int64)
    cell = faces.emotion * 2 + correct
    means = _cell_means(condition, cell, targets, chosen)
    tokens = np.zeros(cell.size, dtype=np.int64)
    for one in np.unique(cell):
        members = np.flatnonzero(cell == one)
        tokens[members] = _draw(means[one], members.size, chosen.spread, random)
    return pl.Series("thinking_tokens", tokens, dtype=pl.Int64)


def split_by_step(condition: str, tokens: pl.Series, targets: TwinTargets, random: np.random.Generator) -> pl.DataFrame:
    """Parts of `tokens` that each step took; they sum to `tokens` in every row.

    Returns
    -------
    polars.DataFrame
        thinking_tokens_<step>, Int64, for the steps of `STEPS`; null throughout if the condition does not think or is
        asked all at once.

    Notes
    -----
    Shares vary from image to image around the chosen ones (Dirichlet, concentration 60); tokens that rounding down
    leaves over go to the steps with the largest remainders.
    """
    names = [f"thinking_tokens_{step}" for step in STEPS]
    chosen = targets.choices.thinking.get(condition)
    if chosen is None or not chosen.steps:
        return pl.DataFrame({name: pl.Series([None] * tokens.len(), dtype=pl.Int64) for name in names})
    shares = np.array([chosen.steps[step] for step in STEPS])
    total = tokens.to_numpy()[:, np.newaxis]
    exact = random.dirichlet(CONCENTRATION * shares / shares.sum(), tokens.len()) * total
    whole = np.floor(exact).astype(np.int64)
    rank = np.argsort(np.argsort(whole - exact, axis=1, kind="stable"), axis=1)
    whole += rank < total - whole.sum(axis=1, keepdims=True)
    return pl.DataFrame({name: whole[:, place] for place, name in enumerate(names)})


def _cell_means(condition: str, cell: Indices, targets: TwinTargets, chosen: Tokens) -> Numbers:
    """Mean tokens of each cell, shape (12,); odd cells hold right answers."""
    n = np.bincount(cell, minlength=2 * len(EMOTIONS)).astype(np.float64)
    base = np.array([chosen.emotions[e] * (1 if right else chosen.wrong_factor) for e in EMOTIONS for right in (0, 1)])
    rows, wanted = [], []
    for target in targets.aimed.values():
        if (target.condition, target.quantity) != (condition, "thinking_tokens"):
            continue
        inside = np.ones_like(n)
        if target.emotion:
            inside = (np.arange(n.size) // 2 == EMOTIONS.index(target.emotion)).astype(np.float64)
        elif target.outcome:
            inside = (np.arange(n.size) % 2 == OUTCOMES.index(target.outcome)).astype(np.float64)
        rows.append(inside * n / (inside * n).sum())
        wanted.append(target.value)
    near = np.diag(0.01 * np.sqrt(n / n.sum()))
    system = np.vstack([np.array(rows), near])
    right_side = np.concatenate([wanted, near @ base])
    return np.asarray(lsq_linear(system, right_side, bounds=(1.0, np.inf)).x)


def _draw(mean: float, size: int, spread: float, random: np.random.Generator) -> Indices:
    """Log-normal whole numbers whose mean is `mean` to within half a token an image."""
    raw = np.exp(spread * random.standard_normal(size))
    exact = raw * mean / raw.mean()
    whole = np.floor(exact).astype(np.int64)
    missing = round(float(exact.sum() - whole.sum()))
    whole[np.argsort(whole - exact, kind="stable")[:missing]] += 1
    return np.asarray(whole)

"""First stage: the tower alone learns to see what a face was drawn with, action by action."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from lib.drawing.expressions import EMOTIONS
from lib.pocket.augment import as_seen, vary
from lib.pocket.faces import Faces, Lessons, units
from lib.pocket.model import see, tower_of
from lib.pocket.recipe import ModelRecipe, Recipe
from lib.pocket.training import Chance, Checkpoint, Progress, Stage, run

if TYPE_CHECKING:
    import torch

LOOKS, NEAR = 16, 8
"""Weighted means over the grid that one reader takes, and values that the other takes of every place."""
WEIGHTS = {"actions": 6.0, "emotion": 1.0, "intensity": 4.0}
SMOOTH = 0.05
"""Share of the emotion's target that is spread over all emotions."""
AT_ONCE = 64


def learn_to_see(
    model: Any,  # noqa: ANN401
    recipe: Recipe,
    lessons: Lessons,
    checkpoint: Checkpoint,
    report: Callable[[Progress], None],
) -> None:
    """Train the tower. The heads that read it are only needed for that, and are not part of the model.

    They are given what the renderer was told: the weight of every face unit (mean squared error), the emotion (cross
    entropy) and the intensity (mean squared error).
    """
    import torch

    training, heads = lessons.training, _heads(recipe.model)
    emotion, intensity = torch.from_numpy(training.emotion), torch.from_numpy(training.intensity)

    def loss(rows: np.ndarray[Any, np.dtype[np.int64]], chance: Chance) -> torch.Tensor:
        pixels, actions = vary(training.pixels[rows], training.actions[rows], chance.torch)
        both = _read(heads, see(model, pixels)).values()
        return sum((_loss(read, actions, emotion[rows], intensity[rows]) for read in both), start=torch.zeros(()))

    modules = {"tower": tower_of(model), "heads": heads}
    stage = Stage(
        "seeing",  recipe.seeing, recipe.seed, modules, len(training), loss,
        lambda: _figures(model, heads, lessons.validation),
    )  # fmt: skip
    run(stage, checkpoint, report)


def _heads(recipe: ModelRecipe) -> torch.nn.ModuleDict:
    """Two readers of the grid, which learn side by side.

    One joins a few values of every place, and so learns soon what is where in a face; the other sees weighted means
    over places, as attention gives them, and so sees to it that places say what they show wherever they are.
    """
    from torch import nn

    outputs = {"actions": len(units()), "emotion": len(EMOTIONS), "intensity": 1}
    widths = {"means": LOOKS * recipe.width, "places": NEAR * recipe.places}
    heads = nn.ModuleDict({
        "norm": nn.LayerNorm(recipe.width), "looks": nn.Linear(recipe.width, LOOKS),
        "near": nn.Linear(recipe.width, NEAR),
    })  # fmt: skip
    for reader, width in widths.items():
        for name, size in outputs.items():
            heads[f"{reader}_{name}"] = last = nn.Linear(width, size)
            nn.init.zeros_(last.weight)
            nn.init.zeros_(last.bias)
    return heads


def _read(heads: torch.nn.ModuleDict, places: torch.Tensor) -> dict[str, dict[str, torch.Tensor]]:
    """From the places of the grid (n, places, width) to what the face was drawn with, as each reader has it."""
    normal = heads["norm"](places)
    looks = heads["looks"](normal).softmax(dim=1)
    joined = {"means": (looks.transpose(1, 2) @ normal).flatten(1), "places": heads["near"](normal).flatten(1)}
    return {reader: {name: heads[f"{reader}_{name}"](values) for name in WEIGHTS} for reader, values in joined.items()}


def _loss(
    read: dict[str, torch.Tensor], actions: torch.Tensor, emotion: torch.Tensor, intensity: torch.Tensor
) -> torch.Tensor:
    from torch.nn.functional import cross_entropy, mse_loss

    parts = {
        "actions": mse_loss(read["actions"], actions),
        "emotion": cross_entropy(read["emotion"], emotion, label_smoothing=SMOOTH),
        "intensity": mse_loss(read["intensity"][:, 0], intensity),
    }
    total = sum(WEIGHTS[name] * part for name, part in parts.items())
    assert not isinstance(total, int | float)
    return total


def _figures(model: Any, heads: torch.nn.ModuleDict, faces: Faces) -> dict[str, float]:  # noqa: ANN401
    """Share of right emotions by both readers, and errors (root mean square) of intensity and actions by the means."""
    import torch

    parts = []
    with torch.no_grad():
        for start in range(0, len(faces), AT_ONCE):
            read = _read(heads, see(model, as_seen(faces.pixels[start : start + AT_ONCE])))
            given = {name: values.numpy() for name, values in read["means"].items()}
            parts.append(given | {"near": read["places"]["emotion"].numpy()})
    read_all = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    return {
        "accuracy_near": float((read_all["near"].argmax(1) == faces.emotion).mean()),
        "accuracy": float((read_all["emotion"].argmax(1) == faces.emotion).mean()),
        "intensity_error": float(np.sqrt(((read_all["intensity"][:, 0] - faces.intensity) ** 2).mean())),
        "action_error": float(np.sqrt(((read_all["actions"] - faces.actions) ** 2).mean())),
    }

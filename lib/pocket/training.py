"""A stage of training: epochs, their speed, and a checkpoint after each, from which it goes on as if never stopped."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lib.files import write_aside
from lib.pocket.recipe import Schedule

if TYPE_CHECKING:
    import torch

WARM_UP, LAST = 0.06, 0.01
"""Share of steps until the highest rate, and what is left of it at the end."""
LARGEST_STEP = 1.0
"""Gradients are shortened to this length."""


@dataclass(frozen=True)
class Chance:
    """Random numbers of one epoch; the next one's do not depend on how many were drawn."""

    numpy: np.random.Generator
    torch: torch.Generator


@dataclass(frozen=True)
class Progress:
    """What a stage says after each epoch: its loss, averaged, and figures of its own, measured on validation faces."""

    stage: str
    epoch: int
    epochs: int
    figures: Mapping[str, float]


@dataclass(frozen=True)
class Checkpoint:
    """Where a stage's state is kept, and the mark of what all it depends on: with another mark it is not taken up."""

    path: Path
    mark: str


@dataclass(frozen=True)
class Stage:
    """What is trained, and how.

    Attributes
    ----------
    name : str
    schedule : Schedule
    seed : int
    modules : dict of modules
        Whose parameters are learned.
    rows : int
        Examples.
    loss
        Gives the loss of a batch, by its rows.
    check
        Gives figures after an epoch.
    """

    name: str
    schedule: Schedule
    seed: int
    modules: Mapping[str, torch.nn.Module]
    rows: int
    loss: Callable[[NDArray[np.int64], Chance], torch.Tensor]
    check: Callable[[], Mapping[str, float]]

    @property
    def steps(self) -> int:
        """Of one epoch; a last batch that is not full is left out, unless it is the only one."""
        return max(1, self.rows // self.schedule.batch)


def run(stage: Stage, checkpoint: Checkpoint, report: Callable[[Progress], None]) -> None:
    """Train a stage, or what is left of it; in the end `modules` are trained.

    The same stage gives the same weights, bit by bit, on one machine with one number of threads and one version of
    torch, however often it was stopped between epochs.
    """
    named = [(f"{part}.{name}", values) for part, module in stage.modules.items()
             for name, values in module.named_parameters()]  # fmt: skip
    optimiser = _optimiser(named, stage.schedule)
    begun = _resume(checkpoint, stage, named, optimiser)
    for epoch in range(begun, stage.schedule.epochs):
        total = 0.0
        for step, (rows, chance) in enumerate(_batches(stage, epoch)):
            total += _learn(stage, optimiser, rows, chance, epoch * stage.steps + step)
        _save(checkpoint, named, optimiser, epoch + 1)
        report(Progress(stage.name, epoch + 1, stage.schedule.epochs, {"loss": total / stage.steps, **stage.check()}))


def rate_at(schedule: Schedule, step: int, steps: int) -> float:
    """The rate at a step of so many: a straight rise, then half a cosine down to a hundredth."""
    rise = max(1.0, WARM_UP * steps)
    if step < rise:
        return schedule.rate * (step + 1) / (rise + 1)
    along = (step - rise) / max(1.0, steps - rise)
    return schedule.rate * (LAST + (1 - LAST) * 0.5 * (1 + math.cos(math.pi * along)))


def _optimiser(named: list[tuple[str, torch.nn.Parameter]], schedule: Schedule) -> torch.optim.AdamW:
    import torch

    groups = [
        {"params": [values for _, values in named if values.ndim >= 2], "weight_decay": schedule.decay},
        {"params": [values for _, values in named if values.ndim < 2], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=schedule.rate, betas=(0.9, 0.98))


def _batches(stage: Stage, epoch: int) -> Iterator[tuple[NDArray[np.int64], Chance]]:
    import torch

    drawn = np.random.default_rng([stage.seed, *stage.name.encode(), epoch])
    chance = Chance(drawn, torch.Generator().manual_seed(int(drawn.integers(1 << 62))))
    order = drawn.permutation(stage.rows)
    size = min(stage.schedule.batch, stage.rows)
    for step in range(stage.steps):
        yield order[step * size : (step + 1) * size], chance


def _learn(stage: Stage, optimiser: Any, rows: NDArray[np.int64], chance: Chance, step: int) -> float:  # noqa: ANN401
    import torch

    for group in optimiser.param_groups:
        group["lr"] = rate_at(stage.schedule, step, stage.schedule.epochs * stage.steps)
    loss = stage.loss(rows, chance)
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    held = [values for group in optimiser.param_groups for values in group["params"]]
    torch.nn.utils.clip_grad_norm_(held, LARGEST_STEP)
    optimiser.step()
    return float(loss.detach())


def _save(
    checkpoint: Checkpoint,
    named: list[tuple[str, torch.nn.Parameter]],
    optimiser: Any,  # noqa: ANN401
    epoch: int,
) -> None:
    from safetensors.torch import save_file

    tensors = {}
    for name, values in named:
        tensors[f"values/{name}"] = values.detach().contiguous()
        state = optimiser.state.get(values, {})
        for kind in ("exp_avg", "exp_avg_sq"):
            if kind in state:
                tensors[f"{kind}/{name}"] = state[kind].contiguous()
    about = {"mark": checkpoint.mark, "epoch": str(epoch)}
    write_aside(checkpoint.path, lambda temporary: save_file(tensors, temporary, metadata=about))


def _resume(
    checkpoint: Checkpoint,
    stage: Stage,
    named: list[tuple[str, torch.nn.Parameter]],
    optimiser: Any,  # noqa: ANN401
) -> int:
    """Take up a checkpoint; gives how many epochs are done, 0 where there is none of this mark."""
    import torch
    from safetensors import SafetensorError, safe_open

    if not checkpoint.path.is_file():
        return 0
    try:
        with safe_open(checkpoint.path, framework="pt") as held:
            about = held.metadata() or {}
            if about.get("mark") != checkpoint.mark:
                return 0
            tensors = {name: held.get_tensor(name) for name in held.keys()}  # noqa: SIM118, no dict
    except (SafetensorError, OSError):
        return 0
    epoch = int(about["epoch"])
    with torch.no_grad():
        for name, values in named:
            values.copy_(tensors[f"values/{name}"])
            if f"exp_avg/{name}" in tensors:
                optimiser.state[values] = {
                    "step": torch.tensor(float(epoch * stage.steps)),
                    "exp_avg": tensors[f"exp_avg/{name}"],
                    "exp_avg_sq": tensors[f"exp_avg_sq/{name}"],
                }
    return epoch

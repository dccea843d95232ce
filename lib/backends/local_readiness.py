"""Whether models in this process could be asked now: their library is installed, and their weights are there."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable

from lib.contracts.condition import Condition
from lib.errors import BackendUnavailableError
from lib.local.families import family_of
from lib.local.mlx_loading import refuse_family
from lib.local.weights import find_weights
from lib.roots import root_or_here

NEEDS = {"transformers": "torch", "mlx": "mlx_vlm"}
"""The package that each kind needs."""


def cure(name: str, conditions: Iterable[Condition]) -> str | None:
    """Give the one thing to do before these conditions can be asked; None if they are ready. Nothing is loaded."""
    if importlib.util.find_spec(NEEDS[name]) is None:
        return f"{NEEDS[name]} is not installed. Run `make local`."
    return next((problem for one in conditions if (problem := problem_of(one)) is not None), None)


def problem_of(condition: Condition) -> str | None:
    """Why one condition's model cannot be loaded, with the cure, as far as its files tell; None if it can."""
    try:
        weights = find_weights(condition.model, condition.local.revision, root_or_here())
        family_of(weights.model_type, str(weights.folder))
        if condition.backend == "mlx":
            refuse_family(weights)
    except BackendUnavailableError as error:
        return str(error)
    return None

"""Settings of a condition that a model in MLX cannot take."""

from __future__ import annotations

from lib.backends import local_settings
from lib.backends.refusing import refuse
from lib.contracts.condition import Condition


def check(condition: Condition) -> None:
    """Refuse what no model in this process takes, and questions side by side.

    Raises
    ------
    lib.errors.ParameterError
        One of the settings is of that kind.
    """
    local_settings.check(condition)
    if condition.local.batch not in {"auto", 1}:
        raise refuse(
            condition, "local.batch", condition.local.batch, "MLX answers one question at a time", "Take it out."
        )

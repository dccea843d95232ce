"""Settings of a condition that a model in this process cannot take."""

from __future__ import annotations

from lib.backends.refusing import refuse, refuse_decoding
from lib.contracts.condition import Condition

NAMES = {"transformers": "transformers", "mlx": "MLX"}


def check(condition: Condition) -> None:
    """Refuse what models in this process have no use for.

    Raises
    ------
    lib.errors.ParameterError
        One of the settings is of that kind.
    """
    library = NAMES.get(condition.backend, condition.backend)
    refuse_decoding(condition, library, "image_detail", "media_resolution")
    if condition.server is not None:
        raise refuse(
            condition, "server", condition.server, f"{library} runs the model in this process",
            "Take it out, or ask the server with backend openai or ollama.",
        )  # fmt: skip

"""What decides how large a model's traces are, from its config and one question; no weights are loaded."""

from __future__ import annotations

from typing import Any

from lib.contracts.condition import Decoding, Thinking
from lib.local.engine import Request
from lib.local.prompting import Prompter
from lib.local.turns import ROOM_TO_ANSWER, ROOM_TO_THINK
from lib.protocol.question import Picture
from lib.traces.disk import Shape

QUESTION = "What is this?"


def shape_of_model(
    prompter: Prompter, decoding: Decoding, thinking: Thinking, picture: Picture | None, expected: int
) -> Shape:
    """The shape of a model's traces.

    Parameters
    ----------
    prompter
        Of the model.
    decoding, thinking
        Of the condition; they say how long an answer may get.
    picture
        One of the study's; its grid stands for all. None asks without image.
    expected
        Tokens of an answer as expected.

    Raises
    ------
    lib.errors.DataError
        The picture cannot be decoded.
    lib.errors.BackendUnavailableError
        The model drops the image.
    """
    text = prompter.config.get_text_config()
    layers = int(text.num_hidden_layers)
    longest = decoding.max_tokens or ROOM_TO_ANSWER
    thought = {"off": 0, "budget": thinking.budget or 0, "dynamic": ROOM_TO_THINK}[thinking.mode]
    grid = None
    if picture is not None:
        grid = prompter.prepare(Request("shape", QUESTION, picture, decoding, thinking)).grid
    crossed = len(text.cross_attention_layers) if prompter.family.crossed else layers
    return Shape(
        layers=layers,
        heads=int(text.num_attention_heads),
        width=int(text.hidden_size),
        seeing=crossed,
        places=grid.rows * grid.columns if grid is not None else 0,
        vision=_vision(prompter.config.vision_config) if grid is not None else 0,
        answer=min(expected, longest),
        longest=longest,
        thinking=thought,
    )


def _vision(config: Any) -> int:  # noqa: ANN401, of transformers
    """Layers times heads times places of the vision tower; 0 where its config has other names for them."""
    try:
        layers, heads = int(config.num_hidden_layers), int(config.num_attention_heads)
        size, patch = (
            one[0] if isinstance(one, list | tuple) else one for one in (config.image_size, config.patch_size)
        )
    except AttributeError:
        return 0
    return layers * heads * (int(size) // int(patch)) ** 2

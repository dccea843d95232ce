"""A trial with a blank picture before hours are spent, for models in MLX."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lib.contracts.condition import Decoding, Thinking
from lib.errors import BackendUnavailableError, DataError
from lib.local.engine import Request
from lib.local.probing import blank_picture
from lib.local.turns import CLOSE

if TYPE_CHECKING:
    from lib.local.mlx_engine import MlxEngine
    from lib.local.prompting import Prepared


def probe(engine: MlxEngine, thinking: Thinking) -> None:
    """Count a blank picture's tokens and features, and see what thinking needs.

    mlx-vlm itself compares them in some families only: Qwen2.5-VL's code answers without the image where the prompt has
    no image tokens, and without a part of it where it has too few.

    Raises
    ------
    BackendUnavailableError
        Model and version of mlx-vlm do not fit, and which they are; or the model has no tag that ends thinking.
    """
    identity = engine.identity
    who = f"{identity.model} ({identity.family}, {identity.library})"
    if thinking.mode != "off" and engine.answerer.words.closing is None:
        raise BackendUnavailableError(
            f"{who}: thinking.mode: got {thinking.mode!r}, but the model has no token {CLOSE} that would end it. "
            "Set thinking to off, or take a model that thinks."
        )
    try:
        prepared = engine.prompter.prepare(
            Request("probe", "What is this?", blank_picture(), Decoding(max_tokens=1), thinking)
        )
        features = count_features(engine, prepared)
    except (DataError, ValueError, TypeError, IndexError, RuntimeError, AttributeError) as error:
        raise BackendUnavailableError(
            f"{who}: its vision tower does not take what its processor gives ({' '.join(str(error).split())[:160]}). "
            "Take another version of mlx-vlm, the same model from mlx-community, or backend transformers."
        ) from error
    if features is not None and features != len(prepared.image_at):
        raise BackendUnavailableError(
            f"{who}: image features and image tokens do not match: {len(prepared.image_at)} tokens, {features} features. "
            "Take another version of mlx-vlm, the same model from mlx-community, or backend transformers."
        )


def count_features(engine: MlxEngine, prepared: Prepared) -> int | None:
    """How many features an image has; None in a family whose words see it otherwise.

    Counted where features are put in the place of tokens: in a prompt with twice the image tokens, some stay as they
    were if there are too few.
    """
    raise NotImplementedError

"""A trial with a blank picture before hours are spent: that image tokens and features fit, and the model can think."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from lib.contracts.condition import Decoding, Thinking
from lib.errors import BackendUnavailableError
from lib.local.engine import Request
from lib.local.loading import is_out_of_memory
from lib.local.turns import CLOSE
from lib.protocol.question import Picture

if TYPE_CHECKING:
    import torch

    from lib.local.transformers_engine import TransformersEngine

SIZE = (96, 64)


def blank_picture() -> Picture:
    """A grey picture, wider than high."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.new("RGB", SIZE, (128, 128, 128)).save(buffer, "PNG")
    return Picture(buffer.getvalue(), "image/png")


def refuse_thinking(who: str, thinking: Thinking, can_end: bool) -> None:
    """Refuse thinking of a model that has no token which ends it.

    Raises
    ------
    BackendUnavailableError
        With the cure.
    """
    if thinking.mode != "off" and not can_end:
        raise BackendUnavailableError(
            f"{who}: thinking.mode: got {thinking.mode!r}, but the model has no token {CLOSE} that would end it. "
            "Set thinking to off, or take a model that thinks."
        )


def probe(engine: TransformersEngine, thinking: Thinking) -> None:
    """Ask for one token about a blank picture; see what an image's tokens and features are, and what thinking needs.

    Raises
    ------
    BackendUnavailableError
        Model and library do not fit, and which they are; or the model has no tag that ends thinking.
    """
    identity, words = engine.identity, engine.answerer.words
    who = f"{identity.model} ({identity.family}, {identity.library})"
    refuse_thinking(who, thinking, words.closing is not None)
    request = Request("probe", "What is this?", blank_picture(), Decoding(max_tokens=1), thinking)
    prepared = engine.prompter.prepare(request)
    try:
        counted = _features(engine, prepared.tensors)
    except RuntimeError as error:
        if is_out_of_memory(error):
            raise BackendUnavailableError(
                f"{who}: one image does not fit into the memory of {identity.device} beside the model. "
                "Set local.precision to a smaller one, or take a smaller model."
            ) from error
        raise BackendUnavailableError(
            f"{who}: its vision tower does not take what its processor gives ({' '.join(str(error).split())[:160]}). "
            "Pull the model again, or take another revision."
        ) from error
    if counted is not None and counted != len(prepared.image_at):
        raise BackendUnavailableError(
            f"{who}: image features and image tokens do not match: {len(prepared.image_at)} tokens, {counted} "
            "features. Processor and weights are not of one model or version: pull it again, or take another revision."
        )


def _features(engine: TransformersEngine, tensors: dict[str, torch.Tensor]) -> int | None:
    """How many features an image has; None in a family whose words see it otherwise."""
    if engine.family.crossed:
        return None
    device, dtype = engine.reader.device, engine.model.dtype
    given = {
        name: values.to(device, dtype) if values.is_floating_point() else values.to(device)
        for name, values in tensors.items()
        if name in engine.family.vision
    }
    features = engine.model.get_image_features(**given, return_dict=True).pooler_output
    if isinstance(features, list | tuple):
        return sum(len(part) for part in features)
    return int(features.shape[:-1].numel())

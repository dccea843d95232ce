"""A trial with a blank picture before hours are spent, for models in MLX."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lib.contracts.condition import Decoding, Thinking
from lib.contracts.local_model import Local
from lib.errors import BackendUnavailableError, DataError
from lib.local.engine import Request
from lib.local.families import family_of
from lib.local.mlx_folder import read_headers
from lib.local.mlx_loading import pick_device, refuse_family
from lib.local.mlx_reading import MlxReader
from lib.local.mlx_watching import Watched
from lib.local.precheck import try_prompt
from lib.local.probing import blank_picture, refuse_thinking
from lib.local.weights import find_weights

if TYPE_CHECKING:
    from lib.local.mlx_engine import MlxEngine
    from lib.local.prompting import Prepared

CURE = "Take another version of mlx-vlm, the same model from mlx-community, or backend transformers."


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
    refuse_thinking(who, thinking, engine.answerer.words.closing is not None)
    try:
        prepared = engine.prompter.prepare(
            Request("probe", "What is this?", blank_picture(), Decoding(max_tokens=1), thinking)
        )
        counted = count_image(engine.reader, prepared)
    except (DataError, ValueError, TypeError, IndexError, RuntimeError, AttributeError) as error:
        raise BackendUnavailableError(
            f"{who}: does not take what its processor gives ({' '.join(str(error).split())[:160]}). {CURE}"
        ) from error
    if counted is None:
        return
    replaced, features = counted
    if len(replaced) != features or replaced != prepared.image_at:
        raise BackendUnavailableError(
            f"{who}: image features and image tokens do not match: {len(prepared.image_at)} tokens, of which "
            f"{len(set(replaced) & set(prepared.image_at))} get an image's feature, and {features} features. {CURE}"
        )


def count_image(reader: MlxReader, prepared: Prepared) -> tuple[tuple[int, ...], int] | None:
    """Where the image takes the place of words, and how many features there are; None where words see it otherwise.

    The first is where the embeddings of the prompt with and without its image differ.
    """
    if reader.family.crossed:
        return None
    network = reader.network
    names = ("connector", "multi_modal_projector", "vision_tower")
    last = Watched(getattr(network, next(name for name in names if name in network)))
    try:
        shown = reader.embedded(prepared.ids, reader.tensors(prepared, reader.family.vision))["inputs_embeds"]
    finally:
        last.leave()
    plain = reader.embedded(prepared.ids, {})["inputs_embeds"]
    features = last.latest[0] if isinstance(last.latest, tuple) else last.latest
    differs = (shown != plain).any(axis=-1)[0].tolist()
    reader.counts.vision_passes -= 1
    return tuple(place for place, other in enumerate(differs) if other), features.size // features.shape[-1]


def precheck(model: str, local: Local, thinking: Thinking, root: Path | None = None) -> None:
    """Find a model, see that mlx-vlm runs its family, and count the image's tokens in a question; loads no weights.

    Raises
    ------
    BackendUnavailableError
        With the cure.
    """
    weights = find_weights(model, local.revision, root)
    refuse_family(weights)
    pick_device(local.device)
    read_headers(weights)
    try_prompt(weights, family_of(weights.model_type, str(weights.folder)), thinking)

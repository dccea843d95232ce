"""The pocket rater's model: LLaVA with a small CLIP tower and a small Llama, from chance weights to a folder.

LLaVA is the plainest of the families that `lib.local` runs: a square grid of image tokens, one a patch, that come first
and are read once for all questions, and attention to them in every layer.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lib.pocket.recipe import ModelRecipe
from lib.pocket.words import IMAGE, TEMPLATE

if TYPE_CHECKING:
    import torch

PROCESSOR = "LlavaProcessor"
CONTEXT = 1024
MEAN = SPREAD = 0.5
"""Of pixels from 0 to 1; the model sees -1 to 1."""
INNER = ("o_proj", "down_proj", "out_proj", "fc2")
"""Layers whose output is added to what was there."""


@contextmanager
def steady(threads: int, seed: int) -> Iterator[None]:
    """Make what happens in here the same each time: so many threads, chance from `seed`, one order of sums."""
    import torch

    before, exact = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(mode=True)
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            yield
    finally:
        torch.use_deterministic_algorithms(mode=exact)
        torch.set_num_threads(before)


def new_model(recipe: ModelRecipe, words: Any) -> Any:  # noqa: ANN401, of transformers
    """Build the model with weights of chance (float32), drawn from torch's generator.

    Weights have a standard deviation of 1 / sqrt(inputs), those whose output is added to a layer's input less the more
    layers there are; positions in the image begin as sines and cosines of row and column (Vaswani et al., 2017).
    """
    import torch
    import transformers

    model = transformers.LlavaForConditionalGeneration(_config(recipe, words)).float()
    with torch.no_grad():
        for name, values in model.named_parameters():
            if values.ndim == 4:
                values.normal_(0, values[0].numel() ** -0.5)
            elif values.ndim == 2 and "embed" not in name:
                depth = recipe.tower_layers if "vision_tower" in name else recipe.text_layers
                added = any(part in name for part in INNER)
                values.normal_(0, values.shape[1] ** -0.5 / (math.sqrt(2 * depth) if added else 1))
            elif values.ndim == 2:
                values.normal_(0, 0.5)
        _positions_of(model)[1:] = 0.5 * _sines(recipe.grid, recipe.width)
        _positions_of(model)[0] = 0
    return model


def tower_of(model: Any) -> Any:  # noqa: ANN401
    """The vision tower."""
    return model.model.vision_tower


def see(model: Any, pixels: torch.Tensor) -> torch.Tensor:  # noqa: ANN401
    """What the tower gives for pictures (n, 3, side, side) from -1 to 1: (n, places, width)."""
    return tower_of(model)(pixel_values=pixels).last_hidden_state[:, 1:]


def save_model(model: Any, recipe: ModelRecipe, words: Any, folder: Path) -> None:  # noqa: ANN401
    """Write a folder as the hub's are: settings, words and weights, held in float16."""
    import copy

    import torch

    folder.mkdir(parents=True, exist_ok=True)
    half = copy.deepcopy(model).to(torch.float16)
    half.save_pretrained(folder)
    words.save_pretrained(folder)
    _pictures(recipe).save_pretrained(folder)
    own = {
        "processor_class": PROCESSOR, "patch_size": recipe.patch, "vision_feature_select_strategy": "default",
        "num_additional_image_tokens": 1, "image_token": IMAGE,
    }  # fmt: skip
    (folder / "processor_config.json").write_text(json.dumps(own, indent=2) + "\n", encoding="utf-8")
    (folder / "chat_template.jinja").write_text(TEMPLATE, encoding="utf-8")


def count_parameters(model: Any) -> int:  # noqa: ANN401
    """How many numbers the model has learned."""
    return sum(values.numel() for values in model.parameters())


def _config(recipe: ModelRecipe, words: Any) -> Any:  # noqa: ANN401
    import transformers

    ids = {name: getattr(words, name) for name in ("bos_token_id", "eos_token_id", "pad_token_id")}
    shape = {
        "hidden_size": recipe.width, "intermediate_size": recipe.width * recipe.wider,
        "num_attention_heads": recipe.heads,
    }  # fmt: skip
    vision = {
        "model_type": "clip_vision_model", "image_size": recipe.image, "patch_size": recipe.patch,
        "projection_dim": recipe.width, "num_hidden_layers": recipe.tower_layers, **shape,
    }  # fmt: skip
    text = {
        "model_type": "llama", "num_hidden_layers": recipe.text_layers, "num_key_value_heads": recipe.heads,
        "max_position_embeddings": CONTEXT, "vocab_size": len(words), "tie_word_embeddings": False, **shape, **ids,
    }  # fmt: skip
    return transformers.LlavaConfig(
        vision_config=vision, text_config=text, image_token_index=words.image_token_id, image_seq_length=recipe.places,
        vision_feature_layer=-1, vision_feature_select_strategy="default", tie_word_embeddings=False, **ids,
    )  # fmt: skip


def _pictures(recipe: ModelRecipe) -> Any:  # noqa: ANN401
    import transformers

    side = {"height": recipe.image, "width": recipe.image}
    return transformers.CLIPImageProcessorPil(
        size=side, do_center_crop=False, resample=3, image_mean=[MEAN] * 3, image_std=[SPREAD] * 3
    )


def _positions_of(model: Any) -> torch.Tensor:  # noqa: ANN401
    values: torch.Tensor = next(
        values for name, values in tower_of(model).named_parameters() if name.endswith("position_embedding.weight")
    )
    return values


def _sines(grid: int, width: int) -> torch.Tensor:
    """Sines and cosines (grid x grid, width) of each place's row and column, waves of 1 to 100 places."""
    import torch

    waves = 100.0 ** -(np.arange(width // 4) / (width // 4))
    angles = np.arange(grid)[:, None] * waves
    one = np.concatenate([np.sin(angles), np.cos(angles)], axis=1)
    rows, columns = np.repeat(one, grid, axis=0), np.tile(one, (grid, 1))
    return torch.tensor(np.concatenate([rows, columns], axis=1), dtype=torch.float32)

"""What differs between families of vision-language models, one entry each; everything else is the same code.

The facts were read from transformers 5.23 and are held by `tests/local` on a tiny model of every family.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from lib.errors import BackendUnavailableError


@dataclass(frozen=True, slots=True)
class Family:
    """One family.

    Attributes
    ----------
    processor : str
        The class in transformers that turns words and pictures into inputs.
    grid : str
        How an image's tokens lie: `square`, `given` (the processor says rows and columns), `tiles` (see `crossed`).
    fit : str
        How a picture is put on the grid: `stretch` over all of it, `crop` its centre, or `pad` at right and bottom.
    template : bool
        Whether it has a chat template; one without gets the image marker and the words.
    prefix : bool
        Whether what stands before the words of a question can be computed once for all questions about an image. Not
        where the image attends to the words (PaliGemma); its vision features are then computed once all the same.
    crossed : bool
        Whether words see the image in cross-attention layers of their own instead of as tokens.
    rope : bool
        Whether positions have three dimensions that the image's rows and columns enter.
    eager : bool
        Whether only the plain attention gives right numbers (capped attention scores).
    thinks : bool
        Whether it has models that reason before they answer.
    types : str or None
        The input that tells image tokens from words.
    vision : tuple of str
        Inputs of the vision tower.
    images : tuple of pairs
        Settings of the processor that make one grid of an image.
    """

    processor: str
    grid: Literal["square", "given", "tiles"] = "square"
    fit: Literal["stretch", "crop", "pad"] = "stretch"
    template: bool = True
    prefix: bool = True
    crossed: bool = False
    rope: bool = False
    eager: bool = False
    thinks: bool = False
    types: str | None = None
    vision: tuple[str, ...] = ("pixel_values",)
    images: tuple[tuple[str, bool], ...] = ()


def _qwen(processor: str, *, thinks: bool = False) -> Family:
    return Family(
        processor, grid="given", rope=True, thinks=thinks, types="mm_token_type_ids",
        vision=("pixel_values", "image_grid_thw"),
    )  # fmt: skip


_IDEFICS = Family(
    "Idefics3Processor",
    vision=("pixel_values", "pixel_attention_mask"),
    images=(("do_image_splitting", False),),
)
FAMILIES: Mapping[str, Family] = MappingProxyType({
    "paligemma": Family(
        "PaliGemmaProcessor", template=False, prefix=False, eager=True, types="token_type_ids"
    ),
    "llava": Family("LlavaProcessor", fit="crop"),
    "qwen2_vl": _qwen("Qwen2VLProcessor"),
    "qwen2_5_vl": _qwen("Qwen2_5_VLProcessor"),
    "qwen3_vl": _qwen("Qwen3VLProcessor", thinks=True),
    "internvl": Family("InternVLProcessor", images=(("crop_to_patches", False),)),
    "gemma3": Family(
        "Gemma3Processor", types="token_type_ids", images=(("do_pan_and_scan", False),)
    ),
    "mllama": Family(
        "MllamaProcessor", grid="tiles", fit="pad", crossed=True,
        vision=("pixel_values", "aspect_ratio_ids", "aspect_ratio_mask"),
    ),
    "smolvlm": Family("SmolVLMProcessor", vision=_IDEFICS.vision, images=_IDEFICS.images),
    "idefics3": _IDEFICS,
})  # fmt: skip


def family_of(model_type: str, where: str) -> Family:
    """Give a family by the `model_type` of a model's config.

    Raises
    ------
    BackendUnavailableError
        There is none of this name.
    """
    family = FAMILIES.get(model_type)
    if family is None:
        raise BackendUnavailableError(
            f"{where}: model_type: got {model_type!r}, but this version runs {', '.join(FAMILIES)}. "
            "Take a model of one of these, or ask this one through a server (backend openai or ollama)."
        )
    return family

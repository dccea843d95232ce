"""How a family puts a picture on its grid of image tokens."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lib.errors import BackendUnavailableError
from lib.local.families import Family
from lib.local.grids import Grid


def grid_of(
    family: Family,
    config: Any,  # noqa: ANN401, of transformers
    processor: Any,  # noqa: ANN401
    inputs: dict[str, Any],
    *,
    tokens: int,
    size: tuple[int, int],
) -> Grid:
    """Where an image's tokens lie on a picture of `size` (width, height).

    Raises
    ------
    BackendUnavailableError
        The tokens are no grid, so model and version of transformers do not fit.
    """
    width, height = size
    whole = (0.0, 0.0, float(width), float(height))
    if family.grid == "given":
        _, rows, columns = (int(value) for value in inputs["image_grid_thw"][0])
        merge = int(config.vision_config.spatial_merge_size)
        return Grid(rows // merge, columns // merge, whole, size)
    if family.grid == "tiles":
        return _tiled(config, processor, inputs, size)
    side = math.isqrt(tokens)
    if side * side != tokens:
        raise BackendUnavailableError(
            f"{config.model_type}: got {tokens} image tokens, which are no square grid. This version of transformers "
            "prepares images of this family otherwise; install the locked one (make local)."
        )
    if family.fit == "crop" and getattr(processor.image_processor, "do_center_crop", True):
        short = min(width, height)
        left, top = (width - short) / 2, (height - short) / 2
        return Grid(side, side, (left, top, left + short, top + short), size)
    return Grid(side, side, whole, size)


def cross_columns(config: Any, inputs: dict[str, Any], keys: int) -> NDArray[np.int64]:  # noqa: ANN401
    """Columns of cross-attention (one a patch of a tile, each tile behind its class token), row by row of the grid."""
    down, across = _tiles(config, inputs)
    each = keys // int(config.vision_config.max_num_tiles)
    side = math.isqrt(each - 1)
    tile = np.arange(down * across).reshape(down, across)
    patch = np.arange(side * side).reshape(side, side)
    columns = tile[:, None, :, None] * each + 1 + patch[None, :, None, :]
    return columns.reshape(-1)


def _tiles(config: Any, inputs: dict[str, Any]) -> tuple[int, int]:  # noqa: ANN401
    """How many tiles there are one above and one beside the other."""
    number = int(inputs["aspect_ratio_ids"].reshape(-1)[0])
    down, across = config.vision_config.supported_aspect_ratios[number - 1]
    return int(down), int(across)


def _tiled(config: Any, processor: Any, inputs: dict[str, Any], size: tuple[int, int]) -> Grid:  # noqa: ANN401
    """The picture is made as large as fits into the tiles; what is left at the right and the bottom is empty."""
    from transformers.models.mllama.image_processing_pil_mllama import get_image_size_fit_to_canvas

    vision = config.vision_config
    down, across = _tiles(config, inputs)
    side = int(vision.image_size) // int(vision.patch_size)
    tile = int(processor.image_processor.size["height"])
    width, height = size
    new_height, new_width = get_image_size_fit_to_canvas(height, width, down * tile, across * tile, tile)
    box = (0.0, 0.0, float(across * tile * width / new_width), float(down * tile * height / new_height))
    return Grid(down * side, across * side, box, size)

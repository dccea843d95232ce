"""How many tokens providers count for an image, by their own documented rules."""

from __future__ import annotations

import math
from pathlib import Path

from lib.contracts.condition import Decoding
from lib.contracts.prices import ImageResolutions, ImageTiles, Range

FITS_INTO = 2048
SHORTER_SIDE = 768
TILE = 512

Size = tuple[int, int]


def image_tokens(rule: ImageTiles | ImageResolutions, decoding: Decoding, size: Size) -> Range:
    """Least and most tokens that one image of `size` (width, height in pixels, as it is sent) counts as.

    Checked against OpenAI's own examples of the rule (with its other models' 85 and 170 tokens: 1024 x 1024 is 765,
    2048 x 4096 is 1105) and against counts that its server reported for gpt-4o-mini (128 x 64 in high detail: 8,500).
    """
    if isinstance(rule, ImageResolutions):
        by_name: dict[str | None, Range] = {"low": rule.low, "medium": rule.medium, "high": rule.high}
        return by_name.get(decoding.media_resolution, rule.unset)
    whole = rule.base + rule.tile * _tiles(size)
    if decoding.image_detail == "low":
        return rule.base, rule.base
    return (whole, whole) if decoding.image_detail == "high" else (rule.base, whole)


def sent_size(size: Size, longest_side: int | None) -> Size:
    """The size that an image has once the study has reduced it."""
    if longest_side is None or max(size) <= longest_side:
        return size
    factor = longest_side / max(size)
    return max(1, round(size[0] * factor)), max(1, round(size[1] * factor))


def read_size(path: Path) -> Size | None:
    """Width and height from an image's header; None if it cannot be read, which asking will say."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path) as image:
            return image.size
    except (OSError, UnidentifiedImageError):
        return None


def _tiles(size: Size) -> int:
    width, height = _reduced(size, FITS_INTO / max(size))
    width, height = _reduced((width, height), SHORTER_SIDE / min(width, height))
    return math.ceil(round(width, 6) / TILE) * math.ceil(round(height, 6) / TILE)


def _reduced(size: tuple[float, float], factor: float) -> tuple[float, float]:
    return (size[0] * factor, size[1] * factor) if factor < 1 else size

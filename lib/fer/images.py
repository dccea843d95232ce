"""An image as a network takes it: its colours, its shape, its scale."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lib.contracts.classifier import Input

if TYPE_CHECKING:
    from PIL.Image import Image


def as_numbers(image: Image, given: Input) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Give an image's numbers, `(value / divide_by - mean) / std`: float32 (height, width, channels).

    Parameters
    ----------
    image
        8-bit RGB, as `lib.protocol.pixels.decode` gives it.
    given
        How. Grey is 0.299 R + 0.587 G + 0.114 B (ITU-R 601), before the size is changed. Without antialiasing, pixels
        are interpolated at the centres of the smaller image's, as OpenCV's `resize` does (within one grey level).
    """
    shown = _part(image, given.box) if given.box else image
    shaped = _fitted(shown.convert("L") if given.colour == "grey" else shown, given.fit)
    pixels = np.asarray(_resized(shaped, given), np.float32)
    pixels = pixels[..., None] if given.colour == "grey" else pixels
    if given.colour == "bgr":
        pixels = pixels[..., ::-1]
    mean, std = np.asarray(given.mean, np.float32), np.asarray(given.std, np.float32)
    return (pixels / np.float32(given.divide_by) - mean) / std


def _part(image: Image, box: tuple[float, float, float, float]) -> Image:
    """The part of an image in a box of shares, to whole pixels; never less than one."""
    left, top = int(box[0] * image.width), int(box[1] * image.height)
    right, bottom = max(left + 1, round(box[2] * image.width)), max(top + 1, round(box[3] * image.height))
    return image.crop((left, top, right, bottom))


def _fitted(image: Image, fit: str) -> Image:
    width, height = image.size
    if fit == "stretch" or width == height:
        return image
    if fit == "crop":
        side = min(width, height)
        left, top = (width - side) // 2, (height - side) // 2
        return image.crop((left, top, left + side, top + side))
    from PIL import Image as Images

    side = max(width, height)
    square = Images.new(image.mode, (side, side))
    square.paste(image, ((side - width) // 2, (side - height) // 2))
    return square


def _resized(image: Image, given: Input) -> Image:
    from PIL import Image as Images

    height, width = given.size
    if image.size == (width, height):
        return image
    kind = Images.Resampling.BILINEAR if given.resample == "bilinear" else Images.Resampling.BICUBIC
    if given.antialias:
        return image.resize((width, height), kind)
    steps = (image.width / width, 0, 0, 0, image.height / height, 0)
    return image.transform((width, height), Images.Transform.AFFINE, steps, kind)

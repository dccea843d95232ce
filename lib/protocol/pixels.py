"""Pixels of a picture as every model in this process sees them, whatever its file is like."""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING

from lib.errors import DataError
from lib.protocol.pictures import LARGEST_PIXELS
from lib.protocol.question import Picture

if TYPE_CHECKING:
    from PIL.Image import Image

BACKGROUND = (255, 255, 255, 255)


def decode(picture: Picture, name: str = "picture") -> Image:
    """Decode a picture into 8-bit RGB, turned as it is meant to be seen.

    EXIF orientation is applied; of an animation the first frame is taken; what is transparent lies on white; 16-bit
    values lose their lower byte; CMYK and palettes become RGB by Pillow's own conversion, without colour profile.

    Raises
    ------
    DataError
        The bytes are no image, are damaged, or have more than 90 million pixels.
    """
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = None  # Pillow's own limit is a warning on the terminal; ours is said below
    try:
        with Image.open(io.BytesIO(picture.data)) as image:
            if image.width * image.height > LARGEST_PIXELS:
                raise ValueError(f"{image.width} x {image.height} pixels are more than {LARGEST_PIXELS:,}")
            image.seek(0)
            return _rgb(ImageOps.exif_transpose(image))
    except (OSError, SyntaxError, ValueError, EOFError, struct.error) as error:
        raise DataError(f"{name}: is damaged, or no image ({error}). Save it again as PNG.") from error


def _rgb(image: Image) -> Image:
    from PIL import Image as Images

    if image.mode.startswith("I"):
        image = image.point(lambda value: value / 256).convert("L")
    if "A" in image.getbands() or "a" in image.getbands() or "transparency" in image.info:
        over = image.convert("RGBA")
        image = Images.alpha_composite(Images.new("RGBA", over.size, BACKGROUND), over)
    return image.convert("RGB")

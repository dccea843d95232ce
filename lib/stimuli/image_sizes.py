"""Width and height of image files, without decoding them."""

from __future__ import annotations

import struct
from pathlib import Path

from lib.errors import DataError, MissingFileError, one_line

ORIENTATION = 0x0112
TURNED = frozenset({5, 6, 7, 8})


def image_size(path: Path) -> tuple[int, int]:
    """Width and height in pixels of an image as it is seen: its EXIF orientation is applied.

    Raises
    ------
    MissingFileError
        There is no such file.
    DataError
        It is no image.
    """
    from PIL import Image

    try:
        with Image.open(path) as image:
            width, height = image.size
            turned = image.getexif().get(ORIENTATION) in TURNED
    except FileNotFoundError as error:
        raise MissingFileError(f"{path}: is not there. Put the image back, or correct the manifest.") from error
    except (OSError, SyntaxError, ValueError, struct.error) as error:
        raise DataError(f"{path}: cannot be read as an image ({one_line(error)}). Save it again as PNG.") from error
    return (height, width) if turned else (width, height)

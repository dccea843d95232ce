"""Small grey copies of pictures, to draw on."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lib.errors import DataError, one_line


def grey_picture(path: Path, longest: int, shape: tuple[int, int] | None = None) -> NDArray[np.float64]:
    """A picture as it is seen, in grey and small.

    Parameters
    ----------
    path
        The file.
    longest
        Pixels of its longer side.
    shape : (height, width) or None
        That it is stretched to in place of its own form.

    Returns
    -------
    numpy.ndarray
        0 (black) to 1 (white), shape (height, width).

    Raises
    ------
    DataError
        It cannot be decoded.
    """
    from PIL import Image, ImageOps

    try:
        with Image.open(path) as image:
            image.draft("L", (2 * longest, 2 * longest))
            upright = ImageOps.exif_transpose(image).convert("L")
    except (OSError, SyntaxError, ValueError, struct.error) as error:
        raise DataError(f"{path}: cannot be decoded ({one_line(error)}). Save it again as PNG.") from error
    size = max(upright.size)
    height, width = shape or [max(2, round(side * longest / size)) for side in (upright.height, upright.width)]
    return np.asarray(upright.resize((width, height), Image.Resampling.LANCZOS), dtype=np.float64) / 255

"""Counting faces, where a detector is installed: scikit-image's cascade of local binary patterns.

It finds faces that look ahead; a profile or a hidden face is not counted. Its answer is a reason to look, no more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import numpy as np

from lib.stimuli.looking import pixels

if TYPE_CHECKING:
    from PIL.Image import Image

LONGEST_SIDE = 256
SMALLEST_FACE = 30
SMALLEST_SHARE = 0.2
"""Of the shorter side: what is smaller is no face that a portrait is of."""
SCALE_FACTOR = 1.1
Square = tuple[int, int, int]
"""Top, left, width."""
HOW_TO_COUNT = "faces were not counted: that needs scikit-image (pip install scikit-image, or make local)"
NEEDED = ("skimage", "lazy_loader", "imageio", "tifffile", "networkx")


def face_counter() -> Callable[[Image], int] | None:
    """A function that counts faces in an image; None where no detector is installed."""
    try:
        from skimage import data
        from skimage.feature import Cascade

        cascade = Cascade(data.lbp_frontal_face_cascade_filename())
    except ModuleNotFoundError as error:
        if error.name not in NEEDED:
            raise
        return None

    def count(image: Image) -> int:
        from PIL import Image as Pillow

        colours, _ = pixels(image)
        whole = Pillow.fromarray((colours * 255).astype(np.uint8))
        whole.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
        smallest = max(SMALLEST_FACE, round(SMALLEST_SHARE * min(whole.size)))
        found = cascade.detect_multi_scale(
            img=np.asarray(whole), scale_factor=SCALE_FACTOR, step_ratio=1, min_size=(smallest, smallest),
            max_size=(max(whole.size), max(whole.size)),
        )  # fmt: skip
        return len(apart([(place["r"], place["c"], place["width"]) for place in found]))

    return count


def apart(squares: Iterable[Square]) -> list[Square]:
    """Leave the largest of squares that lie over each other, so that a face that is found twice counts once.

    A square lies over another if its middle is inside it.
    """
    kept: list[Square] = []
    for top, left, width in sorted(squares, key=lambda square: -square[2]):
        row, column = top + width / 2, left + width / 2
        if not any(0 <= row - first <= size and 0 <= column - begin <= size for first, begin, size in kept):
            kept.append((top, left, width))
    return kept

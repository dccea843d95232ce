"""Counting faces, where a detector is installed: scikit-image's cascade of local binary patterns.

It finds faces that look ahead; a profile or a hidden face is not counted. Its answer is a reason to look, no more.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from lib.stimuli.looking import pixels

if TYPE_CHECKING:
    from PIL.Image import Image

LONGEST_SIDE = 256
SMALLEST_FACE = 40
SCALE_FACTOR = 1.1
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
        found = cascade.detect_multi_scale(
            img=np.asarray(whole), scale_factor=SCALE_FACTOR, step_ratio=1,
            min_size=(SMALLEST_FACE, SMALLEST_FACE), max_size=(max(whole.size), max(whole.size)),
        )  # fmt: skip
        return len(found)

    return count

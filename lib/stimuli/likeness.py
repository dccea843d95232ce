"""How alike two pictures are: a stand-in for whether they show the same person, and no face recognition."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import gaussian_filter

from lib.stimuli.looking import LUMA, pixels

if TYPE_CHECKING:
    from PIL.Image import Image

COMPARED_SIDE = 128
SIGMA = 1.5
REACH = 5
K1, K2 = 0.01, 0.03


def comparable(image: Image) -> np.ndarray:
    """Luma of an image at 128 x 128 pixels, 0 to 1, so that pictures of any size can be compared."""
    from PIL import Image as Pillow

    colours, _ = pixels(image)
    luma = Pillow.fromarray((colours @ LUMA).astype(np.float32))
    return np.asarray(luma.resize((COMPARED_SIDE, COMPARED_SIDE), Pillow.Resampling.BOX), dtype=np.float64)


def structural_similarity(first: np.ndarray, second: np.ndarray) -> float:
    """Mean structural similarity (SSIM) of two pictures of one size with values from 0 to 1.

    Gaussian weights of sigma 1.5 (11 x 11), K1 = 0.01, K2 = 0.03, borders of 5 pixels left out (Wang, Bovik, Sheikh &
    Simoncelli, 2004, doi:10.1109/TIP.2003.819861).

    Returns
    -------
    float
        1 for equal pictures; lower the less alike, rarely below 0. Checked against scikit-image.
    """
    if first.shape != second.shape or min(first.shape) <= 2 * REACH:
        raise ValueError(
            f"pictures: got the shapes {first.shape} and {second.shape}; give two alike, above {2 * REACH}"
        )

    def mean(values: np.ndarray) -> np.ndarray:
        return np.asarray(gaussian_filter(values, SIGMA, truncate=REACH / SIGMA))

    mean_first, mean_second = mean(first), mean(second)
    variance_first = mean(first * first) - mean_first**2
    variance_second = mean(second * second) - mean_second**2
    covariance = mean(first * second) - mean_first * mean_second
    light, structure = K1**2, K2**2
    above = (2 * mean_first * mean_second + light) * (2 * covariance + structure)
    below = (mean_first**2 + mean_second**2 + light) * (variance_first + variance_second + structure)
    inside = (above / below)[REACH:-REACH, REACH:-REACH]
    return float(inside.mean())


def correlations(pictures: np.ndarray, bases: np.ndarray) -> np.ndarray:
    """Pearson's r of each picture with each base face over their small values.

    Parameters
    ----------
    pictures, bases
        n x 16 x 16 and m x 16 x 16.

    Returns
    -------
    numpy.ndarray
        n x m; 0 where a picture is of one colour.
    """
    return np.asarray(_standardised(pictures) @ _standardised(bases).T)


def _standardised(pictures: np.ndarray) -> np.ndarray:
    flat = pictures.reshape(len(pictures), -1).astype(np.float64)
    flat = flat - flat.mean(axis=1, keepdims=True)
    length = np.linalg.norm(flat, axis=1, keepdims=True)
    return np.asarray(flat / np.where(length > 0, length, 1))

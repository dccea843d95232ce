"""Krippendorff's alpha from counts, with a reason where it is undefined."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import krippendorff
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Alpha:
    """Krippendorff's alpha.

    Attributes
    ----------
    value : float or None
        At most 1 (perfect agreement); 0 is chance; negative is systematic disagreement. None where undefined.
    reason : str or None
        Why `value` is None.
    n_images : int
        Images with two or more ratings, the only ones that enter.
    """

    value: float | None
    reason: str | None
    n_images: int


def krippendorff_alpha(
    counts: NDArray[np.int64],
    level: Literal["nominal", "ordinal", "interval"],
    values: NDArray[np.float64] | None = None,
) -> Alpha:
    """Agreement of any number of raters, with any pattern of missing ratings, beyond chance.

    Parameters
    ----------
    counts : numpy.ndarray
        Ratings by image and value, shape (n_images, n_values). Rows with fewer than two ratings do not enter.
    level : {"nominal", "ordinal", "interval"}
        Level of measurement of the values.
    values : numpy.ndarray, optional
        The values in ascending order, shape (n_values,); needed for the interval level.

    Returns
    -------
    Alpha
        Undefined (with the reason) where no image has two ratings, or all ratings are the same value.

    Notes
    -----
    ``alpha = 1 - observed / expected disagreement`` (Hayes & Krippendorff, 2007, doi:10.1080/19312450709336664), by
    the package `krippendorff`. Values nobody used are dropped first: they carry no weight at any level, and memory
    grows with images x used values squared. Checked against the 4 x 12 example of Krippendorff (2011) and R
    (tests/reference/human.R).
    """
    shared = counts[counts.sum(axis=1) > 1]
    if not len(shared):
        return Alpha(None, "no image was rated by two or more people", 0)
    used = shared.sum(axis=0) > 0
    if used.sum() == 1:
        return Alpha(None, "all ratings are the same value", len(shared))
    domain = None if values is None else values[used]
    value = krippendorff.alpha(value_counts=shared[:, used], value_domain=domain, level_of_measurement=level)
    return Alpha(float(value), None, len(shared))

"""Independent random numbers for each part of the twin, so that a change in one part leaves the others as they were."""

from __future__ import annotations

import numpy as np


def stream(seed: int, *names: str) -> np.random.Generator:
    """Give the random generator of one named part.

    Parameters
    ----------
    seed : int
        The twin's seed, 0 or more.
    *names : str
        What the numbers are for, such as a condition's id and a dimension. Other names, other numbers.
    """
    return np.random.default_rng([seed, *"/".join(names).encode()])

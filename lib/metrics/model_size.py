"""Whether a figure grows or shrinks with the number of a model's parameters, over few models."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from lib.errors import DataError

SIZE = re.compile(r"\s*(?:about|circa|ca\.?|~|≈)?\s*(\d+(?:\.\d+)?)\s*([TBMK])\b")
BILLIONS = {"T": 1e3, "B": 1.0, "M": 1e-3, "K": 1e-6}
MOST_ORDERED = 8  # models up to which every order is enumerated
SAME = 1e-9


@dataclass(frozen=True)
class SizeTrend:
    """Trend of a figure over models of different size.

    Attributes
    ----------
    n : int
        Models with a known size and figure.
    n_excluded : int
        Models left out because one of them is unknown.
    rho, p_rho : float or None
        Spearman's correlation of size and figure, and its permutation p; None with fewer than three models or without
        variation.
    slope, p_slope : float or None
        Change of the figure per doubling of the size (least squares on log2), and its permutation p.
    smallest_p : float or None
        The smallest p that these sizes allow: with three models no trend is significant.
    exact : bool
        Whether p comes from all orders (up to eight models) rather than from drawn ones.
    """

    n: int
    n_excluded: int
    rho: float | None = None
    p_rho: float | None = None
    slope: float | None = None
    p_slope: float | None = None
    smallest_p: float | None = None
    exact: bool = True


def parameter_count(text: str | None) -> float | None:
    """Billions of parameters in what a maker says, such as `4B`, `about 86M`; None where it does not begin with them.

    Examples
    --------
    >>> parameter_count("11B (LLM) + ViT"), parameter_count("about 86M"), parameter_count("undisclosed (frontier)")
    (11.0, 0.086, None)
    """
    found = SIZE.match(text or "")
    return float(found[1]) * BILLIONS[found[2]] if found else None


def size_trend(
    sizes: Sequence[float | None], figures: Sequence[float | None], *, seed: int, draws: int = 20_000
) -> SizeTrend:
    """Test whether a figure changes with the size of the model.

    Parameters
    ----------
    sizes : sequence of float or None
        Parameters of each model, in any unit, above 0; None = unknown.
    figures : sequence of float or None
        A figure of the same models, such as the absolute bias; None = unknown.
    seed, draws : int
        For drawn orders, with more than eight models.

    Returns
    -------
    SizeTrend

    Raises
    ------
    DataError
        If the lengths differ or a size is not above 0.

    Notes
    -----
    ``p`` is the share of the orders of the figures whose statistic is at least as far from 0 as the observed one; for
    drawn orders ``(hits + 1) / (draws + 1)``. Models are few and related, so p speaks of these models, not of models in
    general. Checked against R: cor, lm, and all permutations (tests/metrics/test_model_size.py).
    """
    if len(sizes) != len(figures) or any(size is not None and size <= 0 for size in sizes):
        raise DataError(f"Each model needs one size above 0 (or None) and one figure, got {sizes!r} and {figures!r}.")
    known = [
        (np.log2(size), figure)
        for size, figure in zip(sizes, figures, strict=True)
        if size is not None and figure is not None
    ]
    n, excluded = len(known), len(sizes) - len(known)
    if n < 3 or len({size for size, _ in known}) < 2 or len({figure for _, figure in known}) < 2:
        return SizeTrend(n, excluded)
    x, y = (np.array(values, dtype=float) for values in zip(*known, strict=True))
    exact = n <= MOST_ORDERED
    orders = np.array(list(permutations(range(n)))) if exact else _drawn_orders(n, seed, draws)
    ranks_x, ranks_y = rankdata(x), rankdata(y)
    slopes, rhos = _covariances(x, y, orders), _covariances(ranks_x, ranks_y, orders)
    scale = np.sqrt(_square(ranks_x) * _square(ranks_y))
    slope, rho = (
        float(_covariances(x, y, np.arange(n)[np.newaxis])[0]),
        float(_covariances(ranks_x, ranks_y, np.arange(n)[np.newaxis])[0]),
    )
    return SizeTrend(
        n, excluded,
        rho / scale, _share(rhos, rho, exact=exact), slope / _square(x), _share(slopes, slope, exact=exact),
        _share(rhos, float(np.abs(rhos).max()), exact=exact), exact,
    )  # fmt: skip


def _covariances(x: NDArray[np.float64], y: NDArray[np.float64], orders: NDArray[np.int64]) -> NDArray[np.float64]:
    """Sum of products of deviations for every order of y, shape (n_orders,)."""
    return np.asarray((y - y.mean())[orders] @ (x - x.mean()))


def _square(values: NDArray[np.float64]) -> float:
    return float(((values - values.mean()) ** 2).sum())


def _share(drawn: NDArray[np.float64], observed: float, *, exact: bool) -> float:
    hits = int((np.abs(drawn) >= abs(observed) * (1 - SAME)).sum())
    return hits / drawn.size if exact else (hits + 1) / (drawn.size + 1)


def _drawn_orders(n: int, seed: int, draws: int) -> NDArray[np.int64]:
    return np.random.default_rng(seed).permuted(np.tile(np.arange(n), (draws, 1)), axis=1)

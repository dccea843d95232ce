from __future__ import annotations

import numpy as np
import pytest

from lib.errors import DataError
from lib.metrics.model_size import parameter_count, size_trend


@pytest.mark.parametrize(
    ("text", "billions"),
    [("4B", 4), ("about 86M", 0.086), ("11B (LLM) + ViT", 11), ("1.5 T", 1500), ("undisclosed (frontier)", None),
     ("8x7B", None), ("", None), (None, None), ("4Bit", None)],
)  # fmt: skip
def test_sizes_are_read_from_what_makers_say(text: str | None, billions: float | None) -> None:
    assert parameter_count(text) == (None if billions is None else pytest.approx(billions))


def test_as_r_over_all_orders() -> None:
    # R: cor(log2(size), y, method = "spearman"), coef(lm(y ~ log2(size))), and both over all 120 permutations of y
    found = size_trend([4, 12, 27, 4, 11, None], [0.9, 0.4, 0.31, 1.2, 0.5, 3], seed=1)
    assert (found.n, found.n_excluded, found.exact) == (5, 1, True)
    assert found.rho == pytest.approx(-0.9746794344808964, rel=1e-9)
    assert found.slope == pytest.approx(-0.2945274491701275, rel=1e-9)
    assert (found.p_rho, found.p_slope) == pytest.approx((1 / 30, 1 / 30))
    assert found.smallest_p == found.p_rho


def test_three_models_cannot_show_a_trend() -> None:
    found = size_trend([4, 12, 27], [0.9, 0.5, 0.2], seed=1)
    assert (found.rho, found.p_rho, found.smallest_p) == pytest.approx((-1, 1 / 3, 1 / 3))


def test_what_is_undefined_is_none() -> None:
    for sizes, figures in (
        ([4, 12], [1, 2]),
        ([4, 4, 4], [1, 2, 3]),
        ([1, 2, 3], [5, 5, 5]),
        ([1, 2, None], [1, 2, 3]),
    ):
        assert size_trend(sizes, figures, seed=1).rho is None
    with pytest.raises(DataError, match="above 0"):
        size_trend([0, 1, 2], [1, 2, 3], seed=1)


def test_many_models_are_tested_by_drawn_orders() -> None:
    sizes = list(range(1, 13))
    found = size_trend(sizes, [float(size) for size in sizes], seed=1, draws=2000)
    assert not found.exact and found.p_rho == pytest.approx(1 / 2001)
    assert found == size_trend(sizes, [float(size) for size in sizes], seed=1, draws=2000)


@pytest.mark.slow
def test_the_permutation_test_keeps_its_level() -> None:
    generator = np.random.default_rng(4)
    small = sum(
        (size_trend([1, 2, 4, 8, 16, 32], list(generator.normal(size=6)), seed=1).p_rho or 1) < 0.1 for _ in range(1500)
    )
    assert 0.05 < small / 1500 < 0.12

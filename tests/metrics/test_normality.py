from __future__ import annotations

import numpy as np
import pytest

from lib.errors import DataError
from lib.metrics.normality import shapiro_wilk

VALUES = np.array([0.31, -1.2, 0.07, 2.4, 0.9, -0.33, 1.71, 0.02, -0.6, 5.1, 0.44, -2.2])
# R 4.2.2: shapiro.test of the first n of these values; of sin(1:5000)^3
BY_SIZE = [
    (3, 0.865729256315497, 0.283480101124466),
    (4, 0.946630751447373, 0.695136897942522),
    (5, 0.977166618531097, 0.918923850862464),
    (6, 0.964977450292182, 0.857155584708121),
    (10, 0.87193594798611, 0.105290428759999),
    (11, 0.860905336073068, 0.059159840884542),
    (12, 0.918413238394395, 0.273043639640881),
]


@pytest.mark.parametrize(("n", "w", "p"), BY_SIZE)
def test_as_r_at_every_branch(n: int, w: float, p: float) -> None:
    assert shapiro_wilk(VALUES[:n]) == pytest.approx((w, p), rel=1e-12)


def test_as_r_at_the_largest_size() -> None:
    found = shapiro_wilk(np.sin(np.arange(1, 5001)) ** 3)
    assert found == pytest.approx((0.95230325982476, 1.43797843680052e-37), rel=1e-9)


def test_unit_and_origin_do_not_matter() -> None:
    assert shapiro_wilk(-3 * VALUES + 7) == pytest.approx(shapiro_wilk(VALUES), rel=1e-12)


@pytest.mark.parametrize("values", [VALUES[:2], np.ones(8), np.arange(5001.0), np.array([])])
def test_what_it_cannot_test_is_refused(values: np.ndarray) -> None:
    with pytest.raises(DataError, match="3 to 5000 values"):
        shapiro_wilk(values)

from __future__ import annotations

import numpy as np
import pytest

from lib.local.grids import Grid


def test_places_are_parts_of_the_box() -> None:
    grid = Grid(2, 4, (10, 0, 50, 20), (60, 20))
    assert grid.box_of(0, 0) == (10, 0, 20, 10)
    assert grid.box_of(1, 3) == (40, 10, 50, 20)


def test_values_are_spread_over_pixels_and_what_no_token_sees_has_none() -> None:
    spread = Grid(1, 2, (1, 0, 5, 2), (6, 2)).on_pixels(np.array([[0.25, 0.75]]))
    np.testing.assert_array_equal(spread, [[np.nan, 0.25, 0.25, 0.75, 0.75, np.nan]] * 2)


def test_padding_beyond_the_picture_is_cut_off() -> None:
    spread = Grid(2, 2, (0, 0, 8, 8), (4, 6)).on_pixels(np.array([[1.0, 2.0], [3.0, 4.0]]))
    assert spread.shape == (6, 4)
    assert spread[:4].tolist() == [[1.0] * 4] * 4 and spread[4:].tolist() == [[3.0] * 4] * 2


def test_a_wrong_shape_is_refused() -> None:
    with pytest.raises(ValueError, match=r"expected \(2, 2\)"):
        Grid(2, 2, (0, 0, 1, 1), (1, 1)).on_pixels(np.zeros((3, 2)))
    with pytest.raises(ValueError, match="0 x 2"):
        Grid(0, 2, (0, 0, 1, 1), (1, 1))

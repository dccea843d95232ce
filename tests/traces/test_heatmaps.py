from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.local.grids import Grid
from lib.traces.heatmaps import attention_map

GRIDS = {
    "square": Grid(4, 4, (0, 0, 80, 80), (80, 80)),
    "not square": Grid(5, 3, (0, 0, 60, 100), (60, 100)),
    "stretched": Grid(4, 4, (0, 0, 200, 60), (200, 60)),
    "tiles, padded below": Grid(8, 4, (0, 0, 100, 240), (100, 150)),
    "centre crop": Grid(4, 4, (20, 0, 80, 60), (100, 60)),
}
CORNERS = {"top left": (0, 0), "top right": (0, -1), "bottom left": (-1, 0), "bottom right": (-1, -1)}


def seen_places(grid: Grid) -> tuple[int, int]:
    """Rows and columns of which at least half lies on the picture."""
    left, top, right, bottom = grid.box
    rows = sum(top + (row + 0.5) * (bottom - top) / grid.rows < grid.size[1] for row in range(grid.rows))
    columns = sum(
        left + (column + 0.5) * (right - left) / grid.columns < grid.size[0] for column in range(grid.columns)
    )
    return rows, columns


@pytest.mark.parametrize("method", ["box", "bilinear"])
@pytest.mark.parametrize("scale", [1, 3, 0.5])
@pytest.mark.parametrize("corner", CORNERS)
@pytest.mark.parametrize("name", GRIDS)
def test_evidence_in_a_corner_is_seen_in_that_corner(name: str, corner: str, scale: float, method: Any) -> None:
    grid = GRIDS[name]
    rows, columns = seen_places(grid)
    row, column = CORNERS[corner]
    maps = np.zeros((2, 3, grid.rows, grid.columns), dtype=np.float16)
    maps[1, 2, row if row == 0 else rows - 1, column if column == 0 else columns - 1] = 0.5
    size = (round(grid.size[0] * scale), round(grid.size[1] * scale))
    heat = attention_map(maps, grid, size, layers=[2], heads=[2], method=method)
    assert heat.shape == (size[1], size[0])
    at_row, at_column = np.unravel_index(np.nanargmax(heat), heat.shape)
    covered = np.flatnonzero(~np.isnan(heat).all(0))
    relative = (at_column - covered[0]) / (len(covered) - 1)
    assert (at_row / (size[1] - 1) < 0.35) == (row == 0) and (relative < 0.35) == (column == 0)
    assert (at_row / (size[1] - 1) > 0.65) == (row == -1) and (relative > 0.65) == (column == -1)
    assert np.nanmax(heat) <= 0.5
    assert not np.any(attention_map(maps, grid, size, layers=[1], method=method) > 0)


@given(st.integers(1, 6), st.integers(1, 6), st.integers(1, 40), st.integers(1, 40), st.integers(0, 1000))
def test_boxes_keep_the_mean_whatever_the_size(rows: int, columns: int, width: int, height: int, seed: int) -> None:
    values = np.random.default_rng(seed).random((rows, columns))
    heat = attention_map(values, Grid(rows, columns, (0, 0, 50, 70), (50, 70)), (width, height))
    np.testing.assert_allclose(heat.mean(), values.mean(), rtol=1e-12)


def test_whole_pixels_have_the_values_of_their_places() -> None:
    grid = Grid(2, 4, (0, 0, 40, 20), (40, 20))
    values = np.random.default_rng(0).random((2, 4))
    np.testing.assert_allclose(attention_map(values, grid), grid.on_pixels(values), rtol=1e-6)


def test_between_centres_values_go_straight() -> None:
    heat = attention_map(np.array([[0.0, 1.0]]), Grid(1, 2, (0, 0, 8, 1), (8, 1)), method="bilinear")
    np.testing.assert_allclose(heat, [[0, 0, 0.125, 0.375, 0.625, 0.875, 1, 1]])


def test_what_was_cut_off_has_no_value() -> None:
    heat = attention_map(np.ones((4, 4)), GRIDS["centre crop"])
    assert np.isnan(heat[:, :20]).all() and np.isnan(heat[:, 80:]).all() and (heat[:, 20:80] == 1).all()


def test_layers_are_chosen_by_their_numbers() -> None:
    maps = np.arange(2 * 2, dtype=float).reshape(2, 2, 1, 1)
    grid = Grid(1, 1, (0, 0, 1, 1), (1, 1))
    assert attention_map(maps, grid, layer_numbers=(4, 9), layers=[9], heads=[0])[0, 0] == 2
    assert attention_map(maps, grid)[0, 0] == 1.5
    for wrong, said in (({"layers": [1], "layer_numbers": (4, 9)}, r"layers: got \[1\]"), ({"heads": []}, "heads")):
        with pytest.raises(ValueError, match=said):
            attention_map(maps, grid, **wrong)
    with pytest.raises(ValueError, match=r"expected \(1, 1\)"):
        attention_map(np.zeros((3, 3)), grid)
    with pytest.raises(ValueError, match="size: got"):
        attention_map(maps, grid, (0, 4))

"""Where an image's tokens lie on the picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Grid:
    """The places of an image's tokens, row by row from the top left.

    Attributes
    ----------
    rows, columns : int
        Of the grid, all tiles together.
    box : tuple of float
        Left, top, right and bottom of the whole grid in pixels of the picture as it is shown. Parts may lie outside
        the picture (padding), and parts of the picture outside the grid (a centre crop).
    size : tuple of int
        Width and height of the picture in pixels.
    """

    rows: int
    columns: int
    box: Box
    size: tuple[int, int]

    def __post_init__(self) -> None:
        if self.rows < 1 or self.columns < 1:
            raise ValueError(f"a grid has rows and columns, got {self.rows} x {self.columns}")

    def box_of(self, row: int, column: int) -> Box:
        """Left, top, right and bottom of one place, in pixels of the picture."""
        left, top, right, bottom = self.box
        width, height = (right - left) / self.columns, (bottom - top) / self.rows
        return left + column * width, top + row * height, left + (column + 1) * width, top + (row + 1) * height

    def on_pixels(self, values: NDArray[np.floating]) -> NDArray[np.float32]:
        """Spread values over the picture's pixels.

        Parameters
        ----------
        values : array, (rows, columns)
            One value a place.

        Returns
        -------
        array, (height, width)
            The value of the place in which each pixel's centre lies; NaN for pixels that no token sees.
        """
        if values.shape != (self.rows, self.columns):
            raise ValueError(f"values: got shape {values.shape!r}, expected {(self.rows, self.columns)}")
        left, top, right, bottom = self.box
        width, height = self.size
        column = np.floor((np.arange(width) + 0.5 - left) / (right - left) * self.columns).astype(np.int64)
        row = np.floor((np.arange(height) + 0.5 - top) / (bottom - top) * self.rows).astype(np.int64)
        seen = ((row >= 0) & (row < self.rows))[:, None] & ((column >= 0) & (column < self.columns))[None, :]
        spread = values[row.clip(0, self.rows - 1)[:, None], column.clip(0, self.columns - 1)[None, :]]
        return np.where(seen, spread, np.nan).astype(np.float32)

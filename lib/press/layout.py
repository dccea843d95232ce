"""How large a table is set on paper, and when it is turned: one answer for Word and the PDF."""

from __future__ import annotations

from dataclasses import dataclass

from lib.press.tables import Grid

PORTRAIT_WIDTH = 453.0
LANDSCAPE_WIDTH = 700.0
CHARACTER_WIDTH = 0.52
CELL_PADDING = 9.0
PORTRAIT_SIZES = (9.0, 8.5, 8.0, 7.5, 7.0)
LANDSCAPE_SIZES = (8.5, 8.0, 7.5, 7.0, 6.5)
MANY_COLUMNS = 9


@dataclass(frozen=True)
class Fit:
    """Type size in points, and whether the table stands on a page of its own on its side."""

    size: float
    landscape: bool


def needed_width(grid: Grid, size: float) -> float:
    """Return about how wide a table is in points, with long texts broken into lines."""
    return sum(column_width(characters, size) for characters in grid.characters)


def column_width(characters: int, size: float) -> float:
    """Return about how wide a column is in points."""
    return characters * CHARACTER_WIDTH * size + CELL_PADDING


def fit(grid: Grid) -> Fit:
    """Return the largest size at which the table fits an A4 page of 16 cm text width, upright if it can be.

    A table of at most nine columns is never turned: its texts are broken into more lines.
    """
    for size in PORTRAIT_SIZES:
        if needed_width(grid, size) <= PORTRAIT_WIDTH:
            return Fit(size, landscape=False)
    if grid.columns <= MANY_COLUMNS:
        return Fit(PORTRAIT_SIZES[-1], landscape=False)
    for size in LANDSCAPE_SIZES:
        if needed_width(grid, size) <= LANDSCAPE_WIDTH:
            return Fit(size, landscape=True)
    return Fit(LANDSCAPE_SIZES[-1], landscape=True)

"""How large a table is set on paper, how wide its columns are, and when it is turned: for Word and the PDF."""

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
READABLE_SIZE = 8.0
LINE_HEIGHT = 1.75
UNBROKEN_HEIGHT = 480.0


@dataclass(frozen=True)
class Fit:
    """Type size in points, and whether the table stands on a page of its own on its side."""

    size: float
    landscape: bool

    @property
    def width(self) -> float:
        """Width of the text on the table's page, in points."""
        return LANDSCAPE_WIDTH if self.landscape else PORTRAIT_WIDTH


def column_width(characters: int, size: float) -> float:
    """Return about how wide a column is in points."""
    return characters * CHARACTER_WIDTH * size + CELL_PADDING


def needed_width(characters: list[int], size: float) -> float:
    """Return about how wide a table with these longest texts is in points."""
    return sum(column_width(count, size) for count in characters)


def fit(grid: Grid) -> Fit:
    """Return the largest size at which the table fits an A4 page of 16 cm text width, upright if it can be.

    Long texts may be broken into lines, and headings anywhere between words. A table of at most nine columns is never
    turned: its texts are broken more, so that it stays readable.
    """
    few = grid.columns <= MANY_COLUMNS
    for size in PORTRAIT_SIZES:
        characters = grid.words if few and size <= READABLE_SIZE else grid.characters
        if needed_width(characters, size) <= PORTRAIT_WIDTH:
            return Fit(size, landscape=False)
    if few:
        return Fit(PORTRAIT_SIZES[-1], landscape=False)
    for size in LANDSCAPE_SIZES:
        if needed_width(grid.characters, size) <= LANDSCAPE_WIDTH:
            return Fit(size, landscape=True)
    return Fit(LANDSCAPE_SIZES[-1], landscape=True)


def is_short(grid: Grid) -> bool:
    """Return whether a table is short enough to be kept on one page."""
    return grid.lines * LINE_HEIGHT * fit(grid).size <= UNBROKEN_HEIGHT


def shares(grid: Grid, slack: float = 1.0) -> list[float] | None:
    """Return the columns' shares of the text width, or None if no text has to be broken.

    Every column first gets a comfortable line, or where that is too much its longest word; what is left goes to the
    columns by the root of what their texts still lack, so that one long column does not starve the others. Shares that
    the table itself gives are taken where they hold every word.

    Parameters
    ----------
    grid
        The table.
    slack
        How much wider than estimated the letters may turn out.
    """
    chosen = fit(grid)
    whole = chosen.width / slack
    if needed_width(grid.texts, chosen.size) <= whole:
        return None
    if grid.given and all(
        share * whole >= column_width(word, chosen.size) for share, word in zip(grid.given, grid.words, strict=True)
    ):
        return grid.given
    first = grid.characters if needed_width(grid.characters, chosen.size) <= whole else grid.words
    least = [column_width(count, chosen.size) for count in first]
    lacking = [max(0, text - count) ** 0.5 for text, count in zip(grid.texts, first, strict=True)]
    spare = max(0.0, whole - sum(least))
    total = sum(lacking) or 1.0
    widths = [low + spare * lack / total for low, lack in zip(least, lacking, strict=True)]
    return [width / max(whole, sum(widths)) for width in widths]

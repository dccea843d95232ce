"""Heat over faces: where attention went, readable in colour and in print without."""

# mypy: untyped-calls-exclude=plotnine
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from plotnine import (
    aes,
    coord_fixed,
    element_blank,
    element_text,
    facet_grid,
    geom_path,
    geom_rect,
    ggplot,
    labs,
    scale_x_continuous,
    scale_y_continuous,
    theme,
)  # fmt: skip

from lib.figures.style import house_theme, with_notes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from plotnine.coords.coord import coord
    from plotnine.iapi import panel_view

Floats = NDArray[np.float64]
WIDTH, SMALLEST, LARGEST = 6.1, 1.02, 1.7  # inches, of all columns and of one panel
HEAT = np.array([0.75, 0.05, 0.05])
DARKEST = 0.30
THICKEST = 0.85
HALF = 0.5


@dataclass(frozen=True)
class Panel:
    """One picture with heat on it.

    Attributes
    ----------
    row, column : str
        Which panel of the figure.
    heat : numpy.ndarray or None
        Attention to each pixel, 1 where it is what the picture gets on average, shape (height, width); NaN = not seen.
        None shows the picture alone.
    grey : numpy.ndarray or None
        The picture, 0 (black) to 1 (white), of the same shape; None where it is not there.
    """

    row: str
    column: str
    heat: Floats | None
    grey: Floats | None


class Pictures(geom_rect):
    """Ready-made pictures, one a row of the data: `picture` is its place in the parameter `pictures`."""

    REQUIRED_AES = {"xmin", "xmax", "ymin", "ymax", "picture"}  # noqa: RUF012, as plotnine has it
    DEFAULT_PARAMS = {**geom_rect.DEFAULT_PARAMS, "pictures": ()}  # noqa: RUF012

    def draw_panel(self, data: pd.DataFrame, panel_params: panel_view, coord: coord, ax: Axes) -> None:
        """Draw the pictures of one panel."""
        from matplotlib.image import AxesImage

        placed = coord.transform(data, panel_params)
        extents = placed[["xmin", "xmax", "ymin", "ymax"]].to_numpy(dtype=float)
        for extent, number in zip(extents, placed["picture"].to_numpy(dtype=int), strict=True):
            left, right, bottom, top = map(float, extent)
            image = AxesImage(ax, interpolation="nearest", origin="upper", extent=(left, right, bottom, top))
            image.set(rasterized=True, zorder=self.params["zorder"])
            image.set_data(self.params["pictures"][number])
            ax.add_image(image)


def heat_figure(panels: Sequence[Panel], *notes: str | None) -> ggplot:
    """Pictures with heat on them, one grid of panels with a common scale.

    Pictures are grey and lightened; red covers them the more, the more attention they got beyond the average, up to
    `deepest`. A line, which print in grey keeps, goes around the smallest area with half of the attention.

    Parameters
    ----------
    panels
        In the order of rows and columns.
    notes
        Lines below the figure; what colour and line mean goes before them.
    """
    top = deepest(panels)
    said = [
        f"Red: more attention than the picture's average, deepest at {top:.0f} times as much.",
        "Line: around the smallest area that holds half of the attention.",
        *(note for note in notes if note),
    ]
    rows, columns = (list(dict.fromkeys(getattr(panel, side) for panel in panels)) for side in ("row", "column"))
    side = float(np.clip(WIDTH / len(columns), SMALLEST, LARGEST))
    pictures = [_colours(panel, top) for panel in panels]
    frames = pd.DataFrame(
        {
            "xmin": -0.5, "xmax": [picture.shape[1] - 0.5 for picture in pictures],
            "ymin": [0.5 - picture.shape[0] for picture in pictures], "ymax": 0.5,
            "picture": range(len(pictures)), "row": [panel.row for panel in panels],
            "column": [panel.column for panel in panels],
        }
    )  # fmt: skip
    lines = pd.concat([_lines(panel) for panel in panels], ignore_index=True)
    for frame in (frames, lines):
        frame["row"] = pd.Categorical(frame["row"], categories=rows, ordered=True)
        frame["column"] = pd.Categorical(frame["column"], categories=columns, ordered=True)
    plot = (
        ggplot(frames)
        + Pictures(aes(xmin="xmin", xmax="xmax", ymin="ymin", ymax="ymax", picture="picture"), pictures=pictures)
        + geom_path(aes("x", "y", group="line"), data=lines, color="white", size=1.1)
        + geom_path(aes("x", "y", group="line"), data=lines, color="black", size=0.5)
        + facet_grid("row ~ column", drop=False)
        + scale_x_continuous(expand=(0, 0))
        + scale_y_continuous(expand=(0, 0))
        + coord_fixed()
        + labs(x="", y="")
        + house_theme(side * len(columns) + 0.4, side * len(rows) + _margin(columns, said))
        + theme(
            axis_text=element_blank(),
            axis_ticks=element_blank(),
            panel_grid_major=element_blank(),
            strip_text_x=element_text(size=7, weight="normal", linespacing=1.25),
            strip_text_y=element_text(size=8, weight="bold"),
            panel_spacing=0.01,
        )
    )
    return with_notes(plot, *said)


def _margin(columns: Sequence[str], notes: Sequence[str]) -> float:
    """Inches for the texts over columns and below the figure."""
    return 0.3 + 0.14 * (1 + max(text.count("\n") for text in columns)) + 0.15 * len(notes)


def deepest(panels: Sequence[Panel]) -> float:
    """How many times the average attention is drawn in the deepest red: the median panel's 99.5th percentile."""
    tops = [float(np.nanquantile(panel.heat, 0.995)) for panel in panels if panel.heat is not None]
    return max(2.0, float(np.median(tops))) if tops else 2.0


def half_level(heat: Floats) -> float:
    """A heat above which the smallest area lies that holds half of all: midway between its edge and what is next."""
    values = np.sort(heat[~np.isnan(heat)])[::-1]
    edge = values[np.searchsorted(values.cumsum(), HALF * values.sum())]
    below = values[values < edge]
    return float((edge + (below[0] if below.size else 0.0)) / 2)


def _colours(panel: Panel, top: float) -> Floats:
    """The picture under its heat, red, green and blue from 0 to 1, shape (height, width, 3)."""
    shown = panel.grey if panel.grey is not None else np.full(_shape(panel), 0.9)
    rgb = np.repeat((DARKEST + (1 - DARKEST) * shown)[:, :, None], 3, axis=2)
    if panel.heat is not None:
        cover = THICKEST * np.sqrt(np.clip((np.nan_to_num(panel.heat, nan=1.0) - 1) / (top - 1), 0, 1))[:, :, None]
        rgb = (1 - cover) * rgb + cover * HEAT
    return np.asarray(rgb)


def _lines(panel: Panel) -> pd.DataFrame:
    """Lines around half of the attention; closed at the picture's edge."""
    columns: dict[str, list[object]] = {name: [] for name in ("x", "y", "line", "row", "column")}
    if panel.heat is not None:
        import contourpy

        framed = np.pad(np.nan_to_num(panel.heat), 1)
        level = half_level(panel.heat)
        lines = contourpy.contour_generator(z=framed).lines(level)
        height, width = panel.heat.shape
        for number, line in enumerate(lines):
            points = np.asarray(line)
            columns["x"] += np.clip(points[:, 0] - 1, 0, width - 1).tolist()
            columns["y"] += (-np.clip(points[:, 1] - 1, 0, height - 1)).tolist()
            columns["line"] += [f"{panel.row}/{panel.column}/{number}"] * len(points)
        count = len(columns["x"])
        columns |= {"row": [panel.row] * count, "column": [panel.column] * count}
    return pd.DataFrame(columns)


def _shape(panel: Panel) -> tuple[int, int]:
    return (int(panel.heat.shape[0]), int(panel.heat.shape[1])) if panel.heat is not None else (1, 1)

"""The look that all figures share: colour-blind safe colours doubled by shapes, print-size text, no title."""

# mypy: untyped-calls-exclude=plotnine
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import polars as pl
from plotnine import (
    element_blank,
    element_line,
    element_rect,
    element_text,
    ggplot,
    guide_legend,
    guides,
    labs,
    scale_color_manual,
    scale_shape_manual,
    theme,
    theme_minimal,
)  # fmt: skip

FONT = "DejaVu Sans"
TEXT_SIZE = 9
NO_EMOTION = "no majority"
TYPE_COLOURS = {"VLM": "#0072B2", "FER": "#D55E00", "Machine": "#009E73", "Person": "#000000"}
TYPE_SHAPES = {"VLM": "o", "FER": "^", "Machine": "s", "Person": "D"}
COLOURS = ("#E69F00", "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#000000", "#999999", "#F0E442", "#332288")
SHAPES = ("o", "s", "^", "D", "v", "x", "+", "*", "P", "<")


def to_pandas(frame: pl.DataFrame) -> pd.DataFrame:
    """The same frame for plotnine; an Enum becomes an ordered set of those of its categories that occur."""
    columns: dict[str, Any] = {}
    for name in frame.columns:
        series = frame[name]
        if isinstance(series.dtype, pl.Enum):
            texts = series.cast(pl.String)
            present = [item for item in series.dtype.categories if item in set(texts)]
            columns[name] = pd.Categorical(texts.to_list(), categories=present, ordered=True)
        else:
            columns[name] = series.to_list()
    return pd.DataFrame(columns)


def by_type(frame: pl.DataFrame) -> pl.DataFrame:
    """The column type as an Enum in the order of the legend."""
    return frame.with_columns(pl.col("type").cast(pl.Enum(list(TYPE_COLOURS))))


def type_scales() -> list[Any]:
    """Colours and shapes of the kinds of raters."""
    return [scale_color_manual(values=TYPE_COLOURS), scale_shape_manual(values=TYPE_SHAPES)]


def house_theme(width: float, height: float) -> theme:
    """The theme of every figure, with its size in inches."""
    return theme_minimal(base_size=TEXT_SIZE, base_family=FONT) + theme(
        figure_size=(width, height),
        dpi=96,
        text=element_text(color="#111111"),
        panel_grid_minor=element_blank(),
        panel_grid_major=element_line(color="#E4E4E4", size=0.4),
        strip_text=element_text(size=TEXT_SIZE, weight="bold"),
        axis_text=element_text(size=8, color="#333333"),
        legend_position="bottom",
        legend_title=element_blank(),
        plot_background=element_rect(fill="white", color="white"),
        plot_caption=element_text(size=8, color="#333333", ha="left"),
    )


def named_emotions(frame: pl.DataFrame) -> pl.DataFrame:
    """The column emotion as an Enum in which images without a reference emotion have a name of their own, last."""
    present = [str(item) for item in frame["emotion"].drop_nulls().unique().sort()]
    return frame.with_columns(
        pl.col("emotion").cast(pl.String).fill_null(NO_EMOTION).cast(pl.Enum([*present, NO_EMOTION]))
    )


def emotion_scales(points: pl.DataFrame) -> list[Any]:
    """Colours, shapes and legend of the emotions in `points`, from `named_emotions`."""
    emotions = points["emotion"].unique().sort().cast(pl.String).to_list()
    return [
        scale_color_manual(values=dict(zip(emotions, COLOURS * 3, strict=False))),
        scale_shape_manual(values=dict(zip(emotions, SHAPES * 3, strict=False))),
        guides(color=guide_legend(nrow=1 if len(emotions) <= 6 else 2, override_aes={"alpha": 1, "size": 2})),
    ]


def minus_signs(shown: Sequence[Any]) -> list[str]:
    """Labels of an axis, as short as they can be, with a true minus sign."""
    return [f"{item:g}".replace("-", "−") for item in shown]


def with_notes(plot: ggplot, *notes: str | None) -> ggplot:
    """Put the notes that are not None below the figure, one a line."""
    said = [note for note in notes if note]
    return plot + labs(caption="\n".join(said)) if said else plot


def spaced(values: list[float], gap: float, low: float, high: float) -> list[float]:
    """Move positions apart so that neighbours are at least `gap` away and all lie between `low` and `high`.

    The order of the values is kept. Where they do not fit, the gap shrinks to what fits.
    """
    if not values:
        return []
    fitting = min(gap, (high - low) / max(len(values) - 1, 1))
    order = sorted(range(len(values)), key=lambda place: values[place])
    placed: list[float] = []
    for place in order:
        wanted = min(max(values[place], low), high)
        placed.append(max(wanted, placed[-1] + fitting) if placed else wanted)
    ceiling = high
    for rank in range(len(placed) - 1, -1, -1):
        placed[rank] = min(placed[rank], ceiling)
        ceiling = placed[rank] - fitting
    result = [0.0] * len(values)
    for rank, place in enumerate(order):
        result[place] = placed[rank]
    return result


def uncrossed(points: Sequence[tuple[float, float]], heights: Sequence[float], edge: float) -> list[float]:
    """Swap label heights until no two lines from a point to its label at x = `edge` cross.

    Each swap shortens the lines' total length, so this ends.
    """
    placed = list(heights)
    pairs = [(one, other) for one in range(len(placed)) for other in range(one)]
    while crossing := next((pair for pair in pairs if _cross(points, placed, edge, *pair)), None):
        one, other = crossing
        placed[one], placed[other] = placed[other], placed[one]
    return placed


def _cross(points: Sequence[tuple[float, float]], heights: Sequence[float], edge: float, one: int, other: int) -> bool:
    """Whether two lines cross: at the x of the point farther right they are in another order than at the labels."""
    start = max(points[one][0], points[other][0])
    gap = _height(points[one], heights[one], edge, start) - _height(points[other], heights[other], edge, start)
    return gap * (heights[one] - heights[other]) < 0


def _height(point: tuple[float, float], label: float, edge: float, x: float) -> float:
    return point[1] + (label - point[1]) * (x - point[0]) / (edge - point[0])

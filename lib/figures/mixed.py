"""Biases estimated by mixed models, with their confidence intervals."""

# mypy: untyped-calls-exclude=plotnine
from __future__ import annotations

from collections.abc import Sequence

import polars as pl
from plotnine import (
    aes,
    element_blank,
    facet_wrap,
    geom_point,
    geom_segment,
    geom_vline,
    ggplot,
    labs,
    scale_color_manual,
    scale_shape_manual,
    scale_y_continuous,
    theme,
)  # fmt: skip

from lib.figures.style import COLOURS, SHAPES, house_theme, to_pandas, with_notes

SPREAD = 0.34
PANELS_IN_A_ROW = 4


def mixed_bias_figure(
    bias: pl.DataFrame, names: pl.DataFrame, levels: Sequence[str], label: str, *notes: str | None
) -> ggplot:
    """A forest plot: one panel a rater, one row a level, dimensions by colour and shape.

    Parameters
    ----------
    bias
        condition, dimension, level, estimate, low, high: one model of `MachineModels.bias`.
    names
        `condition_names`.
    levels
        The levels from top to bottom.
    label
        What is on the horizontal axis.
    notes
        Lines below the figure.
    """
    dimensions = [str(name) for name in bias["dimension"].unique().sort()]
    titles = [name.title() for name in dimensions]
    offsets = {
        name: SPREAD * (0.5 - place / max(len(dimensions) - 1, 1)) if len(dimensions) > 1 else 0.0
        for place, name in enumerate(dimensions)
    }
    shown = [level for level in levels if level in set(bias["level"])]
    heights = {level: float(len(shown) - 1 - place) for place, level in enumerate(shown)}
    order = names.join(bias.select("condition").unique(), on="condition", how="semi", maintain_order="left")[
        "short_name"
    ].to_list()
    drawn = (
        bias.filter(pl.col("level").is_in(shown))
        .drop_nulls("estimate")
        .join(names, on="condition", maintain_order="left")
        .with_columns(
            pl.col("short_name").cast(pl.Enum(order)).alias("rater"),
            pl.col("dimension").cast(pl.String).str.to_titlecase().cast(pl.Enum(titles)),
            (
                pl.col("level").replace_strict(heights, return_dtype=pl.Float64)
                + pl.col("dimension").cast(pl.String).replace_strict(offsets, return_dtype=pl.Float64)
            ).alias("y"),
        )
        .select("rater", "dimension", "y", "estimate", "low", "high")
    )
    plot = (
        ggplot(to_pandas(drawn), aes("estimate", "y", color="dimension"))
        + geom_vline(xintercept=0, color="#666666", size=0.5)
        + geom_segment(aes(x="low", xend="high", yend="y"), size=0.9)
        + geom_point(aes(shape="dimension"), size=1.5)
        + facet_wrap("rater", ncol=PANELS_IN_A_ROW)
        + scale_color_manual(values=dict(zip(titles, COLOURS[1:], strict=False)))
        + scale_shape_manual(values=dict(zip(titles, SHAPES, strict=False)))
        + scale_y_continuous(
            breaks=list(heights.values()), labels=[level.capitalize() for level in heights], expand=(0, 0.5)
        )
        + labs(x=label, y="")
        + house_theme(7.2, 1.75 * -(-len(order) // PANELS_IN_A_ROW) + 1.1)
        + theme(panel_grid_major_y=element_blank())
    )
    return with_notes(plot, *notes)

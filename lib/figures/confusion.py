"""Confusion matrices, one panel a rater."""

# mypy: untyped-calls-exclude=plotnine
from __future__ import annotations

import math

import polars as pl
from plotnine import (
    aes,
    coord_fixed,
    element_blank,
    element_text,
    facet_wrap,
    geom_text,
    geom_tile,
    ggplot,
    labs,
    scale_color_identity,
    scale_fill_gradient,
    scale_x_discrete,
    scale_y_discrete,
    theme,
)  # fmt: skip

from lib.figures.style import FONT, house_theme, to_pandas, with_notes
from lib.formats import format_value
from lib.metrics.categories import UNANSWERED

PRINTED = 0.05
DARK = 0.55


def confusion_figure(confusion: pl.DataFrame, names: pl.DataFrame, *notes: str | None) -> ggplot:
    """Share of each intended emotion's images (rows) that got each label (columns), as percentages on grey tiles.

    Parameters
    ----------
    confusion
        condition, intended (Enum), predicted, count, proportion.
    names
        `lib.chapters.conditions.condition_names`; its order is that of the panels.
    notes
        Lines below the figure.
    """
    emotions = confusion["intended"].unique().sort().cast(pl.String).to_list()
    order = names.join(confusion, on="condition", how="semi", maintain_order="left")["short_name"].to_list()
    percent = (100 * pl.col("proportion")).round(0).cast(pl.Int64).cast(pl.String)
    drawn = (
        confusion.filter(pl.col("predicted") != UNANSWERED)
        .join(names.select("condition", "short_name"), on="condition", maintain_order="left")
        .with_columns(
            pl.col("proportion").fill_null(0.0),
            pl.col("short_name").cast(pl.Enum(order)),
            pl.col("intended").cast(pl.String),
        )
        .with_columns(
            pl.when(pl.col("proportion") >= PRINTED).then(percent)
            .otherwise(pl.lit("")).alias("text"),
            pl.when(pl.col("proportion") >= DARK).then(pl.lit("white")).otherwise(pl.lit("black")).alias("ink"),
        )
    )  # fmt: skip
    columns = min(4, max(1, len(order)))
    rows = math.ceil(len(order) / columns)
    plot = (
        ggplot(to_pandas(drawn), aes("predicted", "intended"))
        + geom_tile(aes(fill="proportion"), color="white", size=0.3)
        + geom_text(aes(label="text", color="ink"), size=7.5, family=FONT)
        + facet_wrap("short_name", ncol=columns)
        + scale_x_discrete(limits=emotions)
        + scale_y_discrete(limits=emotions[::-1])
        + scale_color_identity()
        + scale_fill_gradient(low="#F4F4F4", high="#08306B", limits=(0, 1))
        + coord_fixed()
        + labs(x="Answered (percent of row)", y="Shown")
        + house_theme(7, 1.68 * rows + 0.9)
        + theme(
            axis_text_x=element_text(rotation=90, size=8),
            panel_grid_major=element_blank(),
            legend_position="none",
            strip_text=element_text(size=8.5, weight="bold"),
        )
    )
    return with_notes(plot, *notes)


def unanswered_caption(confusion: pl.DataFrame, names: pl.DataFrame) -> str | None:
    """Name the raters with labels outside the columns, and how many; None if there are none."""
    lost = (
        confusion.filter((pl.col("predicted") == UNANSWERED) & (pl.col("count") > 0))
        .group_by("condition").agg(pl.col("count").sum()).sort("condition")
        .join(names, on="condition", maintain_order="left")
    )  # fmt: skip
    named = ", ".join(f"{row['short_name']} {format_value('n', row['count'])}" for row in lost.iter_rows(named=True))
    return f"Not drawn: missing or unparseable labels ({named})." if named else None

"""Thinking tokens by emotion and by whether the label is right."""

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
    ggplot,
    labs,
    scale_color_manual,
    scale_shape_manual,
    scale_x_continuous,
    scale_y_discrete,
    theme,
)  # fmt: skip

from lib.figures.style import COLOURS, house_theme, to_pandas, with_notes

KINDS = ("Emotion", "Label")
ABREAST = 3  # panels in a row
OUTCOMES = {"correct": "right label", "wrong": "wrong label"}


def tokens_figure(summary: pl.DataFrame, names: pl.DataFrame, emotions: Sequence[str], *notes: str | None) -> ggplot:
    """Mean tokens with interval by emotion and outcome (rows), one panel a machine with its own scale.

    Parameters
    ----------
    summary
        `lib.chapters.thinking.summarise_tokens`.
    names
        `condition_names`.
    emotions
        The emotions, in order.
    notes
        Lines below the figure.
    """
    shown = summary.filter((pl.col("step").cast(pl.String) == "all") & (pl.col("part") != "all"))
    drawn = shown.join(names, on="condition", maintain_order="left").with_columns(
        pl.col("part").replace(OUTCOMES).alias("row"),
        pl.when(pl.col("part").is_in(list(OUTCOMES))).then(pl.lit("Label")).otherwise(pl.lit("Emotion")).alias("kind"),
    )
    panels = drawn["short_name"].unique(maintain_order=True).to_list()
    drawn = drawn.with_columns(
        pl.col("short_name").cast(pl.Enum(panels)).alias("panel"), pl.col("kind").cast(pl.Enum(KINDS))
    )
    rows, height = [*emotions, *OUTCOMES.values()], -(-len(panels) // ABREAST)
    columns = ["mean", "mean_low", "mean_high", "row", "panel", "kind"]
    data = to_pandas(drawn.select(columns))
    plot = (
        ggplot(data, aes("mean", "row", color="kind"))
        + geom_segment(aes(x="mean_low", xend="mean_high", yend="row"), size=0.7, na_rm=True)
        + geom_point(aes(shape="kind"), size=2.2)
        + facet_wrap("panel", ncol=ABREAST, scales="free_x")
        + scale_color_manual(values=dict(zip(KINDS, COLOURS[1:3], strict=True)))
        + scale_shape_manual(values=dict(zip(KINDS, ("o", "s"), strict=True)))
        + scale_x_continuous(labels=lambda ticks: [f"{tick:,.0f}" for tick in ticks])
        + scale_y_discrete(limits=rows[::-1])
        + labs(x="Mean thinking tokens an image", y="")
        + house_theme(max(4.0, 2.4 * min(len(panels), ABREAST)), (0.28 * len(rows) + 0.5) * height + 1)
        + theme(panel_grid_major_y=element_blank(), panel_spacing_x=0.03)
    )
    return with_notes(plot, *notes)

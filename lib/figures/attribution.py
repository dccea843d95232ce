"""Hits against false alarms: what a machine names in the faces of one group more often than in another's."""

# mypy: untyped-calls-exclude=plotnine
from __future__ import annotations

import polars as pl
from plotnine import (
    aes,
    facet_wrap,
    geom_abline,
    geom_hline,
    geom_point,
    geom_vline,
    ggplot,
    labs,
    scale_color_manual,
    scale_shape_manual,
    scale_x_continuous,
    scale_y_continuous,
    theme,
)  # fmt: skip

from lib.figures.style import house_theme, minus_signs, to_pandas, with_notes

VERDICTS = {  # verdict: colour, shape
    "over-attribution": ("#D55E00", "^"), "under-attribution": ("#0072B2", "v"), "both": ("#CC79A7", "D"),
    "inaccuracy": ("#E69F00", "s"), "none": ("#999999", "o"),
}  # fmt: skip


def attribution_figure(contrasts: pl.DataFrame, *notes: str | None) -> ggplot:
    """One point a machine and emotion, one panel a pair of groups of one factor.

    Parameters
    ----------
    contrasts
        `lib.chapters.attribution.attribution_frame`, rows of one factor.
    notes
        Lines below the figure.
    """
    panels = contrasts.select("first", "second").unique(maintain_order=True)
    titles = [f"{first} minus {second}" for first, second in panels.iter_rows()]
    emotions = contrasts["emotion"].n_unique()
    drawn = contrasts.select(
        (100 * pl.col("hits_difference")).alias("hits"),
        (100 * pl.col("false_alarms_difference")).alias("alarms"),
        pl.format("{} minus {}", "first", "second").cast(pl.Enum(titles)).alias("panel"),
        pl.col("verdict").cast(pl.Enum(list(VERDICTS))),
    ).sort("verdict", descending=True, maintain_order=True)
    plot = (
        ggplot(to_pandas(drawn), aes("hits", "alarms", color="verdict", shape="verdict"))
        + geom_hline(yintercept=0, color="#999999", size=0.4)
        + geom_vline(xintercept=0, color="#999999", size=0.4)
        + geom_abline(slope=-1 / max(emotions - 1, 1), intercept=0, linetype="dashed", color="#333333", size=0.4)
        + geom_point(size=1.8, alpha=0.8)
        + facet_wrap("panel", ncol=3)
        + scale_color_manual(values={name: look[0] for name, look in VERDICTS.items()})
        + scale_shape_manual(values={name: look[1] for name, look in VERDICTS.items()})
        + scale_x_continuous(labels=minus_signs)
        + scale_y_continuous(labels=minus_signs)
        + labs(x="Difference in hits (points)", y="Difference in false alarms (points)")
        + house_theme(max(3.4, 2.4 * min(len(titles), 3)), 2.6 * -(-len(titles) // 3) + 0.8)
        + theme(panel_spacing_x=0.03)
    )
    return with_notes(plot, *notes)

"""Accuracy by group of faces, with intervals."""

# mypy: untyped-calls-exclude=plotnine
from __future__ import annotations

import polars as pl
from plotnine import (
    aes,
    element_blank,
    geom_point,
    geom_segment,
    ggplot,
    guide_legend,
    guides,
    labs,
    scale_color_manual,
    scale_shape_manual,
    scale_x_continuous,
    scale_y_continuous,
    theme,
)  # fmt: skip

from lib.figures.style import COLOURS, SHAPES, house_theme, to_pandas, with_notes

SPREAD = 0.56


def group_accuracy_figure(groups: pl.DataFrame, names: pl.DataFrame, factor: str, *notes: str | None) -> ggplot:
    """Accuracy and its interval of every rater by level of one factor, levels by colour and shape.

    Parameters
    ----------
    groups
        condition, `factor`, accuracy, low, high.
    names
        `condition_names`.
    factor
        The factor's column.
    notes
        Lines below the figure.
    """
    levels = [str(item) for item in groups[factor].drop_nulls().unique().sort()]
    order = groups.group_by("condition").agg(pl.col("accuracy").mean()).sort("accuracy", "condition")
    short = order.join(names, on="condition", maintain_order="left")["short_name"].to_list()
    offsets = {level: SPREAD * (0.5 - place / max(len(levels) - 1, 1)) for place, level in enumerate(levels)}
    drawn = (
        groups.drop_nulls(factor)
        .join(names, on="condition", maintain_order="left")
        .with_columns(
            pl.col(factor).cast(pl.String).cast(pl.Enum(levels)).alias("level"),
            (
                pl.col("short_name").replace_strict(short, list(range(len(short))), return_dtype=pl.Float64)
                + pl.col(factor).cast(pl.String).replace_strict(offsets, return_dtype=pl.Float64)
            ).alias("y"),
        )
    )
    plot = (
        ggplot(to_pandas(drawn.select("accuracy", "low", "high", "level", "y")), aes("accuracy", "y", color="level"))
        + geom_segment(aes(x="low", xend="high", yend="y"), size=0.6)
        + geom_point(aes(shape="level"), size=2)
        + scale_color_manual(values=dict(zip(levels, COLOURS[1:] + COLOURS[:1], strict=False)))
        + scale_shape_manual(values=dict(zip(levels, SHAPES, strict=False)))
        + scale_y_continuous(breaks=list(range(len(short))), labels=short, expand=(0, 0.2))
        + scale_x_continuous(labels=lambda shown: [f"{100 * item:.0f}%" for item in shown])
        + guides(color=guide_legend(), shape=guide_legend())
        + labs(x="Accuracy with its interval", y="")
        + house_theme(7, 0.38 * len(short) + 1.3)
        + theme(panel_grid_major_y=element_blank())
    )
    return with_notes(plot, *notes)

"""Every rater's error beside people's own."""

# mypy: untyped-calls-exclude=plotnine
from __future__ import annotations

from collections.abc import Mapping

import polars as pl
from plotnine import (
    aes,
    coord_cartesian,
    element_blank,
    facet_wrap,
    geom_label,
    geom_point,
    geom_segment,
    geom_vline,
    ggplot,
    labs,
    scale_x_continuous,
    scale_y_discrete,
    theme,
)  # fmt: skip

from lib.figures.style import FONT, by_type, house_theme, to_pandas, type_scales, with_notes
from lib.formats import capitalised

LINES = {"loo_mae": ("one person", "solid"), "pairwise_mae": ("two people", "dashed")}


def ceiling_figure(
    scores: pl.DataFrame, baselines: Mapping[str, Mapping[str, float | None]], names: pl.DataFrame, *notes: str | None
) -> ggplot:
    """MAE of every rater by dimension, with people's leave-one-out and pairwise MAE as lines.

    Parameters
    ----------
    scores
        `score_values`.
    baselines
        Dimension -> its `loo_mae` and `pairwise_mae`.
    names
        `condition_names`.
    notes
        Lines below the figure.
    """
    order = scores.group_by("condition").agg(pl.col("mae").mean()).sort(pl.col("mae") * -1, "condition")
    short = order.join(names, on="condition", maintain_order="left")["short_name"].to_list()
    points = scores.join(names, on="condition", maintain_order="left").with_columns(_title("dimension"))
    panels = [name.capitalize() for name in scores["dimension"].unique().sort().cast(pl.String)]
    lines = pl.DataFrame(
        [
            {"dimension": name.capitalize(), "x": baselines[name][line], "label": label, "style": style}
            for name in scores["dimension"].unique().sort().cast(pl.String)
            for line, (label, style) in LINES.items()
            if baselines[name][line] is not None
        ],
        schema={"dimension": pl.String, "x": pl.Float64, "label": pl.String, "style": pl.String},
    )
    panel = pl.Enum(panels)
    points = points.with_columns(pl.col("dimension").cast(panel))
    lines = lines.with_columns(pl.col("dimension").cast(panel), pl.lit(len(short) + 0.9).alias("y"))
    furthest = max([*points["mae"].to_list(), *lines["x"].to_list(), 0.0])
    plot = (
        ggplot(to_pandas(by_type(points)), aes("mae", "short_name"))
        + geom_segment(aes(x=0, xend="mae", yend="short_name"), color="#D0D0D0", size=0.5)
        + geom_point(aes(color="type", shape="type"), size=2.6)
        + facet_wrap("dimension", nrow=1)
        + type_scales()
        + scale_y_discrete(limits=short, expand=(0, 0.6, 0, 0.6))
        + scale_x_continuous(expand=(0, 0, 0.04, 0))
        + coord_cartesian(xlim=(0, 1.05 * furthest))
        + labs(x="Mean absolute error", y="")
        + house_theme(7, 0.24 * len(short) + 1.7)
        + theme(panel_grid_major_y=element_blank())
    )
    for style, height in (("solid", 0.1), ("dashed", 1.2)):
        own = lines.filter(pl.col("style") == style).with_columns(pl.col("y") + height)
        plot += geom_vline(aes(xintercept="x"), data=to_pandas(own), linetype=style, color="#333333", size=0.5)
        plot += geom_label(
            aes("x", "y", label="label"), data=to_pandas(own), size=8, family=FONT, fill="white", label_size=0,
            label_padding=0.1,
        )  # fmt: skip
    return with_notes(plot, *notes)


def _title(column: str) -> pl.Expr:
    return pl.col(column).cast(pl.String).map_elements(capitalised, return_dtype=pl.String)

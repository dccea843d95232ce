"""How much farther than single people every rater lies from panels of people."""

# mypy: untyped-calls-exclude=plotnine
from __future__ import annotations

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
    scale_x_continuous,
    scale_y_discrete,
    theme,
)  # fmt: skip

from lib.figures.style import by_type, house_theme, minus_signs, to_pandas, type_scales, with_notes


def z_figure(compared: pl.DataFrame, names: pl.DataFrame, *notes: str | None) -> ggplot:
    """Mean |z| of every rater minus that of people, with its interval, one panel a dimension; 0 is as far as people.

    Parameters
    ----------
    compared
        `z_scores`.
    names
        `condition_names`.
    notes
        Lines below the figure.
    """
    known = compared.drop_nulls("difference")
    order = known.group_by("condition").agg(pl.col("difference").mean()).sort(pl.col("difference") * -1, "condition")
    short = order.join(names, on="condition", maintain_order="left")["short_name"].to_list()
    dimensions = [str(name) for name in known["dimension"].unique().sort()]
    title = pl.col("dimension").cast(pl.String).str.to_titlecase()
    panel = title.cast(pl.Enum([name.title() for name in dimensions])).alias("panel")
    points = by_type(known.join(names, on="condition", maintain_order="left")).with_columns(panel)
    drawn = points.select("panel", "short_name", "type", "difference", "difference_low", "difference_high")
    plot = (
        ggplot(to_pandas(drawn), aes("difference", "short_name", color="type"))
        + geom_vline(xintercept=0, linetype="dashed", color="#333333", size=0.5)
        + geom_segment(aes(x="difference_low", xend="difference_high", yend="short_name"), size=0.7, na_rm=True)
        + geom_point(aes(shape="type"), size=2.4)
        + facet_wrap("panel", nrow=1)
        + type_scales()
        + scale_x_continuous(labels=minus_signs)
        + scale_y_discrete(limits=short, expand=(0, 0.6))
        + labs(x="Mean |z|, rater minus people", y="")
        + house_theme(7, 0.24 * len(short) + 1.7)
        + theme(panel_grid_major_y=element_blank())
    )
    return with_notes(plot, *notes)

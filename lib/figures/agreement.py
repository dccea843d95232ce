"""Kappa of every rater with its interval, beside one person's."""

# mypy: untyped-calls-exclude=plotnine
from __future__ import annotations

import polars as pl
from plotnine import (
    aes,
    annotate,
    element_blank,
    geom_point,
    geom_segment,
    geom_vline,
    ggplot,
    labs,
    scale_y_discrete,
    theme,
)  # fmt: skip

from lib.figures.style import by_type, house_theme, to_pandas, type_scales, with_notes


def kappa_figure(kappas: pl.DataFrame, names: pl.DataFrame, *notes: str | None) -> ggplot:
    """Kappa and its interval, one row a rater; one person's interval is a grey band across.

    Parameters
    ----------
    kappas
        condition, kappa, low, high.
    names
        `lib.chapters.conditions.condition_names`.
    notes
        Lines below the figure.
    """
    points = kappas.drop_nulls("kappa").join(names, on="condition", maintain_order="left").sort("kappa", "condition")
    short = points["short_name"].to_list()
    person = points.filter(pl.col("type") == "Person").drop_nulls("low")
    drawn = by_type(points.select("kappa", "low", "high", "short_name", "type"))
    plot = ggplot(to_pandas(drawn), aes("kappa", "short_name"))
    if person.height:
        low, high = float(person["low"][0]), float(person["high"][0])
        plot += annotate("rect", xmin=low, xmax=high, ymin=0.4, ymax=len(short) + 0.6, fill="#DDDDDD", alpha=0.6)
        plot += geom_vline(xintercept=float(person["kappa"][0]), color="#777777", size=0.4)
    plot += geom_segment(
        aes(x="low", xend="high", yend="short_name", color="type"), data=to_pandas(drawn.drop_nulls("low")), size=0.7
    )
    plot = (
        plot
        + geom_point(aes(color="type", shape="type"), size=2.4)
        + type_scales()
        + scale_y_discrete(limits=short, expand=(0, 0.6, 0, 0.6))
        + labs(x="Cohen's kappa", y="")
        + house_theme(6.5, 0.24 * len(short) + 1.2)
        + theme(panel_grid_major_y=element_blank())
    )
    return with_notes(plot, *notes)

"""How people's ratings are spread over the scale, by emotion."""

# mypy: untyped-calls-exclude=plotnine
from __future__ import annotations

import numpy as np
import polars as pl
from plotnine import (
    aes,
    element_blank,
    facet_grid,
    geom_col,
    geom_vline,
    ggplot,
    labs,
    scale_x_continuous,
    scale_y_continuous,
    theme,
)  # fmt: skip

from lib.figures.style import house_theme, to_pandas, with_notes


def distribution_figure(ratings: pl.DataFrame, *notes: str | None) -> ggplot:
    """Share of ratings at each value of the scale, by emotion (rows) and dimension (columns); a line at the mean.

    Parameters
    ----------
    ratings
        emotion (Enum), dimension (Enum), value; one row a rating.
    notes
        Lines below the figure.
    """
    known = ratings.drop_nulls("emotion")
    cells = ["emotion", "dimension"]
    shares = (
        known.group_by(*cells, "value").agg(pl.len().alias("count"))
        .with_columns((pl.col("count") / pl.col("count").sum().over(cells)).alias("share"))
        .sort(*cells, "value")
    )  # fmt: skip
    means = known.group_by(cells).agg(pl.col("value").mean().alias("mean")).sort(cells)
    values = np.unique(shares["value"].to_numpy())
    width = 0.85 * float(np.diff(values).min()) if values.size > 1 else 0.85
    spans = known.group_by("dimension").agg(pl.col("value").min().alias("low"), pl.col("value").max().alias("high"))
    ends = spans.select("low", "high").rows()
    ticks = sorted({tick for low, high in ends for tick in (low, (low + high) / 2, high)})
    plot = (
        ggplot(to_pandas(shares), aes("value", "share"))
        + geom_col(width=width, fill="#9DB7CE")
        + geom_vline(aes(xintercept="mean"), data=to_pandas(means), color="#B03A00", size=0.7)
        + facet_grid("emotion ~ dimension", scales="free_x")
        + scale_x_continuous(breaks=ticks, labels=[f"{tick:g}".replace("-", "−") for tick in ticks])
        + scale_y_continuous(labels=lambda shown: [f"{100 * item:.0f}%" for item in shown])
        + labs(x="Rating", y="Share of ratings")
        + house_theme(7, 0.85 * known["emotion"].n_unique() + 1.0)
        + theme(panel_grid_major_x=element_blank())
    )
    return with_notes(plot, *notes)

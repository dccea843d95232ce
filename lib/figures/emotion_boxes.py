"""Box plots of a rater's values beside people's means, by emotion."""

# mypy: untyped-calls-exclude=plotnine
from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pandas as pd
import polars as pl
from plotnine import (
    aes,
    element_blank,
    element_text,
    facet_wrap,
    geom_boxplot,
    geom_point,
    ggplot,
    labs,
    position_dodge,
    scale_fill_manual,
    scale_x_discrete,
    scale_y_continuous,
    theme,
)  # fmt: skip

from lib.figures.style import house_theme, minus_signs, to_pandas, with_notes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from plotnine.coords.coord import coord
    from plotnine.iapi import panel_view

SIDES = {"People's mean": "#BDBDBD", "Rater's value": "#56B4E9"}


class BoxesAtOnce(geom_boxplot):
    """Box plots as plotnine's, but all boxes of a panel in one go: one by one they take ten times as long."""

    def draw_panel(self, data: pd.DataFrame, panel_params: panel_view, coord: coord, ax: Axes) -> None:
        """Draw the points that lie beyond the whiskers, then all whiskers and all boxes."""
        boxes = data.reset_index(drop=True)
        beyond = boxes.explode("outliers").dropna(subset="outliers")
        if len(beyond):
            given = {name: self.params[f"outlier_{name}"] for name in ("alpha", "color", "shape", "size", "stroke")}
            own = {name: value for name, value in given.items() if value is not None}
            points = beyond.assign(y=beyond["outliers"].astype(float), fill=None, **own).reset_index(drop=True)
            geom_point.draw_group(points, panel_params, coord, ax, self.params)
        boxes["outliers"] = [()] * len(boxes)
        self.draw_group(boxes, panel_params, coord, ax, self.params)


def emotion_boxes_figure(
    values: pl.DataFrame, names: pl.DataFrame, scale: tuple[float, float], *notes: str | None
) -> ggplot:
    """People's means and the rater's values of the same images by emotion, one panel a rater.

    Boxes go from the first to the third quartile with a line at the median, whiskers to the last value within one and a
    half box lengths; points lie beyond. One rater makes one panel.

    Parameters
    ----------
    values
        One dimension of `lib.chapters.answers.value_answers`; raters without a value are left out.
    names
        `condition_names`; its order is that of the panels.
    scale
        Lowest and highest value of the scale, the limits of the vertical axis.
    notes
        Lines below the figure.
    """
    complete = values.drop_nulls(["machine", "people_mean", "emotion"])
    shown = names.filter(pl.col("condition").is_in(complete["condition"].unique().implode()))
    panels = shown.select("condition", pl.col("short_name").cast(pl.Enum(shown["short_name"])).alias("panel"))
    kept = complete.join(panels, on="condition", maintain_order="left")
    people, rater = SIDES
    long = pl.concat(
        kept.select("panel", "emotion", pl.col(column).cast(pl.Float64).alias("value"), pl.lit(side).alias("side"))
        for column, side in (("people_mean", people), ("machine", rater))
    ).with_columns(pl.col("side").cast(pl.Enum(list(SIDES))))
    emotions = [str(name) for name in kept["emotion"].unique().sort()]
    columns = min(3, max(1, shown.height))
    tall = 1.75 if shown.height > 1 else 3.2
    plot = (
        ggplot(to_pandas(long), aes("emotion", "value", fill="side"))
        + BoxesAtOnce(
            position=position_dodge(width=0.75), width=0.62, outlier_size=0.5, outlier_alpha=0.5, size=0.35,
            outlier_stroke=0.2, fatten=1.6,
        )
        + facet_wrap("panel", ncol=columns)
        + scale_fill_manual(values=SIDES)
        + scale_x_discrete(limits=emotions)
        + scale_y_continuous(breaks=[scale[0], sum(scale) / 2, scale[1]], limits=scale, labels=minus_signs)
        + labs(x="", y="Value")
        + house_theme(7 if columns > 1 else 5, tall * math.ceil(shown.height / columns) + 1.2)
        + theme(axis_text_x=element_text(rotation=40, ha="right", size=8), panel_grid_major_x=element_blank())
    )  # fmt: skip
    return with_notes(plot, *notes)

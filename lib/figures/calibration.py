"""Errors before and after calibration, beside one person's."""

# mypy: untyped-calls-exclude=plotnine
from __future__ import annotations

import polars as pl
from plotnine import (
    aes,
    coord_cartesian,
    element_blank,
    facet_wrap,
    geom_point,
    geom_segment,
    geom_vline,
    ggplot,
    labs,
    scale_color_manual,
    scale_shape_manual,
    scale_size_manual,
    scale_y_discrete,
    theme,
)  # fmt: skip

from lib.figures.style import TYPE_COLOURS, by_type, house_theme, to_pandas, with_notes
from lib.formats import capitalised

STATES = {
    "mae_before": "as given",
    "mae_after": "calibrated by the rater's own label",
    "mae_label_mean": "mean of the label alone",
}
SHAPES = {"as given": "o", "calibrated by the rater's own label": "D", "mean of the label alone": "|"}


def calibration_figure(calibration: pl.DataFrame, names: pl.DataFrame, *notes: str | None) -> ggplot:
    """MAE of every machine as given and calibrated, and of its label's mean; people's leave-one-out MAE as a line.

    Parameters
    ----------
    calibration
        `lib.chapters.calibration.calibration_frame`.
    names
        `condition_names`.
    notes
        Lines below the figure.
    """
    own = calibration.filter(pl.col("by") == "predicted").join(names, on="condition", maintain_order="left")
    order = own.group_by("condition", "short_name").agg(pl.col("mae_before").mean())
    rows = order.sort(pl.col("mae_before") * -1, "condition")["short_name"].to_list()
    panels = [capitalised(name) for name in own["dimension"].unique().sort().cast(pl.String)]
    title = pl.Series("dimension", [capitalised(str(name)) for name in own["dimension"]], dtype=pl.Enum(panels))
    own = own.with_columns(title)
    long = own.unpivot(
        list(STATES), index=["short_name", "type", "dimension"], variable_name="state", value_name="mae"
    ).with_columns(pl.col("state").replace_strict(STATES, return_dtype=pl.Enum(list(SHAPES))))
    lines = own.drop_nulls("loo_mae").unique("dimension", keep="first", maintain_order=True)
    furthest = max([*long["mae"].to_list(), *lines["loo_mae"].to_list(), 0.0])
    plot = (
        ggplot(to_pandas(by_type(long)), aes("mae", "short_name", color="type"))
        + geom_vline(aes(xintercept="loo_mae"), data=to_pandas(lines.select("dimension", "loo_mae")), color="#333333")
        + geom_segment(
            aes(x="mae_before", xend="mae_after", y="short_name", yend="short_name"),
            data=to_pandas(by_type(own.select("mae_before", "mae_after", "short_name", "type", "dimension"))),
            size=0.5, alpha=0.6,
        )
        + geom_point(aes(shape="state", size="state"))
        + facet_wrap("dimension", nrow=1)
        + scale_color_manual(values=TYPE_COLOURS)
        + scale_shape_manual(values=SHAPES)
        + scale_size_manual(values=dict(zip(SHAPES, (2.4, 2.2, 4.5), strict=True)))
        + scale_y_discrete(limits=rows, expand=(0, 0.6))
        + coord_cartesian(xlim=(0, 1.05 * furthest))
        + labs(x="Mean absolute error (line: one person against the others)", y="")
        + house_theme(7, 0.26 * len(rows) + 1.8)
        + theme(panel_grid_major_y=element_blank(), legend_box="vertical")
    )  # fmt: skip
    return with_notes(plot, *notes)

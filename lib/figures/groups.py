"""Accuracy, bias and false positives by group of faces, with intervals."""

# mypy: untyped-calls-exclude=plotnine
from __future__ import annotations

from collections.abc import Mapping

import polars as pl
from plotnine import (
    aes,
    element_blank,
    facet_wrap,
    geom_point,
    geom_segment,
    geom_vline,
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


def group_bias_figure(
    biases: pl.DataFrame, names: pl.DataFrame, labels: Mapping[str, str], *notes: str | None
) -> ggplot:
    """Bias of every rater with its interval by level of each factor, one panel a factor.

    Parameters
    ----------
    biases
        condition, factor, level, bias, low, high; one dimension.
    names
        `condition_names`.
    labels
        Factor -> label of its panel, in order.
    notes
        Lines below the figure.
    """
    own = biases.filter(pl.col("factor").cast(pl.String).is_in(list(labels)))
    panels = (
        pl.col("factor")
        .cast(pl.String)
        .replace_strict(dict(labels))
        .cast(pl.Enum(list(dict.fromkeys(labels.values()))))
    )
    drawn, short = _placed(own.rename({"bias": "value"}).with_columns(panels.alias("panel")), names)
    plot = (
        _dots(drawn, short)
        + geom_vline(xintercept=0, linetype="dashed", color="#333333", size=0.4)
        + facet_wrap("panel", nrow=1)
        + labs(x="Bias (rater minus people) with its interval", y="")
        + house_theme(7, 0.42 * len(short) + 1.5)
        + theme(panel_grid_major_y=element_blank(), panel_spacing_x=0.05)
    )
    return with_notes(plot, *notes)


def false_positive_figure(rates: pl.DataFrame, names: pl.DataFrame, factor: str, *notes: str | None) -> ggplot:
    """False positive rate of every rater and emotion with its interval by level of one factor, one panel an emotion.

    Parameters
    ----------
    rates
        condition, `factor`, emotion, rate, low, high.
    names
        `condition_names`.
    factor
        The factor's column.
    notes
        Lines below the figure.
    """
    renamed = rates.rename({factor: "level", "rate": "value"}).with_columns(pl.lit(factor).alias("factor"))
    titles = {name: f"named {name}" for name in rates["emotion"].unique().sort().cast(pl.String)}
    panel = pl.col("emotion").cast(pl.String).replace_strict(titles).cast(pl.Enum(list(titles.values())))
    drawn, short = _placed(renamed.with_columns(panel.alias("panel")), names)
    plot = (
        _dots(drawn, short)
        + facet_wrap("panel", ncol=3, scales="free_x")
        + scale_x_continuous(labels=lambda shown: [f"{100 * item:.3g}%" for item in shown])
        + labs(x="Named so although another emotion was intended, with its interval", y="")
        + house_theme(7, 2 * (0.26 * len(short) + 0.7) + 0.6)
        + theme(panel_grid_major_y=element_blank(), panel_spacing_x=0.04)
    )
    return with_notes(plot, *notes)


def _placed(frame: pl.DataFrame, names: pl.DataFrame) -> tuple[pl.DataFrame, list[str]]:
    """Put raters on whole heights, in the order of their names' frame, and each factor's levels around them."""
    frame = frame.drop_nulls(["value", "level"])
    present = names.filter(pl.col("condition").is_in(frame["condition"].unique().implode()))
    short = present["short_name"].to_list()[::-1]
    order = {name: place for place, name in enumerate(short)}
    offsets, levels = {}, []
    for (factor,), own in frame.group_by("factor", maintain_order=True):
        found = [str(item) for item in own["level"].drop_nulls().unique().sort()]
        levels += [level for level in found if level not in levels]
        for place, level in enumerate(found):
            offsets[f"{factor}:{level}"] = SPREAD * (0.5 - place / max(len(found) - 1, 1))
    key = pl.format("{}:{}", pl.col("factor").cast(pl.String), pl.col("level").cast(pl.String))
    return frame.join(names, on="condition", maintain_order="left").with_columns(
        pl.col("level").cast(pl.String).cast(pl.Enum(levels)),
        (
            pl.col("short_name").replace_strict(order, return_dtype=pl.Float64)
            + key.replace_strict(offsets, return_dtype=pl.Float64)
        ).alias("y"),
    ), short


def _dots(drawn: pl.DataFrame, short: list[str]) -> ggplot:
    levels = [str(item) for item in drawn["level"].unique().sort()]
    columns = ["value", "low", "high", "level", "y", "panel"]
    return (
        ggplot(to_pandas(drawn.select(columns)), aes("value", "y", color="level"))
        + geom_segment(aes(x="low", xend="high", yend="y"), size=0.5, na_rm=True)
        + geom_point(aes(shape="level"), size=1.5)
        + scale_color_manual(values=dict(zip(levels, COLOURS[1:] + COLOURS[:1], strict=False)))
        + scale_shape_manual(values=dict(zip(levels, SHAPES, strict=False)))
        + scale_y_continuous(breaks=list(range(len(short))), labels=short, expand=(0, 0.3))
        + guides(color=guide_legend(), shape=guide_legend())
    )

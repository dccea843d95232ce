"""Scatter of a rater's values against people's means, and the two correlations of every rater against each other."""

# mypy: untyped-calls-exclude=plotnine
from __future__ import annotations

import math

import polars as pl
from mizani.breaks import breaks_extended
from plotnine import (
    aes,
    coord_cartesian,
    facet_wrap,
    geom_abline,
    geom_point,
    geom_segment,
    geom_text,
    ggplot,
    labs,
    position_jitter,
    scale_x_continuous,
    scale_y_continuous,
)  # fmt: skip

from lib.figures.style import (
    FONT,
    by_type,
    emotion_scales,
    house_theme,
    named_emotions,
    spaced,
    to_pandas,
    type_scales,
    uncrossed,
    with_notes,
)
from lib.formats import bounded


def scatter_figure(
    values: pl.DataFrame, scores: pl.DataFrame, names: pl.DataFrame, scale: tuple[float, float], *notes: str | None
) -> ggplot:
    """People's mean (x) against the rater's value (y) of every image, one panel a rater, emotions by colour and shape.

    Parameters
    ----------
    values
        One dimension of `lib.chapters.answers.value_answers`.
    scores
        The same dimension of `score_values`, for each panel's r.
    names
        `condition_names`; its order is that of the panels.
    scale
        Lowest and highest value of the scale, both axes' limits.
    notes
        Lines below the figure.
    """
    shown = names.join(scores.select("condition", "r"), on="condition", maintain_order="left")
    headings = [f"{row['short_name']}\n{_correlation(row['r'])}" for row in shown.iter_rows(named=True)]
    panels = pl.Series("panel", headings, dtype=pl.Enum(headings))
    short = shown.select("condition", panels)
    complete = values.drop_nulls(["machine", "people_mean"]).join(short, on="condition", maintain_order="left")
    complete = named_emotions(complete)
    columns = min(4, max(1, shown.height))
    ticks = [scale[0], sum(scale) / 2, scale[1]]
    step = (scale[1] - scale[0]) / 8
    plot = (
        ggplot(to_pandas(complete), aes("people_mean", "machine"))
        + geom_abline(slope=1, intercept=0, color="#777777", linetype="dashed", size=0.4)
        + geom_point(
            aes(color="emotion", shape="emotion"), size=0.9, alpha=0.45, stroke=0.3,
            position=position_jitter(width=0, height=0.12 * step, random_state=1),
        )
        + facet_wrap("panel", ncol=columns)
        + emotion_scales(complete)
        + scale_x_continuous(breaks=ticks)
        + scale_y_continuous(breaks=ticks)
        + coord_cartesian(xlim=scale, ylim=(scale[0] - 0.15 * step, scale[1] + 0.15 * step))
        + labs(x="People's mean", y="Rater's value")
        + house_theme(7 if columns > 1 else 5, (1.6 if columns > 1 else 3.6) * math.ceil(shown.height / columns) + 1.1)
    )  # fmt: skip
    return with_notes(plot, *notes)


def correlation_figure(
    scores: pl.DataFrame, names: pl.DataFrame, dimensions: tuple[str, str], *notes: str | None
) -> ggplot:
    """Each rater's r on one dimension (x) against its r on another (y); type by shape and colour, names beside.

    Parameters
    ----------
    scores
        `score_values`; raters without r on both dimensions are left out.
    names
        `condition_names`.
    dimensions
        The two dimensions.
    notes
        Lines below the figure.
    """
    first, second = (
        scores.filter(pl.col("dimension").cast(pl.String) == name).select("condition", pl.col("r").alias(axis))
        for name, axis in zip(dimensions, ("x", "y"), strict=True)
    )
    points = (
        first.join(second, on="condition", maintain_order="left")
        .drop_nulls()
        .join(names, on="condition", maintain_order="left")
    )
    left, right = _padded(points["x"])
    bottom, top = _padded(points["y"])
    wide = right - left
    edge = right + 0.04 * wide
    heights = uncrossed(
        list(zip(points["x"], points["y"], strict=True)),
        spaced(points["y"].to_list(), (top - bottom) / 17, bottom, top),
        edge,
    )
    labelled = points.with_columns(
        pl.Series("label_y", heights, dtype=pl.Float64),
        pl.lit(edge).alias("label_x"),
        pl.lit(edge - 0.02 * wide).alias("end_x"),
    )
    drawn = to_pandas(by_type(labelled))
    ticks = [tick for tick in breaks_extended(n=5)((left, right)) if left <= tick <= right]
    plot = (
        ggplot(drawn, aes("x", "y"))
        + geom_segment(aes(xend="end_x", yend="label_y"), color="#B0B0B0", size=0.3)
        + geom_point(aes(color="type", shape="type"), size=3)
        + geom_text(aes("label_x", "label_y", label="short_name"), ha="left", size=8.5, family=FONT)
        + type_scales()
        + scale_x_continuous(breaks=ticks)
        + coord_cartesian(xlim=(left, right + 0.42 * wide), ylim=(bottom, top))
        + labs(x=f"Pearson's r, {dimensions[0]}", y=f"Pearson's r, {dimensions[1]}")
        + house_theme(6.5, 4.8)
    )
    return with_notes(plot, *notes)


def _correlation(r: float | None) -> str:
    return "" if r is None else f"r = {bounded(r, 2)}"


def _padded(values: pl.Series) -> tuple[float, float]:
    low, high = (float(values.min()), float(values.max())) if values.len() else (0.0, 1.0)  # type: ignore[arg-type]
    pad = max(0.08 * (high - low), 0.01)
    return low - pad, high + pad

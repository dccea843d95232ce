"""Bland-Altman plots: the difference of rater and people against their mean, with bias and limits of agreement."""

# mypy: untyped-calls-exclude=plotnine
from __future__ import annotations

import math
from typing import Any

import polars as pl
from plotnine import (
    aes,
    facet_wrap,
    geom_hline,
    geom_point,
    geom_rect,
    ggplot,
    labs,
    position_jitter,
    scale_x_continuous,
    scale_y_continuous,
)  # fmt: skip

from lib.figures.style import emotion_scales, house_theme, minus_signs, named_emotions, to_pandas, with_notes
from lib.formats import plus_signed

LINES = {"bias": "solid", "loa_lower": "dashed", "loa_upper": "dashed"}


def bland_altman_figure(
    values: pl.DataFrame, limits: pl.DataFrame, names: pl.DataFrame, scale: tuple[float, float], *notes: str | None
) -> ggplot:
    """Mean of both sides (x) against rater minus people (y) of every image, one panel a rater.

    The solid line is the bias, the dashed lines are the limits of agreement, grey bands their intervals. One rater
    makes one panel.

    Parameters
    ----------
    values
        One dimension of `lib.chapters.answers.value_answers`.
    limits
        The same dimension of `limits_of_agreement`; its raters are drawn.
    names
        `condition_names`; its order is that of the panels.
    scale
        Lowest and highest value of the scale, the limits of the horizontal axis.
    notes
        Lines below the figure.
    """
    shown = names.join(limits, on="condition", maintain_order="left")
    headings = [f"{row['short_name']}\n{_bias(row['bias'])}" for row in shown.iter_rows(named=True)]
    panels = pl.Series("panel", headings, dtype=pl.Enum(headings))
    lines = shown.with_columns(panels)
    points = (
        values.drop_nulls(["machine", "people_mean"])
        .join(lines.select("condition", "panel"), on="condition", maintain_order="left")
        .with_columns(
            ((pl.col("machine") + pl.col("people_mean")) / 2).alias("mean"),
            (pl.col("machine") - pl.col("people_mean")).alias("difference"),
        )
    )
    points = named_emotions(points)
    columns = min(4, max(1, shown.height))
    tall = 1.7 if shown.height > 1 else 3.6
    plot = (
        ggplot(to_pandas(points.select("mean", "difference", "emotion", "panel")), aes("mean", "difference"))
        + geom_point(
            aes(color="emotion", shape="emotion"), size=0.9 if shown.height > 1 else 1.5, alpha=0.4, stroke=0.3,
            position=position_jitter(width=0.01 * (scale[1] - scale[0]), height=0, random_state=1), na_rm=True,
        )
        + facet_wrap("panel", ncol=columns)
        + emotion_scales(points)
        + scale_x_continuous(
            breaks=[scale[0], sum(scale) / 2, scale[1]], limits=scale, expand=(0.03, 0), labels=minus_signs
        )
        + scale_y_continuous(labels=minus_signs)
        + labs(x="Mean of rater and people", y="Rater minus people")
        + house_theme(7 if columns > 1 else 5, tall * math.ceil(shown.height / columns) + 1.1)
    )  # fmt: skip
    return with_notes(plot + _bands(lines, scale), *notes)


def _bands(lines: pl.DataFrame, scale: tuple[float, float]) -> list[Any]:
    """Bias and limits as lines across the panels, each on the band of its interval."""
    layers: list[Any] = []
    for name, style in LINES.items():
        own = lines.select("panel", pl.col(name).alias("y"), pl.col(f"{name}_low").alias("low"),
                           pl.col(f"{name}_high").alias("high")).drop_nulls()  # fmt: skip
        if own.height:
            band = to_pandas(own.with_columns(pl.lit(scale[0]).alias("left"), pl.lit(scale[1]).alias("right")))
            sides = aes(xmin="left", xmax="right", ymin="low", ymax="high")
            layers += [
                geom_rect(sides, data=band, inherit_aes=False, alpha=0.35, fill="#888888"),
                geom_hline(aes(yintercept="y"), data=band, linetype=style, color="#111111", size=0.5),
            ]
    return layers


def _bias(bias: float | None) -> str:
    return "" if bias is None else f"bias {plus_signed(bias)}"

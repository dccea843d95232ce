"""How much each machine's values vary within an emotion, beside people's ratings."""

# mypy: untyped-calls-exclude=plotnine
from __future__ import annotations

import polars as pl
from plotnine import (
    aes,
    element_blank,
    facet_wrap,
    geom_point,
    ggplot,
    labs,
    position_jitter,
    scale_y_discrete,
    theme,
)  # fmt: skip

from lib.figures.style import by_type, house_theme, to_pandas, type_scales, with_notes


def variation_figure(machines: pl.DataFrame, people: pl.DataFrame, names: pl.DataFrame, *notes: str | None) -> ggplot:
    """SD within each emotion (rows) by dimension (panels): a symbol a machine, a bar for people's single ratings.

    Parameters
    ----------
    machines
        condition, dimension (Enum), emotion (Enum), sd.
    people
        The same without condition.
    names
        `condition_names`.
    notes
        Lines below the figure.
    """
    shown = machines.drop_nulls(["emotion", "sd"]).join(names, on="condition", maintain_order="left")
    bars = people.drop_nulls(["emotion", "sd"])
    emotions = bars["emotion"].unique().sort().cast(pl.String).to_list()
    plot = (
        ggplot(to_pandas(by_type(shown)), aes("sd", "emotion"))
        + geom_point(data=to_pandas(bars), shape="|", size=7, stroke=1.4, color="#222222")
        + geom_point(
            aes(color="type", shape="type"), size=2.2, alpha=0.75,
            position=position_jitter(width=0, height=0.13, random_state=1),
        )
        + facet_wrap("dimension", nrow=1)
        + type_scales()
        + scale_y_discrete(limits=emotions[::-1])
        + labs(x="Standard deviation within the emotion", y="")
        + house_theme(7, 0.4 * len(emotions) + 1.4)
        + theme(panel_grid_major_y=element_blank())
    )  # fmt: skip
    return with_notes(plot, *notes)

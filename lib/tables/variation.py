"""The table of variation within an emotion: faces told apart, or one prototype."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl
from great_tables import GT

from lib.formats import ABSENT, format_value
from lib.tables.style import plain_table, spread

PEOPLE = "People (single ratings)"


def variation_table(
    machines: pl.DataFrame, people: pl.DataFrame, names: pl.DataFrame, notes: Iterable[str | None] = ()
) -> GT:
    """SD within each emotion, and in parentheses how many different values there are; grouped by dimension.

    Parameters
    ----------
    machines
        condition, dimension, emotion (Enum), sd, distinct.
    people
        The same of single ratings, without condition.
    names
        `lib.chapters.conditions.condition_names`.
    notes
        Paragraphs below the table.
    """
    columns = ["dimension", "short_name", "emotion", "sd", "distinct"]
    rows = [people.with_columns(pl.lit(PEOPLE).alias("short_name")).select(columns)]
    rows.append(machines.join(names, on="condition", maintain_order="left").select(columns))
    both = pl.concat(rows).drop_nulls("emotion").sort("dimension", maintain_order=True)
    cells = [
        ABSENT if row["sd"] is None else f"{format_value('sd', row['sd'])} ({row['distinct']})"
        for row in both.iter_rows(named=True)
    ]
    emotions = both["emotion"].unique().sort().cast(pl.String).to_list()
    wide = spread(
        both.with_columns(pl.Series("cell", cells, dtype=pl.String)), ["dimension", "short_name"], "emotion", "cell"
    )
    wide = wide.with_columns(pl.col("dimension").cast(pl.String).str.to_titlecase())
    labels = {"short_name": "Rater"} | {name: name.capitalize() for name in emotions}
    return plain_table(wide, "tbl-variation", labels, notes, groups="dimension")

"""Tables of variation within an emotion: faces told apart, or one prototype; and the indices made from it."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl
from great_tables import GT

from lib.formats import ABSENT, format_value
from lib.tables.intervals import estimates
from lib.tables.style import as_text, plain_table, spread

PEOPLE = "People (single ratings)"
MEANS = "People (image means)"
INDICES = {
    "collapse": "Collapse",
    "collapse_means": "Collapse against image means",
    "polarity": "Polarity",
    "sd_ratio": "*SD* ratio",
}


def variation_table(
    machines: pl.DataFrame,
    people: pl.DataFrame,
    names: pl.DataFrame,
    notes: Iterable[str | None] = (),
    means: pl.DataFrame | None = None,
) -> GT:
    """SD within each emotion, and in parentheses how many different values and how many bits; grouped by dimension.

    Parameters
    ----------
    machines
        condition, dimension, emotion (Enum), sd, distinct and, optionally, entropy (bits).
    people
        The same of single ratings, without condition.
    names
        `lib.chapters.conditions.condition_names`.
    notes
        Paragraphs below the table.
    means
        The same of people's image means.
    """
    columns = ["dimension", "short_name", "emotion", "sd", "distinct"]
    columns += ["entropy"] if "entropy" in machines.columns else []
    rows = [people.with_columns(pl.lit(PEOPLE).alias("short_name")).select(columns)]
    if means is not None:
        rows.append(means.with_columns(pl.lit(MEANS).alias("short_name")).select(columns))
    rows.append(machines.join(names, on="condition", maintain_order="left").select(columns))
    both = pl.concat(rows).drop_nulls("emotion").sort("dimension", maintain_order=True)
    cells = [_cell(row) for row in both.iter_rows(named=True)]
    emotions = both["emotion"].unique().sort().cast(pl.String).to_list()
    wide = spread(
        both.with_columns(pl.Series("cell", cells, dtype=pl.String)), ["dimension", "short_name"], "emotion", "cell"
    )
    wide = wide.with_columns(pl.col("dimension").cast(pl.String).str.to_titlecase())
    labels = {"short_name": "Rater"} | {name: name.capitalize() for name in emotions}
    return plain_table(wide, "tbl-variation", labels, notes, groups="dimension")


def indices_table(indices: pl.DataFrame, names: pl.DataFrame, notes: Iterable[str | None] = ()) -> GT:
    """Pooled SD within emotions, collapse, polarity and SD ratio of every machine with intervals, by dimension.

    Parameters
    ----------
    indices
        `lib.chapters.stereotypes.index_frame`.
    names
        `lib.chapters.conditions.condition_names`.
    notes
        Paragraphs below the table.
    """
    text = as_text(indices, ["n", "within_sd"]).with_columns(estimates(indices, name) for name in INDICES)
    text = text.join(names, on="condition", maintain_order="left")
    text = text.with_columns(pl.col("dimension").cast(pl.String).str.to_titlecase())
    labels = {"short_name": "Rater", "n": "*n*", "within_sd": "*SD* within emotions"} | INDICES
    return plain_table(text, "tbl-indices", labels, notes, groups="dimension")


def yardstick_note(indices: pl.DataFrame) -> str | None:
    """Say what the pooled SDs of one person and of image means are, by dimension; None without any index."""
    parts = [
        f"{row['dimension']} {format_value('sd', row['person_within_sd'])} and "
        f"{format_value('sd', row['means_within_sd'])}"
        for row in indices.sort(pl.col("n") * -1, maintain_order=True)
        .unique("dimension", keep="first", maintain_order=True)
        .sort("dimension")
        .iter_rows(named=True)
    ]
    if not parts:
        return None
    return (
        "Collapse: 1 minus the machine's SD within emotions over one person's; 1 is one value an emotion, 0 varies as "
        "one person does who rates each image once. Against image means, 0 varies as the means of all people do. "
        "Polarity: slope of the machine's emotion means on people's; above 1 exaggerates. SD ratio: over all images, "
        f"against people's image means. Within emotions, the SD of one person and that of image means are: "
        f"{'; '.join(parts)}."
    )


def _cell(row: dict[str, object]) -> str:
    sd, distinct, entropy = row["sd"], row["distinct"], row.get("entropy")
    if not isinstance(sd, float):
        return ABSENT
    bits = f", {entropy:.1f}" if isinstance(entropy, float) else ""
    return f"{format_value('sd', sd)} ({distinct}{bits})"

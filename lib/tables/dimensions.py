"""Tables of rated dimensions: correlation and errors of every rater, bias by emotion, MAE beside people's own."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl
from great_tables import GT

from lib.formats import capitalised, count_in_words, format_value, plus_signed
from lib.tables.style import (
    BIAS_LIMITS,
    RATER_TYPES,
    as_text,
    estimate_and_interval,
    mean_and_sd,
    plain_table,
    shade,
    spread,
)

RATERS = {"short_name": "Rater"}


def dimension_table(scores: pl.DataFrame, names: pl.DataFrame, identifier: str, notes: Iterable[str | None] = ()) -> GT:
    """Pearson's r, MAE, RMSE, bias, SD of differences, and means (SDs) of rater and people, grouped by type of rater.

    Parameters
    ----------
    scores
        Rows of `lib.chapters.scores.score_values` of one dimension.
    names
        `lib.chapters.conditions.condition_names`.
    identifier
        The cell's label.
    notes
        Paragraphs below the table.
    """
    named = _named(scores, names)
    text = named.with_columns(
        mean_and_sd(named, "machine_mean", "machine_sd").alias("machine"),
        mean_and_sd(named, "people_mean", "people_sd").alias("people"),
    )
    figures = ["n", "r", "mae", "rmse", "bias"]
    labels = RATERS | {"n": "*n*", "r": "Pearson's *r*", "mae": "MAE", "rmse": "RMSE", "bias": "Bias"}
    labels |= {"machine": "Rater *M* (*SD*)", "people": "People *M* (*SD*)"}
    return plain_table(as_text(text, figures), identifier, labels, notes, groups="type")


def overview_table(scores: pl.DataFrame, names: pl.DataFrame, notes: Iterable[str | None] = ()) -> GT:
    """Every rater on every dimension of the study, grouped by dimension."""
    text = as_text(_named(scores, names), ["n", "r", "mae", "rmse", "bias", "sd_difference"])
    text = text.with_columns(pl.col("dimension").cast(pl.String).str.to_titlecase())
    labels = RATERS | {"type": "Type", "n": "*n*", "r": "Pearson's *r*", "mae": "MAE", "rmse": "RMSE"}
    labels |= {"bias": "Bias", "sd_difference": "*SD* of differences"}
    return plain_table(text, "tbl-dimensions", labels, notes, groups="dimension", text_columns=["type"])


def bias_table(
    biases: pl.DataFrame,
    names: pl.DataFrame,
    column: str,
    identifier: str,
    *,
    width: float,
    notes: Iterable[str | None] = (),
) -> GT:
    """Bias of every rater (rows) by `column`, such as emotion (columns); the shade shows direction and size.

    Parameters
    ----------
    biases
        condition, `column`, bias; one dimension.
    names
        `lib.chapters.conditions.condition_names`.
    column
        The column to spread.
    identifier
        The cell's label.
    width
        From the scale's lowest to its highest value; shades stand at fixed shares of it.
    notes
        Paragraphs below the table.
    """
    named = biases.join(names, on="condition", maintain_order="left").drop_nulls(column)
    wide = spread(named, ["type", "short_name"], column, "bias")
    levels = [name for name in wide.columns if name not in ("type", "short_name")]
    text = wide.with_columns(
        pl.Series(name, [None if value is None else plus_signed(value) for value in wide[name]], dtype=pl.String)
        for name in levels
    )
    labels = RATERS | {name: capitalised(name) for name in levels}
    table = plain_table(text, identifier, labels, notes, groups="type")
    first, second, third = (share * width for share in BIAS_LIMITS)
    return shade(table, wide, levels, (first, second, third))


def error_table(scores: pl.DataFrame, names: pl.DataFrame, identifier: str, notes: Iterable[str | None] = ()) -> GT:
    """MAE of every rater and its ratio to people's leave-one-out MAE."""
    text = as_text(_named(scores, names, "mae", descending=False), ["mae", "mae_ratio"])
    labels = RATERS | {"thinking": "Thinking", "mae": "MAE", "mae_ratio": "MAE / people's leave-one-out MAE"}
    return plain_table(text, identifier, labels, notes, text_columns=["thinking"])


def correlation_table(
    scores: pl.DataFrame, names: pl.DataFrame, identifier: str, notes: Iterable[str | None] = ()
) -> GT:
    """Pearson's r and MAE alone, the closest first."""
    text = as_text(_named(scores, names), ["r", "mae"])
    return plain_table(text, identifier, RATERS | {"r": "Pearson's *r*", "mae": "MAE"}, notes)


def folded_table(scores: pl.DataFrame, names: pl.DataFrame, identifier: str, notes: Iterable[str | None] = ()) -> GT:
    """MAE beside the MAE that bias and SD of differences imply if differences are normal."""
    gap = (pl.col("mae") - pl.col("folded_mae")).abs().alias("gap")
    text = as_text(
        _named(scores.with_columns(gap), names),
        {"bias": "bias", "sd_difference": "sd_difference", "folded_mae": "mae", "mae": "mae", "gap": "mae"},
    )
    labels = RATERS | {"bias": "Bias", "sd_difference": "*SD* of differences"}
    labels |= {"folded_mae": "MAE if normal", "mae": "MAE", "gap": "Difference"}
    return plain_table(text, identifier, labels, notes)


def human_error_table(
    baselines: pl.DataFrame, scores: pl.DataFrame, identifier: str, notes: Iterable[str | None] = ()
) -> GT:
    """People's leave-one-out and pairwise MAE beside the range of the raters' MAE and of their ratio to the former.

    Intervals of people's errors are shown where `baselines` has them (loo_mae_low, loo_mae_high and so on).
    """
    rows = []
    for row in baselines.iter_rows(named=True):
        own = scores.filter(pl.col("dimension").cast(pl.String) == row["dimension"])
        if own.height:
            rows.append(
                {"dimension": str(row["dimension"]).capitalize()}
                | {name: estimate_and_interval(row, name) for name in ("loo_mae", "pairwise_mae")}
                | {name: _range(own[name], name) for name in ("mae", "mae_ratio")}
            )
    labels = {
        "dimension": "Dimension", "loo_mae": "People's leave-one-out MAE", "pairwise_mae": "People's pairwise MAE",
        "mae": "Raters' MAE", "mae_ratio": "Raters' MAE / leave-one-out MAE",
    }  # fmt: skip
    frame = pl.DataFrame(rows, schema=dict.fromkeys(labels, pl.String))
    return plain_table(frame, identifier, labels, notes)


def excluded_note(scores: pl.DataFrame, names: pl.DataFrame) -> str:
    """Say how many images of each machine are left out because an answer was missing or could not be parsed."""
    machines = scores.join(names, on="condition", maintain_order="left").filter(pl.col("type") != "Person")
    most = machines.group_by("condition", "short_name", maintain_order=True).agg(pl.col("n_excluded").max())
    lost = most.filter(pl.col("n_excluded") > 0)
    named = "; ".join(
        f"{row['short_name']} {format_value('n', row['n_excluded'])}" for row in lost.iter_rows(named=True)
    )
    said = f"{named}; {count_in_words(0)} of the others" if named else count_in_words(0)
    return f"Images without a parseable answer, or without people's ratings, are left out: {said}."


def _named(scores: pl.DataFrame, names: pl.DataFrame, by: str = "r", *, descending: bool = True) -> pl.DataFrame:
    joined = scores.join(names, on="condition", maintain_order="left")
    kind = pl.col("type").cast(RATER_TYPES)
    key = pl.col(by).fill_null(-2.0) * (-1 if descending else 1)
    return joined.sort("dimension", kind, key, "condition")


def _range(values: pl.Series, name: str) -> str:
    return f"{format_value(name, values.min())} to {format_value(name, values.max())}"  # type: ignore[arg-type]

"""Tables of accuracy and bias by group of faces."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import polars as pl
from great_tables import GT

from lib.formats import format_value, plus_signed, signed
from lib.tables.style import BIAS_LIMITS, as_text, interval, plain_table, shade, spread
from lib.tables.units import units_column

TESTED = {"chi2": "*χ*²", "p": "*p*", "p_adjusted": "*p* corrected"}


def group_accuracy_table(
    groups: pl.DataFrame,
    names: pl.DataFrame,
    factor: str,
    identifier: str,
    notes: Iterable[str | None] = (),
    *,
    tests: pl.DataFrame | None = None,
    unit: str | None = None,
) -> GT:
    """Accuracy with its interval of every rater (rows) by level of one factor (columns), the most uneven rater first.

    Parameters
    ----------
    groups
        condition, `factor`, accuracy, low, high.
    names
        `lib.chapters.conditions.condition_names`.
    factor
        The factor's column.
    identifier
        The cell's label.
    notes
        Paragraphs below the table.
    tests
        condition, chi2, p, p_adjusted of equal accuracy at all levels, with `unit` also p_units_adjusted; None leaves
        these columns out.
    unit
        What readers call the unit of faces between which the levels are also tested; None leaves that column out.
    """
    text = as_text(groups, ["accuracy"]).with_columns(interval(groups).alias("interval"))
    cell = pl.concat_str("accuracy", "interval", separator=" ", ignore_nulls=True).alias("cell")
    named = text.with_columns(cell).join(names, on="condition", maintain_order="left")
    wide = spread(named, ["condition", "type", "short_name"], factor, "cell").join(
        gaps(groups), on="condition", maintain_order="left"
    )
    levels = [name for name in wide.columns if name not in ("condition", "type", "short_name", "gap")]
    wide = wide.sort(pl.col("type") == "Person", pl.col("gap") * -1, "condition")
    wide = wide.with_columns(points(wide, "gap"))
    labels = {"short_name": "Rater", "type": "Type"} | {name: name for name in levels} | {"gap": "Largest difference"}
    if tests is not None:
        tested = TESTED | units_column(unit)
        figures = as_text(tests, list(tested)).select("condition", *tested)
        wide = wide.join(figures, on="condition", how="left", maintain_order="left")
        labels |= tested
    return plain_table(wide, identifier, labels, notes, text_columns=["type"])


def cell_accuracy_table(
    cells: pl.DataFrame,
    names: pl.DataFrame,
    factor: str,
    identifier: str,
    notes: Iterable[str | None] = (),
    *,
    shown: int = 4,
) -> GT:
    """Accuracy by emotion (rows) and level of one factor (columns) of the `shown` most uneven machines.

    A machine's unevenness is its largest difference between two levels within one emotion.
    """
    machines = cells.join(names, on="condition", maintain_order="left").filter(pl.col("type") != "Person")
    uneven = gaps(machines, ["condition", "intended"])
    worst = uneven.group_by("condition").agg(pl.col("gap").max()).sort(pl.col("gap") * -1, "condition").head(shown)
    text = as_text(machines, ["accuracy"]).with_columns(interval(machines).alias("interval"))
    cell = pl.concat_str("accuracy", "interval", separator=" ", ignore_nulls=True).alias("cell")
    wide = spread(text.with_columns(cell), ["condition", "short_name", "intended"], factor, "cell")
    levels = [name for name in wide.columns if name not in ("condition", "short_name", "intended")]
    wide = worst.select("condition").join(wide, on="condition", maintain_order="left")
    wide = wide.join(uneven, on=["condition", "intended"], maintain_order="left")
    wide = wide.with_columns(points(wide, "gap"), pl.col("intended").cast(pl.String).str.to_titlecase())
    labels = {"intended": "Emotion"} | {name: name for name in levels} | {"gap": "Largest difference"}
    return plain_table(wide, identifier, labels, notes, groups="short_name")


def groups_overview_table(
    groups: Mapping[str, pl.DataFrame],
    factors: Mapping[str, str],
    names: pl.DataFrame,
    notes: Iterable[str | None] = (),
) -> GT:
    """Accuracy of every rater (rows) by level of every factor (columns, below the factor's label).

    Parameters
    ----------
    groups
        Factor -> condition, the factor's column, accuracy.
    factors
        Factor -> label.
    names
        `lib.chapters.conditions.condition_names`.
    notes
        Paragraphs below the table.
    """
    long = _levels({name: as_text(frame, ["accuracy"]) for name, frame in groups.items()}, "accuracy")
    wide = spread(long.join(names, on="condition", maintain_order="left"), ["type", "short_name"], "column", "accuracy")
    return _with_spanners(
        plain_table(wide, "tbl-accuracy-by-group", _headings(wide), notes, groups="type"), wide, factors
    )


def group_bias_table(
    biases: Mapping[str, pl.DataFrame],
    dimension: str,
    factors: Mapping[str, str],
    names: pl.DataFrame,
    *,
    identifier: str,
    width: float,
    notes: Iterable[str | None] = (),
) -> GT:
    """Bias of every rater (rows) on one dimension by level of every factor (columns); shaded like the bias by emotion.

    Parameters
    ----------
    biases
        Factor -> condition, dimension, the factor's column, bias.
    dimension
        The dimension to show.
    factors
        Factor -> label.
    names
        `lib.chapters.conditions.condition_names`.
    identifier
        The cell's label.
    width
        From the scale's lowest to its highest value.
    notes
        Paragraphs below the table.
    """
    own = {name: frame.filter(pl.col("dimension").cast(pl.String) == dimension) for name, frame in biases.items()}
    long = _levels(own, "bias").join(names, on="condition", maintain_order="left")
    wide = spread(long, ["type", "short_name"], "column", "bias")
    text = wide.with_columns(
        pl.Series(name, [None if value is None else plus_signed(value) for value in wide[name]], dtype=pl.String)
        for name in wide.columns[2:]
    )
    table = plain_table(text, identifier, _headings(wide), notes, groups="type")
    limits = (BIAS_LIMITS[0] * width, BIAS_LIMITS[1] * width, BIAS_LIMITS[2] * width)
    return _with_spanners(shade(table, wide, wide.columns[2:], limits), wide, factors)


def _levels(frames: Mapping[str, pl.DataFrame], value: str) -> pl.DataFrame:
    """All factors' levels in one column, as `factor: level`."""
    return pl.concat(
        frame.drop_nulls(name).select(
            "condition", pl.concat_str(pl.lit(f"{name}: "), pl.col(name).cast(pl.String)).alias("column"), value
        )
        for name, frame in frames.items()
    )


def _headings(wide: pl.DataFrame) -> dict[str, str]:
    return {"short_name": "Rater"} | {name: name.partition(": ")[2] for name in wide.columns[2:]}


def _with_spanners(table: GT, wide: pl.DataFrame, factors: Mapping[str, str]) -> GT:
    for name, label in factors.items():
        columns = [column for column in wide.columns[2:] if column.startswith(f"{name}: ")]
        table = table.tab_spanner(label=label, columns=columns, id=f"spanner-{name}") if columns else table
    return table


def gaps(frame: pl.DataFrame, by: Sequence[str] = ("condition",)) -> pl.DataFrame:
    """Largest minus smallest accuracy of each rater (and emotion) over the levels."""
    accuracy = pl.col("accuracy")
    return frame.group_by(list(by)).agg((accuracy.max() - accuracy.min()).alias("gap")).sort(list(by))


def points(frame: pl.DataFrame, column: str) -> pl.Series:
    """Percentage points as text, such as `38.8 pp`."""
    values = [None if value is None else signed(f"{100 * value:.1f} pp") for value in frame[column]]
    return pl.Series(column, values, dtype=pl.String)


def group_counts_note(groups: pl.DataFrame, factor: str) -> str:
    """Say how many images each level has."""
    counts = groups.group_by(factor).agg(pl.col("n").max()).sort(factor)
    return "Images: " + ", ".join(f"{level} {format_value('n', count)}" for level, count in counts.iter_rows()) + "."

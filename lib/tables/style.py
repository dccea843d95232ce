"""The look that all tables share: ready-formatted text, compact rows, notes below, fixed ids."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import polars as pl
from great_tables import GT, loc, md, style

from lib.formats import ABSENT, format_value

RATER_TYPES = pl.Enum(["VLM", "FER", "Machine", "Person"])
BIAS_LIMITS = (0.0625, 0.125, 0.1875)  # shares of the scale at which a bias is shaded darker
SHADES = {-3: "#9CC3E6", -2: "#C6DDF1", -1: "#E6F0F9", 1: "#FCEBDD", 2: "#F7CFAE", 3: "#EFAA75"}


def plain_table(
    frame: pl.DataFrame,
    identifier: str,
    labels: Mapping[str, str],
    notes: Iterable[str | None] = (),
    *,
    groups: str | None = None,
    text_columns: Sequence[str] = (),
) -> GT:
    """Build a table from a frame of text.

    Parameters
    ----------
    frame
        Formatted text, one column for each of `labels` and `groups`.
    identifier
        The cell's label, such as `tbl-accuracy`; a fixed id makes a rerun equal byte by byte.
    labels
        Column -> heading (Markdown), in the order of presentation; the first column is aligned left.
    notes
        Paragraphs below the table; None is left out.
    groups
        Column whose values head groups of rows.
    text_columns
        Further columns to align left; all others are aligned right.

    Returns
    -------
    great_tables.GT
    """
    kept = [*([groups] if groups else []), *labels]
    table = GT(frame.select(kept).fill_null(ABSENT), id=identifier, groupname_col=groups)
    left = [next(iter(labels)), *text_columns]
    table = (
        table.cols_label({name: md(label) for name, label in labels.items()})
        .cols_align("left", left)
        .cols_align("right", [name for name in labels if name not in left])
        .tab_options(
            table_font_size="14px", data_row_padding="3px", source_notes_font_size="12px", row_group_padding="3px"
        )
    )
    for note in notes:
        if note:
            table = table.tab_source_note(note)
    return table


def as_text(frame: pl.DataFrame, columns: Mapping[str, str] | Sequence[str]) -> pl.DataFrame:
    """Format the numbers of `columns` (column -> name of the statistic, or the statistics themselves) as text."""
    names = columns if isinstance(columns, Mapping) else {name: name for name in columns}
    return frame.with_columns(
        pl.Series(name, [format_value(statistic, value) for value in frame[name]], dtype=pl.String)
        for name, statistic in names.items()
    )


def short_names(names: pl.DataFrame) -> dict[str, str]:
    """Short names of raters by id, from `lib.chapters.conditions.condition_names`."""
    return {str(name): text for name, text in names.select("condition", "short_name").iter_rows()}


def formatted(values: pl.Series, statistic: str | None = None) -> pl.Series:
    """A column as text, each value as its statistic (by default the column's name) is written."""
    texts = [format_value(statistic or values.name, value) for value in values]
    return pl.Series(values.name, texts, dtype=pl.String)


def mean_and_sd(frame: pl.DataFrame, mean: str, sd: str) -> pl.Series:
    """Text such as `4.18 (2.35)` from two columns."""
    pairs = zip(frame[mean], frame[sd], strict=True)
    return pl.Series([f"{format_value(mean, m)} ({format_value(sd, s)})" for m, s in pairs], dtype=pl.String)


def interval(frame: pl.DataFrame) -> pl.Series:
    """Text such as `[.883, .914]` from the columns low and high."""
    pairs = zip(frame["low"], frame["high"], strict=True)
    texts = [
        None if low is None else f"[{format_value('low', low)}, {format_value('high', high)}]" for low, high in pairs
    ]
    return pl.Series(texts, dtype=pl.String)


def estimate_and_interval(row: Mapping[str, object], name: str, ends: str | None = None) -> str:
    """Text such as `−1.28 [−1.36, −1.20]` from `name`, `<ends>_low` and `<ends>_high`; without ends the estimate alone.

    All three are formatted as the statistic `name`; `ends` defaults to `name`.
    """
    shown = [row[name], row.get(f"{ends or name}_low"), row.get(f"{ends or name}_high")]
    estimate, low, high = (format_value(name, value) for value in shown)  # type: ignore[arg-type]
    return estimate if shown[1] is None or shown[2] is None else f"{estimate} [{low}, {high}]"


def term_heading(term: str, labels: Mapping[str, str]) -> str:
    """What readers call a term such as `race:emotion`: the labels of its factors, crossed."""
    return " × ".join(labels.get(part, part) for part in term.split(":"))


def spread(frame: pl.DataFrame, index: Sequence[str], column: str, value: str) -> pl.DataFrame:
    """Put the text in `value` into one column for each value of `column`, rows and columns in their given order."""
    wide = frame.with_columns(pl.col(column).cast(pl.String)).pivot(column, index=list(index), values=value)
    levels = frame[column].unique(maintain_order=True)
    if isinstance(levels.dtype, pl.Enum):
        levels = levels.sort()
    order = [str(level) for level in levels]
    return wide.select(*index, *order)


def shade(table: GT, wide: pl.DataFrame, columns: Sequence[str], limits: tuple[float, float, float]) -> GT:
    """Shade cells by the size of their number: orange above zero, blue below, in three steps at `limits`."""
    for name in columns:
        for step, colour in SHADES.items():
            low = limits[abs(step) - 1]
            high = limits[abs(step)] if abs(step) < 3 else float("inf")
            size = wide[name] * (1 if step > 0 else -1)
            rows = (size.is_between(low, high, closed="left")).fill_null(value=False).arg_true().to_list()
            if rows:
                table = table.tab_style(style.fill(colour), loc.body(columns=[name], rows=rows))
    return table

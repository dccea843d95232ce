"""Statements that depend on data, computed as words: counts (`two of eight`), names, ranges."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from lib.formats import capitalised, count_in_words, format_value
from lib.results import Results

SAME = 9  # decimals to which two figures must agree to be tied: rounding errors of sums are far below
KINDS = {"vlm": ["VLM"], "fer": ["FER"], "machines": ["VLM", "FER", "Machine"]}


def put_count(results: Results, path: Sequence[str], chosen: Sequence[str], total: int) -> None:
    """Record how many of `total`, and which: count, total, share (`two of eight`), share_start (`Two ...`), names."""
    put_share(results, path, len(chosen), total)
    results.put([*path, "names"], listed(chosen))


def put_raters(results: Results, path: Sequence[str], rows: pl.DataFrame, **chosen: pl.Expr) -> None:
    """Record how many and which of the raters in `rows` (one row each, with short_name) are chosen, word by word."""
    for word, holds in chosen.items():
        put_count(results, [*path, word], rows.filter(holds)["short_name"].to_list(), rows.height)


def put_share(results: Results, path: Sequence[str], count: int, total: int) -> None:
    """Record how many of `total`: count, total, share (`two of eight`), share_start (`Two ...`)."""
    share = share_in_words(count, total)
    results.put([*path, "count"], count, count_in_words(count))
    results.put([*path, "total"], total, count_in_words(total))
    results.put([*path, "share"], share)
    results.put([*path, "share_start"], capitalised(share))


def share_in_words(count: int, total: int) -> str:
    """How many of how many: `two of eight`, `all eight`, `none of the eight`, `both`, `the one`; digits above ten."""
    if total == 1:
        return "the one" if count else "not the one"
    if total == 2 and count != 1:
        return "both" if count else "neither of the two"
    if count == total:
        return f"all {count_in_words(total)}"
    if count == 0:
        return f"{count_in_words(0)} of the {count_in_words(total)}"
    return f"{count_in_words(count)} of {count_in_words(total)}" if total <= 10 else f"{count:,} of {total:,}"


def put_range(results: Results, path: Sequence[str], values: pl.Series, statistic: str | None = None) -> None:
    """Record the lowest and the highest of some values as low and high; nothing where there are none."""
    known = values.drop_nulls()
    name = statistic or path[-1]
    for end, value in (("low", known.min()), ("high", known.max())) if known.len() else ():
        results.put([*path, end], value, format_value(name, value))  # type: ignore[arg-type]


def put_row(results: Results, path: Sequence[str], row: dict[str, object], columns: Sequence[str]) -> None:
    """Record some columns of one row."""
    for name in columns:
        results.put([*path, name], row[name])


def put_extremes(
    results: Results,
    path: Sequence[str],
    frame: pl.DataFrame,
    by: str,
    *,
    columns: Sequence[str],
    words: tuple[str, str],
) -> None:
    """Record the rows with the lowest and the highest `by` under the two words, such as (`worst`, `best`).

    Texts of rows with equal values are joined (`A and B`), see `extreme_row`.
    """
    known = frame.drop_nulls(by)
    if known.is_empty():
        return
    for word, highest in zip(words, (False, True), strict=True):
        put_row(results, [*path, word], extreme_row(known, by, highest=highest), columns)


def extreme_row(frame: pl.DataFrame, by: str, *, highest: bool) -> dict[str, object]:
    """The row with the highest (or lowest) `by`; of several such rows, the texts are joined as running text.

    Numbers other than `by` are those of the first of them. `frame` has rows, and `by` has no nulls.
    """
    values = frame[by].cast(pl.Float64).round(SAME)
    tied = frame.filter(values == (values.max() if highest else values.min()))
    row = tied.row(0, named=True)
    if tied.height > 1:
        for name, kind in tied.schema.items():
            if kind in {pl.String, pl.Enum, pl.Categorical}:
                row[name] = listed(tied[name].cast(pl.String).drop_nulls().unique(maintain_order=True).to_list())
    return row


def listed(names: Sequence[str]) -> str:
    """Names as running text has them: `A`, `A and B`, `A, B and C`; `none` for nobody."""
    if not names:
        return count_in_words(0)
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def of_kind(frame: pl.DataFrame, kind: str) -> pl.DataFrame:
    """The rows of one kind of machines; `frame` has the column type."""
    return frame.filter(pl.col("type").is_in(KINDS[kind]))

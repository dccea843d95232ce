"""Columns of estimates with their intervals as text."""

from __future__ import annotations

import polars as pl

from lib.formats import format_value, signed


def estimates(frame: pl.DataFrame, name: str, decimals: int | None = None, *, ends: str | None = None) -> pl.Series:
    """Text such as `0.64 [0.60, 0.68]` from `name`, <ends>_low and <ends>_high; no interval, no brackets.

    With `decimals` numbers are shown so, otherwise as the statistic `name` is; `ends` defaults to `name`.
    """
    texts = []
    for value, low, high in frame.select(name, f"{ends or name}_low", f"{ends or name}_high").iter_rows():
        shown = [
            format_value(name, item) if decimals is None or item is None else signed(f"{item:,.{decimals}f}")
            for item in (value, low, high)
        ]
        texts.append(shown[0] if low is None or value is None else f"{shown[0]} [{shown[1]}, {shown[2]}]")
    return pl.Series(name, texts, dtype=pl.String)

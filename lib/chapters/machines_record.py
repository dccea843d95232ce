"""The numbers of ranks, of attribution by group and of thinking under their keys."""

from __future__ import annotations

import polars as pl

from lib.formats import bounded
from lib.metrics.attribution import FIGURES
from lib.results import Results

SHARES = {"hits", "false_alarms", "named"}
GAIN = (
    "n", "n_units", "gain", "gain_low", "gain_high", "gain_p", "gain_p_adjusted", "slope", "slope_low", "slope_high",
    "slope_p", "slope_p_adjusted",
)  # fmt: skip
SLOPE = ("n", "n_images", "n_excluded", "slope", "low", "high", "rank", "p", "p_adjusted")
FORCED = ("x", "n", "share", "low", "high", "n_excluded", "p")


def record_ranks(results: Results, ranks: pl.DataFrame) -> None:
    """Record ablations.models.<id>.<scale>.<measure>.{n, value, machines, rank, rank_low, rank_high, first}."""
    for row in ranks.iter_rows(named=True):
        path = ["ablations", "models", row["condition"], row["scale"], row["measure"]]
        results.put(path, {name: row[name] for name in ("n", "machines")})
        results.put([*path, "value"], row["value"], None if row["value"] is None else f"{row['value']:.3f}")
        for name in ("rank", "rank_low", "rank_high"):
            results.put([*path, name], row[name], None if row[name] is None else f"{row[name]:g}")
        results.put([*path, "first"], row["first"], None if row["first"] is None else bounded(row["first"]))


def record_attribution(results: Results, contrasts: pl.DataFrame) -> None:
    """Record ablations.false-positives.<id>.<factor>.<first>-<second>.<emotion>.{verdict, <figure>.{...}}.

    Of each figure (hits, false_alarms, named, sensitivity, criterion): difference, low, high, p, p_adjusted.
    """
    for row in contrasts.iter_rows(named=True):
        between = f"{row['first']}-{row['second']}"
        path = ["ablations", "false-positives", row["condition"], row["factor"], between, row["emotion"]]
        results.put([*path, "verdict"], row["verdict"])
        for figure in FIGURES:
            for part in ("difference", "low", "high"):
                value = row[f"{figure}_{part}"]
                shown = None if value is None or figure not in SHARES else bounded(value)
                results.put([*path, figure, part], value, shown)
            for part in ("p", "p_adjusted"):
                results.put([*path, figure, part], row[f"{figure}_{part}"])


def record_thinking(results: Results, gains: pl.DataFrame, slopes: pl.DataFrame, forced: pl.DataFrame) -> None:
    """Record ablations.thinking.{pairs.<pair>.<measure>, repeats.<id>.<measure>, forced.<id>.<step>.<part>}.{...}."""
    for kind, frame, keys, fields in (
        ("pairs", gains, ("pair", "measure"), GAIN),
        ("repeats", slopes, ("condition", "measure"), SLOPE),
        ("forced", forced, ("condition", "step", "part"), FORCED),
    ):
        for row in frame.iter_rows(named=True):
            path = ["ablations", "thinking", kind, *(row[name] for name in keys)]
            results.put(path, {name: row[name] for name in fields})

"""Recording what thinking changes, and what it takes, under the keys that documents use."""

from __future__ import annotations

import polars as pl

from lib.formats import bounded, format_value, plus_signed
from lib.results import Results


def record_pair_effects(results: Results, effects: pl.DataFrame) -> None:
    """Record effects.<pair>.{first, second, differ_in} and effects.<pair>.<all or emotion>.{...}.

    The figures: n, both, first_only, second_only, neither (images), first_accuracy, second_accuracy, difference, low,
    high, points, points_low, points_high (the same in percentage points), p_exact, p_adjusted.
    """
    for row in effects.iter_rows(named=True):
        for name in ("first", "second", "differ_in"):
            results.put(["effects", row["pair"], name], row[name])
        path = ["effects", row["pair"], row["emotion"]]
        for name in ("n", "both", "first_only", "second_only", "neither", "p_exact", "p_adjusted"):
            results.put([*path, name], row[name])
        for name in ("first_accuracy", "second_accuracy"):
            results.put([*path, name], row[name], bounded(row[name]))
        for name, key in (("difference", "points"), ("low", "points_low"), ("high", "points_high")):
            results.put([*path, name], row[name], bounded(row[name]))
            results.put([*path, key], 100 * row[name], plus_signed(100 * row[name], 1))


def record_tokens(results: Results, summary: pl.DataFrame) -> None:
    """Record conditions.<id>.thinking_tokens.{<part>, <part>_low, <part>_high}, step.<step>.{...}, wrong_more_percent.

    part: all, correct, wrong or an emotion.
    """
    for row in summary.iter_rows(named=True):
        path = ["conditions", row["condition"], "thinking_tokens"]
        path += [] if row["step"] == "all" else ["step", row["step"]]
        for key, name in (("", "mean"), ("_low", "mean_low"), ("_high", "mean_high")):
            value = row[name]
            results.put([*path, row["part"] + key], value, None if value is None else f"{value:,.0f}")
    whole = summary.filter((pl.col("step") == "all") & pl.col("part").is_in(["correct", "wrong"]))
    outcomes = whole.pivot("part", index="condition", values="mean")
    if {"correct", "wrong"} <= set(outcomes.columns):
        for row in outcomes.drop_nulls().filter(pl.col("correct") > 0).iter_rows(named=True):
            percent = 100 * (row["wrong"] / row["correct"] - 1)
            results.put(["conditions", row["condition"], "thinking_tokens", "wrong_more_percent"], percent)


def record_ratios(results: Results, ratios: pl.DataFrame) -> None:
    """Record conditions.<id>.thinking_tokens.ratio.<over>_to_<under>, also with _low and _high."""
    for row in ratios.iter_rows(named=True):
        path = ["conditions", row["condition"], "thinking_tokens", "ratio"]
        for key, name in (("", "value"), ("_low", "low"), ("_high", "high")):
            results.put([*path, row["ratio"] + key], row[name], format_value("ratio", row[name]))


def record_load(results: Results, load: pl.DataFrame) -> None:
    """Record conditions.<id>.thinking_tokens.load.<measure>.{rho, rho_low, rho_high, n}."""
    for row in load.iter_rows(named=True):
        path = ["conditions", row["condition"], "thinking_tokens", "load", row["measure"]]
        results.put([*path, "n"], row["n"])
        for key, name in (("rho", "value"), ("rho_low", "low"), ("rho_high", "high")):
            results.put([*path, key], row[name])

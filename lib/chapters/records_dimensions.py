"""Recording correlations, limits of agreement, z-scores and ceilings under the keys that documents use."""

from __future__ import annotations

import polars as pl

from lib.chapters.correlations_and_limits import INTERVALS
from lib.chapters.records import put_share
from lib.formats import format_value, p_value
from lib.results import Results

LIMITS = (
    "bias_low",
    "bias_high",
    *(
        f"loa_{limit}{end}"
        for limit in ("lower", "upper")
        for end in ("", "_low", "_high", "_approximate_low", "_approximate_high", "_pair_low", "_pair_high")
    ),
)
SLOPE = ("slope", "se", "low", "high")
Z_FIGURES = (
    "n", "n_excluded", "n_panels", "n_panels_excluded", "machine", "people", "difference", "difference_low",
    "difference_high", "ratio", "ratio_low", "ratio_high", "p", "p_adjusted", "verdict",
)  # fmt: skip


def record_correlations(results: Results, scores: pl.DataFrame) -> None:
    """Record conditions.<id>.<dimension>.{r_low, r_high, rho, rho_low, rho_high, ccc, ccc_low, ccc_high}."""
    for row in scores.iter_rows(named=True):
        for name in INTERVALS:
            results.put(["conditions", row["condition"], row["dimension"], name], row[name])


def record_limits(results: Results, limits: pl.DataFrame) -> None:
    """Record conditions.<id>.<dimension>.{bias_low, loa_lower, ..., loa_inside, proportional_slope, ..._p}."""
    for row in limits.iter_rows(named=True):
        path = ["conditions", row["condition"], row["dimension"]]
        for name in (*LIMITS, *(f"proportional_{figure}" for figure in SLOPE)):
            results.put([*path, name], row[name])
        p = row["proportional_p"]
        results.put([*path, "proportional_p"], p, None if p is None else p_value(p))
        put_share(results, path, "loa_inside", row["inside"])


def record_human_errors(results: Results, errors: pl.DataFrame) -> None:
    """Record human.<dimension>.{loo_mae_low, loo_mae_high, pairwise_mae_low, pairwise_mae_high}."""
    for row in errors.iter_rows(named=True):
        for name in errors.columns[1:]:
            results.put(["human", row["dimension"], name], row[name])


def record_z_scores(results: Results, compared: pl.DataFrame) -> None:
    """Record conditions.<id>.<dimension>.z.{...}, or .z.<emotion>.{...} where `compared` has the column emotion."""
    for row in compared.iter_rows(named=True):
        path = ["conditions", row["condition"], row["dimension"], "z", *([row["emotion"]] if "emotion" in row else [])]
        for name in Z_FIGURES:
            results.put([*path, name], row[name])
        for name in ("inside", "people_inside"):
            put_share(results, path, name, row[name])


def record_ceilings(results: Results, ratios: pl.DataFrame) -> None:
    """Record the ratio to a person and its interval, and what the person reaches.

    Keys, under conditions.<id>: accuracy_ratio, accuracy_ratio_low, accuracy_ratio_high, and under
    conditions.<id>.<dimension>: r_ratio..., mae_ratio_low, mae_ratio_high (`record_values` records mae_ratio).
    """
    for row in ratios.iter_rows(named=True):
        path = ["conditions", row["condition"], *([row["dimension"]] if row["dimension"] is not None else [])]
        for end in ("ratio", "low", "high"):
            name = f"{row['measure']}_ratio" + ("" if end == "ratio" else f"_{end}")
            if name != "mae_ratio":
                results.put([*path, name], row[end], format_value("mae_ratio", row[end]))

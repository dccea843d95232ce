"""The numbers of what goes on inside machines, under their keys."""

from __future__ import annotations

import polars as pl

from lib.results import Results

MEANS = ("entropy", "mass", "top", "distance", "said_distance")
TRACKED = ("r", "r_low", "r_high", "rho", "rho_low", "rho_high", "p")
GAPS = ("r", "r_low", "r_high", "rho", "rho_low", "rho_high")


def record_dark_knowledge(results: Results, ratings: pl.DataFrame, emotions: pl.DataFrame) -> None:
    """Record the frames of `lib.chapters.dark_knowledge`.

    Keys: ablations.dark-knowledge.<condition>.<dimension or emotion>.<part>.{n, argmax_distinct, entropy, mass, top,
    distance, said_distance (with _low and _high), expected.{r, rho, p, ...}, argmax.{...}, difference.{...}}; parts
    with `_` for a space.
    """
    for frame in (ratings, emotions):
        for row in frame.iter_rows(named=True):
            part = str(row["part"]).replace(" ", "_")
            path = ["ablations", "dark-knowledge", row["condition"], row.get("dimension", "emotion"), part]
            results.put(path, {name: row[name] for name in ("n", "argmax_distinct")})
            for name in (name for name in MEANS if name in row):
                results.put(path, {end: row[end] for end in (name, f"{name}_low", f"{name}_high")})
            for side in ("expected", "argmax"):
                results.put([*path, side], {name: row[f"{side}_{name}"] for name in TRACKED})
            gaps = {name: row[_gap(name)] for name in GAPS}
            results.put([*path, "difference"], gaps)


def record_hidden_states(results: Results, relations: pl.DataFrame, ceilings: pl.DataFrame) -> None:
    """Record the frames of `lib.chapters.hidden_states`.

    Keys: ablations.hidden-states.<condition>.<step>.<layer>.<target>.rsa.{n, rho, p, p_family} and .cka.{n, cka, p,
    p_family}; ablations.hidden-states.<condition>.ceiling.<target>.{n, n_left_out, halves, reliability, ceiling}.
    """
    for row in relations.iter_rows(named=True):
        path = ["ablations", "hidden-states", row["condition"], row["step"], str(row["layer"]), row["target"]]
        value = {"rsa": "rho", "cka": "cka"}[row["measure"]]
        results.put(
            [*path, row["measure"]], {value: row["value"]} | {name: row[name] for name in ("n", "p", "p_family")}
        )
    for row in ceilings.iter_rows(named=True):
        path = ["ablations", "hidden-states", row["condition"], "ceiling", row["target"]]
        results.put(path, {name: row[name] for name in ("n", "n_left_out", "halves", "reliability", "ceiling")})


def _gap(name: str) -> str:
    statistic, _, end = name.partition("_")
    return f"{statistic}_difference" + (f"_{end}" if end else "")

"""Computed statements about pairs of conditions and thinking tokens."""

from __future__ import annotations

import polars as pl

from lib.chapters.claims import extreme_row, put_count
from lib.formats import bounded, plus_signed
from lib.results import Results

ALL = "all"


def claim_pair_effects(results: Results, effects: pl.DataFrame, level: float) -> None:
    """For which emotions the first of a pair does better or worse.

    Keys: claims.effect.level; claims.effect.<pair>.{better, worse, undecided}.{count, total, share, names} (emotions;
    adjusted p below `level`, or not); claims.effect.<pair>.{largest, smallest}.{emotion, points};
    claims.effect.thinking.{better, worse}.{count, ...} (pairs of which only the first thinks, over all images).
    """
    results.put(["claims", "effect", "level"], level, bounded(round(level, 4), 2))
    clear = pl.col("p_adjusted") < level
    for (pair,), rows in effects.group_by("pair", maintain_order=True):
        own = rows.filter(pl.col("emotion") != ALL)
        path = ["claims", "effect", str(pair)]
        for word, chosen in (
            ("better", clear & (pl.col("difference") > 0)),
            ("worse", clear & (pl.col("difference") < 0)),
            ("undecided", ~clear),
        ):
            put_count(results, [*path, word], own.filter(chosen)["emotion"].to_list(), own.height)
        for word, highest in (("largest", True), ("smallest", False)):
            if own.height:
                row = extreme_row(own, "difference", highest=highest)
                points = 100 * float(str(row["difference"]))
                results.put([*path, word, "emotion"], row["emotion"])
                results.put([*path, word, "points"], points, plus_signed(points, 1))
    whole = effects.filter((pl.col("emotion") == ALL) & pl.col("thinking"))
    if whole.height:
        for word, sign in (("better", pl.col("difference") > 0), ("worse", pl.col("difference") < 0)):
            pairs = whole.filter(clear & sign)["pair"].to_list()
            put_count(results, ["claims", "effect", "thinking", word], pairs, whole.height)


def claim_tokens(results: Results, frames: dict[str, pl.DataFrame], names: pl.DataFrame) -> None:
    """What takes machines the longest.

    Keys: claims.tokens.machines.{count, ...}; claims.tokens.<id>.{most, least}.{emotion, mean};
    claims.tokens.<id>.longest_step.{step, mean, percent} (share of all); claims.tokens.wrong_longer.{count, ...}
    (interval of wrong over correct above 1); claims.tokens.longest_step.<step>.{count, ...};
    claims.tokens.load.<measure>.{positive, negative}.{count, ...} (interval of rho above, below 0).
    """
    summary = frames["thinking_tokens"]
    if summary.is_empty():
        return
    short = {str(name): text for name, text in names.select("condition", "short_name").iter_rows()}
    thinkers = summary["condition"].unique(maintain_order=True).cast(pl.String).to_list()
    put_count(results, ["claims", "tokens", "machines"], [short[name] for name in thinkers], len(thinkers))
    longest: dict[str, list[str]] = {}
    for name in thinkers:
        own = summary.filter(pl.col("condition").cast(pl.String) == name)
        emotions = own.filter((pl.col("step") == ALL) & ~pl.col("part").is_in([ALL, "correct", "wrong"]))
        for word, highest in (("most", True), ("least", False)):
            if emotions.height:
                row = extreme_row(emotions, "mean", highest=highest)
                results.put(["claims", "tokens", name, word, "emotion"], row["part"])
                results.put(["claims", "tokens", name, word, "mean"], row["mean"], f"{row['mean']:,.0f}")
        whole = own.filter(pl.col("part") == ALL)
        steps = whole.filter(pl.col("step") != ALL).with_columns(pl.col("step").cast(pl.String))
        if steps.height:
            row = extreme_row(steps, "mean", highest=True)
            path = ["claims", "tokens", name, "longest_step"]
            results.put([*path, "step"], row["step"])
            results.put([*path, "mean"], row["mean"], f"{row['mean']:,.0f}")
            results.put([*path, "percent"], 100 * float(str(row["mean"])) / float(steps["mean"].sum()))
            longest.setdefault(str(row["step"]), []).append(short[name])
    total = sum(map(len, longest.values()))
    for step, machines in longest.items():
        put_count(results, ["claims", "tokens", "longest_step", step], machines, total)
    ratios = frames["thinking_ratios"].filter(pl.col("ratio") == "wrong_to_correct")
    chosen = _names(ratios.filter(pl.col("low") > 1), short)
    put_count(results, ["claims", "tokens", "wrong_longer"], chosen, ratios.height)
    for (measure,), rows in frames["thinking_load"].group_by("measure", maintain_order=True):
        for word, sign in (("positive", pl.col("low") > 0), ("negative", pl.col("high") < 0)):
            chosen = _names(rows.filter(sign), short)
            put_count(results, ["claims", "tokens", "load", str(measure), word], chosen, rows.height)


def _names(rows: pl.DataFrame, short: dict[str, str]) -> list[str]:
    return [short[str(name)] for name in rows["condition"]]

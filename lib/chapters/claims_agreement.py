"""Computed statements about agreement beyond chance and about pairs of raters."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from lib.chapters.claims import KINDS, extreme_row, listed, of_kind, put_count, put_share
from lib.formats import bounded, count_in_words, format_value, p_value, plus_signed, signed
from lib.results import Results

CLAIMS = ["claims", "agreement"]


def claim_pairs(results: Results, pairs: pl.DataFrame, names: pl.DataFrame, level: float) -> None:
    """How many pairs of machines differ in accuracy, and which of the pairs that do not are closest.

    Keys, under claims.agreement: level; pairs.<kind>.differ.{count, total, share, share_start};
    pairs.<kind>.alike.{count, names}; {most_alike,least_alike}.<kind>.{first, second, kappa} (kappa between labels).
    """
    results.put([*CLAIMS, "level"], level, bounded(level, 2))
    short = dict(names.select(pl.col("condition").cast(pl.String), "short_name").iter_rows())
    for kind in KINDS:
        members = of_kind(names, kind)["condition"].cast(pl.String).to_list()
        own = pairs.filter(pl.col("rater_a").is_in(members) & pl.col("rater_b").is_in(members))
        tested = own.drop_nulls("p_adjusted")
        if tested.is_empty():
            continue
        differ = tested.filter(pl.col("p_adjusted") < level)
        alike = tested.filter(pl.col("p_adjusted") >= level)
        put_share(results, [*CLAIMS, "pairs", kind, "differ"], differ.height, tested.height)
        results.put([*CLAIMS, "pairs", kind, "alike", "count"], alike.height, count_in_words(alike.height))
        together = [f"{short[a]} and {short[b]}" for a, b in alike.select("rater_a", "rater_b").iter_rows()]
        results.put([*CLAIMS, "pairs", kind, "alike", "names"], "; ".join(together) or count_in_words(0))
        known = own.drop_nulls("kappa")
        for word, highest in (("most_alike", True), ("least_alike", False)) if known.height else ():
            row = extreme_row(known, "kappa", highest=highest)
            path = [*CLAIMS, word, kind]
            for name, rater in (("first", "rater_a"), ("second", "rater_b")):
                results.put([*path, name], short.get(str(row[rater]), str(row[rater])))
            results.put([*path, "kappa"], row["kappa"])


def claim_best(results: Results, pairs: pl.DataFrame, kappas: pl.DataFrame, names: pl.DataFrame, level: float) -> None:
    """Whether the two highest kappas of each kind differ in accuracy.

    Keys, under claims.agreement: best_two.<kind>.{first, second, difference_points, p_adjusted, differ, verb}.
    """
    ranked = kappas.join(names, on="condition", maintain_order="left").drop_nulls("kappa")
    ranked = ranked.sort(pl.col("kappa") * -1, "condition")
    for kind in KINDS:
        own = of_kind(ranked, kind).head(2)
        best = own["condition"].cast(pl.String).to_list()
        if len(best) == 2 and (row := _pair(pairs, *best)):
            _put_pair(results, [*CLAIMS, "best_two", kind], row, own["short_name"].to_list(), level)


def claim_person(results: Results, beside: pl.DataFrame, names: pl.DataFrame, level: float) -> None:
    """Which machines are more accurate than one person, less accurate, or cannot be told; the best machine's lead.

    Keys, under claims.agreement: best_person.<kind>.{first, difference_points, p_adjusted, differ, verb} of the most
    accurate machine; above_person.<kind>.{count, ...}, below_person.<kind>.{count, ...}, like_person.<kind>.{count,
    ...} (by the adjusted test; a machine without a test cannot be told).
    """
    joined = beside.drop_nulls("difference").join(names, on="condition", maintain_order="left")
    apart = (pl.col("p_adjusted") < level).fill_null(value=False)
    above, below = apart & (pl.col("difference") > 0), apart & (pl.col("difference") < 0)
    for kind in KINDS:
        own = of_kind(joined, kind)
        if own.is_empty():
            continue
        best = own.sort(pl.col("difference") * -1, "condition").row(0, named=True)
        _put_pair(results, [*CLAIMS, "best_person", kind], best, [best["short_name"]], level)
        for word, holds in (("above_person", above), ("below_person", below), ("like_person", ~(above | below))):
            put_count(results, [*CLAIMS, word, kind], own.filter(holds)["short_name"].to_list(), own.height)


def claim_alpha(results: Results, alphas: pl.DataFrame) -> None:
    """On which dimension people agree most and least (ordinal alpha), and whether the intervals are apart.

    Keys, under claims.agreement.alpha: {highest,lowest}.{dimension, alpha, low, high}; apart (true or false).
    """
    known = alphas.filter(pl.col("level") == "ordinal").drop_nulls(["alpha", "low", "high"])
    if known.is_empty():
        return
    ends = {word: extreme_row(known, "alpha", highest=word == "highest") for word in ("highest", "lowest")}
    for word, row in ends.items():
        results.put([*CLAIMS, "alpha", word, "dimension"], row["dimension"])
        for name in ("alpha", "low", "high"):
            results.put([*CLAIMS, "alpha", word, name], row[name], format_value("alpha_ordinal", float(str(row[name]))))
    results.put([*CLAIMS, "alpha", "apart"], float(str(ends["highest"]["low"])) > float(str(ends["lowest"]["high"])))


def _pair(pairs: pl.DataFrame, first: str, second: str) -> dict[str, float | None] | None:
    """The test of two raters, turned so that the difference is first minus second; None where there is none."""
    a, b = sorted((first, second))
    found = pairs.filter((pl.col("rater_a") == a) & (pl.col("rater_b") == b)).drop_nulls("difference")
    if found.is_empty():
        return None
    row = found.row(0, named=True)
    sign = 1 if first == a else -1
    return {"difference": sign * row["difference"], "p_adjusted": row["p_adjusted"], "kappa": row["kappa"]}


def _put_pair(
    results: Results, path: Sequence[str], row: dict[str, float | None], shown: Sequence[str], level: float
) -> None:
    difference, p = row["difference"] or 0.0, row["p_adjusted"]
    for name, text in zip(("first", "second"), shown, strict=False):
        results.put([*path, name], text)
    results.put([*path, "names"], listed(shown))
    results.put([*path, "difference_points"], 100 * difference, plus_signed(100 * difference, 1))
    results.put([*path, "size_points"], abs(100 * difference), signed(f"{abs(100 * difference):.1f}"))
    results.put([*path, "p_adjusted"], p, None if p is None else p_value(p))
    differ = p is not None and p < level
    results.put([*path, "differ"], differ)
    results.put([*path, "verb"], "differ" if differ else "do not differ")

"""Computed statements about groups of faces."""

from __future__ import annotations

import polars as pl

from lib.chapters.claims import KINDS, SAME, extreme_row, listed, of_kind, put_count, put_range, put_raters
from lib.formats import bounded, count_in_words, format_value, plus_signed
from lib.results import Results


def claim_groups(results: Results, groups: pl.DataFrame, names: pl.DataFrame, factor: str) -> None:
    """The most and least even machine by level of `factor`, and which level is recognised best by how many machines.

    Keys: claims.gap.<factor>.<kind>.{largest, smallest}.{short_name, points, best_level, best_accuracy, best_percent,
    worst_level, worst_accuracy, worst_percent}; claims.gap.<factor>.<kind>.range.{low, high};
    claims.best_level.<factor>.<kind>.<level>.{count, ...}: machines whose accuracy is higher there than at every other
    level; claims.best_level.<factor>.<kind>.tied.{count, ...}: those that are best at several levels equally.
    """
    joined = groups.drop_nulls(factor).join(names, on="condition", maintain_order="left")
    gaps = _gaps(joined, factor, ["condition", "type", "short_name"])
    levels = [str(level) for level in joined[factor].unique().sort()]
    for kind in KINDS:
        own = of_kind(gaps, kind)
        if own.is_empty():
            continue
        path = ["claims", "gap", factor, kind]
        for end, value in (("low", own["points"].min()), ("high", own["points"].max())):
            results.put([*path, "range", end], value, f"{float(value):.1f}")  # type: ignore[arg-type]
        for word, highest in (("largest", True), ("smallest", False)):
            _put_gap(results, [*path, word], _extreme_gap(own, highest=highest))
        single = pl.col("best_levels").list.len() == 1
        best_at = {level: single & (pl.col("best_level") == level) for level in levels}
        put_raters(results, ["claims", "best_level", factor, kind], own, **best_at)
        put_raters(results, ["claims", "best_level", factor, kind], own, tied=~single)


def claim_cells(results: Results, cells: pl.DataFrame, names: pl.DataFrame, factor: str) -> None:
    """The largest difference between levels within one emotion: claims.cell_gap.<factor>.<kind>.largest.{emotion, ...}.

    Also claims.cell_gap.<factor>.<kind>.direction_differs.{count, ...}: machines for which no level is (or ties
    for) the best throughout; emotions without any difference are left out.
    """
    joined = cells.drop_nulls([factor, "intended"]).join(names, on="condition", maintain_order="left")
    gaps = _gaps(joined, factor, ["condition", "type", "short_name", "intended"]).filter(pl.col("points") > 0)
    for kind in KINDS:
        own = of_kind(gaps, kind)
        if own.is_empty():
            continue
        path = ["claims", "cell_gap", factor, kind]
        row = _extreme_gap(own, highest=True)
        _put_gap(results, [*path, "largest"], row)
        results.put([*path, "largest", "emotion"], row["intended"])
        best: dict[str, list[set[str]]] = {}
        for name, found in own.select("short_name", "best_levels").iter_rows():
            best.setdefault(name, []).append(set(found))
        differing = [name for name, found in best.items() if not set.intersection(*found)]
        put_count(results, [*path, "direction_differs"], differing, len(best))


def claim_group_bias(results: Results, biases: pl.DataFrame, names: pl.DataFrame, factor: str) -> None:
    """The largest difference in bias between levels of `factor`, and the range of these differences.

    Keys, under claims.bias_gap.<dimension>.<factor>.<kind>: range.{low, high}; largest.{short_name, points,
    highest_level, highest_bias, lowest_level, lowest_bias}.
    """
    joined = biases.drop_nulls([factor, "bias"]).join(names, on="condition", maintain_order="left")
    for kind in KINDS:
        for (dimension,), rows in of_kind(joined, kind).group_by("dimension", maintain_order=True):
            path = ["claims", "bias_gap", str(dimension), factor, kind]
            spans = rows.group_by("condition", maintain_order=True).agg(
                (pl.col("bias").max() - pl.col("bias").min()).alias("points")
            )
            put_range(results, [*path, "range"], spans["points"], "points")
            worst = spans.sort(pl.col("points") * -1, maintain_order=True).row(0, named=True)
            own = rows.filter(pl.col("condition") == worst["condition"])
            results.put([*path, "largest", "short_name"], own["short_name"][0])
            results.put([*path, "largest", "points"], worst["points"], format_value("points", worst["points"]))
            for word in ("highest", "lowest"):
                row = extreme_row(own, "bias", highest=word == "highest")
                results.put([*path, "largest", f"{word}_level"], row[factor])
                results.put([*path, "largest", f"{word}_bias"], row["bias"], plus_signed(float(str(row["bias"]))))


def claim_factors(results: Results, factors: dict[str, str]) -> None:
    """How many factors can be compared, and their labels: claims.factors.{count, names}."""
    results.put(["claims", "factors", "count"], len(factors), count_in_words(len(factors)))
    results.put(["claims", "factors", "names"], ", ".join(factors.values()) or count_in_words(0))


def _gaps(joined: pl.DataFrame, factor: str, by: list[str]) -> pl.DataFrame:
    known = joined.drop_nulls("accuracy").sort(*by[:1], factor, maintain_order=True)
    accuracy, level = pl.col("accuracy").round(SAME), pl.col(factor).cast(pl.String)
    gaps = known.group_by(by, maintain_order=True).agg(
        (100 * (pl.col("accuracy").max() - pl.col("accuracy").min())).alias("points"),
        level.filter(accuracy == accuracy.max()).alias("best_levels"),
        pl.col("accuracy").max().alias("best_accuracy"),
        level.filter(accuracy == accuracy.min()).alias("worst_levels"),
        pl.col("accuracy").min().alias("worst_accuracy"),
    )
    return gaps.with_columns(
        pl.Series(f"{word}_level", [listed(levels) for levels in gaps[f"{word}_levels"].to_list()], dtype=pl.String)
        for word in ("best", "worst")
    )


def _extreme_gap(gaps: pl.DataFrame, *, highest: bool) -> dict[str, object]:
    """The row of the largest or smallest gap.

    Names are joined only where tied rows have the same levels and accuracies: those of different ones would not fit.
    """
    first = gaps.sort(pl.col("points").round(SAME) * (-1 if highest else 1), maintain_order=True).row(0, named=True)
    alike = [pl.col(name) == first[name] for name in ("best_level", "best_accuracy", "worst_level", "worst_accuracy")]
    return extreme_row(gaps.filter(*alike), "points", highest=highest)


def _put_gap(results: Results, path: list[str], row: dict[str, object]) -> None:
    points = float(row["points"])  # type: ignore[arg-type]
    results.put([*path, "short_name"], row["short_name"])
    results.put([*path, "points"], points, f"{points:.1f}")
    for word in ("best", "worst"):
        accuracy = float(row[f"{word}_accuracy"])  # type: ignore[arg-type]
        results.put([*path, f"{word}_level"], row[f"{word}_level"])
        results.put([*path, f"{word}_accuracy"], accuracy, bounded(accuracy))
        results.put([*path, f"{word}_percent"], 100 * accuracy)

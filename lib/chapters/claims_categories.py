"""Computed statements about emotion labels."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from lib.chapters.claims import (
    KINDS,
    SAME,
    extreme_row,
    listed,
    of_kind,
    put_count,
    put_extremes,
    put_range,
    put_raters,
    put_row,
)
from lib.chapters.scores import LabelScores
from lib.formats import bounded, count_in_words, plus_signed
from lib.metrics.categories import UNANSWERED
from lib.results import Results

FIGURES = ("short_name", "accuracy", "kappa", "macro_f1")


def claim_overall(results: Results, overall: pl.DataFrame, names: pl.DataFrame) -> None:
    """Best, worst and range of each kind of machine; how many do better than the held-out person.

    Keys: claims.count.<kind>; claims.{best,worst}.<kind>.{short_name, accuracy, kappa, macro_f1};
    claims.range.<kind>.{accuracy, kappa, macro_f1}.{low, high}; claims.above_person.<kind>.{count, ...}.
    """
    joined = overall.join(names, on="condition", maintain_order="left")
    person = joined.filter(pl.col("type") == "Person")
    for kind in KINDS:
        own = of_kind(joined, kind)
        results.put(["claims", "count", kind], own.height, count_in_words(own.height))
        for word, descending in (("worst", False), ("best", True)):
            if own.height:
                row = extreme_row(own, "accuracy", highest=descending)
                put_row(results, ["claims", word, kind], row, FIGURES)
        for figure in ("accuracy", "kappa", "macro_f1"):
            put_range(results, ["claims", "range", kind, figure], own[figure])
        if person.height:
            above = own.filter(pl.col("accuracy") > person["accuracy"][0])["short_name"].to_list()
            put_count(results, ["claims", "above_person", kind], above, own.height)


def claim_emotions(results: Results, per_emotion: pl.DataFrame, names: pl.DataFrame, threshold: float) -> None:
    """For each emotion: range, best and worst machine, how many stay below `threshold`; hardest and easiest emotion.

    Keys: claims.threshold; claims.emotion.<emotion>.<kind>.{range.{low, high}, best.*, worst.*, below.{count, ...}};
    claims.{hardest,easiest}_emotion.<kind>.{emotion, mean_accuracy}.
    """
    results.put(["claims", "threshold"], threshold, bounded(threshold, 2))
    joined = per_emotion.join(names, on="condition", maintain_order="left").drop_nulls("accuracy")
    for kind in KINDS:
        own = of_kind(joined, kind)
        for (emotion,), rows in own.group_by("emotion", maintain_order=True):
            path = ["claims", "emotion", str(emotion), kind]
            put_range(results, [*path, "range"], rows["accuracy"], "accuracy")
            put_extremes(
                results, path, rows, "accuracy", columns=["short_name", "accuracy", "f1"], words=("worst", "best")
            )
            put_raters(results, path, rows, below=pl.col("accuracy") < threshold)
        means = own.group_by("emotion").agg(pl.col("accuracy").mean().alias("mean_accuracy")).sort("emotion")
        for word, descending in (("hardest", False), ("easiest", True)):
            if means.height:
                row = extreme_row(means, "mean_accuracy", highest=descending)
                path, mean = ["claims", f"{word}_emotion", kind], float(str(row["mean_accuracy"]))
                results.put([*path, "emotion"], row["emotion"])
                results.put([*path, "mean_accuracy"], mean, bounded(mean))


def claim_confusions(results: Results, confusion: pl.DataFrame, names: pl.DataFrame) -> None:
    """Each machine's most frequent confusion, and the confusion that is the most frequent one of most machines.

    Keys: claims.most_confused.<id>.{intended, predicted, count, percent};
    claims.commonest_confusion.<kind>.{intended, predicted, count, total, share, share_start, names}. A machine with
    several confusions that are equally frequent counts for each of them; claims.most_confused has the first.
    """
    wrong = confusion.join(names, on="condition", maintain_order="left").filter(
        (pl.col("intended").cast(pl.String) != pl.col("predicted"))
        & (pl.col("predicted") != UNANSWERED)
        & (pl.col("count") > 0)
    )
    top = wrong.filter(pl.col("count") == pl.col("count").max().over("condition")).sort(
        "condition", maintain_order=True
    )
    for row in top.unique("condition", keep="first", maintain_order=True).iter_rows(named=True):
        path = ["claims", "most_confused", row["condition"]]
        put_row(results, path, row, ["intended", "predicted", "count"])
        results.put([*path, "percent"], 100 * row["proportion"])
    for kind in KINDS:
        own = of_kind(top, kind)
        pairs = own.group_by("intended", "predicted").agg(pl.len().alias("times"), pl.col("short_name"))
        if pairs.height:
            row = pairs.sort(pl.col("times") * -1, "intended", "predicted").row(0, named=True)
            put_row(results, ["claims", "commonest_confusion", kind], row, ["intended", "predicted"])
            put_count(results, ["claims", "commonest_confusion", kind], row["short_name"], own["condition"].n_unique())


def claim_pairs(
    results: Results, scores: LabelScores, names: pl.DataFrame, pairs: Mapping[str, tuple[str, str]]
) -> None:
    """What the first condition of a pair has over the second, in percentage points; absent conditions are passed over.

    Keys: claims.pair.<name>.{first, second, gain_points, gain_size, direction, first_accuracy, second_accuracy,
    first_kappa, second_kappa}, claims.pair.<name>.emotion.<emotion>.{gain_points, gain_size, direction, first_accuracy,
    second_accuracy}, claims.pair.<name>.largest_gain.{emotion, gain_points}.
    """
    overall = {
        row["condition"]: row
        for row in scores.overall.join(names, on="condition", maintain_order="left").iter_rows(named=True)
    }
    for name, (first, second) in pairs.items():
        if first not in overall or second not in overall:
            continue
        path = ["claims", "pair", name]
        one, other = overall[first], overall[second]
        _put_gain(results, path, one["accuracy"], other["accuracy"])
        for word, row in (("first", one), ("second", other)):
            results.put([*path, word], row["short_name"])
            results.put(
                [*path, f"{word}_kappa"], row["kappa"], bounded(row["kappa"]) if row["kappa"] is not None else None
            )
        gains: list[tuple[float, str]] = []
        own = scores.per_emotion.drop_nulls("accuracy")
        emotions = own.filter(pl.col("condition") == first).join(
            own.filter(pl.col("condition") == second), on="emotion", suffix="_second", maintain_order="left"
        )
        for row in emotions.iter_rows(named=True):
            _put_gain(results, [*path, "emotion", row["emotion"]], row["accuracy"], row["accuracy_second"])
            gains.append((100 * (row["accuracy"] - row["accuracy_second"]), row["emotion"]))
        if gains:
            largest = max(gain for gain, _ in gains)
            tied = [emotion for gain, emotion in gains if round(gain, SAME) == round(largest, SAME)]
            results.put([*path, "largest_gain", "emotion"], listed(tied))
            results.put([*path, "largest_gain", "gain_points"], largest, plus_signed(largest, 1))


def claim_unanswered(results: Results, overall: pl.DataFrame, names: pl.DataFrame) -> None:
    """How many labels are missing or unparseable in all, and of which machines: claims.unanswered.{labels, names}."""
    machines = of_kind(overall.join(names, on="condition", maintain_order="left"), "machines")
    lost = machines.with_columns((pl.col("n") - pl.col("n_answered")).alias("lost"))
    results.put(["claims", "unanswered", "labels"], int(lost["lost"].sum()), count_in_words(int(lost["lost"].sum())))
    results.put(["claims", "unanswered", "names"], listed(lost.filter(pl.col("lost") > 0)["short_name"].to_list()))


def _put_gain(results: Results, path: list[str], first: float, second: float) -> None:
    gain = 100 * (first - second)
    results.put([*path, "gain_points"], gain, plus_signed(gain, 1))
    results.put([*path, "gain_size"], abs(gain), f"{abs(gain):.1f}")
    results.put([*path, "direction"], "higher" if gain > 0 else "lower" if gain < 0 else "equal")
    results.put([*path, "first_accuracy"], first, bounded(first))
    results.put([*path, "second_accuracy"], second, bounded(second))

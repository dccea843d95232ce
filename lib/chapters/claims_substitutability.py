"""Computed statements about agreement and substitutability: limits, z-scores against panels, ratios to a person."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from lib.chapters.claims import (
    KINDS,
    extreme_row,
    listed,
    of_kind,
    put_extremes,
    put_range,
    put_raters,
    put_row,
    share_in_words,
)
from lib.formats import count_in_words, format_value
from lib.metrics.substitutability import VERDICTS
from lib.results import Results

WORDS = dict(zip(VERDICTS, ("farther", "closer", "not_distinguishable"), strict=True))
WHOLE = ("farther than people", "closer than people", "not distinguishable from people")
Z_ROW = ("short_name", "machine", "people", "difference", "difference_low", "difference_high", "ratio")


def claim_limits(results: Results, scores: pl.DataFrame, limits: pl.DataFrame, names: pl.DataFrame) -> None:
    """Ranges of concordance and limits, the narrowest and widest limits, and how many raters' spread differs.

    Keys, for each kind and dimension: claims.limits.<kind>.<dimension>.{ccc, rho, loa_lower, loa_upper,
    loa_width}.{low, high}; .{narrowest, widest}.{short_name, loa_lower, loa_upper, loa_width};
    .{lowest_ccc, highest_ccc}.{short_name, ccc}; .{steeper, flatter}.{count, ...}: interval of the proportional slope
    above or below that of the held-out person, whose slope is what noise alone gives (absent without a person);
    .bias_excludes_zero.{count, ...}.
    """
    width = (pl.col("loa_upper") - pl.col("loa_lower")).alias("loa_width")
    keys = ["condition", "dimension"]
    joined = limits.join(scores.select(*keys, "rho", "ccc"), on=keys, how="left", maintain_order="left")
    joined = joined.with_columns(width).join(names, on="condition", maintain_order="left")
    person = joined.filter(pl.col("type") == "Person").select("dimension", "proportional_low", "proportional_high")
    joined = joined.join(person, on="dimension", how="left", suffix="_person", maintain_order="left")
    for kind, dimension, own in _parts(joined):
        path = ["claims", "limits", kind, dimension]
        for figure in ("ccc", "rho", "loa_lower", "loa_upper", "loa_width"):
            put_range(results, [*path, figure], own[figure])
        widths = ("short_name", "loa_lower", "loa_upper", "loa_width")
        put_extremes(results, path, own, "loa_width", columns=widths, words=("narrowest", "widest"))
        put_extremes(results, path, own, "ccc", columns=("short_name", "ccc"), words=("lowest_ccc", "highest_ccc"))
        put_raters(results, path, own, bias_excludes_zero=(pl.col("bias_low") > 0) | (pl.col("bias_high") < 0))
        if own["proportional_low_person"].null_count() < own.height:
            put_raters(
                results, path, own,
                steeper=pl.col("proportional_low") > pl.col("proportional_high_person"),
                flatter=pl.col("proportional_high") < pl.col("proportional_low_person"),
            )  # fmt: skip


def claim_z_scores(results: Results, overall: pl.DataFrame, by_emotion: pl.DataFrame, names: pl.DataFrame) -> None:
    """How many machines lie farther from panels than people do, closer, or cannot be told apart; also by emotion.

    Keys, for each kind and dimension, under claims.z.<kind>.<dimension>:
    {farther, closer, not_distinguishable, not_farther}.{count, ...}; verdicts (how many are which, as text that leaves
    out those that nobody is); range.{low, high} (mean |z|);
    {nearest, farthest}.{short_name, machine, people, difference, ..., ratio};
    <emotion>.{farther, closer, not_distinguishable}.{count, ...}; {hardest, easiest}_emotion.{emotion, difference}
    (mean over machines); uneven.{count, ...}: of those not farther overall, who are for an emotion;
    cells.{farther, total}.
    claims.z.people.<dimension>.{low, high}: people's own mean |z| over the sets of images compared.
    """
    totals, cells = (frame.join(names, on="condition", maintain_order="left") for frame in (overall, by_emotion))
    for kind, dimension, own in _parts(totals.drop_nulls("machine")):
        path = ["claims", "z", kind, dimension]
        put_range(results, [*path, "range"], own["machine"], "machine")
        put_extremes(results, path, own, "difference", columns=Z_ROW, words=("nearest", "farthest"))
        if own["verdict"].null_count() == own.height:
            continue
        _verdicts(results, path, own)
        results.put([*path, "verdicts"], _in_words(own["verdict"].drop_nulls().to_list()))
        put_raters(results, path, own, not_farther=pl.col("verdict") != VERDICTS[0])
        _claim_cells(results, path, own, _of(cells, kind, dimension))
    people = totals.drop_nulls("people").filter(pl.col("type") != "Person")
    for (name,), rows in people.group_by("dimension", maintain_order=True):
        put_range(results, ["claims", "z", "people", str(name)], rows["people"], "people")


def claim_ceilings(results: Results, ratios: pl.DataFrame, names: pl.DataFrame) -> None:
    """How many machines reach what one person reaches, or more.

    Keys, under claims.ceiling.<kind>.accuracy and claims.ceiling.<kind>.<dimension>.{r, mae}: range.{low, high} of the
    ratio to a person; beyond.{count, ...}: better than a person by the interval of the ratio (mae: below 1);
    short_of.{count, ...}: worse by it; {lowest, highest}.{short_name, ratio}.
    """
    joined = ratios.drop_nulls("ratio").join(names, on="condition", maintain_order="left")
    for kind in KINDS:
        own = of_kind(joined, kind)
        for (measure, dimension), rows in own.group_by("measure", "dimension", maintain_order=True):
            place = [str(measure)] if dimension is None else [str(dimension), str(measure)]
            path = ["claims", "ceiling", kind, *place]
            above, below = pl.col("low") > 1, pl.col("high") < 1
            better, worse = (below, above) if measure == "mae" else (above, below)
            put_range(results, [*path, "range"], rows["ratio"], "mae_ratio")
            for word, highest in (("lowest", False), ("highest", True)):
                row = extreme_row(rows, "ratio", highest=highest)
                put_row(results, [*path, word], row, ["short_name"])
                results.put([*path, word, "ratio"], row["ratio"], format_value("mae_ratio", float(str(row["ratio"]))))
            if rows["low"].null_count() < rows.height:
                put_raters(results, path, rows, beyond=better, short_of=worse)


def _claim_cells(results: Results, path: list[str], totals: pl.DataFrame, cells: pl.DataFrame) -> None:
    """Statements about one kind of machines on one dimension, emotion by emotion."""
    known = cells.drop_nulls(["difference", "verdict"])
    for (emotion,), rows in known.group_by("emotion", maintain_order=True):
        _verdicts(results, [*path, str(emotion)], rows)
    if known.is_empty():
        return
    means = known.group_by("emotion", maintain_order=True).agg(pl.col("difference").mean())
    for word, highest in (("easiest_emotion", False), ("hardest_emotion", True)):
        put_row(results, [*path, word], extreme_row(means, "difference", highest=highest), ["emotion", "difference"])
    farther = known.filter(pl.col("verdict") == VERDICTS[0])
    results.put([*path, "cells", "farther"], farther.height, count_in_words(farther.height))
    results.put([*path, "cells", "total"], known.height, count_in_words(known.height))
    alike = totals.filter(pl.col("verdict") != VERDICTS[0])
    if alike.height:
        put_raters(results, path, alike, uneven=pl.col("condition").is_in(farther["condition"].implode()))


def _in_words(verdicts: Sequence[str]) -> str:
    """`six of eight were farther than people, one was closer and one was not distinguishable`."""
    said: list[str] = []
    for verdict, whole in zip(VERDICTS, WHOLE, strict=True):
        count = verdicts.count(verdict)
        if count:
            many = count_in_words(count) if said else share_in_words(count, len(verdicts))
            what = WORDS[verdict].replace("_", " ") if said else whole
            said.append(f"{many} {'was' if count == 1 else 'were'} {what}")
    return listed(said)


def _verdicts(results: Results, path: Sequence[str], rows: pl.DataFrame) -> None:
    put_raters(results, path, rows, **{word: pl.col("verdict") == verdict for verdict, word in WORDS.items()})


def _parts(joined: pl.DataFrame) -> list[tuple[str, str, pl.DataFrame]]:
    """Every kind of machines with every dimension that one of them rated."""
    return [
        (kind, str(name), own)
        for kind in KINDS
        for (name,), own in of_kind(joined, kind).group_by("dimension", maintain_order=True)
    ]


def _of(joined: pl.DataFrame, kind: str, dimension: str) -> pl.DataFrame:
    return of_kind(joined, kind).filter(pl.col("dimension").cast(pl.String) == dimension)

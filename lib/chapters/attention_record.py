"""The numbers of attention under their keys."""

from __future__ import annotations

import polars as pl

from lib.chapters.attention import COMPARED
from lib.chapters.attention_measures import SHAPE
from lib.results import Results

TESTED = ("n", "difference", "t", "p", "p_family")
COUNTS = ("n_agree", "n_disagree", "n_within")


def record_attention(results: Results, means: pl.DataFrame, between: pl.DataFrame, agreed: pl.DataFrame) -> None:
    """Record the frames of `lib.chapters.attention`.

    Keys: ablations.attention.<condition>.<step>.<measure>.{n, mean, mean_low, mean_high};
    ablations.attention.<condition>.<step>.regions.<region>.<share, area or density>.{n, mean, ...};
    ablations.attention.<condition>.between.<first>.<second>.<measure>.{n, difference, t, p, p_family};
    ablations.attention.<condition>.<step>.agreement.<emotion or rating>.<measure>.{agree, disagree, difference, ...}.
    """
    for row in means.iter_rows(named=True):
        place = [row["measure"]] if row["kind"] == SHAPE else ["regions", row["measure"], row["kind"]]
        path = ["ablations", "attention", row["condition"], row["step"], *place]
        results.put(path, {name: row[name] for name in ("n", "mean", "mean_low", "mean_high")})
    for row in between.iter_rows(named=True):
        path = ["ablations", "attention", row["condition"], "between", row["first"], row["second"], row["measure"]]
        results.put(path, {name: row[name] for name in TESTED})
    for row in agreed.iter_rows(named=True):
        path = ["ablations", "attention", row["condition"], row["step"], "agreement", row["by"], row["measure"]]
        results.put(path, {name: row[name] for name in (*COUNTS, *COMPARED)})

"""The numbers of ablations under their keys."""

from __future__ import annotations

import polars as pl

from lib.chapters.ablations import DIFFERENCES, FIGURES
from lib.results import Results

LABEL = (
    "n", "r_full", "r_label", "difference", "difference_low", "difference_high", "difference_p", "share", "share_low",
    "share_high", "increment", "increment_low", "increment_high", "within", "within_low", "within_high",
)  # fmt: skip
FOLLOWED = (
    "n", "shift", "shift_low", "shift_high", "followed", "followed_low", "followed_high", "toward",
)  # fmt: skip


def record_ablations(
    results: Results, figures: pl.DataFrame, differences: pl.DataFrame, alone: pl.DataFrame, propagated: pl.DataFrame
) -> None:
    """Record the frames of `lib.chapters.ablations`.

    Keys: ablations.<id>.<condition>.<variant>.<dimension>.{n, within_sd, r, ..., sd_difference, ...};
    ablations.label-alone.<condition>.<dimension>.{r_full, r_label, share, ...};
    ablations.single-shot.<condition>.carried.<dimension>.<told>.{shift, followed, ...}.
    """
    for frame, fields in ((figures, ("n", "repeats", *FIGURES)), (differences, DIFFERENCES)):
        for row in frame.iter_rows(named=True):
            path = ["ablations", row["ablation"], row["condition"], row["variant"], row["dimension"]]
            results.put(path, {name: row[name] for name in fields})
    for row in alone.iter_rows(named=True):
        path = ["ablations", "label-alone", row["condition"], row["dimension"]]
        results.put(path, {name: row[name] for name in LABEL})
    for row in propagated.iter_rows(named=True):
        path = ["ablations", "single-shot", row["condition"], "carried", row["dimension"], row["part"]]
        results.put(path, {name: row[name] for name in FOLLOWED})

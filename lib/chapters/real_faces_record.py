"""The numbers of second sets of images under their keys."""

from __future__ import annotations

import polars as pl

from lib.chapters.real_faces import COUNTS, FIGURES
from lib.results import Results


def record_second_sets(results: Results, sets: pl.DataFrame, machines: pl.DataFrame) -> None:
    """Record the frames of `lib.chapters.real_faces`.

    Keys: ablations.<id>.<condition>.<outcome>.{n_first, n_second, first, second, difference, ...}, and the same below
    .groups.<factor>.<level>, below .groups.<factor>.<level>.beside.<reference>, and below .against.<condition>.
    """
    for row in sets.iter_rows(named=True):
        path = ["ablations", row["ablation"], row["condition"], row["outcome"]]
        if row["factor"] is not None:
            path += ["groups", row["factor"], row["group"]]
        if row["reference"] is not None:
            path += ["beside", row["reference"]]
        results.put(path, {name: row[name] for name in (*COUNTS, *FIGURES)})
    for row in machines.iter_rows(named=True):
        path = ["ablations", row["ablation"], row["condition"], row["outcome"], "against", row["against"]]
        results.put(path, {name: row[name] for name in (*COUNTS, *FIGURES)})

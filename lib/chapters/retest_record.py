"""The numbers of test-retest pilots under their keys."""

from __future__ import annotations

import polars as pl

from lib.chapters.retest import FIGURES
from lib.results import Results


def record_retest(results: Results, figures: pl.DataFrame) -> None:
    """Record `lib.chapters.retest.retest_figures`.

    Keys: ablations.retest.<condition>.<pilot>.<step>.{identical, kappa, icc2_k, within_sd, backwards, ...}.
    """
    for row in figures.iter_rows(named=True):
        path = ["ablations", "retest", row["condition"], row["pilot"], row["step"]]
        results.put(path, {name: row[name] for name in ("repeats", "temperature", *FIGURES)})

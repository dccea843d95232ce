"""Computed statements about tests between units of faces: how many verdicts differ from those between images."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from lib.chapters.claims import put_raters, put_share
from lib.results import Results


def put_by_unit(results: Results, path: Sequence[str], tests: pl.DataFrame, alpha: float) -> None:
    """Record the machines that differ by the corrected p between units, of all tested so, as by_unit.{count, ...}."""
    known = tests.drop_nulls("p_units_adjusted")
    if known.height:
        put_raters(results, path, known, by_unit=pl.col("p_units_adjusted") < alpha)


def claim_units(results: Results, path: Sequence[str], tests: pl.DataFrame, alpha: float) -> None:
    """Compare verdicts of images with those of units of faces, by the corrected p.

    Keys, under `path`, each {count, total, share, share_start}: images and units (significant by either, of all tests
    that both could do), changed, lost (significant by images alone) and gained (by units alone). Nothing without tests.
    """
    known = tests.drop_nulls(["p_adjusted", "p_units_adjusted"])
    images, units = pl.col("p_adjusted") < alpha, pl.col("p_units_adjusted") < alpha
    words = {"images": images, "units": units, "changed": images != units, "lost": images & ~units}
    for word, chosen in (words | {"gained": units & ~images}).items() if known.height else ():
        put_share(results, [*path, word], known.filter(chosen).height, known.height)

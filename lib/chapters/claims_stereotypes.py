"""Computed statements about collapse within emotions and exaggeration between them."""

from __future__ import annotations

import polars as pl

from lib.chapters.claims import KINDS, of_kind, put_count, put_extremes, put_range
from lib.results import Results


def claim_entropy(results: Results, machines: pl.DataFrame, people: pl.DataFrame, names: pl.DataFrame) -> None:
    """Ranges of the entropy within emotions: claims.entropy.{people, <kind>}.<dimension>.{low, high}, in bits."""
    for (dimension,), rows in people.group_by("dimension", maintain_order=True):
        put_range(results, ["claims", "entropy", "people", str(dimension)], rows["entropy"], "entropy")
    joined = machines.join(names, on="condition", maintain_order="left").drop_nulls("emotion")
    for kind in KINDS:
        for (dimension,), rows in of_kind(joined, kind).group_by("dimension", maintain_order=True):
            put_range(results, ["claims", "entropy", kind, str(dimension)], rows["entropy"], "entropy")


def claim_indices(results: Results, indices: pl.DataFrame, names: pl.DataFrame) -> None:
    """Ranges and extremes of collapse and polarity, and for how many machines an interval leaves out "like people".

    Keys, under claims.collapse.<kind>.<dimension>: range.{low, high}; least.*, most.* {short_name, collapse};
    collapsed.{count, ...} (interval above 0: varies less than one person); wider.{count, ...} (interval below 0);
    more_than_means.{count, ...} (varies more than people's image means: the interval of collapse_means is below 0).
    Under claims.polarity.<kind>.<dimension>: range.{low, high}; least.*, most.* {short_name, polarity};
    exaggerated.{count, ...} (interval above 1); understated.{count, ...} (below 1);
    claims.sd_ratio.<kind>.<dimension>.{low, high}. Machines without interval count as none of these.
    """
    joined = indices.join(names, on="condition", maintain_order="left")
    for kind in KINDS:
        for (dimension,), own in of_kind(joined, kind).group_by("dimension", maintain_order=True):
            path = ["claims", "collapse", kind, str(dimension)]
            put_range(results, [*path, "range"], own["collapse"], "collapse")
            put_extremes(results, path, own, "collapse", columns=["short_name", "collapse"], words=("least", "most"))
            _put(results, [*path, "collapsed"], own, pl.col("collapse_low") > 0)
            _put(results, [*path, "wider"], own, pl.col("collapse_high") < 0)
            _put(results, [*path, "more_than_means"], own, pl.col("collapse_means_high") < 0)
            path = ["claims", "polarity", kind, str(dimension)]
            put_range(results, [*path, "range"], own["polarity"], "polarity")
            put_extremes(results, path, own, "polarity", columns=["short_name", "polarity"], words=("least", "most"))
            _put(results, [*path, "exaggerated"], own, pl.col("polarity_low") > 1)
            _put(results, [*path, "understated"], own, pl.col("polarity_high") < 1)
            put_range(results, ["claims", "sd_ratio", kind, str(dimension)], own["sd_ratio"], "sd_ratio")


def _put(results: Results, path: list[str], own: pl.DataFrame, chosen: pl.Expr) -> None:
    put_count(results, path, own.filter(chosen)["short_name"].to_list(), own.height)

"""Computed statements about variation and collapse within emotions, and exaggeration between them."""

from __future__ import annotations

import polars as pl

from lib.chapters.claims import KINDS, extreme_row, of_kind, put_count, put_extremes, put_range, put_raters, put_row
from lib.results import Results


def claim_variation(results: Results, machines: pl.DataFrame, people: pl.DataFrame, names: pl.DataFrame) -> None:
    """Ranges of SD and of distinct values within emotions, and in how many cells a machine varies less than people.

    Keys: claims.variation.people.<dimension>.sd.{low, high}; under claims.variation.<kind>.<dimension>:
    {sd, distinct}.{low, high}; less_than_people.{cells, total}; smallest.{short_name, emotion, sd, distinct};
    constant.{count, ...} (machines that give all images of some emotion one value).
    """
    for (dimension,), rows in people.group_by("dimension", maintain_order=True):
        put_range(results, ["claims", "variation", "people", str(dimension), "sd"], rows["sd"])
    theirs = people.select("dimension", "emotion", pl.col("sd").alias("people_sd"))
    joined = machines.join(names, on="condition", maintain_order="left").drop_nulls("emotion")
    joined = joined.join(theirs, on=["dimension", "emotion"], maintain_order="left")
    for kind in KINDS:
        for (dimension,), own in of_kind(joined, kind).group_by("dimension", maintain_order=True):
            path = ["claims", "variation", kind, str(dimension)]
            put_range(results, [*path, "sd"], own["sd"])
            put_range(results, [*path, "distinct"], own["distinct"])
            known = own.drop_nulls(["sd", "people_sd"])
            less = known.filter(pl.col("sd") < pl.col("people_sd")).height
            results.put([*path, "less_than_people", "cells"], less)
            results.put([*path, "less_than_people", "total"], known.height)
            constant = own.filter(pl.col("distinct") == 1)["short_name"].unique(maintain_order=True).to_list()
            put_count(results, [*path, "constant"], constant, own["condition"].n_unique())
            if known.height:
                row = extreme_row(known, "sd", highest=False)
                put_row(results, [*path, "smallest"], row, ["short_name", "emotion", "sd", "distinct"])


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
            put_raters(
                results, path, own,
                collapsed=pl.col("collapse_low") > 0, wider=pl.col("collapse_high") < 0,
                more_than_means=pl.col("collapse_means_high") < 0,
            )  # fmt: skip
            path = ["claims", "polarity", kind, str(dimension)]
            put_range(results, [*path, "range"], own["polarity"], "polarity")
            put_extremes(results, path, own, "polarity", columns=["short_name", "polarity"], words=("least", "most"))
            put_raters(
                results, path, own, exaggerated=pl.col("polarity_low") > 1, understated=pl.col("polarity_high") < 1
            )
            put_range(results, ["claims", "sd_ratio", kind, str(dimension)], own["sd_ratio"], "sd_ratio")

"""Computed statements about reliability and mixed models."""

from __future__ import annotations

import polars as pl

from lib.chapters.claims import KINDS, extreme_row, listed, of_kind, put_count, put_range, share_in_words
from lib.chapters.mixed_models import FULL, MachineModels
from lib.formats import format_value, plus_signed
from lib.results import Results


def claim_reliability(results: Results, overall: pl.DataFrame, within: pl.DataFrame, machines: pl.DataFrame) -> None:
    """On which dimension people are most and least reliable, and how much of it is emotion; `machines` has names.

    Keys: claims.reliability.{most,least}.{dimension, icc2_1, icc2_k}; claims.reliability.<dim>.emotion_percent (share
    of the variance between images that emotions account for, never below 0);
    claims.reliability.participants_over_images.{low, high} (within emotion);
    claims.machine_icc.<kind>.<dim>.{low, high}.
    """
    known = overall.drop_nulls("icc2_1")
    if known.height:
        for word, highest in (("least", False), ("most", True)):
            chosen = extreme_row(known, "icc2_1", highest=highest)
            for name in ("dimension", "icc2_1", "icc2_k"):
                results.put(["claims", "reliability", word, name], chosen[name])
    both = overall.join(within, on="dimension", suffix="_within", maintain_order="left").filter(pl.col("image") > 0)
    for row in both.drop_nulls("image_within").iter_rows(named=True):
        share = max(0.0, 100 * (1 - row["image_within"] / row["image"]))
        results.put(["claims", "reliability", row["dimension"], "emotion_percent"], share)
    if within["ratio"].drop_nulls().len():
        put_range(results, ["claims", "reliability", "participants_over_images"], within["ratio"], "ratio")
    for kind in KINDS:
        for (dimension,), own in of_kind(machines, kind).group_by("dimension", maintain_order=True):
            put_range(results, ["claims", "machine_icc", kind, str(dimension)], own["icc2_1"], "icc2_1")


def claim_mixed(results: Results, models: MachineModels, names: pl.DataFrame, alpha: float) -> None:
    """How many biases and interactions are significant, for whom, and the largest.

    Keys, for each kind and dimension: claims.mixed.biased.<kind>.<dim>.{count, total, share, percent} (rater x emotion
    tests); claims.mixed.unbiased.<kind>.<dim>.names (such as `Gemma3-4B (happy)`);
    claims.mixed.{lowest,highest}.<kind>.<dim>.{short_name, level, estimate, t, df};
    claims.mixed.by.<factor>.<kind>.<dim>.{count, ...} (raters whose bias differs by the factor);
    claims.mixed.by_all.<kind>.<dim>.{count, ...} (raters with a significant interaction of the highest order);
    claims.mixed.singular.<kind>.<dim>.{count, ...} (emotion model).
    """
    frames = {
        name: frame.join(names, on="condition", maintain_order="left")
        for name, frame in (("bias", models.bias), ("terms", models.terms), ("fits", models.fits))
    }
    for kind in KINDS:
        _claim_biases(results, of_kind(frames["bias"], kind), kind, alpha)
        _claim_terms(results, of_kind(frames["terms"], kind), kind, alpha)
        fits = of_kind(frames["fits"], kind).filter(pl.col("model") == "emotion")
        for (dimension,), own in fits.group_by("dimension", maintain_order=True):
            singular = own.filter(pl.col("singular").fill_null(value=False))["short_name"].to_list()
            put_count(results, ["claims", "mixed", "singular", kind, str(dimension)], singular, own.height)


def _claim_biases(results: Results, bias: pl.DataFrame, kind: str, alpha: float) -> None:
    known = bias.filter(pl.col("factor") == "emotion").drop_nulls("estimate")
    for (dimension,), own in known.group_by("dimension", maintain_order=True):
        place = [kind, str(dimension)]
        found = own.filter(pl.col("p_adjusted") < alpha).height
        path = ["claims", "mixed", "biased", *place]
        results.put([*path, "count"], found)
        results.put([*path, "total"], own.height)
        results.put([*path, "share"], share_in_words(found, own.height))
        results.put([*path, "percent"], 100 * found / own.height)
        others = own.filter(pl.col("p_adjusted") >= alpha)
        said = [f"{row['short_name']} ({row['level']})" for row in others.iter_rows(named=True)]
        results.put(["claims", "mixed", "unbiased", *place, "names"], listed(said))
        for word, highest in (("lowest", False), ("highest", True)):
            row = extreme_row(own, "estimate", highest=highest)
            path = ["claims", "mixed", word, *place]
            for name in ("short_name", "level", "t", "df"):
                results.put([*path, name], row[name])
            results.put([*path, "estimate"], row["estimate"], plus_signed(float(str(row["estimate"])), 3))


def _claim_terms(results: Results, terms: pl.DataFrame, kind: str, alpha: float) -> None:
    tests = terms.filter(pl.col("term").str.starts_with("rater_type:"))
    single = tests.filter(pl.col("model") != FULL, pl.format("rater_type:{}", "model") == pl.col("term"))
    for (model, dimension), own in single.group_by("model", "dimension", maintain_order=True):
        differing = own.filter(pl.col("p_adjusted") < alpha)["short_name"].to_list()
        put_count(results, ["claims", "mixed", "by", str(model), kind, str(dimension)], differing, own.height)
    whole = tests.filter(pl.col("model") == FULL)
    if whole.is_empty():
        return
    highest = max(whole["term"], key=lambda term: str(term).count(":"))
    for (dimension,), own in whole.filter(pl.col("term") == highest).group_by("dimension", maintain_order=True):
        differing = own.filter(pl.col("p_adjusted") < alpha)["short_name"].to_list()
        path = ["claims", "mixed", "by_all", kind, str(dimension)]
        put_count(results, path, differing, own.height)
        results.put([*path, "smallest_p"], own["p"].min(), format_value("p", own["p"].min()))  # type: ignore[arg-type]

"""Computed statements about analyses of variance of the bias, and about the size of the model."""

from __future__ import annotations

import polars as pl

from lib.chapters.claims import KINDS, extreme_row, of_kind, put_count, put_raters, put_row
from lib.chapters.claims_units import claim_units, put_by_unit
from lib.formats import count_in_words
from lib.results import Results

EFFECT = ["short_name", "f", "df", "df_residual", "p", "p_adjusted", "eta_squared", "partial_eta_squared"]


def claim_omnibus(results: Results, anovas: pl.DataFrame, names: pl.DataFrame, alpha: float) -> None:
    """Machines whose bias depends on a factor, alone or with emotion.

    Keys, under claims.anova.<dimension>.<term>.<kind>: significant.{count, ...} and not_significant.{count, ...} (by
    the corrected p), uncorrected.{count, ...}, largest.{short_name, f, df, df_residual, p, p_adjusted, eta_squared,
    partial_eta_squared}: by η², which the tables of one factor show; claims.anova.largest.<kind>.{..., dimension, term,
    effect}: the largest of all by partial η², which the table of all factors shows; effect is the term as text (`race`
    or `race × emotion`). Between units of faces: by_unit.{count, ...}, and claims.anova.units.<main or
    interaction>.<kind> as `claim_units` has it.
    """
    joined = anovas.join(names, on="condition", maintain_order="left")
    for kind in KINDS:
        whole = of_kind(joined, kind)
        for (dimension, term), own in whole.group_by("dimension", "term", maintain_order=True):
            path = ["claims", "anova", str(dimension), str(term), kind]
            significant = pl.col("p_adjusted") < alpha
            uncorrected = pl.col("p") < alpha
            put_raters(
                results, path, own, significant=significant, not_significant=~significant, uncorrected=uncorrected
            )
            put_by_unit(results, path, own, alpha)
            known = own.drop_nulls("eta_squared")
            if known.height:
                put_row(results, [*path, "largest"], extreme_row(known, "eta_squared", highest=True), EFFECT)
        for part, chosen in (
            ("main", ~pl.col("term").str.contains(":")),
            ("interaction", pl.col("term").str.contains(":")),
        ):
            claim_units(results, ["claims", "anova", "units", part, kind], whole.filter(chosen), alpha)
        known = whole.drop_nulls("partial_eta_squared")
        if known.height:
            named = known.with_columns(pl.col("term").str.replace_all(":", " × ", literal=True).alias("effect"))
            row = extreme_row(named, "partial_eta_squared", highest=True)
            put_row(results, ["claims", "anova", "largest", kind], row, [*EFFECT, "dimension", "term", "effect"])


def claim_anova_by_emotion(results: Results, anovas: pl.DataFrame, names: pl.DataFrame, alpha: float) -> None:
    """In how many machine x emotion cells a term is significant, by the corrected p, and where it is largest.

    Keys, under claims.anova_by_emotion.<dimension>.<term>.<kind>: significant, tests, per_emotion.<emotion>.{count,
    ...}, largest.{short_name, emotion, f, df, df_residual, p, p_adjusted, eta_squared, partial_eta_squared}.
    """
    joined = anovas.join(names, on="condition", maintain_order="left").drop_nulls("p_adjusted")
    for kind in KINDS:
        for (dimension, term), own in of_kind(joined, kind).group_by("dimension", "term", maintain_order=True):
            path = ["claims", "anova_by_emotion", str(dimension), str(term), kind]
            found = own.filter(pl.col("p_adjusted") < alpha)
            results.put([*path, "significant"], found.height, count_in_words(found.height))
            results.put([*path, "tests"], own.height, count_in_words(own.height))
            for (emotion,), rated in own.group_by("emotion", maintain_order=True):
                significant = rated.filter(pl.col("p_adjusted") < alpha)["short_name"].to_list()
                put_count(results, [*path, "per_emotion", str(emotion)], significant, rated.height)
            row = extreme_row(own, "partial_eta_squared", highest=True)
            put_row(results, [*path, "largest"], row, [*EFFECT, "emotion"])


def claim_sizes(results: Results, trends: pl.DataFrame, alpha: float) -> None:
    """How many trends with size are there, and how many point down.

    Keys, under claims.model_size.<family>: trends, significant, shrinks (rho below 0), grows (above 0), models.
    """
    for (family,), own in trends.drop_nulls("rho").group_by("family", maintain_order=True):
        path = ["claims", "model_size", str(family).lower().replace(" ", "_")]
        figures = {
            "trends": own.height,
            "significant": own.filter(pl.col("p_adjusted") < alpha).height,
            "shrinks": own.filter(pl.col("rho") < 0).height,
            "grows": own.filter(pl.col("rho") > 0).height,
            "models": int(own["n"].to_list()[0]),
        }
        for name, count in figures.items():
            results.put([*path, name], count, count_in_words(count))

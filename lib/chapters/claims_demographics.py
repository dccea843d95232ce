"""Computed statements about tests between groups of faces: who differs, how many tests, which is the largest."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from lib.chapters.claims import KINDS, extreme_row, of_kind, put_count, put_raters, put_row
from lib.chapters.claims_units import claim_units, put_by_unit
from lib.formats import count_in_words, plus_signed
from lib.results import Results


def claim_accuracy_tests(
    results: Results, tests: pl.DataFrame, models: pl.DataFrame, names: pl.DataFrame, alpha: float
) -> None:
    """Machines whose accuracy differs between the levels of a factor.

    Keys: claims.accuracy_tests.<factor>.<kind>.{differ.{count, ...}, uncorrected.{count, ...}, largest.{short_name,
    chi2, df, p, p_adjusted, cramers_v}}; claims.accuracy_models.<term>.<given or alone>.<kind>.{differ.{count, ...},
    largest.{short_name, chi2, df, p, p_adjusted}}. Between units of faces: claims.accuracy_tests.<factor>.<kind>.{
    by_unit, units} as `lib.chapters.claims_units` has them.
    """
    shown = ["short_name", "chi2", "df", "p", "p_adjusted"]
    for kind in KINDS:
        for (factor,), own in _of_kind(tests, names, kind).group_by("factor", maintain_order=True):
            path = ["claims", "accuracy_tests", str(factor), kind]
            _put_differing(results, path, own, alpha, by="cramers_v", shown=[*shown, "cramers_v"])
            put_raters(results, path, own, uncorrected=pl.col("p") < alpha)
            put_by_unit(results, path, own, alpha)
            claim_units(results, [*path, "units"], own, alpha)
        for (term, given), own in _of_kind(models, names, kind).group_by("term", "given", maintain_order=True):
            path = ["claims", "accuracy_models", str(term), str(given).replace(" + ", "_") or "alone", kind]
            _put_differing(results, path, own, alpha, by="chi2", shown=shown)


def claim_false_positives(results: Results, tests: pl.DataFrame, names: pl.DataFrame, alpha: float) -> None:
    """Emotions named unequally often where they were not intended, and what lies behind it.

    Keys, under claims.fpr.<factor>.<kind>: significant, tests, untested (combinations of machine and emotion
    whose rate is 0, or 1, in all groups, or known in only one); machines.{count, ...} (with any such emotion);
    causes.<cause>; largest.{short_name, emotion, highest_level, highest_percent, lowest_level, lowest_percent, points,
    p_adjusted}; highest.<emotion>.<level>.{count, ...} (machines whose rate is highest there).
    """
    for kind in KINDS:
        known = _of_kind(tests, names, kind)
        for (factor,), own in known.group_by("factor", maintain_order=True):
            path = ["claims", "fpr", str(factor), kind]
            tested = own.drop_nulls("p_adjusted")
            _put_share(results, path, tested, alpha)
            untested = own.height - tested.height
            results.put([*path, "untested"], untested, count_in_words(untested))
            found = tested.filter(pl.col("p_adjusted") < alpha)["short_name"].unique(maintain_order=True).to_list()
            put_count(results, [*path, "machines"], found, own["condition"].n_unique())
            for cause in ("over-attribution", "unequal accuracy", "both", "neither"):
                results.put([*path, "causes", cause.replace(" ", "_")], own.filter(pl.col("cause") == cause).height)
            gaps = own.with_columns((100 * (pl.col("highest_rate") - pl.col("lowest_rate"))).alias("points"))
            if gaps.drop_nulls("highest_level").height:
                _put_rates(
                    results, [*path, "largest"], extreme_row(gaps.drop_nulls("highest_level"), "points", highest=True)
                )
            for (emotion,), rated in own.group_by("emotion", maintain_order=True):
                for level in sorted(set(rated["highest_level"].drop_nulls())):
                    highest = rated.filter(pl.col("highest_level") == level)["short_name"].to_list()
                    put_count(results, [*path, "highest", str(emotion), level], highest, rated.height)


def claim_group_bias_tests(results: Results, biases: pl.DataFrame, names: pl.DataFrame, alpha: float) -> None:
    """In how many groups of faces a machine departs from people, and where most.

    Keys, under claims.bias_tests_by.<dimension>.<factor>.<kind>: significant, tests; largest.{short_name, level, bias,
    dz, p_adjusted}.
    """
    for kind in KINDS:
        _claim_biases(
            results, "bias_tests_by", _of_kind(biases, names, kind), kind, keys=["factor", "level"], alpha=alpha
        )


def claim_bias_tests(results: Results, tests: pl.DataFrame, names: pl.DataFrame, alpha: float) -> None:
    """In how many emotions a machine departs from people, and where most.

    Keys, under claims.bias_tests.<dimension>.<kind>: significant, tests, significant_bonferroni, wilcoxon (tests by
    ranks); unbiased.{count, ...} (machines without any significant bias); largest.{short_name, emotion, bias, dz,
    p_adjusted}.
    """
    for kind in KINDS:
        _claim_biases(results, "bias_tests", _of_kind(tests, names, kind), kind, keys=["emotion"], alpha=alpha)
        for (dimension,), own in _of_kind(tests, names, kind).group_by("dimension", maintain_order=True):
            path = ["claims", "bias_tests", str(dimension), kind]
            results.put([*path, "significant_bonferroni"], own.filter(pl.col("p_bonferroni") < alpha).height)
            results.put([*path, "wilcoxon"], own.filter(pl.col("test") == "Wilcoxon").height)
            smallest = own.group_by("short_name", maintain_order=True).agg(pl.col("p_adjusted").min())
            put_raters(results, path, smallest, unbiased=pl.col("p_adjusted") >= alpha)


def _claim_biases(
    results: Results, name: str, tests: pl.DataFrame, kind: str, *, keys: Sequence[str], alpha: float
) -> None:
    """Claims of one kind of machines; the last of `keys` is what the tests of one claim are about."""
    *within, place = keys
    for key, own in tests.group_by(["dimension", *within], maintain_order=True):
        path = ["claims", name, *(str(part) for part in key), kind]
        _put_share(results, path, own.drop_nulls("p_adjusted"), alpha)
        sized = own.drop_nulls("dz").with_columns(pl.col("dz").abs().alias("size"))
        if sized.height:
            row = extreme_row(sized, "size", highest=True)
            put_row(results, [*path, "largest"], row, ["short_name", place, "dz", "p_adjusted"])
            results.put([*path, "largest", "bias"], row["bias"], plus_signed(float(str(row["bias"]))))


def _put_share(results: Results, path: Sequence[str], tested: pl.DataFrame, alpha: float) -> None:
    significant = tested.filter(pl.col("p_adjusted") < alpha).height
    results.put([*path, "significant"], significant, count_in_words(significant))
    results.put([*path, "tests"], tested.height, count_in_words(tested.height))


def _put_differing(
    results: Results, path: Sequence[str], own: pl.DataFrame, alpha: float, *, by: str, shown: Sequence[str]
) -> None:
    put_raters(results, path, own, differ=pl.col("p_adjusted") < alpha)
    if own.drop_nulls(by).height:
        put_row(results, [*path, "largest"], extreme_row(own.drop_nulls(by), by, highest=True), shown)


def _put_rates(results: Results, path: Sequence[str], row: dict[str, object]) -> None:
    put_row(results, path, row, ["short_name", "emotion", "highest_level", "lowest_level", "p_adjusted"])
    results.put([*path, "points"], row["points"], f"{float(str(row['points'])):.1f}")
    for end in ("highest", "lowest"):
        results.put([*path, f"{end}_percent"], 100 * float(str(row[f"{end}_rate"])))


def _of_kind(tests: pl.DataFrame, names: pl.DataFrame, kind: str) -> pl.DataFrame:
    return of_kind(tests.join(names, on="condition", maintain_order="left"), kind)

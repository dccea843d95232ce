"""Answers by group of faces: factors alone and crossed in pairs, as one tidy frame; tests of each with corrections."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import polars as pl

from lib.chapters.scores import accuracy_in_groups, bias_in_groups
from lib.metrics.false_positives import false_positives_by, name_cause
from lib.metrics.multiplicity import adjust_within
from lib.metrics.paired_differences import paired_tests_by
from lib.metrics.proportions import share_tests
from lib.metrics.schemas import Schema, schema_like
from lib.study_data import StudyData

GROUP = ["factor", "level"]


def crossings(data: StudyData) -> dict[str, tuple[str, ...]]:
    """The study's factors with levels and their pairs: `race`, `gender`, `race:gender`."""
    factors = data.study.group_factors
    return {":".join(names): names for size in (1, 2) for names in combinations(factors, size)}


def in_groups(data: StudyData, answers: pl.DataFrame) -> pl.DataFrame:
    """Repeat the answers once for each factor and pair of factors.

    Adds factor (Enum) and level (Enum; `Black:Man` for a pair); images without a level are left out of that factor.
    """
    names = crossings(data)
    levels = dict.fromkeys(level for parts in names.values() for level in _levels(data, parts))
    frames = [
        answers.drop_nulls(list(parts)).with_columns(
            pl.lit(name).alias("factor"),
            pl.concat_str([pl.col(part).cast(pl.String) for part in parts], separator=":").alias("level"),
        )
        for name, parts in names.items()
    ]
    empty = answers.head(0).with_columns(pl.lit(None, pl.String).alias(name) for name in GROUP)
    return pl.concat([empty, *frames]).with_columns(
        pl.col("factor").cast(pl.Enum(list(names))), pl.col("level").cast(pl.Enum(list(levels)))
    )


def of_factor(data: StudyData, frame: pl.DataFrame, factor: str) -> pl.DataFrame:
    """The rows of one factor, its level in a column of the factor's name (Enum in the study's order)."""
    kind = pl.Enum(_levels(data, crossings(data)[factor]))
    own = frame.filter(pl.col("factor").cast(pl.String) == factor).drop("factor")
    return own.rename({"level": factor}).with_columns(pl.col(factor).cast(pl.String).cast(kind))


def with_adjusted(data: StudyData, frame: pl.DataFrame, family: Sequence[str], p: str = "p") -> pl.DataFrame:
    """Add p_adjusted by the study's correction; the tests that share `family` columns are corrected together."""
    return adjust_within(frame, family, data.study.analysis.correction, p=p)


def group_accuracy(data: StudyData, grouped: pl.DataFrame, extra: Sequence[str] = ()) -> pl.DataFrame:
    """Accuracy with Wilson's interval by condition, factor, level (and `extra` columns) of `in_groups` answers."""
    return accuracy_in_groups(grouped, [*GROUP, *extra], data.study.analysis.confidence)


def accuracy_tests(data: StudyData, accuracy: pl.DataFrame, extra: Sequence[str] = ()) -> pl.DataFrame:
    """`ShareTest` of each condition and factor over its levels, corrected over the conditions (and `extra`)."""
    known = accuracy.drop_nulls(list(extra))
    return with_adjusted(data, share_tests(known, ["condition", "factor", *extra], "correct"), ["factor"])


def false_positives(data: StudyData, grouped: pl.DataFrame, categories: Sequence[str]) -> pl.DataFrame:
    """False positive rates by condition, factor, level and emotion of `in_groups` labels; no rater gives no rows."""
    if grouped["intended"].null_count() == grouped.height:
        kinds: Schema = {"emotion": pl.Enum(list(categories)), "x": pl.Int64, "n": pl.Int64}
        kinds |= dict.fromkeys(("rate", "low", "high"), pl.Float64) | {"n_excluded": pl.Int64}
        return pl.DataFrame(schema=schema_like(grouped, ["condition", *GROUP]) | kinds)
    return false_positives_by(grouped, categories, ["condition", *GROUP], data.study.analysis.confidence)


def false_positive_tests(data: StudyData, rates: pl.DataFrame, hits: pl.DataFrame) -> pl.DataFrame:
    """Whether false positive rates differ between the levels of a factor, and what lies behind it.

    Parameters
    ----------
    rates
        Of `false_positives`.
    hits
        `accuracy_tests` with the extra column intended: accuracy on each emotion's images.

    Returns
    -------
    polars.DataFrame
        condition, factor, emotion, the fields of `ShareTest`, p_adjusted (corrected over conditions and emotions of a
        factor), highest_level, highest_rate, lowest_level, lowest_rate (no levels where all rates are equal),
        accuracy_p_adjusted, cause (`name_cause` at 1 - confidence).
    """
    keys = ["condition", "factor", "emotion"]
    tests = with_adjusted(data, share_tests(rates, keys, "x"), ["factor"])
    ends = rates.sort("rate", maintain_order=True).group_by(keys, maintain_order=True).agg(
        pl.col("level").last().cast(pl.String).alias("highest_level"), pl.col("rate").last().alias("highest_rate"),
        pl.col("level").first().cast(pl.String).alias("lowest_level"), pl.col("rate").first().alias("lowest_rate"),
    )  # fmt: skip
    own = hits.select("condition", "factor", pl.col("intended").cast(pl.String).alias("emotion"),
                      pl.col("p_adjusted").alias("accuracy_p_adjusted"))  # fmt: skip
    uneven = pl.col("highest_rate") > pl.col("lowest_rate")
    ends = ends.with_columns(pl.when(uneven).then(name).alias(name) for name in ("highest_level", "lowest_level"))
    joined = tests.join(ends, on=keys, how="left", maintain_order="left").with_columns(
        pl.col("emotion").cast(pl.String)
    )
    joined = joined.join(own, on=keys, how="left", maintain_order="left")
    alpha = data.significance_level
    pairs = joined.select("p_adjusted", "accuracy_p_adjusted").iter_rows()
    causes = [name_cause(rate, accuracy, alpha) for rate, accuracy in pairs]
    return joined.with_columns(
        pl.col("emotion").cast(rates.schema["emotion"]), pl.Series("cause", causes, dtype=pl.String)
    )


def group_bias(data: StudyData, grouped: pl.DataFrame) -> pl.DataFrame:
    """Bias by condition, dimension, factor and level, tested; p corrected within each dimension and factor."""
    keys = ["condition", "dimension", *GROUP]
    tests = paired_tests_by(grouped, keys, confidence=data.study.analysis.confidence)
    means = bias_in_groups(grouped, GROUP).select(*keys, "mae", "machine_mean", "people_mean")
    joined = tests.join(means, on=keys, how="left", maintain_order="left")
    return with_adjusted(data, joined, ["dimension", "factor"])


def emotion_tests(data: StudyData, values: pl.DataFrame) -> pl.DataFrame:
    """`PairedTest` by condition, dimension, emotion; p corrected in a dimension by Bonferroni, FDR and the study's."""
    keys = ["condition", "dimension", "emotion"]
    tests = paired_tests_by(values, keys, confidence=data.study.analysis.confidence)
    tests = with_adjusted(data, tests.filter(pl.col("n") > 0), ["dimension"])
    tests = adjust_within(tests, ["dimension"], "bonferroni", name="p_bonferroni")
    return adjust_within(tests, ["dimension"], "fdr_bh", name="p_fdr_bh").sort(keys)


def _levels(data: StudyData, parts: Sequence[str]) -> list[str]:
    found = [""]
    for name in parts:
        found = [f"{start}:{level}" if start else level for start in found for level in data.study.factors[name].levels]
    return found

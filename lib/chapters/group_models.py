"""Models of every machine's answers by factor: likelihood ratios of being right, analyses of variance of the bias."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import combinations

import polars as pl

from lib.chapters.group_scores import with_adjusted
from lib.chapters.units import with_unit_effects
from lib.metrics.anova import Effect, compare_models, factorial_anova, has_empty_cells
from lib.metrics.categories import right_answer
from lib.metrics.designs import Term
from lib.metrics.logistic import LikelihoodRatio, likelihood_ratio
from lib.metrics.schemas import Schema, schema_like, schema_of
from lib.study_data import StudyData

EMOTION: Term = ("emotion",)
KEYS = ["condition", "dimension"]
TESTED = (
    "df", "df_residual", "sum_of_squares", "f", "p", "p_adjusted", "eta_squared", "partial_eta_squared", "n",
    "n_excluded",
)  # fmt: skip


def accuracy_models(data: StudyData, answers: pl.DataFrame) -> pl.DataFrame:
    """Logistic regressions of being right, by likelihood ratio.

    Parameters
    ----------
    data
        The study.
    answers
        `lib.chapters.answers.label_answers`.

    Returns
    -------
    polars.DataFrame
        condition, term, given (terms of the smaller model), the fields of `LikelihoodRatio`, p_adjusted (corrected over
        conditions). For each factor: alone; given emotion; its interaction with emotion. For each pair: interaction.
    """
    right = answers.drop_nulls("intended").with_columns(
        right_answer().alias("correct"), pl.col("intended").alias("emotion")
    )
    rows = [
        {"condition": name, "term": ":".join(added), "given": " + ".join(":".join(term) for term in given)}
        | asdict(likelihood_ratio(complete, "correct", given, [*given, added]))
        for (name,), own in right.group_by("condition", maintain_order=True)
        for given, added in _accuracy_terms(data.study.group_factors)
        if (complete := own.drop_nulls([part for term in (*given, added) for part in term])).height
    ]
    schema = schema_like(answers, ["condition"]) | {"term": pl.String, "given": pl.String} | schema_of(LikelihoodRatio)
    return with_adjusted(data, pl.DataFrame(rows, schema=schema), ["term", "given"])


def omnibus_anova(data: StudyData, values: pl.DataFrame) -> pl.DataFrame:
    """Bias by each factor and emotion: main effect given emotion, and interaction given both main effects.

    Parameters
    ----------
    data
        The study.
    values
        `lib.chapters.answers.value_answers`.

    Returns
    -------
    polars.DataFrame
        condition, dimension, factor, term (`race`, `race:emotion`), the fields of `Effect`, p_adjusted (corrected over
        conditions for each dimension and term). F has the residual of the larger of the two models in its denominator.
        Beside them `lib.chapters.units.UNIT_FIGURES`: the same effects where units, not images, are independent.
    """
    rows, biases = [], with_bias(values)
    for key, own in _conditions(biases):
        for factor in data.study.group_factors:
            main: Term = (factor,)
            for smaller, added in (([EMOTION], main), ([main, EMOTION], (factor, "emotion"))):
                if own.drop_nulls(["bias", factor, "emotion"]).height:
                    effect = compare_models(own, "bias", smaller, [*smaller, added])
                    rows.append(key | {"factor": factor, "term": ":".join(added)} | asdict(effect))
    kinds = schema_like(values, KEYS) | {"factor": pl.String, "term": pl.String}
    return with_unit_effects(data, _adjusted(data, rows, kinds, ["dimension", "term"]), biases)


def anova_by_emotion(data: StudyData, values: pl.DataFrame) -> pl.DataFrame:
    """Bias by all factors crossed, within each emotion.

    Returns
    -------
    polars.DataFrame
        condition, dimension, emotion (Enum), term (`race`, `gender`, `race:gender`), sums (`III`; `II` where a cell is
        empty, for type III would test another hypothesis there), the fields of `Effect`, p_adjusted (corrected over
        conditions and emotions for each dimension and term).
    """
    factors = list(data.study.group_factors)
    rows = []
    for key, own in _conditions(with_bias(values)) if factors else ():
        for (emotion,), stratum in own.drop_nulls(["emotion"]).group_by("emotion", maintain_order=True):
            complete = stratum.drop_nulls(["bias", *factors])
            if complete.is_empty():
                continue
            kind = "II" if has_empty_cells(complete, "bias", factors) else "III"
            table = factorial_anova(stratum, "bias", factors, kind)  # type: ignore[arg-type]
            rows += [key | {"emotion": emotion, "sums": kind} | row for row in table.iter_rows(named=True)]
    kinds = schema_like(values, [*KEYS, "emotion"]) | {"term": pl.String, "sums": pl.String}
    return _adjusted(data, rows, kinds, ["dimension", "term"]).sort(
        "condition", "dimension", "emotion", maintain_order=True
    )


def _accuracy_terms(factors: Sequence[str]) -> list[tuple[list[Term], Term]]:
    alone: list[tuple[list[Term], Term]] = [
        comparison
        for name in factors
        for comparison in (
            ([], (name,)),
            ([EMOTION], (name,)),
            ([(name,), EMOTION], (name, "emotion")),
        )
    ]
    return alone + [([(first,), (second,)], (first, second)) for first, second in combinations(factors, 2)]


def with_bias(values: pl.DataFrame) -> pl.DataFrame:
    """Add bias, machine minus people's mean; null where either is missing."""
    return values.with_columns(
        (pl.col("machine").cast(pl.Float64).fill_nan(None) - pl.col("people_mean")).alias("bias")
    )


def _conditions(biases: pl.DataFrame) -> Iterator[tuple[dict[str, object], pl.DataFrame]]:
    """Each condition's bias on each dimension."""
    for key, own in biases.group_by(KEYS, maintain_order=True):
        yield dict(zip(KEYS, key, strict=True)), own


def _adjusted(data: StudyData, rows: list[dict[str, object]], kinds: Schema, family: list[str]) -> pl.DataFrame:
    frame = with_adjusted(data, pl.DataFrame(rows, schema=kinds | schema_of(Effect)), family)
    return frame.select(*kinds, *TESTED)

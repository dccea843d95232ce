"""How answers were read: how many at which stage, why some could not be, what they took; by condition and step."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

STAGES = ("json", "fence", "regex", "none")
STATES = ("answered", "failed", "open", "skipped")
FLAG, REASON = "flag", "reason"


@dataclass(frozen=True)
class ResponsesSummary:
    """Counts of how answers came about and were read.

    Attributes
    ----------
    steps : polars.DataFrame
        One row a condition and step: n (questions), answered, failed, open, skipped; of the answered ones json, fence,
        regex, none (the stage that read them), parsed (all values were found), unparsed, and the rates of these among
        the answered (rate_<stage>, rate_parsed; null where none was answered); tokens_in, tokens_out, tokens_thinking,
        cost (sums; null where none is known), currency (null where none or several), n_cost (lines of known cost),
        latency (median seconds). Costs are those of the standing lines; what was spent in all is `Store.spent`.
    reasons : polars.DataFrame
        One row a condition, step, kind and name, with n: kind `flag` is what was done to read an answer, `reason` why
        an answered step has no value, `failed` the kind of failure, `skipped` why a step was not asked.
    """

    steps: pl.DataFrame
    reasons: pl.DataFrame


def responses_summary(answers: pl.DataFrame) -> ResponsesSummary:
    """Summarise the answers of one or more conditions, as `predictions_of` gives them.

    Conditions and steps are in the order in which they come.
    """
    answered = pl.col("state") == "answered"
    steps = (
        answers.group_by("condition", "step", maintain_order=True)
        .agg(
            pl.len().cast(pl.Int64).alias("n"),
            *((pl.col("state") == state).sum().cast(pl.Int64).alias(state) for state in STATES),
            *((answered & (pl.col("stage") == stage)).sum().cast(pl.Int64).alias(stage) for stage in STAGES),
            (answered & pl.col("reason").is_null()).sum().cast(pl.Int64).alias("parsed"),
            (answered & pl.col("reason").is_not_null()).sum().cast(pl.Int64).alias("unparsed"),
            *(_total(name) for name in ("tokens_in", "tokens_out", "tokens_thinking", "cost")),
            pl.when(pl.col("currency").drop_nulls().n_unique() == 1)
            .then(pl.col("currency").drop_nulls().first())
            .alias("currency"),
            pl.col("cost").is_not_null().sum().cast(pl.Int64).alias("n_cost"),
            pl.col("latency").median(),
        )
        .with_columns(
            pl.when(pl.col("answered") > 0).then(pl.col(name) / pl.col("answered")).alias(f"rate_{name}")
            for name in (*STAGES, "parsed")
        )
    )
    return ResponsesSummary(steps, _reasons(answers))


def _total(name: str) -> pl.Expr:
    return pl.when(pl.col(name).is_not_null().any()).then(pl.col(name).sum()).alias(name)


def _reasons(answers: pl.DataFrame) -> pl.DataFrame:
    flags = answers.select("condition", "step", pl.lit(FLAG).alias("kind"), pl.col("flags").alias("name")).explode(
        "name"
    )
    kind = pl.when(pl.col("state") == "answered").then(pl.lit(REASON)).otherwise("state").alias("kind")
    reasons = answers.select("condition", "step", kind, pl.col("reason").alias("name"))
    counted = (
        pl.concat([reasons, flags])
        .filter(pl.col("name").is_not_null())
        .group_by("condition", "step", "kind", "name")
        .agg(pl.len().cast(pl.Int64).alias("n"))
    )
    order = answers.select("condition", "step").unique(maintain_order=True).with_row_index("place")
    return (
        counted.join(order, on=["condition", "step"])
        .sort("place", "kind", pl.col("n").neg(), "name")
        .select("condition", "step", "kind", "name", "n")
    )

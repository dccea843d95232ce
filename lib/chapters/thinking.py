"""How much machines reason before they answer, by emotion and by whether the answer is right."""

from __future__ import annotations

import polars as pl

from lib.chapters.answers import reference_emotions
from lib.metrics.variation import variation_within
from lib.results import Results
from lib.study_data import StudyData


def thinking_tokens(data: StudyData) -> pl.DataFrame:
    """Thinking tokens of every image, of the machines that report any.

    Returns
    -------
    polars.DataFrame
        condition, emotion (the reference emotion), correct (right or wrong label), tokens; rows without tokens are left
        out.
    """
    images = reference_emotions(data).images.select("image_id", "emotion")
    frames = [
        images.join(frame, on="image_id", maintain_order="left", suffix="_answered").select(
            pl.lit(name).alias("condition"),
            "emotion",
            (pl.col("emotion").cast(pl.String) == pl.col("emotion_answered")).fill_null(value=False).alias("correct"),
            pl.col("thinking_tokens").alias("tokens"),
        )
        for name, frame in data.predictions.items()
    ]
    empty = images.head(0).select(
        pl.lit(None, pl.String).alias("condition"),
        "emotion",
        pl.lit(None, pl.Boolean).alias("correct"),
        pl.lit(None, pl.Int64).alias("tokens"),
    )
    return pl.concat([empty, *frames]).drop_nulls("tokens")


def summarise_tokens(tokens: pl.DataFrame) -> pl.DataFrame:
    """Mean tokens in long form: condition, part (`all`, `correct`, `wrong` or an emotion), mean, n."""
    if tokens.is_empty():
        return pl.DataFrame(schema={"condition": pl.String, "part": pl.String, "mean": pl.Float64, "n": pl.Int64})
    parts = {
        "all": pl.lit("all"),
        "outcome": pl.when("correct").then(pl.lit("correct")).otherwise(pl.lit("wrong")),
        "emotion": pl.col("emotion").cast(pl.String),
    }
    frames = [
        variation_within(tokens.with_columns(part.alias("part")).drop_nulls("part"), ["condition", "part"], "tokens")
        for part in parts.values()
    ]
    return pl.concat(frames).select("condition", "part", "mean", "n")


def record_tokens(results: Results, summary: pl.DataFrame) -> None:
    """Record conditions.<id>.thinking_tokens.{all, correct, wrong, <emotion>} and wrong_more_percent."""
    for row in summary.iter_rows(named=True):
        path = ["conditions", row["condition"], "thinking_tokens"]
        results.put([*path, row["part"]], row["mean"], f"{row['mean']:,.0f}")
    outcomes = summary.filter(pl.col("part").is_in(["correct", "wrong"])).pivot(
        "part", index="condition", values="mean"
    )
    if {"correct", "wrong"} <= set(outcomes.columns):
        for row in outcomes.drop_nulls().iter_rows(named=True):
            percent = 100 * (row["wrong"] / row["correct"] - 1)
            results.put(["conditions", row["condition"], "thinking_tokens", "wrong_more_percent"], percent)

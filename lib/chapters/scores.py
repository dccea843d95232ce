"""Scores of all raters at once, as tidy frames with one row a rater (and emotion, dimension or group)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import polars as pl

from lib.metrics.categories import accuracy_by, score_categories
from lib.metrics.dimensions import DimensionScores, bias_by, compare_with_people, folded_normal_mae
from lib.metrics.human import HumanBaseline
from lib.metrics.schemas import Schema, schema_like, schema_of
from lib.metrics.variation import variation_within

OVERALL: Schema = {
    "n": pl.Int64, "n_excluded": pl.Int64, "n_valid": pl.Int64, "n_answered": pl.Int64, "correct": pl.Int64,
    "accuracy": pl.Float64, "low": pl.Float64, "high": pl.Float64, "kappa": pl.Float64, "macro_f1": pl.Float64,
}  # fmt: skip
PER_EMOTION: Schema = {
    "emotion": pl.String, "n": pl.Int64, "correct": pl.Int64, "accuracy": pl.Float64, "precision": pl.Float64,
    "recall": pl.Float64, "f1": pl.Float64,
}  # fmt: skip
CONFUSION: Schema = {"intended": pl.String, "predicted": pl.String, "count": pl.Int64, "proportion": pl.Float64}


@dataclass(frozen=True)
class LabelScores:
    """Agreement of every rater's labels with the reference emotions.

    Attributes
    ----------
    overall : polars.DataFrame
        condition, n, n_excluded, n_valid, n_answered, correct, accuracy, low, high (Wilson), kappa, macro_f1.
    per_emotion : polars.DataFrame
        condition, emotion (Enum), n, correct, accuracy, precision, recall, f1.
    confusion : polars.DataFrame
        condition, intended (Enum), predicted, count, proportion.
    """

    overall: pl.DataFrame
    per_emotion: pl.DataFrame
    confusion: pl.DataFrame


def score_labels(answers: pl.DataFrame, categories: Sequence[str], confidence: float = 0.95) -> LabelScores:
    """Score every rater in `answers` (from `lib.chapters.answers.label_answers`); no rater gives empty frames."""
    kind = answers.schema["condition"]
    overall, per_emotion, confusion = [], [], []
    for (name,), own in answers.group_by("condition", maintain_order=True):
        if own["intended"].null_count() == own.height:
            continue
        scores = score_categories(own["intended"], own["predicted"], categories)
        interval = accuracy_by(own, [], confidence).row(0, named=True)
        figures = asdict(scores) | {
            "low": interval["low"],
            "high": interval["high"],
            "n_valid": int(own["valid"].sum()),
        }
        overall.append({"condition": name} | {key: figures[key] for key in OVERALL})
        label = pl.lit(name).cast(kind).alias("condition")
        per_emotion.append(scores.per_emotion.select(label, pl.all()))
        confusion.append(scores.confusion.select(label, pl.all()))
    emotion = pl.Enum(list(categories))
    return LabelScores(
        pl.DataFrame(overall, schema={"condition": kind} | OVERALL).sort("condition"),
        _stack(per_emotion, {"condition": kind} | PER_EMOTION)
        .with_columns(pl.col("emotion").cast(emotion))
        .sort("condition", "emotion"),
        _stack(confusion, {"condition": kind} | CONFUSION)
        .with_columns(pl.col("intended").cast(emotion)),
    )  # fmt: skip


def score_values(answers: pl.DataFrame, baselines: dict[str, HumanBaseline]) -> pl.DataFrame:
    """Score every rater on every dimension it was asked for.

    Parameters
    ----------
    answers
        From `lib.chapters.answers.value_answers`.
    baselines
        Human baselines by dimension.

    Returns
    -------
    polars.DataFrame
        condition, dimension, the figures of `DimensionScores`, mae_ratio (MAE over people's leave-one-out MAE) and
        folded_mae (the MAE that bias and SD imply if differences are normal).
    """
    rows = []
    for (name, dimension), own in answers.group_by("condition", "dimension", maintain_order=True):
        if own.drop_nulls(["machine", "people_mean"]).is_empty():
            continue
        scores = compare_with_people(own["machine"], own["people_mean"])
        alone = baselines[str(dimension)].loo_mae
        folded = None if scores.sd_difference is None else folded_normal_mae(scores.bias, scores.sd_difference)
        rows.append(
            {"condition": name, "dimension": dimension, **asdict(scores)}
            | {"mae_ratio": scores.mae / alone if alone else None, "folded_mae": folded}
        )
    ratios = dict.fromkeys(("mae_ratio", "folded_mae"), pl.Float64)
    schema = schema_like(answers, ["condition", "dimension"]) | schema_of(DimensionScores) | ratios
    return pl.DataFrame(rows, schema=schema).sort("dimension", "condition")


def accuracy_in_groups(answers: pl.DataFrame, groups: Sequence[str], confidence: float = 0.95) -> pl.DataFrame:
    """Accuracy of every rater within groups of images, with Wilson intervals; no rater gives an empty frame."""
    if answers["intended"].null_count() == answers.height:
        counts: Schema = dict.fromkeys(("n", "n_excluded", "n_unanswered", "correct"), pl.Int64)
        shares = dict.fromkeys(("accuracy", "low", "high"), pl.Float64)
        return pl.DataFrame(schema=schema_like(answers, ["condition", *groups]) | counts | shares)
    return accuracy_by(answers, ["condition", *groups], confidence)


def bias_in_groups(answers: pl.DataFrame, groups: Sequence[str]) -> pl.DataFrame:
    """Bias of every rater on every dimension within groups of images; no rater gives an empty frame."""
    keys = ["condition", "dimension", *groups]
    if answers.drop_nulls(["machine", "people_mean"]).is_empty():
        counts: Schema = dict.fromkeys(("n", "n_excluded"), pl.Int64)
        figures = dict.fromkeys(("bias", "sd_difference", "mae", "machine_mean", "people_mean"), pl.Float64)
        return pl.DataFrame(schema=schema_like(answers, keys) | counts | figures)
    return bias_by(answers, keys)


def variation_by_emotion(answers: pl.DataFrame) -> pl.DataFrame:
    """Spread and distinct values of every rater on every dimension by emotion; no answer gives an empty frame."""
    groups = ["condition", "dimension", "emotion"]
    if answers["machine"].null_count() == answers.height:
        counts: Schema = dict.fromkeys(("n", "n_excluded", "distinct"), pl.Int64)
        return pl.DataFrame(schema=schema_like(answers, groups) | counts | dict.fromkeys(("mean", "sd"), pl.Float64))
    return variation_within(answers, groups, "machine")


def _stack(frames: list[pl.DataFrame], empty: Schema) -> pl.DataFrame:
    return pl.concat(frames) if frames else pl.DataFrame(schema=empty)

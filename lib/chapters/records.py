"""Recording scores under the keys that documents use, so that every number on a page has one name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from lib.chapters.scores import LabelScores
from lib.formats import bounded, format_value, plus_signed
from lib.metrics.human import HumanBaseline
from lib.metrics.majority import MajorityAgreement
from lib.results import Results
from lib.tables.twin import worst_by_quantity

VALUE_FIGURES = (
    "n", "n_excluded", "r", "mae", "rmse", "bias", "sd_difference", "machine_mean", "machine_sd", "people_mean",
    "people_sd", "mae_ratio", "folded_mae",
)  # fmt: skip


def put_share(results: Results, path: Sequence[str], name: str, value: float | None) -> None:
    """Record a share twice: as `name` (`.853`) and as `name_percent` (`85.3%`)."""
    results.put([*path, name], value, None if value is None else bounded(value))
    results.put([*path, f"{name}_percent"], None if value is None else 100 * value)


def record_labels(results: Results, scores: LabelScores, conditions: Sequence[str]) -> None:
    """Record label scores of `conditions`: overall figures, each emotion's accuracy and F1, the confusions.

    Keys, under conditions.<id>: {n, n_valid, n_answered, correct, accuracy, accuracy_percent, accuracy_low,
    accuracy_high, kappa, macro_f1}; per_emotion.<emotion>.{n, accuracy, accuracy_percent, f1};
    confusion.<intended>.<predicted> (images); confusion_percent.<intended>.<predicted>.
    """
    for row in scores.overall.filter(_named(conditions)).iter_rows(named=True):
        path = ["conditions", row["condition"]]
        for name in ("n", "n_valid", "n_answered", "correct", "kappa", "macro_f1"):
            results.put([*path, name], row[name])
        put_share(results, path, "accuracy", row["accuracy"])
        for end in ("low", "high"):
            results.put([*path, f"accuracy_{end}"], row[end], format_value(end, row[end]))
    for row in scores.per_emotion.filter(_named(conditions)).iter_rows(named=True):
        path = ["conditions", row["condition"], "per_emotion", row["emotion"]]
        results.put([*path, "n"], row["n"])
        put_share(results, path, "accuracy", row["accuracy"])
        results.put([*path, "f1"], row["f1"])
    for row in scores.confusion.filter(_named(conditions)).iter_rows(named=True):
        cell = [row["intended"], row["predicted"]]
        results.put(["conditions", row["condition"], "confusion", *cell], row["count"])
        percent = None if row["proportion"] is None else 100 * row["proportion"]
        results.put(
            ["conditions", row["condition"], "confusion_percent", *cell], percent, format_value("percent", percent)
        )


def record_values(results: Results, scores: pl.DataFrame, conditions: Sequence[str]) -> None:
    """Record dimensional scores of `conditions` under conditions.<id>.<dimension>.<figure of score_values>."""
    for row in scores.filter(_named(conditions)).iter_rows(named=True):
        for name in VALUE_FIGURES:
            results.put(["conditions", row["condition"], row["dimension"], name], row[name])


def record_emotion_bias(results: Results, biases: pl.DataFrame) -> None:
    """Record conditions.<id>.<dimension>.per_emotion.<emotion>.{n, bias, mae, machine_mean}; a bias shows its sign."""
    for row in biases.drop_nulls("emotion").iter_rows(named=True):
        path = ["conditions", row["condition"], row["dimension"], "per_emotion", row["emotion"]]
        results.put([*path, "bias"], row["bias"], None if row["bias"] is None else plus_signed(row["bias"]))
        for name in ("n", "mae", "machine_mean"):
            results.put([*path, name], row[name])


def record_people(results: Results, baselines: Mapping[str, HumanBaseline]) -> None:
    """Record human.<dimension>.{mean, sd, rating_sd, alpha_ordinal, loo_mae, pairwise_mae, n_ratings, ...}."""
    names = (
        "mean", "sd", "rating_sd", "alpha_ordinal", "alpha_interval", "loo_mae", "pairwise_mae", "n_images",
        "n_ratings", "n_missing", "ratings_min", "ratings_max",
    )  # fmt: skip
    for dimension, baseline in baselines.items():
        for name in names:
            results.put(["human", dimension, name], getattr(baseline, name))


def record_people_by_emotion(results: Results, means: pl.DataFrame) -> None:
    """Record human.<dimension>.per_emotion.<emotion>.mean, from `lib.chapters.people.means_by_emotion`."""
    for row in means.iter_rows(named=True):
        results.put(["human", row["dimension"], "per_emotion", row["emotion"], "mean"], row["mean"])


def record_majority(results: Results, agreement: MajorityAgreement) -> None:
    """Record human.emotion.{...} and human.emotion.per_emotion.<emotion>.{...}; shares also as percent."""
    path = ["human", "emotion"]
    for name in ("n_images", "n_ratings", "n_missing", "n_tied", "alpha_nominal"):
        results.put([*path, name], getattr(agreement, name))
    for name in ("modal_share", "intended_share", "majority_agreement"):
        put_share(results, path, name, getattr(agreement, name))
    if agreement.per_emotion is None:
        return
    for row in agreement.per_emotion.iter_rows(named=True):
        own = [*path, "per_emotion", row["emotion"]]
        results.put([*own, "n"], row["n"])
        for name in ("modal_share", "intended_share", "majority_agreement"):
            put_share(results, own, name, row[name])


def record_groups(results: Results, groups: pl.DataFrame, factor: str) -> None:
    """Record conditions.<id>.accuracy_by.<factor>.<level>, its percent, interval ends and the largest difference."""
    for row in groups.drop_nulls(factor).iter_rows(named=True):
        path, level = ["conditions", row["condition"]], row[factor]
        accuracy = row["accuracy"]
        percent = None if accuracy is None else 100 * accuracy
        results.put([*path, "accuracy_by", factor, level], accuracy, format_value("accuracy", accuracy))
        results.put([*path, "accuracy_percent_by", factor, level], percent, format_value("percent", percent))
        for end in ("low", "high"):
            results.put([*path, f"accuracy_{end}_by", factor, level], row[end], format_value(end, row[end]))


def record_cells(results: Results, cells: pl.DataFrame, factor: str) -> None:
    """Record conditions.<id>.accuracy_by_emotion.<factor>.<level>.<emotion> and accuracy_percent_by_emotion alike."""
    for row in cells.drop_nulls([factor, "intended"]).iter_rows(named=True):
        keys = [factor, row[factor], row["intended"]]
        accuracy = row["accuracy"]
        percent = None if accuracy is None else 100 * accuracy
        path = ["conditions", row["condition"]]
        results.put([*path, "accuracy_by_emotion", *keys], accuracy, format_value("accuracy", accuracy))
        results.put([*path, "accuracy_percent_by_emotion", *keys], percent, format_value("percent", percent))


def record_group_bias(results: Results, biases: pl.DataFrame, factor: str) -> None:
    """Record conditions.<id>.<dimension>.bias_by.<factor>.<level>; the text shows the sign."""
    for row in biases.drop_nulls(factor).iter_rows(named=True):
        path = ["conditions", row["condition"], row["dimension"], "bias_by", factor, row[factor]]
        results.put(path, row["bias"], None if row["bias"] is None else plus_signed(row["bias"]))


def record_twin(results: Results, deviations: pl.DataFrame, contradictions: int) -> None:
    """Record twin.{targets, aimed, within, outside, contradictions}, twin.worst.<quantity>.{deviation, ...}."""
    aimed = deviations.filter(pl.col("within_tolerance").is_not_null())
    within = int(aimed["within_tolerance"].sum())
    counts = {"targets": deviations.height, "aimed": aimed.height, "within": within, "outside": aimed.height - within}
    for name, count in (counts | {"contradictions": contradictions}).items():
        results.put(["twin", name], count)
    for row in worst_by_quantity(aimed).iter_rows(named=True):
        path = ["twin", "worst", row["quantity"]]
        results.put([*path, "deviation"], row["worst"], plus_signed(row["worst"], 3))
        results.put([*path, "allowed"], row["allowed"], format_value("mae", row["allowed"]))
        results.put([*path, "target"], row["where"])


def _named(conditions: Sequence[str]) -> pl.Expr:
    return pl.col("condition").cast(pl.String).is_in(list(conditions))

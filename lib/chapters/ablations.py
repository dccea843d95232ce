"""What ablations found out: each way of asking beside people and beside the way that it is compared with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lib.chapters.ablated import Asked, Images, asked_ablations, common_images
from lib.chapters.conditions import machine_dimensions
from lib.contracts.ablation import BASE
from lib.contracts.condition import ANOTHER
from lib.metrics.collapse_share import collapse_explained
from lib.metrics.dependent_correlations import dependent_difference
from lib.metrics.dimensions import pearson
from lib.metrics.error_propagation import error_propagation
from lib.metrics.label_share import label_share
from lib.metrics.variation import entropy_within
from lib.metrics.within_category import compare_spread, spread_within
from lib.protocol.items import another_emotion
from lib.study_data import StudyData

COMPARED = ("single-shot", "temperature", "quantisation")
"""Analyses whose variants are compared with each other, rating by rating."""


def variant_figures(data: StudyData) -> pl.DataFrame:
    """One row an ablation, condition, way of asking and dimension, on the images that all its ways have in common.

    Returns
    -------
    polars.DataFrame
        ablation, condition, variant, label, dimension, n (images), repeats, within_sd and eta_squared (pooled SD of one
        answer within emotions, share of variance between them), entropy (bits, of one answer an image within emotions:
        mean over repeats and emotions, weighted by their answers), r and mae (mean of the repeats with people's means:
        Pearson's correlation, mean absolute error), accuracy (of the emotions named; null where it was told).
    """
    rows = []
    for asked in asked_ablations(data, *COMPARED):
        images = common_images(data, asked)
        for variant, frame in asked.answers.items():
            accuracy = _accuracy(frame, images)
            for dimension in machine_dimensions(data):
                table = images.of(frame, dimension)
                spread = spread_within(table, images.frame["emotion"])
                mean = np.nanmean(table, axis=1)
                rows.append(
                    _key(asked, variant, dimension)
                    | {
                        "n": len(table), "repeats": table.shape[1], "within_sd": spread.within_sd,
                        "eta_squared": spread.eta_squared, "entropy": _entropy(data, frame, images, dimension),
                        "r": _correlation(mean, images.people(dimension)),
                        "mae": float(np.nanmean(np.abs(mean - images.people(dimension).to_numpy()))),
                        "accuracy": accuracy,
                    }
                )  # fmt: skip
    return _frame(rows, KEYS | {"n": pl.Int64, "repeats": pl.Int64} | dict.fromkeys(FIGURES, pl.Float64))


def variant_differences(data: StudyData) -> pl.DataFrame:
    """Each way of asking beside the first: spread within emotions, closeness to people, share of collapse undone.

    Returns
    -------
    polars.DataFrame
        ablation, condition, variant, label, dimension, against (label of the first way); sd_difference, sd_low,
        sd_high, sd_p (`lib.metrics.within_category.compare_spread`); r_difference, r_low, r_high, r_p (Zou's interval
        and Williams' test of the first repeats); undone, undone_low, undone_high (share of the distance between the
        first way's spread and one person's that this way has made up), reason (why undone is null).
    """
    rows = []
    for asked in asked_ablations(data, *COMPARED):
        images, ways = common_images(data, asked), list(asked.answers.items())
        for variant, frame in ways[1:]:
            for dimension in machine_dimensions(data):
                rows.append(
                    _key(asked, variant, dimension)
                    | {"against": asked.labels[ways[0][0]]}
                    | _difference(data, images, dimension, (ways[0][1], frame))
                )
    numbers = dict.fromkeys(DIFFERENCES, pl.Float64)
    return _frame(rows, KEYS | {"against": pl.String} | numbers | {"reason": pl.String})


def label_alone(data: StudyData) -> pl.DataFrame:
    """How much of a machine's agreement with people its own label explains without any image (A1).

    Returns
    -------
    polars.DataFrame
        condition, dimension; the fields of `lib.metrics.label_share.LabelShare`; difference, difference_low,
        difference_high, difference_p of the two correlations (Zou, Williams).
    """
    rows: list[dict[str, object]] = []
    for asked in asked_ablations(data, "label-alone"):
        if set(asked.answers) != {BASE, "label"}:
            continue
        images = common_images(data, asked)
        named = asked.answers[BASE].filter(pl.col("repeat") == 0).select("image_id", pl.col("emotion").alias("named"))
        labels = images.frame.join(named, on="image_id", how="left", maintain_order="left")["named"]
        for dimension in machine_dimensions(data):
            full, alone = (pl.Series(images.of(asked.answers[way], dimension)[:, 0]) for way in (BASE, "label"))
            people = images.people(dimension)
            share = asdict(label_share(people, full, alone, labels, data.resampling))
            tested = dependent_difference(people, full, alone, data.study.analysis.confidence)
            rows.append(
                {"condition": asked.base, "dimension": dimension} | share
                | {"difference": tested.difference, "difference_low": tested.low, "difference_high": tested.high,
                   "difference_p": tested.p_williams}
            )  # fmt: skip
    return pl.DataFrame(rows, infer_schema_length=None)


def propagated_errors(data: StudyData) -> pl.DataFrame:
    """How far ratings follow a wrong emotion that a machine is told beside the image (A2).

    Returns
    -------
    polars.DataFrame
        condition, dimension, then the columns of `lib.metrics.error_propagation.error_propagation`.
    """
    parts = []
    for asked in asked_ablations(data, "single-shot"):
        if not {"told-intended", "told-another"} <= asked.answers.keys():
            continue
        images = common_images(data, asked)
        right = images.frame["emotion"]
        wrong = [another_emotion(data.study, *row) for row in images.frame.select("image_id", "emotion").iter_rows()]
        for dimension in machine_dimensions(data):
            ratings = {way: images.of(asked.answers[f"told-{way}"], dimension)[:, 0] for way in ("intended", ANOTHER)}
            pairs = pl.DataFrame(
                {"image_id": images.frame["image_id"], "right": right, "wrong": wrong,
                 "rating_right": ratings["intended"], "rating_wrong": ratings[ANOTHER]}
            )  # fmt: skip
            found = error_propagation(pairs, data.resampling)
            parts.append(
                found.select(pl.lit(asked.base).alias("condition"), pl.lit(dimension).alias("dimension"), pl.all())
            )
    return pl.concat(parts) if parts else pl.DataFrame()


KEYS = dict.fromkeys(("ablation", "condition", "variant", "label", "dimension"), pl.String)
FIGURES = ("within_sd", "eta_squared", "entropy", "r", "mae", "accuracy")
DIFFERENCES = (
    "sd_difference", "sd_low", "sd_high", "sd_p", "r_difference", "r_low", "r_high", "r_p", "undone", "undone_low",
    "undone_high",
)  # fmt: skip


def _key(asked: Asked, variant: str, dimension: str) -> dict[str, object]:
    return {
        "ablation": asked.ablation.id, "condition": asked.base, "variant": variant, "label": asked.labels[variant],
        "dimension": dimension,
    }  # fmt: skip


def _frame(rows: list[dict[str, object]], schema: Mapping[str, type[pl.DataType]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=schema, orient="row")


def _accuracy(frame: pl.DataFrame, images: Images) -> float | None:
    named = frame.join(images.frame.select("image_id", pl.col("emotion").alias("shown")), on="image_id", how="inner")
    told = named["emotion"].null_count() == named.height
    return None if told else float((named["emotion"] == named["shown"]).fill_null(value=False).mean())  # type: ignore[arg-type]


def _entropy(data: StudyData, frame: pl.DataFrame, images: Images, dimension: str) -> float | None:
    shown = images.frame.select("image_id", pl.col("emotion").alias("shown"))
    own = frame.select("image_id", "repeat", dimension).join(shown, on="image_id", how="inner")
    if not own[dimension].drop_nulls().len():
        return None
    bits = entropy_within(own, ["repeat", "shown"], dimension, data.study.dimensions[dimension].values)
    known = bits.drop_nulls("entropy")
    return float(np.average(known["entropy"].to_numpy(), weights=known["n"].to_numpy()))


def _correlation(values: NDArray[np.float64], people: pl.Series) -> float | None:
    both = ~np.isnan(values) & ~np.isnan(people.cast(pl.Float64).fill_null(np.nan).to_numpy())
    return pearson(values[both], people.to_numpy()[both])


def _difference(
    data: StudyData, images: Images, dimension: str, ways: tuple[pl.DataFrame, pl.DataFrame]
) -> dict[str, object]:
    first, second = (images.of(frame, dimension) for frame in ways)
    category, people = images.frame["emotion"], images.people(dimension)
    spread = compare_spread(first, second, category, data.resampling)
    closeness = dependent_difference(
        people, pl.Series(second[:, 0]), pl.Series(first[:, 0]), data.study.analysis.confidence
    )
    undone = collapse_explained(
        first, second, people.to_numpy(), category, data.resampling, people_variance=images.variance(dimension)
    )
    return {
        "sd_difference": spread.sd_difference, "sd_low": spread.sd_low, "sd_high": spread.sd_high, "sd_p": spread.sd_p,
        "r_difference": closeness.difference, "r_low": closeness.low, "r_high": closeness.high,
        "r_p": closeness.p_williams, "undone": undone.share, "undone_low": undone.low,
        "undone_high": undone.high, "reason": undone.reason,
    }  # fmt: skip

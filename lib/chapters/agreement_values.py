"""Agreement beyond chance on ordered values, and of one machine with itself when it is asked again."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np
import polars as pl

from lib.chapters.agreement import FIGURES, NUMBERS
from lib.chapters.answers import value_answers
from lib.chapters.conditions import condition_ids, machine_dimensions
from lib.chapters.lacking import Lacking
from lib.chapters.person import drawn_values
from lib.metrics.counts import count_labels
from lib.metrics.fleiss import fleiss_kappa
from lib.metrics.icc import icc_complete
from lib.metrics.kappa import Weights, cohen_kappa, value_table
from lib.metrics.schemas import Schema
from lib.study_data import StudyData

WEIGHTED: Schema = {"weights": pl.String, "n": pl.Int64} | NUMBERS | {"reason": pl.String}
FLEISS: Schema = {
    "n_images": pl.Int64, "n_excluded": pl.Int64, "labels_min": pl.Int64, "labels_max": pl.Int64,
    "observed": pl.Float64,
} | NUMBERS | {"reason": pl.String}  # fmt: skip
REPEATS: Schema = {
    "dimension": pl.String, "n_images": pl.Int64, "n_excluded": pl.Int64, "n_repeats": pl.Int64,
    "within_sd": pl.Float64, "icc2_1": pl.Float64, "icc2_1_low": pl.Float64, "icc2_1_high": pl.Float64,
    "icc2_k": pl.Float64, "icc2_k_low": pl.Float64, "icc2_k_high": pl.Float64, "reason": pl.String,
}  # fmt: skip
BETWEEN_STEPS = "answers lie between the scale's steps"
WEIGHTS: tuple[Weights, ...] = ("linear", "quadratic")


def weighted_frame(data: StudyData) -> pl.DataFrame:
    """Weighted kappa of every machine's values with those of the held-out person.

    Returns
    -------
    polars.DataFrame
        condition, dimension, weights (linear or quadratic), n, kappa, se, low, high, z, p, reason; means over draws of
        the person. Null, with the reason, where a machine answers between the scale's steps. No rows where nobody is
        held out.
    """
    schema = {"condition": condition_ids(data), "dimension": pl.Enum(machine_dimensions(data))} | WEIGHTED
    if not data.study.analysis.human_null or not data.conditions:
        return pl.DataFrame(schema=schema)
    machines = value_answers(data, list(data.conditions))
    rows = [row for own in drawn_values(data) for row in _weighted_rows(data, own, machines)]
    drawn = pl.DataFrame(rows, schema=schema)
    keys = ["condition", "dimension", "weights"]
    figures = [pl.col("n").mean().round().cast(pl.Int64), pl.col(FIGURES).mean(), pl.col("reason").drop_nulls().first()]
    return drawn.group_by(keys, maintain_order=True).agg(figures).sort(keys)


def _weighted_rows(data: StudyData, drawn: pl.DataFrame, machines: pl.DataFrame) -> Iterator[dict[str, object]]:
    person = drawn.select("image_id", "dimension", pl.col("machine").alias("person"))
    joined = machines.join(person, on=["image_id", "dimension"], how="left", maintain_order="left")
    for (condition, dimension), own in joined.group_by("condition", "dimension", maintain_order=True):
        table = value_table(own["machine"], own["person"], data.study.dimensions[str(dimension)].values)
        for weights in WEIGHTS:
            row = {"condition": condition, "dimension": dimension, "weights": weights}
            if table is None:
                yield row | {"n": 0} | dict.fromkeys(FIGURES) | {"reason": BETWEEN_STEPS}
                continue
            found = cohen_kappa(table, data.study.analysis.confidence, weights)
            figures = {name: getattr(found, name) for name in FIGURES[1:]}
            yield row | {"n": found.n, "kappa": found.value} | figures | {"reason": found.reason}


def repeated(data: StudyData) -> dict[str, pl.DataFrame]:
    """Predictions of the conditions that were asked the same question more than once, all repeats."""
    return {name: frame for name, frame in data.repeated_predictions.items() if frame["repeat"].n_unique() > 1}


def lacking_repeats(data: StudyData) -> Lacking | None:
    """A note where no condition was asked the same question twice; None (false) where one was."""
    if repeated(data):
        return None
    return Lacking(
        "condition that was asked the same more than once", "Add rows with repeat 1, 2, ... to its predictions."
    )


def fleiss_frame(data: StudyData) -> pl.DataFrame:
    """Fleiss' kappa among the repeats of each condition's emotion labels.

    Returns
    -------
    polars.DataFrame
        condition, n_images (with two or more labels), n_excluded, labels_min, labels_max, observed (share of agreeing
        pairs), kappa, se, low, high, z, p, reason. Unanswered repeats are no labels. No rows without repeats.
    """
    rows = []
    for name, answers in repeated(data).items():
        if answers["emotion"].null_count() == answers.height:
            continue
        counted = count_labels(answers.select("image_id", "emotion"), data.study.emotion.people_categories)
        found = fleiss_kappa(counted.counts, data.study.analysis.confidence)
        rows.append({"condition": name, "kappa": found.value} | {
            figure: getattr(found, figure) for figure in FLEISS if figure != "kappa"
        })  # fmt: skip
    return pl.DataFrame(rows, schema={"condition": condition_ids(data)} | FLEISS).sort("condition")


def repeats_frame(data: StudyData) -> pl.DataFrame:
    """How far the repeats of each condition's values agree: intraclass correlations and spread within images.

    Returns
    -------
    polars.DataFrame
        condition, dimension, n_images (every repeat answered), n_excluded, n_repeats, within_sd (root mean variance
        within images, units of the scale), icc2_1 and icc2_k with intervals, reason. No rows without repeats.
    """
    rows = [
        {"condition": name} | row
        for (name, answers), dimension in product(repeated(data).items(), machine_dimensions(data))
        if (row := _repeats_row(answers, dimension, data.study.analysis.confidence))
    ]
    return pl.DataFrame(rows, schema={"condition": condition_ids(data)} | REPEATS).sort("condition")


def _repeats_row(answers: pl.DataFrame, dimension: str, confidence: float) -> dict[str, object]:
    """One condition and dimension; nothing where fewer than two images have every repeat."""
    given = answers.select("image_id", "repeat", pl.when("valid").then(dimension).alias("value"))
    wide = given.pivot("repeat", index="image_id", values="value").drop("image_id")
    scores = wide.cast(pl.Float64).to_numpy()
    if (~np.isnan(scores).any(axis=1)).sum() < 2:
        return {}
    found = icc_complete(scores, confidence, missing="drop_images")
    row: dict[str, object] = {
        "dimension": dimension, "n_images": found.n_images, "n_excluded": found.n_excluded_images,
        "n_repeats": found.n_raters, "within_sd": float(np.sqrt(found.within)),
        "reason": found.coefficients["icc2_1"].reason,
    }  # fmt: skip
    for kind in ("icc2_1", "icc2_k"):
        own = found.coefficients[kind]
        row |= {kind: own.value, f"{kind}_low": own.low, f"{kind}_high": own.high}
    return row

"""What a calibration by emotion would make of every machine, and a classifier's label joined to a model's value."""

from __future__ import annotations

from dataclasses import asdict

import polars as pl

from lib.chapters.answers import label_answers, value_answers
from lib.chapters.notes import scale_ends
from lib.chapters.units import unit_of_faces
from lib.metrics.calibration import Calibrated, assign_folds, calibrate
from lib.metrics.human import HumanBaseline
from lib.metrics.hybrid import HybridScores, score_hybrid
from lib.metrics.schemas import schema_like, schema_of
from lib.study_data import StudyData

BY = {"predicted": "predicted", "intended": "emotion", "none": None}
"""By what lines differ: the machine's own label (all that it knows of the face), the reference emotion, or nothing."""


def folded_answers(data: StudyData) -> pl.DataFrame:
    """`value_answers` of all machines beside their labels, with the fold of each image.

    Returns
    -------
    polars.DataFrame
        condition, dimension, image_id, emotion, machine, people_mean, predicted, fold. All images of one identity are
        in one fold (`lib.chapters.units.unit_of_faces`; else each image is a unit of its own).
        fold is null where the study has fewer than two units.
    """
    values = value_answers(data, list(data.conditions))
    labels = label_answers(data, list(data.conditions)).select("condition", "image_id", "predicted")
    images = data.images.select("image_id", unit_of_faces(data) or pl.col("image_id").alias("unit"))
    units = images.to_series(1)
    known = units.n_unique() > 1 or units.null_count() > 1
    fold = assign_folds(units, data.study.analysis.seed) if known else pl.Series("fold", [None] * units.len(), pl.Int64)
    columns = ["condition", "dimension", "image_id", "emotion", "machine", "people_mean"]
    joined = values.select(columns).join(labels, on=["condition", "image_id"], how="left", maintain_order="left")
    return joined.join(images.select("image_id", fold), on="image_id", how="left", maintain_order="left")


def calibration_frame(data: StudyData, answers: pl.DataFrame, baselines: dict[str, HumanBaseline]) -> pl.DataFrame:
    """Errors of every machine before and after calibration.

    Parameters
    ----------
    data
        The study.
    answers
        `folded_answers`.
    baselines
        Human baselines by dimension.

    Returns
    -------
    polars.DataFrame
        condition, dimension, by (`predicted`, `intended`, `none`: see `BY`), the figures of
        `lib.metrics.calibration.Calibrated`, loo_mae (people's leave-one-out MAE), mae_ratio_before and mae_ratio_after
        (MAE over loo_mae). A machine with values for fewer than two folds has no row.
    """
    rows = []
    for (dimension, condition), own in answers.group_by("dimension", "condition", maintain_order=True):
        known = own.drop_nulls(["machine", "people_mean", "fold"])
        if known["fold"].n_unique() < 2:
            continue
        alone = baselines[str(dimension)].loo_mae
        for by, column in BY.items():
            label = pl.lit("") if column is None else pl.col(column).cast(pl.String)
            found = calibrate(own.with_columns(label.alias("label")), scale_ends(data, str(dimension)), data.resampling)
            ratios = {
                f"mae_ratio_{when}": mae / alone if alone else None
                for when, mae in (("before", found.mae_before), ("after", found.mae_after))
            }
            rows.append(
                {"condition": condition, "dimension": dimension, "by": by} | asdict(found) | {"loo_mae": alone} | ratios
            )
    numbers = dict.fromkeys(("loo_mae", "mae_ratio_before", "mae_ratio_after"), pl.Float64)
    kinds = schema_like(answers, ["condition", "dimension"]) | {"by": pl.String}
    return pl.DataFrame(rows, schema=kinds | schema_of(Calibrated) | numbers).sort(
        "dimension", "condition", maintain_order=True
    )


def hybrid_frame(data: StudyData, answers: pl.DataFrame, accuracy: pl.DataFrame) -> pl.DataFrame:
    """Every vision-language model's values by the labels of the most accurate classifier.

    Parameters
    ----------
    data
        The study.
    answers
        `folded_answers`.
    accuracy
        condition, accuracy.

    Returns
    -------
    polars.DataFrame
        condition (of the model), fer (id of the classifier: the most accurate, of equals the first by name), dimension,
        accuracy (of the hybrid's labels, which are the classifier's), accuracy_vlm, and the figures of
        `lib.metrics.hybrid.HybridScores`.
    """
    shares: dict[str, float] = dict(
        accuracy.drop_nulls().select(pl.col("condition").cast(pl.String), "accuracy").rows()
    )
    kind = {name: item.kind for name, item in data.conditions.items()}
    classifiers = [name for name in shares if kind.get(name) == "fer"]
    rows = []
    if classifiers:
        best = max(classifiers, key=lambda name: shares[name])
        labels = label_answers(data, [best]).select("image_id", pl.col("predicted").alias("fer_label"))
        for (dimension, condition), own in answers.group_by("dimension", "condition", maintain_order=True):
            known = own.drop_nulls(["machine", "people_mean", "fold"])
            if kind[str(condition)] != "vlm" or known["fold"].n_unique() < 2:
                continue
            rated = answers.filter((pl.col("condition") == best) & (pl.col("dimension") == dimension))
            values = rated.select("image_id", pl.col("machine").alias("fer"))
            joined = own.rename({"machine": "vlm", "predicted": "vlm_label"})
            for other in (labels, values):
                joined = joined.join(other, on="image_id", how="left", maintain_order="left")
            found = score_hybrid(joined, scale_ends(data, str(dimension)), data.resampling)
            parts = {"accuracy": shares[best], "accuracy_vlm": shares.get(str(condition))}
            rows.append({"condition": condition, "fer": best, "dimension": dimension} | parts | asdict(found))
    kinds = schema_like(answers, ["condition"]) | {"fer": pl.String} | schema_like(answers, ["dimension"])
    kinds |= dict.fromkeys(("accuracy", "accuracy_vlm"), pl.Float64)
    return pl.DataFrame(rows, schema=kinds | schema_of(HybridScores)).sort(
        "dimension", "condition", maintain_order=True
    )

"""Computed statements about calibration and the hybrid."""

from __future__ import annotations

import polars as pl

from lib.chapters.claims import KINDS, of_kind, put_extremes, put_range, put_raters
from lib.formats import format_value
from lib.results import Results


def claim_calibration(results: Results, calibration: pl.DataFrame, names: pl.DataFrame) -> None:
    """How far calibration by the machine's own label brings the errors, and beside whom.

    Keys, under claims.calibration.<kind>.<dimension>: {mae_before, mae_after, mae_label_mean}.{low, high};
    reduced.{count, ...}, raised.{count, ...} (interval of the reduction above, below 0); below_loo_before and
    below_loo_after.{count, ...} (MAE below people's leave-one-out MAE); beyond_label.{count, ...}, noise.{count, ...}
    (the machine's values add to, or take from, what the mean of its label gives: interval above, below 0);
    least.*, most.* {short_name, reduction, mae_before, mae_after}. Under claims.calibration.vlm.<dimension>:
    within_fer_before, within_fer_after.{count, ...} (VLMs whose MAE is no larger than the largest of the classifiers,
    these uncalibrated); below_fer_before, below_fer_after.{count, ...} (smaller than that of every one of them).
    claims.calibration.fer_raw.<dimension>.{low, high}: those MAEs. Under claims.calibration.<kind>.<dimension>, of
    the lines by intended emotion: beyond_emotion.{count, ..., low, high} (values add to the emotion's mean; range of
    the MAE that they take off), none of it due to telling emotions apart.
    """
    own_label = calibration.filter(pl.col("by") == "predicted").join(names, on="condition", maintain_order="left")
    for kind in KINDS:
        for (dimension,), own in of_kind(own_label, kind).group_by("dimension", maintain_order=True):
            path = ["claims", "calibration", kind, str(dimension)]
            for name in ("mae_before", "mae_after", "mae_label_mean"):
                put_range(results, [*path, name], own[name], name)
            put_raters(
                results, path, own,
                reduced=pl.col("reduction_low") > 0, raised=pl.col("reduction_high") < 0,
                beyond_label=pl.col("beyond_label_low") > 0, noise=pl.col("beyond_label_high") < 0,
            )  # fmt: skip
            columns = ["short_name", "reduction", "mae_before", "mae_after"]
            put_extremes(results, path, own, "reduction", columns=columns, words=("least", "most"))
            fer = of_kind(own_label, "fer").filter(pl.col("dimension") == dimension)["mae_before"]
            for when in ("before", "after"):
                mae = pl.col(f"mae_{when}")
                below = {f"below_loo_{when}": mae < pl.col("loo_mae")}
                if kind == "vlm" and fer.len():
                    below |= {f"within_fer_{when}": mae <= fer.max(), f"below_fer_{when}": mae < fer.min()}
                put_raters(results, path, own, **below)
            if kind == "fer":
                put_range(results, ["claims", "calibration", "fer_raw", str(dimension)], fer, "mae")
        _claim_within_emotion(results, calibration.filter(pl.col("by") == "intended").join(names, on="condition"), kind)


def _claim_within_emotion(results: Results, intended: pl.DataFrame, kind: str) -> None:
    for (dimension,), own in of_kind(intended, kind).group_by("dimension", maintain_order=True):
        path = ["claims", "calibration", kind, str(dimension)]
        put_raters(results, path, own, beyond_emotion=pl.col("beyond_label_low") > 0)
        put_range(results, [*path, "beyond_emotion"], own["beyond_label"], "beyond_label")


def claim_hybrid(results: Results, hybrid: pl.DataFrame, names: pl.DataFrame) -> None:
    """Whether the best classifier's label helps the models' values, and whether these add to the label.

    Keys: claims.hybrid.{short_name, accuracy} (of the classifier); claims.hybrid.more_accurate.{count, ...} (models
    whose labels are less accurate than its); under claims.hybrid.<dimension>: {mae, mae_vlm, mae_label}.{low, high};
    closer.{count, ...}, farther.{count, ...} (than the model alone: interval of the gain above, below 0);
    adds.{count, ...}, takes.{count, ...} (the model's values beyond the label alone: interval of the intensity).
    """
    if hybrid.is_empty():
        return
    joined = hybrid.join(names, on="condition", maintain_order="left")
    fer = names.filter(pl.col("condition").cast(pl.String) == hybrid["fer"][0])["short_name"][0]
    results.put(["claims", "hybrid", "short_name"], fer)
    results.put(
        ["claims", "hybrid", "accuracy"], hybrid["accuracy"][0], format_value("accuracy", hybrid["accuracy"][0])
    )
    models = joined.unique("condition", keep="first", maintain_order=True)
    put_raters(results, ["claims", "hybrid"], models, more_accurate=pl.col("accuracy") > pl.col("accuracy_vlm"))
    for (dimension,), own in joined.group_by("dimension", maintain_order=True):
        path = ["claims", "hybrid", str(dimension)]
        for name in ("mae", "mae_vlm", "mae_label"):
            put_range(results, [*path, name], own[name], name)
        put_raters(
            results, path, own,
            closer=pl.col("gain_low") > 0, farther=pl.col("gain_high") < 0,
            adds=pl.col("intensity_low") > 0, takes=pl.col("intensity_high") < 0,
        )  # fmt: skip

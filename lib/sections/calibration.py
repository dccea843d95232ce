"""What could be mended: calibration of machines' values to people's scale, and a hybrid of classifier and model."""

from __future__ import annotations

import polars as pl

from lib.chapters.answers import label_answers, reference_emotions
from lib.chapters.calibration import calibration_frame, folded_answers, hybrid_frame
from lib.chapters.claims_calibration import claim_calibration, claim_hybrid
from lib.chapters.conditions import condition_names
from lib.chapters.people import human_baselines
from lib.chapters.scores import score_labels
from lib.formats import format_value
from lib.results import Results
from lib.study_data import StudyData

KEYS = {"condition", "dimension", "by", "fer", "loo_mae", "accuracy", "accuracy_vlm"}


def calibration_section(data: StudyData, results: Results) -> dict[str, pl.DataFrame]:
    """Calibrate every machine by emotion, cross-validated, and join the best classifier's label to every model's value.

    Parameters
    ----------
    data
        The study.
    results
        Takes conditions.<id>.<dim>.calibration.<by>.{mae_before, mae_after, reduction, mae_label_mean, beyond_label,
        r_before, r_after, ...} with by = predicted, intended or none; hybrid.<id>.{fer, accuracy, accuracy_vlm};
        hybrid.<id>.<dim>.{mae, r, mae_vlm, mae_fer, mae_label, gain, intensity, ...}; claims.{calibration, hybrid}.*.

    Returns
    -------
    dict of str to polars.DataFrame
        `calibration`: `calibration_frame`. `hybrid`: `hybrid_frame`. No rows where no machine (no vision-language model
        or no classifier) gave values.
    """
    names = condition_names(data)
    baselines = human_baselines(data)
    answers = folded_answers(data)
    calibration = calibration_frame(data, answers, baselines)
    labels = label_answers(data, list(data.conditions))
    scores = score_labels(labels, reference_emotions(data).categories)
    hybrid = hybrid_frame(data, answers, scores.overall.select("condition", "accuracy"))
    for row in calibration.iter_rows(named=True):
        _record(results, ["conditions", row["condition"], row["dimension"], "calibration", row["by"]], row)
    for row in hybrid.iter_rows(named=True):
        path = ["hybrid", row["condition"]]
        results.put([*path, "fer"], row["fer"])
        for name in ("accuracy", "accuracy_vlm"):
            results.put([*path, name], row[name], format_value("accuracy", row[name]))
        _record(results, [*path, row["dimension"]], row)
    claim_calibration(results, calibration, names)
    claim_hybrid(results, hybrid, names)
    return {"calibration": calibration, "hybrid": hybrid}


def _record(results: Results, path: list[str], row: dict[str, object]) -> None:
    for name, value in row.items():
        if name not in KEYS:
            results.put([*path, name], value)

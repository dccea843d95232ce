"""A classifier's label and a vision-language model's value joined to one rater, beside each of them alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from lib.metrics.calibration import cross_calibrate, pearson
from lib.metrics.checks import require_columns
from lib.metrics.image_draws import image_draws, interval_columns
from lib.metrics.resampling import Resampling


@dataclass(frozen=True)
class HybridScores:
    """Errors on one dimension of the hybrid and of its parts, on the same images, all calibrated in the same way.

    Attributes
    ----------
    n, n_excluded : int
        Images compared; left out because the model gave no value or people no rating.
    mae, r : float or None
        Of the hybrid: the model's value mapped to people's scale by a line for the classifier's label.
    mae_vlm, r_vlm : float or None
        Of the model alone: its value mapped by a line for its own label.
    mae_fer, r_fer : float or None
        Of the classifier alone: its own value mapped by a line for its own label; None where it rates nothing.
    mae_label, r_label : float or None
        Of the classifier's label alone: people's training mean of the label.
    gain, gain_low, gain_high : float or None
        ``mae_vlm - mae``: what the classifier's label brings the model; interval over images.
    intensity, intensity_low, intensity_high : float or None
        ``mae_label - mae``: what the model's value brings beyond the classifier's label.
    """

    n: int
    n_excluded: int
    mae: float
    r: float | None
    mae_vlm: float
    r_vlm: float | None
    mae_fer: float | None
    r_fer: float | None
    mae_label: float
    r_label: float | None
    gain: float
    gain_low: float | None
    gain_high: float | None
    intensity: float
    intensity_low: float | None
    intensity_high: float | None


def score_hybrid(frame: pl.DataFrame, limits: tuple[float, float], resampling: Resampling) -> HybridScores:
    """Score the hybrid of one classifier and one model on one dimension.

    Parameters
    ----------
    frame : polars.DataFrame
        One row an image: people_mean, vlm (the model's value), vlm_label, fer_label, fer (the classifier's value; null
        throughout where it rates nothing) and fold. Images without people_mean or vlm are excluded and counted.
    limits : tuple of float
        Ends of the scale.
    resampling : Resampling
        The study's; images are drawn. No interval where the study draws participants.

    Returns
    -------
    HybridScores
        The accuracy of a hybrid's labels is the classifier's and needs no score of its own.

    Raises
    ------
    DataError
        If a column is missing or no image can be compared.

    Notes
    -----
    All maps are those of `lib.metrics.calibration.cross_calibrate`, with the same folds, so that the hybrid has no
    advantage of fitting over its parts. Where some images lack the classifier's value, mae_fer is that of the others.
    """
    require_columns(frame, ["people_mean", "vlm", "vlm_label", "fer_label", "fer", "fold"], "The joined answers")
    known = frame.drop_nulls(["people_mean", "vlm"])
    people = known["people_mean"].to_numpy().astype(float)
    by_fer = cross_calibrate(known.select("people_mean", "fold", machine="vlm", label="fer_label"), limits)
    by_vlm = cross_calibrate(known.select("people_mean", "fold", machine="vlm", label="vlm_label"), limits)
    values = [by_fer["calibrated"], by_vlm["calibrated"], by_fer["label_mean"]]
    errors = np.column_stack([np.abs(item.to_numpy() - people) for item in values])
    mae, mae_vlm, mae_label = (float(item) for item in errors.mean(axis=0))
    r, r_vlm, r_label = (pearson(item.to_numpy(), people) for item in values)
    gains = errors[:, 1:] - errors[:, [0]]
    draws = image_draws(lambda weights: weights @ gains / known.height, known.height, resampling)
    gain = interval_columns(draws[:, 0], resampling.confidence, "gain")
    intensity = interval_columns(draws[:, 1], resampling.confidence, "intensity")
    mae_fer, r_fer = _classifier(known, limits)
    return HybridScores(
        n=known.height,
        n_excluded=frame.height - known.height,
        mae=mae,
        r=r,
        mae_vlm=mae_vlm,
        r_vlm=r_vlm,
        mae_fer=mae_fer,
        r_fer=r_fer,
        mae_label=mae_label,
        r_label=r_label,
        gain=mae_vlm - mae,
        intensity=mae_label - mae,
        gain_low=gain["gain_low"],
        gain_high=gain["gain_high"],
        intensity_low=intensity["intensity_low"],
        intensity_high=intensity["intensity_high"],
    )


def _classifier(known: pl.DataFrame, limits: tuple[float, float]) -> tuple[float | None, float | None]:
    """MAE and r of the classifier's own calibrated values; None where it has none."""
    rated = known.drop_nulls("fer").select("people_mean", "fold", machine="fer", label="fer_label")
    if rated.is_empty():
        return None, None
    people = rated["people_mean"].to_numpy().astype(float)
    value = cross_calibrate(rated, limits)["calibrated"].to_numpy()
    return float(np.abs(value - people).mean()), pearson(value, people)

"""How reliable people's ratings are, from crossed variance components, and how reliable a machine makes them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from lib.chapters.answers import reference_emotions
from lib.chapters.conditions import available_dimensions
from lib.metrics.icc import icc_complete
from lib.metrics.icc_incomplete import icc_from_components, ratings_per_image
from lib.metrics.mixed_crossed import fit_crossed
from lib.metrics.mixed_model import MixedFit, ModelNotFittedError
from lib.metrics.schemas import Schema, schema_like
from lib.study_data import StudyData

COMPONENTS = ("image", "participant", "residual")
COLUMNS = {"image": "image_id", "participant": "participant_id", "residual": "residual"}
ICC_FIGURES = ("icc2_1", "icc2_1_low", "icc2_1_high", "icc2_k", "icc2_k_low", "icc2_k_high")
RELIABILITY: Schema = (
    {"dimension": pl.String}
    | dict.fromkeys(("n_ratings", "n_excluded", "n_images", "n_participants"), pl.Int64)
    | dict.fromkeys((*COMPONENTS, *(f"{name}_se" for name in COMPONENTS), "ratio", *ICC_FIGURES, "icc_k"), pl.Float64)
    | {"icc_k_rule": pl.String, "singular": pl.Boolean, "reason": pl.String}
)


def human_reliability(data: StudyData, factors: Sequence[str] = ()) -> pl.DataFrame:
    """Variance components and intraclass correlations of people's ratings, one row a dimension.

    Parameters
    ----------
    data
        The study.
    factors
        None: components of all ratings. `("emotion",)`: those within emotions, the reference emotion being a fixed
        effect.

    Returns
    -------
    polars.DataFrame
        dimension; n_ratings, n_excluded, n_images, n_participants; image, participant, residual: variances in squared
        units of the scale, and their standard errors as <component>_se (null where a variance is at zero); ratio:
        participant / image (null where image is 0); icc2_1, icc2_k with _low and _high; icc_k, icc_k_rule; singular;
        reason: what must be said of the fit, or why there is none (then nulls).
    """
    images = reference_emotions(data).images.select("image_id", "emotion")
    rule = data.study.analysis.icc_k
    rows: list[dict[str, object]] = []
    for dimension in available_dimensions(data):
        ratings = data.ratings.select("image_id", "participant_id", pl.col(dimension).alias("value"))
        ratings = ratings.join(images, on="image_id", how="left", maintain_order="left")
        try:
            fit = fit_crossed(ratings, "value", factors)
        except ModelNotFittedError as problem:
            rows.append({"dimension": dimension, "reason": str(problem)})
            continue
        given = ratings.select("image_id", pl.col("value").cast(pl.Float64).fill_nan(None)).drop_nulls()
        k = ratings_per_image(given.group_by("image_id", maintain_order=True).len()["len"].to_numpy(), rule)
        rows.append({"dimension": dimension, **_figures(fit, k, data.study.analysis.confidence), "icc_k_rule": rule})
    return pl.DataFrame(rows, schema=RELIABILITY)


def machine_reliability(values: pl.DataFrame, confidence: float) -> pl.DataFrame:
    """Absolute agreement of each machine with people's mean, as two raters of the same images.

    Parameters
    ----------
    values
        From `lib.chapters.answers.value_answers`.
    confidence
        Level of the intervals.

    Returns
    -------
    polars.DataFrame
        condition, dimension, n (images with both values), n_excluded, icc2_1 (agreement of one with the other), icc2_k
        (reliability of the mean of both, k = 2), each with _low and _high; nulls and a reason where undefined.
    """
    rows = []
    for (condition, dimension), own in values.group_by("condition", "dimension", maintain_order=True):
        scores = own.select(pl.col("people_mean", "machine").cast(pl.Float64).fill_nan(None)).drop_nulls().to_numpy()
        row = {"condition": condition, "dimension": dimension, "n": len(scores), "n_excluded": own.height - len(scores)}
        if len(scores) < 2:
            rows.append(row | {"reason": "fewer than two images have both values"})
            continue
        found = icc_complete(scores, confidence).coefficients
        for name in ("icc2_1", "icc2_k"):
            item = found[name]
            row |= {name: item.value, f"{name}_low": item.low, f"{name}_high": item.high, "reason": item.reason}
        rows.append(row)
    schema = schema_like(values, ["condition", "dimension"])
    schema |= dict.fromkeys(("n", "n_excluded"), pl.Int64) | dict.fromkeys(ICC_FIGURES, pl.Float64)
    return pl.DataFrame(rows, schema=schema | {"reason": pl.String}).sort("dimension", "condition")


def _figures(fit: MixedFit, k: float, confidence: float) -> dict[str, object]:
    """One row's figures of a fitted model."""
    order = [list(fit.variances).index(COLUMNS[name]) for name in COMPONENTS]
    values = {name: fit.variances[COLUMNS[name]] for name in COMPONENTS}
    covariance = fit.variance_covariance[np.ix_(order, order)]
    errors = [float(np.sqrt(value)) if value > 0 else None for value in np.diag(covariance)]
    agreement = icc_from_components(
        values["image"], values["participant"], values["residual"], covariance, k=k, confidence=confidence
    )
    notes = " ".join((*fit.notes, *([f"No interval: {agreement.reason}."] if agreement.reason else [])))
    return {
        "n_ratings": fit.n_observations,
        "n_excluded": fit.n_excluded,
        "n_images": fit.n_levels["image_id"],
        "n_participants": fit.n_levels["participant_id"],
        **values,
        **{f"{name}_se": error for name, error in zip(COMPONENTS, errors, strict=True)},
        "ratio": values["participant"] / values["image"] if values["image"] > 0 else None,
        **{name: getattr(agreement, name) for name in ICC_FIGURES},
        "icc_k": k,
        "singular": bool(fit.singular),
        "reason": notes or None,
    }

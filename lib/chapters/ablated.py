"""What ablations asked: the ways of asking with their answers, and the images that are compared."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lib.chapters.answers import reference_emotions
from lib.chapters.conditions import machine_dimensions
from lib.contracts.ablation import BASE, Ablation
from lib.metrics.human import image_means
from lib.study_data import StudyData


@dataclass(frozen=True)
class Asked:
    """One ablation of one condition.

    Attributes
    ----------
    ablation : Ablation
        What was varied.
    base : str
        The condition's id.
    answers : dict of str to polars.DataFrame
        Predictions by variant, in the ablation's order, with all repeats; `base` holds those of the condition itself,
        where it is one of the ways that are compared.
    labels : dict of str to str
        What tables call each.
    """

    ablation: Ablation
    base: str
    answers: dict[str, pl.DataFrame]
    labels: dict[str, str]


def asked_ablations(data: StudyData, *analyses: str) -> list[Asked]:
    """The ablations of these analyses (all without any) that were asked, by ablation and condition."""
    if not data.source.ablated:
        return []
    known, found = data.project.known, dict[tuple[str, str], dict[str, pl.DataFrame]]()
    for name, frame in data.variants.items():
        varied = known.variant(name)
        if varied is not None and (not analyses or varied.ablation.analysis in analyses):
            found.setdefault((varied.ablation.id, varied.base.id), {})[varied.name] = frame
    asked = []
    for (name, base), frames in sorted(found.items()):
        ablation = known.ablation(name)
        compared = ablation.ask_base and base in data.repeated_predictions
        answers = {BASE: data.repeated_predictions[base]} if compared else {}
        answers |= {variant: frames[variant] for variant in ablation.variants if variant in frames}
        labels = {BASE: "as it is"} | {variant: one.label for variant, one in ablation.variants.items()}
        asked.append(Asked(ablation, base, answers, labels))
    return asked


@dataclass(frozen=True)
class Images:
    """The images of a comparison: image_id, emotion (reference), and people's <dimension>_mean, _sd and _n."""

    frame: pl.DataFrame

    def of(self, answers: pl.DataFrame, dimension: str) -> NDArray[np.float64]:
        """Answers as a table (n_images, n_repeats), rows in the order of `frame`; NaN = no answer."""
        wide = answers.pivot("repeat", index="image_id", values=dimension, sort_columns=True)
        joined = self.frame.select("image_id").join(wide, on="image_id", how="left", maintain_order="left")
        return joined.drop("image_id").cast(pl.Float64).to_numpy().copy()

    def people(self, dimension: str) -> pl.Series:
        """People's mean rating of each image."""
        return self.frame[f"{dimension}_mean"]

    def variance(self, dimension: str) -> NDArray[np.float64]:
        """Variance (ddof = 0) of the ratings of each image."""
        number = self.frame[f"{dimension}_n"].cast(pl.Float64).to_numpy()
        spread = self.frame[f"{dimension}_sd"].cast(pl.Float64).fill_null(0.0).to_numpy()
        return np.asarray(spread**2 * (number - 1) / number)


def common_images(data: StudyData, asked: Asked) -> Images:
    """The images that every way of asking has an answer about, with people's means."""
    ids = [frame["image_id"].unique() for frame in asked.answers.values()]
    images = reference_emotions(data).images.select("image_id", pl.col("emotion").cast(pl.String))
    for known in ids:
        images = images.filter(pl.col("image_id").is_in(known.implode()))
    means = image_means(data.ratings, machine_dimensions(data))
    return Images(images.join(means, on="image_id", how="inner", maintain_order="left"))

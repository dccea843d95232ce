"""Stereotyped responding: whether raters tell faces of one emotion apart, and how far they overdraw the emotions."""

from __future__ import annotations

import polars as pl

from lib.chapters.claims_stereotypes import claim_entropy, claim_indices, claim_variation
from lib.chapters.conditions import condition_names
from lib.chapters.stereotypes import (
    image_mean_variation,
    index_frame,
    machine_variation,
    people_variation,
    record_stereotypes,
)
from lib.results import Results
from lib.study_data import StudyData


def stereotypes_section(data: StudyData, results: Results) -> dict[str, pl.DataFrame]:
    """Describe variation within emotions, of machines over images and of people over single ratings and image means.

    Parameters
    ----------
    data
        The study.
    results
        Takes conditions.<id>.<dim>.{variation.<emotion>.*, collapse, collapse_means, polarity, sd_ratio, ...},
        human.<dim>.variation.<emotion>.*, claims.{variation, entropy, collapse, polarity}.*.

    Returns
    -------
    dict of str to polars.DataFrame
        `variation`: condition, dimension, emotion, n, n_excluded, distinct, mean, sd, distinct_steps, entropy (bits).
        `variation_people` (single ratings) and `variation_image_means` (with sd_faces): the same without condition.
        `stereotyping`: condition, dimension and the columns of `lib.metrics.stereotyping.stereotyping_indices`. Without
        machines that rate, the first and the last have no rows.
    """
    names = condition_names(data)
    frames = {
        "variation": machine_variation(data),
        "variation_people": people_variation(data),
        "variation_image_means": image_mean_variation(data),
        "stereotyping": index_frame(data),
    }
    record_stereotypes(results, frames)
    claim_variation(results, frames["variation"], frames["variation_people"], names)
    claim_entropy(results, frames["variation"], frames["variation_people"], names)
    claim_indices(results, frames["stereotyping"], names)
    return frames

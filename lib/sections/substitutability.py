"""Substitutability: whether a machine could stand in for one more rater, overall and for each emotion."""

from __future__ import annotations

import polars as pl

from lib.chapters.answers import value_answers
from lib.chapters.claims_substitutability import claim_ceilings, claim_z_scores
from lib.chapters.conditions import condition_names
from lib.chapters.records_dimensions import record_ceilings, record_z_scores
from lib.chapters.substitution import ceilings, image_distances, z_scores
from lib.results import Results
from lib.study_data import StudyData


def substitutability_section(data: StudyData, results: Results) -> dict[str, pl.DataFrame]:
    """Set every rater against panels of single people, and its figures against a person's.

    Parameters
    ----------
    data
        The study.
    results
        Takes conditions.<id>.<dim>.z.*, .z.<emotion>.*, .r_ratio, .mae_ratio_low, ..., conditions.<id>.accuracy_ratio
        and claims.z.*, claims.ceiling.*.

    Returns
    -------
    dict of str to polars.DataFrame
        `z_scores`, `z_scores_by_emotion`: condition, dimension (, emotion) and the figures of
        `lib.metrics.substitutability.compare_z_scores` and `judge`. `ceilings`: `lib.chapters.substitution.ceilings`.
        Without intervals in a study that resamples participants.
    """
    names, values = condition_names(data), value_answers(data)
    distances = image_distances(data, values)
    overall = z_scores(data, distances, ["condition", "dimension"])
    by_emotion = z_scores(data, distances, ["condition", "dimension", "emotion"])
    ratios = ceilings(data, values)
    record_z_scores(results, overall)
    record_z_scores(results, by_emotion)
    record_ceilings(results, ratios)
    claim_z_scores(results, overall, by_emotion, names)
    claim_ceilings(results, ratios, names)
    return {"z_scores": overall, "z_scores_by_emotion": by_emotion, "ceilings": ratios}

"""Omnibus tests of demographic bias: nested analyses of variance, those within each emotion, and the model's size."""

from __future__ import annotations

import polars as pl

from lib.chapters.answers import value_answers
from lib.chapters.claims_omnibus import claim_anova_by_emotion, claim_omnibus, claim_sizes
from lib.chapters.conditions import condition_names
from lib.chapters.group_models import anova_by_emotion, omnibus_anova
from lib.chapters.group_scores import emotion_tests, group_bias, in_groups
from lib.chapters.model_sizes import size_points, size_trends
from lib.chapters.records_groups import record_anovas, record_sizes
from lib.results import Results
from lib.study_data import StudyData


def omnibus_section(data: StudyData, results: Results) -> dict[str, pl.DataFrame]:
    """Test whether bias depends on the factors of the study, alone and with emotion, and on the size of the model.

    Parameters
    ----------
    data
        The study.
    results
        Takes conditions.<id>.<dim>.{anova, anova_by_emotion} as rows, model_size.<family>.<dim>.<outcome>.*, and claims
        about them.

    Returns
    -------
    dict of str to polars.DataFrame
        `omnibus_anova`, `anova_by_emotion`: `lib.chapters.group_models`. `model_sizes`: condition, dimension, outcome,
        value, size. `model_size_trends`: `lib.chapters.model_sizes.size_trends`.
    """
    values = value_answers(data, list(data.conditions))
    points = size_points(data, emotion_tests(data, values), group_bias(data, in_groups(data, values)))
    frames = {
        "omnibus_anova": omnibus_anova(data, values),
        "anova_by_emotion": anova_by_emotion(data, values),
        "model_sizes": points,
        "model_size_trends": size_trends(data, points),
    }
    record_anovas(results, frames["omnibus_anova"], frames["anova_by_emotion"])
    record_sizes(results, frames["model_size_trends"])
    names, alpha = condition_names(data), data.significance_level
    claim_omnibus(results, frames["omnibus_anova"], names, alpha)
    claim_anova_by_emotion(results, frames["anova_by_emotion"], names, alpha)
    claim_sizes(results, frames["model_size_trends"], alpha)
    return frames

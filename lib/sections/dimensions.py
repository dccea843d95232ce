"""Rated dimensions: correlation, errors, bias and limits of agreement of every rater, and people's own errors."""

from __future__ import annotations

import polars as pl

from lib.chapters.answers import value_answers
from lib.chapters.claims_dimensions import claim_emotion_bias, claim_folded, claim_inversion, claim_values
from lib.chapters.claims_substitutability import claim_limits
from lib.chapters.conditions import available_dimensions, condition_names
from lib.chapters.correlations_and_limits import human_error_frame, limits_of_agreement, with_correlations
from lib.chapters.people import human_baselines
from lib.chapters.person import average_values
from lib.chapters.records import record_emotion_bias, record_values
from lib.chapters.records_dimensions import record_correlations, record_human_errors, record_limits
from lib.chapters.scores import bias_in_groups, score_values
from lib.results import Results
from lib.study_data import StudyData

FOLDED_THRESHOLD = 0.05  # points of the scale within which the documents call the folded normal's MAE the same


def dimensions_section(data: StudyData, results: Results) -> dict[str, pl.DataFrame]:
    """Compare every rater's values with people's means.

    Parameters
    ----------
    data
        The study.
    results
        Takes conditions.<id>.<dim>.{r, r_low, ..., mae, bias, ..., loa_lower, ..., proportional_slope, ...},
        .per_emotion.<emotion>.*, human.<dim>.loo_mae_low and the like, and claims.*.

    Returns
    -------
    dict of str to polars.DataFrame
        `dimension_scores`: `lib.chapters.scores.score_values` with the correlations of
        `lib.metrics.correlation.Correlations`, one row a rater and dimension. `limits_of_agreement`: condition,
        dimension, `lib.metrics.bland_altman.BlandAltman`. `bias_by_emotion`: condition, dimension, emotion,
        `lib.metrics.dimensions.bias_by`. `human_errors`: dimension, intervals of people's own errors. The held-out
        person's figures are means over draws.
    """
    names, values, baselines = condition_names(data), value_answers(data), human_baselines(data)
    scores = with_correlations(data, average_values(data, score_values(values, baselines), baselines), values)
    limits = limits_of_agreement(data, values)
    biases = bias_in_groups(values, ["emotion"])
    errors = human_error_frame(data, available_dimensions(data))
    record_values(results, scores, list(data.conditions))
    record_correlations(results, scores)
    record_limits(results, limits)
    record_emotion_bias(results, biases)
    record_human_errors(results, errors)
    claim_values(results, scores, names, baselines)
    claim_emotion_bias(results, biases, names)
    claim_inversion(results, scores, names)
    claim_folded(results, scores, names, threshold=FOLDED_THRESHOLD)
    claim_limits(results, scores, limits, names)
    return {
        "dimension_scores": scores,
        "limits_of_agreement": limits,
        "bias_by_emotion": biases,
        "human_errors": errors,
    }

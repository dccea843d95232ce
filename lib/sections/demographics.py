"""Groups of faces: accuracy, false positives and bias of every machine by the factors of the study, tested."""

from __future__ import annotations

import polars as pl

from lib.chapters.answers import label_answers, reference_emotions, value_answers
from lib.chapters.claims_demographics import (
    claim_accuracy_tests,
    claim_bias_tests,
    claim_false_positives,
    claim_group_bias_tests,
)
from lib.chapters.claims_groups import claim_cells, claim_factors, claim_group_bias, claim_groups
from lib.chapters.conditions import condition_names
from lib.chapters.group_models import accuracy_models
from lib.chapters.group_scores import (
    accuracy_tests,
    crossings,
    emotion_tests,
    false_positive_tests,
    false_positives,
    group_accuracy,
    group_bias,
    in_groups,
    of_factor,
)
from lib.chapters.records import record_cells, record_group_bias, record_groups
from lib.chapters.records_groups import record_accuracy_tests, record_bias_tests, record_false_positives
from lib.chapters.units import with_unit_shares
from lib.results import Results
from lib.study_data import StudyData

Frames = dict[str, pl.DataFrame]


def demographics_section(data: StudyData, results: Results) -> Frames:
    """Compare every machine's answers between groups of faces.

    Parameters
    ----------
    data
        The study; its factors with levels, and their pairs (`race:gender`), are the groups.
    results
        Takes conditions.<id>.{accuracy_by, accuracy_percent_by, accuracy_low_by, accuracy_high_by}.<factor>.<level>,
        .accuracy_by_emotion.*, .accuracy_tests.<factor>.*, .accuracy_models, .fpr.<emotion>.<level>.*,
        .fpr_tests.<factor>.<emotion>.*, .<dim>.{bias_by, bias_tests_by}.<factor>.<level>,
        .<dim>.bias_tests.<emotion>.*; claims about all of these.

    Returns
    -------
    dict of str to polars.DataFrame
        `accuracy_by_group`, `accuracy_by_group_and_emotion`: condition, factor, level (and intended), n, correct,
        accuracy, low, high. `accuracy_tests`, `accuracy_tests_by_emotion`: `ShareTest` and p_adjusted;
        the first also `lib.chapters.units.UNIT_FIGURES`.
        `accuracy_models`: `lib.chapters.group_models.accuracy_models`. `false_positives`, `false_positive_tests`:
        `lib.chapters.group_scores`. `bias_by_group`, `bias_tests_by_emotion`: `PairedTest`, corrected.
    """
    machines = list(data.conditions)
    labels, values = label_answers(data, machines), value_answers(data, machines)
    grouped = in_groups(data, labels)
    accuracy, cells = group_accuracy(data, grouped), group_accuracy(data, grouped, ["intended"])
    hits = accuracy_tests(data, cells, ["intended"])
    rates = false_positives(data, grouped, reference_emotions(data).categories)
    frames = {
        "accuracy_by_group": accuracy,
        "accuracy_by_group_and_emotion": cells,
        "accuracy_tests": with_unit_shares(data, accuracy_tests(data, accuracy), grouped),
        "accuracy_tests_by_emotion": hits,
        "accuracy_models": accuracy_models(data, labels),
        "false_positives": rates,
        "false_positive_tests": false_positive_tests(data, rates, hits),
        "bias_by_group": group_bias(data, in_groups(data, values)),
        "bias_tests_by_emotion": emotion_tests(data, values),
    }
    _record(data, results, frames)
    _claim(data, results, frames)
    return frames


def _record(data: StudyData, results: Results, frames: Frames) -> None:
    for name in crossings(data):
        record_groups(results, of_factor(data, frames["accuracy_by_group"], name), name)
        record_group_bias(results, of_factor(data, frames["bias_by_group"], name), name)
    for name in data.study.group_factors:
        record_cells(results, of_factor(data, frames["accuracy_by_group_and_emotion"], name), name)
    record_accuracy_tests(results, frames["accuracy_tests"], frames["accuracy_models"])
    record_false_positives(results, frames["false_positives"], frames["false_positive_tests"], data.study.group_factors)
    record_bias_tests(results, frames["bias_by_group"], frames["bias_tests_by_emotion"])


def _claim(data: StudyData, results: Results, frames: Frames) -> None:
    names, alpha = condition_names(data), data.significance_level
    claim_factors(results, {name: data.study.factors[name].label for name in data.study.group_factors})
    for name in data.study.group_factors:
        accuracy = of_factor(data, frames["accuracy_by_group"], name)
        cells = of_factor(data, frames["accuracy_by_group_and_emotion"], name)
        claim_groups(results, accuracy, names, name)
        claim_cells(results, cells, names, name)
        claim_group_bias(results, of_factor(data, frames["bias_by_group"], name), names, name)
    claim_accuracy_tests(results, frames["accuracy_tests"], frames["accuracy_models"], names, alpha)
    claim_false_positives(results, frames["false_positive_tests"], names, alpha)
    claim_group_bias_tests(results, frames["bias_by_group"], names, alpha)
    claim_bias_tests(results, frames["bias_tests_by_emotion"], names, alpha)

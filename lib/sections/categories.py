"""Emotion labels: agreement of every machine with the reference emotions, overall, by emotion, and its confusions."""

from __future__ import annotations

import polars as pl

from lib.chapters.answers import label_answers, reference_emotions
from lib.chapters.claims_categories import (
    claim_confusions,
    claim_emotions,
    claim_overall,
    claim_pairs,
    claim_unanswered,
)
from lib.chapters.conditions import condition_names
from lib.chapters.person import average_labels
from lib.chapters.records import record_labels
from lib.chapters.scores import LabelScores, score_labels
from lib.results import Results
from lib.study_data import StudyData

THRESHOLD = 0.6  # of an emotion's accuracy, below which the text counts machines


def categories_section(data: StudyData, results: Results) -> dict[str, pl.DataFrame]:
    """Score every rater's labels.

    Parameters
    ----------
    data
        The study.
    results
        Takes conditions.<id>.{n, correct, accuracy, kappa, macro_f1, ...}, .per_emotion.<emotion>.*, .confusion.*.
        Those of the held-out person are recorded by `lib.sections.human`. Also claims about all of these.

    Returns
    -------
    dict of str to polars.DataFrame
        `accuracy`: `LabelScores.overall`. `accuracy_by_emotion`: condition, emotion, n, correct, accuracy, precision,
        recall, f1. `confusion`: condition, intended, predicted, count, proportion. `raters`: condition, name,
        short_name, type, thinking. The held-out person's figures are means over draws, its confusions those of one.
    """
    reference, names = reference_emotions(data), condition_names(data)
    categories = reference.categories
    level = data.study.analysis.confidence
    scores = average_labels(data, score_labels(label_answers(data), categories, level), categories)
    record_labels(results, scores, list(data.conditions))
    _claim(data, results, scores, names)
    results.put(["claims", "reference"], reference.name)
    return {
        "raters": names,
        "accuracy": scores.overall,
        "accuracy_by_emotion": scores.per_emotion,
        "confusion": scores.confusion,
    }


def _claim(data: StudyData, results: Results, scores: LabelScores, names: pl.DataFrame) -> None:
    pairs = {name: (pair.first, pair.second) for name, pair in data.study.analysis.pairs.items()}
    claim_overall(results, scores.overall, names)
    claim_emotions(results, scores.per_emotion, names, THRESHOLD)
    claim_confusions(results, scores.confusion, names)
    claim_pairs(results, scores, names, pairs)
    claim_unanswered(results, scores.overall, names)


def label_scores(frames: dict[str, pl.DataFrame]) -> LabelScores:
    """The section's frames as the scores that tables and statements for the text take."""
    return LabelScores(frames["accuracy"], frames["accuracy_by_emotion"], frames["confusion"])

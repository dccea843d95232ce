"""People: how they rate, how well they agree, and what one of them reaches when treated like a machine."""

from __future__ import annotations

import polars as pl

from lib.chapters.answers import label_answers, reference_emotions, value_answers
from lib.chapters.claims_dimensions import claim_people
from lib.chapters.people import baseline_frame, human_baselines, means_by_emotion
from lib.chapters.person import average_labels, average_values
from lib.chapters.records import (
    record_labels,
    record_majority,
    record_people,
    record_people_by_emotion,
    record_values,
)
from lib.chapters.scores import score_labels, score_values
from lib.contracts.predictions import HUMAN_NULL
from lib.metrics.majority import MajorityAgreement, majority
from lib.metrics.schemas import Schema
from lib.results import Results
from lib.study_data import StudyData

SHARES = ("majority_agreement", "modal_share", "intended_share")


def human_section(data: StudyData, results: Results) -> dict[str, pl.DataFrame]:
    """Describe people's ratings and labels, and score the held-out person.

    Parameters
    ----------
    data
        The study.
    results
        Takes human.<dim>.*, human.emotion.*, conditions.human-null.* and claims.people.*.

    Returns
    -------
    dict of str to polars.DataFrame
        `human_dimensions`: the figures of `lib.metrics.human.HumanBaseline`, one row a dimension.
        `human_labels`: those of `lib.metrics.majority.MajorityAgreement`, one row a study.
        `human_labels_by_emotion`: emotion, n, n_ratings, n_tied, majority_correct, majority_agreement, modal_share,
        intended_share; no rows without intended emotions.
        `human_null_labels`, `human_null_dimensions`: `LabelScores.overall` and `score_values` of the held-out person,
        means over draws (`lib.chapters.person`); no rows where nobody is held out.
    """
    baselines = human_baselines(data)
    record_people(results, baselines)
    record_people_by_emotion(results, means_by_emotion(data))
    agreement = people_agreement(data)
    record_majority(results, agreement)
    claim_people(results, baselines, agreement.per_emotion)
    categories = reference_emotions(data).categories
    scores = score_labels(label_answers(data, [HUMAN_NULL]), categories, data.study.analysis.confidence)
    labels = average_labels(data, scores, categories)
    values = average_values(data, score_values(value_answers(data, [HUMAN_NULL]), baselines), baselines)
    record_labels(results, labels, [HUMAN_NULL])
    record_values(results, values, [HUMAN_NULL])
    return {
        "human_dimensions": baseline_frame(baselines),
        "human_labels": _overall(agreement),
        "human_labels_by_emotion": _by_emotion(agreement),
        "human_null_labels": labels.overall,
        "human_null_dimensions": values,
    }


def people_agreement(data: StudyData) -> MajorityAgreement:
    """People's labels: agreement among themselves and with the intended emotions, if there are any."""
    intended = data.images.select("image_id", "intended_emotion") if data.study.emotion.intended else None
    return majority(data.ratings, intended, list(data.study.emotion.people_categories))


def _overall(agreement: MajorityAgreement) -> pl.DataFrame:
    integers = ("n_images", "n_ratings", "n_missing", "n_tied", "n_intended")
    numbers = ("modal_share", "alpha_nominal", "intended_share", "majority_agreement")
    schema: Schema = (
        dict.fromkeys(integers, pl.Int64) | dict.fromkeys(numbers, pl.Float64) | {"alpha_reason": pl.String}
    )
    return pl.DataFrame([{name: getattr(agreement, name) for name in schema}], schema=schema)


def _by_emotion(agreement: MajorityAgreement) -> pl.DataFrame:
    if agreement.per_emotion is not None:
        return agreement.per_emotion
    integers: Schema = dict.fromkeys(("n", "n_ratings", "n_tied"), pl.Int64)
    numbers: Schema = dict.fromkeys(("majority_correct", *SHARES), pl.Float64)
    return pl.DataFrame(schema={"emotion": pl.String} | integers | numbers)

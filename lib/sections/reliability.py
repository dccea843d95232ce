"""Reliability: people's variance components and intraclass correlations, and each machine's with people's mean."""

from __future__ import annotations

import polars as pl

from lib.chapters.answers import reference_emotions, value_answers
from lib.chapters.claims_mixed import claim_reliability
from lib.chapters.conditions import condition_names
from lib.chapters.reliability import COMPONENTS, ICC_FIGURES, human_reliability, machine_reliability
from lib.results import Results
from lib.study_data import StudyData


def reliability_section(data: StudyData, results: Results) -> dict[str, pl.DataFrame]:
    """Decompose the variance of people's ratings and compute intraclass correlations.

    Parameters
    ----------
    data
        The study.
    results
        Takes human.<dim>.variance.{participant, image, residual, ratio}, the same under variance_within_emotion,
        human.<dim>.{icc2_1, icc2_k, _low, _high, icc_k, icc_k_rule} conditions.<id>.<dim>.{icc2_1, icc2_k, ...};
        and claims.reliability.*, claims.machine_icc.*.

    Returns
    -------
    dict of str to polars.DataFrame
        `reliability` and `reliability_within_emotion`: see `lib.chapters.reliability.human_reliability`; the latter
        has no rows where images have fewer than two reference emotions.
        `machine_reliability`: see there.
    """
    overall = human_reliability(data)
    several = reference_emotions(data).images["emotion"].drop_nulls().n_unique() > 1
    within = human_reliability(data, ["emotion"]) if several else overall.head(0)
    machines = machine_reliability(value_answers(data), data.study.analysis.confidence)
    for row in overall.iter_rows(named=True):
        path = ["human", row["dimension"]]
        _put_components(results, [*path, "variance"], row)
        for name in (*ICC_FIGURES, "icc_k", "icc_k_rule"):
            results.put([*path, name], row[name])
    for row in within.iter_rows(named=True):
        _put_components(results, ["human", row["dimension"], "variance_within_emotion"], row)
    for row in machines.iter_rows(named=True):
        for name in ICC_FIGURES:
            results.put(["conditions", row["condition"], row["dimension"], name], row[name])
    names = condition_names(data)
    claim_reliability(results, overall, within, machines.join(names, on="condition", maintain_order="left"))
    return {"reliability": overall, "reliability_within_emotion": within, "machine_reliability": machines}


def _put_components(results: Results, path: list[str], row: dict[str, object]) -> None:
    """Record the variances, and how many times the image's the participant's is; variances show three decimals."""
    for name in COMPONENTS:
        value = row[name]
        results.put([*path, name], value, f"{value:.3f}" if isinstance(value, float) else None)
    results.put([*path, "ratio"], row["ratio"])
    results.put([*path, "singular"], row["singular"])

"""Agreement beyond chance: kappa with intervals, every pair of raters, people's alpha, machines asked twice."""

from __future__ import annotations

import polars as pl

from lib.chapters.agreement import alpha_frame, kappa_frame, pairs_frame
from lib.chapters.agreement_values import fleiss_frame, repeats_frame, weighted_frame
from lib.chapters.answers import label_answers
from lib.chapters.beside_person import beside_frame
from lib.chapters.claims_agreement import claim_alpha, claim_best, claim_pairs, claim_person
from lib.chapters.conditions import condition_names
from lib.formats import bounded, p_value
from lib.results import Results
from lib.study_data import StudyData

PAIR_FIGURES = ("n", "both_right", "both_wrong", "b", "c", "p_exact", "chi2_corrected", "p_corrected", "p_adjusted")


def agreement_section(data: StudyData, results: Results) -> dict[str, pl.DataFrame]:
    """Compute chance-corrected agreement, compare every pair of machines, and each machine with one person.

    Parameters
    ----------
    data
        The study.
    results
        Takes conditions.<id>.{kappa_se, kappa_low, kappa_high, kappa_z, kappa_p, kappa_p_adjusted};
        conditions.<id>.beside_person.{difference, se, low, high, t, p, p_adjusted, accuracy, person, n, n_excluded};
        conditions.<id>.<dim>.weighted_kappa_{linear,quadratic}{,_se,_low,_high};
        pairs.<a>__<b>.mcnemar.{n, b, c, p_exact, p_corrected, p_adjusted, ...}, pairs.<a>__<b>.{kappa, kappa_low,
        kappa_high, kappa_n, difference}; human.<dim>.alpha_<level>_{low,high}; fleiss.<id>.*; repeats.<id>.<dim>.*;
        claims.agreement.*.

    Returns
    -------
    dict of str to polars.DataFrame
        `kappa`, `pairs`, `beside_person`, `weighted_kappa`, `alpha`, `fleiss`, `repeats`: see
        `lib.chapters.agreement`, `lib.chapters.beside_person` and `lib.chapters.agreement_values`.
    """
    answers = label_answers(data)
    frames = {
        "kappa": kappa_frame(data, answers),
        "pairs": pairs_frame(data, answers),
        "beside_person": beside_frame(data, answers),
        "weighted_kappa": weighted_frame(data),
        "alpha": alpha_frame(data),
        "fleiss": fleiss_frame(data),
        "repeats": repeats_frame(data),
    }
    _record_kappa(results, frames["kappa"], frames["weighted_kappa"])
    _record_pairs(results, frames["pairs"])
    _record_beside(results, frames["beside_person"])
    _record_alpha(results, frames["alpha"])
    for row in frames["fleiss"].iter_rows(named=True):
        for name in (item for item in row if item != "condition"):
            share = name in ("se", "observed") and row[name] is not None
            results.put(["fleiss", row["condition"], name], row[name], bounded(row[name]) if share else None)
    for row in frames["repeats"].iter_rows(named=True):
        for name in (item for item in row if item not in ("condition", "dimension")):
            results.put(["repeats", row["condition"], row["dimension"], name], row[name])
    names, level = condition_names(data), data.significance_level
    claim_pairs(results, frames["pairs"], names, level)
    claim_best(results, frames["pairs"], frames["kappa"], names, level)
    claim_person(results, frames["beside_person"], names, level)
    claim_alpha(results, frames["alpha"])
    return frames


def _record_kappa(results: Results, kappas: pl.DataFrame, weighted: pl.DataFrame) -> None:
    for row in kappas.iter_rows(named=True):
        for name in ("se", "low", "high", "z"):
            value = row[name]
            path = ["conditions", row["condition"], f"kappa_{name}"]
            results.put(path, value, None if value is None or name == "z" else bounded(value))
        for name in ("p", "p_adjusted"):
            results.put(["conditions", row["condition"], f"kappa_{name}"], row[name], _as_p(row[name]))
    for row in weighted.iter_rows(named=True):
        for name in ("kappa", "se", "low", "high"):
            suffix = "" if name == "kappa" else f"_{name}"
            key = f"weighted_kappa_{row['weights']}{suffix}"
            value = row[name]
            path = ["conditions", row["condition"], row["dimension"], key]
            results.put(path, value, None if value is None else bounded(value))


def _record_pairs(results: Results, pairs: pl.DataFrame) -> None:
    for row in pairs.iter_rows(named=True):
        path = ["pairs", f"{row['rater_a']}__{row['rater_b']}"]
        for name in PAIR_FIGURES:
            results.put([*path, "mcnemar", name], row[name])
        for name in ("difference", "kappa", "kappa_low", "kappa_high"):
            results.put([*path, name], row[name], None if row[name] is None else bounded(row[name]))
        results.put([*path, "kappa_n"], row["kappa_n"])


def _record_beside(results: Results, beside: pl.DataFrame) -> None:
    for row in beside.iter_rows(named=True):
        for name in (item for item in row if item != "condition"):
            share = name in ("accuracy", "person", "difference", "se", "low", "high") and row[name] is not None
            path = ["conditions", row["condition"], "beside_person", name]
            results.put(path, row[name], bounded(row[name]) if share else None)


def _record_alpha(results: Results, alphas: pl.DataFrame) -> None:
    for row in alphas.iter_rows(named=True):
        for end in ("low", "high"):
            results.put(["human", row["dimension"], f"alpha_{row['level']}_{end}"], row[end])


def _as_p(value: float | None) -> str | None:
    return None if value is None else p_value(value)

"""How often a machine that is asked the same again answers the same; of one pilot, and of all that a study has."""

from __future__ import annotations

from typing import Any

import polars as pl

from lib.chapters.ablated import Asked, asked_ablations
from lib.contracts.condition import Condition
from lib.contracts.study import Study
from lib.metrics.retest import identical_answers, repeat_spread
from lib.metrics.retest_reliability import repeat_icc, repeat_kappa
from lib.study_data import StudyData

TARGET = 0.99
"""Share of images with identical answers that greedy decoding is expected to reach (the laboratory's plan)."""
AGAIN, BACKWARDS = "again", "backwards"
WHOLE = ("n_images", "n_unanswered", "n_identical", "backwards_n")
SHARES = (
    "identical", "identical_low", "identical_high", "pairwise", "backwards", "backwards_low", "backwards_high",
)  # fmt: skip
RELIABILITY = ("kappa", "kappa_low", "kappa_high", "icc2_1", "icc2_1_low", "icc2_1_high",
               "icc2_k", "icc2_k_low", "icc2_k_high", "within_sd", "mean_sd", "largest_range")  # fmt: skip
FIGURES = (*WHOLE, *SHARES, *RELIABILITY)
SCHEMA = (
    dict.fromkeys(("condition", "pilot", "asked", "step"), pl.String)
    | {"repeats": pl.Int64, "temperature": pl.Float64, "target": pl.Float64}
    | dict.fromkeys(WHOLE, pl.Int64)
    | dict.fromkeys((*SHARES, *RELIABILITY), pl.Float64)
    | {"reason": pl.String}
)


def compare_repeats(
    again: pl.DataFrame, backwards: pl.DataFrame, asked: Condition, study: Study
) -> dict[str, dict[str, Any]]:
    """Compare the repeats of a pilot with each other, and its first with the answers given backwards and one by one.

    Parameters
    ----------
    again, backwards : polars.DataFrame
        Predictions: image_id, repeat and one column a step; what was not answered is null or has no row.
    asked : Condition
        The condition as it was asked again, with its repeats.
    study : Study
        Whose categories and level of intervals these are.

    Returns
    -------
    dict of str to dict
        By step, `FIGURES` and `reason`. n_unanswered are the answers missing of all images, also of those that got
        none in any repeat and are not among the n_images. Over images with an answer: identical (share with one and
        the same answer in all repeats; a missing answer equals none), pairwise (share of equal pairs of repeats), kappa
        (Fleiss; of emotions), icc2_1, icc2_k, within_sd, mean_sd, largest_range (of ratings), backwards (share of
        `backwards_n` images whose first answer is the same). What is undefined is None, and `reason` says why kappa or
        ICC is.
    """
    images = pl.concat([again.select("image_id"), backwards.select("image_id")]).unique().sort("image_id")
    if images.is_empty():
        return {step: dict.fromkeys(FIGURES) | {"reason": "nothing was answered"} for step in asked.steps}
    repeats = pl.DataFrame({"repeat": range(asked.repeats)}, schema={"repeat": pl.Int64})
    values = ["image_id", "repeat", *asked.steps]
    known = images.join(repeats, how="cross").join(again.select(values), on=values[:2], how="left")
    moved = images.with_columns(repeat=pl.lit(0, pl.Int64)).join(backwards.select(values), on=values[:2], how="left")
    once = known.filter(pl.col("repeat") == 0)
    twice = pl.concat([once, moved.with_columns(repeat=pl.lit(1, pl.Int64))], how="vertical_relaxed")
    return {step: _figures(known, twice, step, study) for step in asked.steps}


def _figures(known: pl.DataFrame, twice: pl.DataFrame, step: str, study: Study) -> dict[str, Any]:
    confidence = study.analysis.confidence
    again = identical_answers(known, step, confidence=confidence).row(0, named=True)
    moved = identical_answers(twice, step, confidence=confidence).row(0, named=True)
    found = again | {"backwards_n": moved["n_images"], "n_unanswered": known[step].null_count()}
    found |= {f"backwards{end}": moved[f"identical{end}"] for end in ("", "_low", "_high")}
    if step == "emotion":
        kappa = repeat_kappa(known, step, study.emotion.categories, confidence)
        found |= {"kappa": kappa.value, "kappa_low": kappa.low, "kappa_high": kappa.high, "reason": kappa.reason}
    else:
        reliability = repeat_icc(known, step, confidence)
        for one in (reliability.single, reliability.mean):
            found |= {one.kind: one.value, f"{one.kind}_low": one.low, f"{one.kind}_high": one.high}
        found |= {"reason": reliability.mean.reason} | repeat_spread(known, step).drop("n_images").row(0, named=True)
    return {name: found.get(name) for name in (*FIGURES, "reason")}


def asked_words(asked: Condition) -> str:
    """How a pilot asked: `each question 3 times, temperature 0.3`; a classifier has no temperature."""
    temperature = asked.decoding.temperature
    said = f"temperature {temperature:g}" if temperature is not None else "its own temperature"
    return f"each question {asked.repeats} times" + ("" if asked.classifier else f", {said}")


def target_of(asked: Condition) -> float | None:
    """The share of identical answers that is expected; None where nothing says that answers are not drawn."""
    return TARGET if asked.decoding.temperature == 0 else None


def piloted(data: StudyData) -> list[Asked]:
    """The pilots of the study's conditions of which both parts were asked."""
    return [asked for asked in asked_ablations(data, "retest") if {AGAIN, BACKWARDS} <= asked.answers.keys()]


def retest_figures(data: StudyData) -> pl.DataFrame:
    """Every pilot of the study's conditions, step by step.

    Returns
    -------
    polars.DataFrame
        condition, pilot (its settings, as in `r3-t0_3`), asked (the same in words), step, repeats, temperature, target
        (null where none is set), then the figures of `compare_repeats`.
    """
    rows = []
    for pilot in piloted(data):
        asked = data.project.known.find(pilot.ablation.condition_id(pilot.base, AGAIN))
        about = {
            "condition": pilot.base, "pilot": pilot.ablation.id.removeprefix("retest-"), "asked": asked_words(asked),
            "repeats": asked.repeats, "temperature": asked.decoding.temperature, "target": target_of(asked),
        }  # fmt: skip
        found = compare_repeats(pilot.answers[AGAIN], pilot.answers[BACKWARDS], asked, data.study)
        rows += [about | {"step": step} | figures for step, figures in found.items()]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")

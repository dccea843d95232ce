"""The report of a test-retest pilot: how often a machine that is asked the same again answers the same."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import polars as pl

from lib.build.ablating import AblationRun
from lib.build.asking import prepare
from lib.metrics.retest import identical_answers, repeat_spread
from lib.metrics.retest_reliability import repeat_icc, repeat_kappa
from lib.project import Project
from lib.responses.predictions import predictions_of
from lib.responses.store import read_store

TARGET = 0.99
"""Share of images with identical answers that greedy decoding is expected to reach (the laboratory's plan)."""


def retest_report(project: Project, run: AblationRun, images: int) -> dict[str, Any]:
    """Compare the repeats of a pilot with each other, and with the answers given backwards and one by one.

    Parameters
    ----------
    project, run
        The study, and the pilot of one condition, asked.
    images
        About how many images it was asked.

    Returns
    -------
    dict
        condition, model, repeats, temperature, n_images, target, and figures by step (`steps`): `identical` and
        `pairwise` over repeats with interval, `kappa` (Fleiss; emotion) or `icc2_1`, `icc2_k`, `within_sd` (ratings),
        and `backwards`: the share of images whose first answer is the same when asked in reverse order, one by one.
        What is undefined is None, with a reason beside it.
    """
    again, backwards = (run.ablation.condition_id(run.base.id, name) for name in ("again", "backwards"))
    known = {name: _answers(project, name, images) for name in (again, backwards)}
    varied = project.condition(again)
    steps: dict[str, Any] = {}
    for step in varied.steps:
        steps[step] = _step(project, step, known[again], known[backwards])
    return {
        "condition": run.base.id, "model": run.base.model, "repeats": varied.repeats,
        "temperature": varied.decoding.temperature, "n_images": known[again]["image_id"].n_unique(),
        "target": TARGET if varied.decoding.temperature == 0 else None, "steps": steps,
    }  # fmt: skip


def _answers(project: Project, condition: str, images: int) -> pl.DataFrame:
    inquiry = prepare(project, condition, limit=images)
    store = read_store(project.responses, condition, detailed=True)
    found = predictions_of(inquiry.plan, inquiry.items, store).predictions
    every = pl.DataFrame({"image_id": [item.image_id for item in inquiry.items]}).join(
        pl.DataFrame({"repeat": range(inquiry.condition.repeats)}, schema={"repeat": pl.Int64}), how="cross"
    )
    return every.join(found, on=["image_id", "repeat"], how="left")


def _step(project: Project, step: str, again: pl.DataFrame, backwards: pl.DataFrame) -> dict[str, Any]:
    confidence = project.study.analysis.confidence
    first = again.filter(pl.col("repeat") == 0)
    moved = pl.concat([first, backwards.with_columns(repeat=pl.lit(1, pl.Int64))], how="vertical_relaxed")
    figures = identical_answers(again, step, confidence=confidence).row(0, named=True)
    figures["backwards"] = identical_answers(moved, step, confidence=confidence).row(0, named=True)
    if step == "emotion":
        figures["kappa"] = asdict(repeat_kappa(again, step, project.study.emotion.categories, confidence))
    else:
        reliability = repeat_icc(again, step, confidence)
        figures |= {"icc2_1": asdict(reliability.single), "icc2_k": asdict(reliability.mean)}
        figures |= repeat_spread(again, step).row(0, named=True)
    return figures


def retest_lines(report: dict[str, Any]) -> list[str]:
    """The report in words, a line each; the first names what was asked."""
    said = "its own temperature" if report["temperature"] is None else f"temperature {report['temperature']:g}"
    lines = [f"{report['condition']}: {report['n_images']} images, each question {report['repeats']} times, {said}"]
    for step, figures in report["steps"].items():
        whole = f"{_share(figures)} identical in all repeats"
        if step == "emotion":
            more = f"Fleiss' kappa {_value(figures['kappa'])}"
        else:
            spread = f"{figures['within_sd']:.2f}" if figures["within_sd"] is not None else "not known"
            more = f"ICC(2,k) {_value(figures['icc2_k'])}, SD within an image {spread}"
        lines.append(f"  {step}: {whole}; {more}; {_share(figures['backwards'])} the same backwards and one by one")
    target = report["target"]
    below = [step for step, figures in report["steps"].items() if target and (figures["identical"] or 0) < target]
    if target and below:
        lines.append(f"  Below {target:.0%} identical, which greedy decoding is expected to reach: {', '.join(below)}.")
    return lines


def _share(figures: dict[str, Any]) -> str:
    if figures["identical"] is None:
        return "none of the images answered, so nothing is known to be"
    low, high = figures["identical_low"], figures["identical_high"]
    return f"{figures['identical']:.1%} [{low:.1%}, {high:.1%}]"


def _value(figures: dict[str, Any]) -> str:
    return f"undefined ({figures['reason']})" if figures["value"] is None else f"{figures['value']:.3f}"

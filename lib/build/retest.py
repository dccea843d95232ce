"""The report of a test-retest pilot: how often a machine that is asked the same again answers the same."""

from __future__ import annotations

from typing import Any

import polars as pl

from lib.build.ablating import AblationRun
from lib.build.asking import prepare
from lib.chapters.retest import AGAIN, BACKWARDS, asked_words, compare_repeats, target_of
from lib.project import Project
from lib.responses.predictions import predictions_of
from lib.responses.store import read_store


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
        condition, model, asked (how, in words), repeats, temperature, n_images (asked about), target (None: there is
        none), and by step (`steps`) the figures of `lib.chapters.retest.compare_repeats`.
    """
    again, backwards = (run.ablation.condition_id(run.base.id, name) for name in (AGAIN, BACKWARDS))
    varied = project.condition(again)
    known, number = _answers(project, again, images)
    steps = compare_repeats(known, _answers(project, backwards, images)[0], varied, project.study)
    return {
        "condition": run.base.id, "model": run.base.model, "asked": asked_words(varied), "repeats": varied.repeats,
        "temperature": varied.decoding.temperature, "n_images": number, "target": target_of(varied), "steps": steps,
    }  # fmt: skip


def _answers(project: Project, condition: str, images: int) -> tuple[pl.DataFrame, int]:
    """The answers about the first so many images, and how many these are."""
    inquiry = prepare(project, condition, limit=images)
    store = read_store(project.responses, condition, detailed=True)
    return predictions_of(inquiry.plan, inquiry.items, store).predictions, len(inquiry.items)


def retest_lines(report: dict[str, Any]) -> list[str]:
    """The report in words, a line each; the first names what was asked."""
    lines = [f"{report['condition']}: {report['n_images']} images, {report['asked']}"]
    for step, figures in report["steps"].items():
        whole = f"{_share(figures, 'identical')} identical in all repeats"
        if step == "emotion":
            more = f"Fleiss' kappa {_value(figures, 'kappa')}"
        else:
            spread = f"{figures['within_sd']:.2f}" if figures["within_sd"] is not None else "not known"
            more = f"ICC(2,k) {_value(figures, 'icc2_k')}, SD within an image {spread}"
        lines.append(f"  {step}: {whole}; {more}; {_share(figures, 'backwards')} the same backwards and one by one")
    target = report["target"]
    below = [step for step, figures in report["steps"].items() if target and (figures["identical"] or 0) < target]
    if target and below:
        lines.append(f"  Below {target:.0%} identical, which greedy decoding is expected to reach: {', '.join(below)}.")
    return lines


def _share(figures: dict[str, Any], name: str) -> str:
    if figures[name] is None:
        return "none of the images answered, so nothing is known to be"
    low, high = figures[f"{name}_low"], figures[f"{name}_high"]
    return f"{figures[name]:.1%} [{low:.1%}, {high:.1%}]"


def _value(figures: dict[str, Any], name: str) -> str:
    return f"undefined ({figures['reason']})" if figures[name] is None else f"{figures[name]:.3f}"

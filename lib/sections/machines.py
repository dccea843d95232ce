"""All machines beside each other: their ranks, what they read into groups of faces, and what thinking brings."""

from __future__ import annotations

import polars as pl

from lib.chapters.attribution import attribution_frame
from lib.chapters.machine_ranks import machine_ranks
from lib.chapters.machines_record import record_attribution, record_ranks, record_thinking
from lib.chapters.thinking_gains import forced_frame, thinking_gains, thinking_slopes
from lib.results import Results
from lib.study_data import StudyData


def machines_section(data: StudyData, results: Results) -> dict[str, pl.DataFrame]:
    """Rank machines, judge how they name emotions in groups of faces, and relate thinking to errors.

    Parameters
    ----------
    data
        The study.
    results
        Takes ablations.{models, false-positives, thinking}.*.

    Returns
    -------
    dict of str to polars.DataFrame
        `machine_ranks`: `lib.chapters.machine_ranks`. `attribution`: `lib.chapters.attribution.attribution_frame`.
        `thinking_gains`, `thinking_slopes`, `forced_closes`: `lib.chapters.thinking_gains`.
    """
    frames = {
        "machine_ranks": machine_ranks(data),
        "attribution": attribution_frame(data),
        "thinking_gains": thinking_gains(data),
        "thinking_slopes": thinking_slopes(data),
        "forced_closes": forced_frame(data),
    }
    record_ranks(results, frames["machine_ranks"])
    record_attribution(results, frames["attribution"])
    record_thinking(results, frames["thinking_gains"], frames["thinking_slopes"], frames["forced_closes"])
    return frames

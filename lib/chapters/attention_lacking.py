"""What the chapter of attention cannot show although attention was traced, and how it could."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from lib.chapters.attention_examples import Example
from lib.chapters.lacking import Lacking
from lib.study_data import StudyData


def without_regions(means: pl.DataFrame) -> Lacking | None:
    """Say that regions are not known; None where they are."""
    if not means.filter(pl.col("kind") == "density", pl.col("n") > 0).is_empty():
        return None
    return Lacking(
        "table of where eyes, mouth and so on are in its images",
        "Name one under `files.regions` in the study file; `rater stimuli regions` makes one of landmarks.",
    )


def single_step(between: pl.DataFrame) -> Lacking | None:
    """Say that no condition was traced at two steps; None where one was."""
    if not between.is_empty():
        return None
    return Lacking("condition that was traced at several steps", "Trace one of context carry to get it.")


def too_few(agreed: pl.DataFrame) -> Lacking | None:
    """Say that there are too few images on one side; None where there are enough."""
    if not agreed.is_empty():
        return None
    return Lacking(
        "traced machine that agrees with people on some images and disagrees on others, five at least",
        "Trace more images, or a machine that was asked about all of them.",
    )


def without_examples(data: StudyData, examples: Sequence[Example]) -> Lacking | None:
    """Say that no image could be chosen; None where one was."""
    if examples:
        return None
    return Lacking(
        "traced machine with predictions and emotions to choose images by",
        f"Ask it about all images: `{data.project.command('infer -m <condition>')}`.",
    )

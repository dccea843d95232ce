"""Whether raters could stand in for one more person: z-scores and ratios of all of them, as tidy frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lib.chapters.answers import label_answers
from lib.chapters.person import drawn_labels, drawn_values
from lib.contracts.predictions import HUMAN_NULL
from lib.formats import format_value
from lib.metrics.categories import right_answer
from lib.metrics.ceilings import Ratio, correlation_ratios, mean_ratios
from lib.metrics.counts import count_ratings
from lib.metrics.human_errors import error_sums
from lib.metrics.multiplicity import CORRECTIONS
from lib.metrics.panels import Panels, image_z_scores, leave_one_out_panels
from lib.metrics.resampling import Resampling
from lib.metrics.schemas import Schema, schema_like, schema_of
from lib.metrics.substitutability import compare_z_scores, judge
from lib.study_data import StudyData

MEASURES = ("accuracy", "r", "mae")
Values = NDArray[np.float64]
Z_FIGURES: Schema = dict.fromkeys(("machine_z", "people_z", "machine_inside", "people_inside"), pl.Float64) | (
    dict.fromkeys(("n_panels", "n_panels_excluded"), pl.Int64)
)


def image_resampling(data: StudyData) -> Resampling | None:
    """The study's bootstrap where it draws images; None where it draws participants, whom a machine does not have."""
    return data.resampling if data.resampling.unit == "image" else None


def resampling_note(data: StudyData) -> str:
    """Say how intervals and p values of these tables were made, or why there are none."""
    if image_resampling(data) is None:
        return (
            "No intervals and no p: this study resamples participants. A machine has none, and a person drawn twice "
            "would sit in the panel that they are left out of."
        )
    level = f"{100 * data.resampling.confidence:g}%"
    return f"{level} intervals: percentile bootstrap over images, {format_value('n', data.resampling.draws)} samples."


def correction_note(data: StudyData) -> str | None:
    """Say over which tests p is corrected and how; None where there is no p."""
    if image_resampling(data) is None:
        return None
    correction = CORRECTIONS[data.study.analysis.correction]
    smallest = format(2 / (data.resampling.draws + 1), ".2g").removeprefix("0")
    return (
        "p: bootstrap test that the difference is 0, two-sided, corrected over all machines (and emotions) by "
        f"{correction}. No p of {format_value('n', data.resampling.draws)} samples is below {smallest} before it is "
        "corrected, however large the difference."
    )


def image_distances(data: StudyData, values: pl.DataFrame) -> pl.DataFrame:
    """|z| of every rater and of people on every image: condition, dimension, emotion, image_id, figures of the image.

    The held-out person stands against panels of the remaining ratings, as one more rater would.

    Parameters
    ----------
    data
        The study.
    values
        From `lib.chapters.answers.value_answers`.
    """
    panels: dict[tuple[str, bool], Panels] = {}
    keys = ["condition", "dimension", "emotion", "image_id"]
    frames = [pl.DataFrame(schema=schema_like(values, keys) | Z_FIGURES)]
    for (condition, dimension), own in values.group_by("condition", "dimension", maintain_order=True):
        key = (str(dimension), condition == HUMAN_NULL)
        if key not in panels:
            ratings = data.remaining_ratings if key[1] else data.ratings
            panels[key] = leave_one_out_panels(count_ratings(ratings, key[0], data.study.dimensions[key[0]].values))
        figures = image_z_scores(panels[key], own).drop("image_id")
        frames.append(own.select(keys).with_columns(figures.get_columns()))
    return pl.concat(frames)


def z_scores(data: StudyData, distances: pl.DataFrame, groups: Sequence[str]) -> pl.DataFrame:
    """Compare raters with people within `groups` of `image_distances`, with verdicts.

    The p values of all machines (and their emotions, where groups name them) on one dimension are one family for the
    study's correction; that of the held-out person is no test of a machine and stands alone.
    """
    analysis = data.study.analysis
    found = compare_z_scores(distances, groups, image_resampling(data))
    person = (pl.col("condition").cast(pl.String) == HUMAN_NULL).alias("person")
    families = found.with_columns(person)
    judged = judge(families, ["dimension", "person"], analysis.correction, analysis.confidence)
    return judged.drop("person").sort("dimension", *[name for name in groups if name != "dimension"])


def ceilings(data: StudyData, values: pl.DataFrame) -> pl.DataFrame:
    """What every machine reaches relative to one person.

    Parameters
    ----------
    data
        The study.
    values
        From `lib.chapters.answers.value_answers`.

    Returns
    -------
    polars.DataFrame
        condition, dimension (null for accuracy), measure (accuracy, r, mae), and the figures of
        `lib.metrics.ceilings.Ratio`. The person behind accuracy and r is the held-out one (mean over draws; no rows
        without one), the person behind mae the mean of all people left out in turn. mae: below 1 is closer than people.
    """
    how = image_resampling(data)
    machines = values.filter(pl.col("condition").cast(pl.String) != HUMAN_NULL).sort("image_id", maintain_order=True)
    rows: list[dict[str, Any]] = []
    if data.study.analysis.human_null:
        rows += _accuracy_rows(data, how)
    for (name,), own in machines.group_by("dimension", maintain_order=True):
        cells = {str(key[0]): cell for key, cell in own.group_by("condition", maintain_order=True)}
        answers = _columns([cell["machine"] for cell in cells.values()])
        people = _columns([next(iter(cells.values()))["people_mean"]])
        images = next(iter(cells.values()))["image_id"]
        if data.study.analysis.human_null:
            drawn = [
                frame.filter(pl.col("dimension").cast(pl.String) == name).sort("image_id")
                for frame in drawn_values(data)
            ]
            person, others = (_columns([frame[side] for frame in drawn]) for side in ("machine", "people_mean"))
            found = correlation_ratios(answers, people[:, 0], person, others, how)
            rows += _rows(list(cells), str(name), "r", found)
        rows += _rows(
            list(cells),
            str(name),
            "mae",
            mean_ratios(np.abs(answers - people), _left_out(data, str(name), images), how),
        )
    keys = schema_like(values, ["condition", "dimension"]) | {"measure": pl.Enum(MEASURES)}
    frame = pl.DataFrame(rows, schema=keys | schema_of(Ratio))
    return frame.sort("measure", "dimension", "condition")


def _accuracy_rows(data: StudyData, how: Resampling | None) -> list[dict[str, Any]]:
    labels = label_answers(data, list(data.conditions)).sort("image_id", maintain_order=True)
    cells = {str(key[0]): cell for key, cell in labels.group_by("condition", maintain_order=True)}
    person = _columns([frame.sort("image_id").select(right_answer()).to_series() for frame in drawn_labels(data)])
    if not cells or np.isnan(person).all():
        return []
    known = ~np.isnan(person)
    people = np.column_stack([np.where(known, person, 0.0).sum(axis=1), known.sum(axis=1)])
    found = mean_ratios(_columns([cell.select(right_answer()).to_series() for cell in cells.values()]), people, how)
    return _rows(list(cells), None, "accuracy", found)


def _left_out(data: StudyData, dimension: str, images: pl.Series) -> Values:
    """Sum of leave-one-out errors and their number, for each of `images`."""
    counts = count_ratings(data.ratings, dimension, data.study.dimensions[dimension].values)
    sums = pl.DataFrame(error_sums(counts)[:, :2], schema=["errors", "n"]).with_columns(counts.image_ids)
    joined = pl.DataFrame({"image_id": images.cast(pl.String)}).join(
        sums, on="image_id", how="left", maintain_order="left"
    )
    return joined.select(pl.col("errors", "n").fill_null(0.0)).to_numpy()


def _columns(series: Sequence[pl.Series]) -> Values:
    """Series side by side as columns; null becomes NaN."""
    return np.column_stack([item.cast(pl.Float64).fill_null(np.nan).to_numpy() for item in series])


def _rows(conditions: list[str], dimension: str | None, measure: str, ratios: list[Ratio]) -> list[dict[str, Any]]:
    return [
        {"condition": condition, "dimension": dimension, "measure": measure, **asdict(ratio)}
        for condition, ratio in zip(conditions, ratios, strict=True)
        if ratio.machine is not None
    ]

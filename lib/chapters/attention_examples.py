"""Images that stand for others in the figures of attention, chosen by rule."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lib.chapters.answers import modal_labels, reference_emotions
from lib.chapters.attention_traced import first_repeats, steps_of
from lib.chapters.conditions import machine_dimensions
from lib.formats import capitalised
from lib.metrics.counts import count_labels
from lib.metrics.human import image_means
from lib.study_data import StudyData
from lib.traces.attended import map_of
from lib.traces.heatmaps import attention_map

Floats = NDArray[np.float64]
RASTER = 28


@dataclass(frozen=True)
class Example:
    """An image that a rule chose, and what machine and people said of it."""

    image_id: str
    emotion: str
    text: str


def typical_examples(data: StudyData) -> list[Example]:
    """For each emotion the image whose maps are nearest to the mean of its emotion's.

    Distance is half the sum of absolute differences between shares of attention on one raster, the mean over steps; the
    first condition that was traced, images traced at all its steps. Of images as near the first by id is taken.
    """
    for condition, frame in list(first_repeats(data).items())[:1]:
        steps = steps_of(data, frame)
        shares = [{row["image_id"]: _share(row) for row in own.iter_rows(named=True)} for _, own in steps]
        emotion = dict(frame.select("image_id", "emotion").drop_nulls().iter_rows())
        common = sorted(set(emotion).intersection(*shares))
        chosen = []
        for name in reference_emotions(data).categories:
            own = [image_id for image_id in common if emotion[image_id] == name]
            if own:
                means = [np.mean([found[image_id] for image_id in own], axis=0) for found in shares]
                apart = [
                    sum(float(np.abs(found[image_id] - mean).sum()) for found, mean in zip(shares, means, strict=True))
                    for image_id in own
                ]
                chosen.append((own[int(np.argmin(np.round(apart, 9)))], name))
        return _told(data, condition, chosen)
    return []


def disagreement_examples(data: StudyData) -> list[Example]:
    """For each emotion the image on which the machine is farthest from people.

    That is where the fewest people gave its label; of those the one whose ratings are farthest from people's means (sum
    over dimensions, in shares of the scales), then the first by id. Of the first condition that was traced; none where
    it has no predictions.
    """
    for condition, frame in list(first_repeats(data).items())[:1]:
        if condition not in data.predictions:
            return []
        apart = _apart(data, condition)
        traced = frame.select("image_id", "emotion").unique().drop_nulls()
        ranked = traced.join(apart, on="image_id", how="inner").sort("given", -pl.col("distance"), "image_id")
        chosen = []
        for name in reference_emotions(data).categories:
            own = ranked.filter(pl.col("emotion") == name)
            chosen += [(str(own["image_id"][0]), name)] if own.height else []
        return _told(data, condition, chosen)
    return []


def _apart(data: StudyData, condition: str) -> pl.DataFrame:
    """image_id, given (share of people who gave the machine's label), distance (of its ratings)."""
    labels = list(data.study.emotion.people_categories)
    counted = count_labels(data.ratings, labels)
    total = np.maximum(counted.counts.sum(axis=1, keepdims=True), 1)
    shares = pl.DataFrame(counted.counts / total, schema=labels).with_columns(image_id=pl.Series(counted.image_ids))
    long = shares.unpivot(labels, index="image_id", variable_name="emotion", value_name="given")
    answers = data.predictions[condition].with_columns(pl.col("emotion").cast(pl.String))
    joined = answers.join(long, on=["image_id", "emotion"], how="left").with_columns(pl.col("given").fill_null(1.0))
    dimensions = [name for name in machine_dimensions(data) if name in answers.columns]
    joined = joined.join(image_means(data.ratings, dimensions), on="image_id", how="inner")
    widths = {name: data.study.dimensions[name].high - data.study.dimensions[name].low for name in dimensions}
    gaps = [((pl.col(name) - pl.col(f"{name}_mean")).abs() / widths[name]).fill_null(0.0) for name in dimensions]
    return joined.select("image_id", "given", pl.sum_horizontal(pl.lit(0.0), *gaps).alias("distance"))


def _told(data: StudyData, condition: str, chosen: Iterable[tuple[str, str]]) -> list[Example]:
    """The examples with what machine and people said of them, `M: sad 3 4` and `P: sad 3.2 4.1`."""
    dimensions = machine_dimensions(data)
    modal = dict(modal_labels(data.ratings, list(data.study.emotion.people_categories)).iter_rows())
    means = {row["image_id"]: row for row in image_means(data.ratings, dimensions).iter_rows(named=True)}
    frame = data.predictions.get(condition)
    answers = {row["image_id"]: row for row in frame.iter_rows(named=True)} if frame is not None else {}
    found = []
    for image_id, name in chosen:
        lines = [capitalised(name), image_id]
        row, mean = answers.get(image_id), means.get(image_id)
        if row is not None:
            rated = [f"{row[one]:g}" for one in dimensions if row.get(one) is not None]
            lines.append(" ".join(["M:", str(row["emotion"] or "–"), *rated]))
        if mean is not None:
            rated = [f"{mean[f'{one}_mean']:.1f}" for one in dimensions if mean[f"{one}_mean"] is not None]
            lines.append(" ".join(["P:", str(modal.get(image_id) or "tie"), *rated]))
        found.append(Example(image_id, name, "\n".join(lines)))
    return found


def _share(row: Mapping[str, object]) -> Floats:
    """A map on a square raster, of sum 1."""
    values, grid = map_of(row)
    heat = np.nan_to_num(attention_map(values, grid, (RASTER, RASTER), method="bilinear"))
    return np.asarray(heat / max(float(heat.sum()), 1e-12))

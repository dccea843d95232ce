"""Heat and faces for the figures of attention, as panels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lib.chapters.answers import reference_emotions
from lib.chapters.attention_examples import Example
from lib.chapters.attention_traced import attention_names, first_repeats, step_order, steps_of
from lib.errors import MissingFileError
from lib.figures.attention import Panel
from lib.formats import capitalised
from lib.local.grids import Grid
from lib.project import Project
from lib.protocol.image_files import ImageFiles
from lib.stimuli.grey_pictures import grey_picture
from lib.study_data import StudyData
from lib.tables.style import short_names
from lib.traces.attended import map_of
from lib.traces.heatmaps import attention_map

Floats = NDArray[np.float64]
SIDE = 112  # pixels of a panel's longer side
MOST = 200  # pictures whose mean is shown
PICTURE = "Picture"


def mean_panels(data: StudyData) -> list[Panel]:
    """The mean heat of every condition (rows) at every step (columns), over the mean picture."""
    short, panels = short_names(attention_names(data)), []
    for condition, frame in first_repeats(data).items():
        grey = _mean_grey(data, frame["image_id"].unique(maintain_order=True))
        for step, own in steps_of(data, frame):
            panels.append(Panel(short[condition], capitalised(step), _mean_heat(own, grey.shape), grey))
    return panels


def emotion_panels(data: StudyData) -> list[Panel]:
    """The mean heat of the first condition that was traced, by step (rows) and reference emotion (columns)."""
    panels: list[Panel] = []
    for _, frame in list(first_repeats(data).items())[:1]:
        emotions = [name for name in reference_emotions(data).categories if name in set(frame["emotion"])]
        greys = {
            name: _mean_grey(data, frame.filter(pl.col("emotion") == name)["image_id"].unique()) for name in emotions
        }
        for step, own in steps_of(data, frame):
            for name in emotions:
                heat = _mean_heat(own.filter(pl.col("emotion") == name), greys[name].shape)
                panels.append(Panel(capitalised(step), capitalised(name), heat, greys[name]))
    return panels


def example_panels(data: StudyData, examples: Sequence[Example]) -> list[Panel]:
    """Each example's picture, and below it its heat at every step, of the first condition that was traced."""
    panels: list[Panel] = []
    for _, frame in list(first_repeats(data).items())[:1]:
        steps = steps_of(data, frame)
        greys = _greys(data, [example.image_id for example in examples], None)
        for example in examples:
            rows = [own.filter(pl.col("image_id") == example.image_id) for _, own in steps]
            heats = [_heat(row.row(0, named=True), None) if row.height else None for row in rows]
            shape = next(heat.shape for heat in heats if heat is not None)
            grey = greys.get(example.image_id)
            grey = grey if grey is None or grey.shape == shape else None
            panels.append(Panel(PICTURE, example.text, None, np.full(shape, 0.9) if grey is None else grey))
            panels += [
                Panel(capitalised(step), example.text, heat, grey)
                for (step, _), heat in zip(steps, heats, strict=True)
                if heat is not None
            ]
    order = [PICTURE, *map(capitalised, step_order(data))]
    return sorted(panels, key=lambda panel: order.index(panel.row))


def _heat(row: Mapping[str, object], shape: tuple[int, ...] | None) -> Floats:
    """Heat of one answer, 1 on average; on a raster of `shape`, or of the picture's own form."""
    values, grid = map_of(row)
    height, width = shape or _form(grid.size)
    heat = attention_map(values, grid, (width, height), method="bilinear")
    mean = float(np.nanmean(heat)) if not np.isnan(heat).all() else 0.0
    return heat / mean if mean > 0 else heat


def _form(size: tuple[int, int]) -> tuple[int, int]:
    """Height and width of a panel for a picture of a size."""
    width, height = size
    longest = max(size)
    return max(2, round(SIDE * height / longest)), max(2, round(SIDE * width / longest))


def _mean_heat(frame: pl.DataFrame, shape: tuple[int, ...]) -> Floats:
    """Mean heat of several answers, each counting alike; maps of one grid are averaged before they are spread."""
    sums: dict[Grid, Floats] = {}
    for row in frame.iter_rows(named=True):
        values, grid = map_of(row)
        total = float(values.sum())
        if total > 0:
            sums[grid] = sums.get(grid, np.zeros_like(values)) + values / total * values.size
    height, width = shape
    spread = [np.nan_to_num(attention_map(one, grid, (width, height), method="bilinear")) for grid, one in sums.items()]
    heat = np.sum(spread, axis=0) if spread else np.zeros(shape)
    return np.asarray(heat / heat.mean()) if heat.any() else heat


def _mean_grey(data: StudyData, ids: pl.Series) -> Floats:
    """The mean of pictures, at most `MOST` of them, evenly taken in order; even grey where none is there."""
    ordered = sorted(ids)
    chosen = [ordered[at] for at in np.unique(np.linspace(0, len(ordered) - 1, min(MOST, len(ordered))).astype(int))]
    greys = list(_greys(data, chosen, (SIDE, SIDE)).values())
    return np.asarray(np.mean(greys, axis=0)) if greys else np.full((SIDE, SIDE), 0.9)


def _greys(data: StudyData, ids: Sequence[str], shape: tuple[int, int] | None) -> dict[str, Floats]:
    """Pictures in grey; none where one of them is not there, for figures of answers do not need them."""
    source = data.source
    if not isinstance(source, Project) or source.manifest is None or not source.manifest.exists():
        return {}
    if source.manifest.is_file():
        data.read_input(source.manifest)
    files = data.images.filter(pl.col("image_id").is_in(list(ids))).select("image_id", "file").drop_nulls()
    try:
        paths = ImageFiles(source.manifest).paths(files.iter_rows())
    except MissingFileError:
        return {}
    return {image_id: grey_picture(path, SIDE, shape) for image_id, path in paths.items()}

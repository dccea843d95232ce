"""What chapters read of a trace: each kind's few numbers as a frame, in place of the arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from lib.protocol.question import ALL_STEPS
from lib.traces.attended import ATTENDED, attended
from lib.traces.parts import Part
from lib.traces.probabilities import category_probabilities, logits_of, scale_probabilities

Schema = Mapping[str, type[pl.DataType] | pl.DataType]
WHOSE: Schema = {"image_id": pl.String, "repeat": pl.Int64, "step": pl.String}
PROBABILITIES: Schema = {
    "value": pl.String, "probability": pl.Float64, "raw": pl.Float64, "mass": pl.Float64, "shared": pl.Boolean,
}  # fmt: skip
STATES: Schema = {"pooled": pl.String, "layer": pl.Int64, "vector": pl.List(pl.Float32)}
POOLED = ("last", "image")


@dataclass(frozen=True)
class Summary:
    """How one kind of traces becomes a frame.

    Attributes
    ----------
    columns : mapping of str to polars.DataType
        Those behind `WHOSE`.
    of : callable
        Takes an answer's trace, its step, the study's categories and the dimensions in the order in which the condition
        is asked for them; gives frames of `columns` by step. One that gives none has nothing to say about this answer.
    """

    columns: Schema
    of: Callable[[Part, str, Sequence[str], Sequence[str]], dict[str, pl.DataFrame]]


def probabilities(
    part: Part, step: str, categories: Sequence[str], dimensions: Sequence[str]
) -> dict[str, pl.DataFrame]:
    """Probabilities of all answers that could have been given, from `logits`.

    Returns
    -------
    dict of str to polars.DataFrame
        By step: value (a value of the scale or a category, as text), probability (of all values that are known
        together), raw (as the model gave it), mass (their sum), shared (a category's first token begins another, too;
        false for values); null where a value is not one token, or the answer holds none. An answer that gives all
        dimensions at once counts as one of each dimension where it has as many numbers, and its emotion, of which
        nobody knows where it begins, is left out.
    """
    found = logits_of(part)
    if step == ALL_STEPS:
        places = found.rating_tokens
        asked = dict(zip(dimensions, places, strict=True)) if len(places) == len(dimensions) else {}
        return {name: _of_values(scale_probabilities(found, at)) for name, at in asked.items()}
    if step in dimensions:
        return {step: _of_values(scale_probabilities(found))}
    named = category_probabilities(found, categories).rename({"category": "value"})
    return {step: _with_mass(named)}


def states(part: Part, step: str, _categories: Sequence[str], _dimensions: Sequence[str]) -> dict[str, pl.DataFrame]:
    """Hidden states of each layer that was kept, from `hidden`.

    Returns
    -------
    dict of str to polars.DataFrame
        By step: pooled (`last`, `image`: as in `lib.traces.reading.Hidden`), layer (from 0), vector (width,).
    """
    layers = part.about["layers"]
    frames = [
        pl.DataFrame(
            {"pooled": [name] * len(layers), "layer": layers, "vector": part.arrays[name].astype(np.float32)},
            schema_overrides={"vector": pl.Array(pl.Float32, part.arrays[name].shape[1])},
        ).with_columns(pl.col("vector").arr.to_list())
        for name in POOLED
        if name in part.arrays
    ]
    return {step: pl.concat(frames)}


SUMMARIES: dict[str, Summary] = {
    "attention": Summary(ATTENDED, attended),
    "logits": Summary(PROBABILITIES, probabilities),
    "hidden": Summary(STATES, states),
}
"""By kind of trace; a kind that is not here stays in its files."""


def summarise(
    kind: str, part: Part, whose: tuple[str, int, str], categories: Sequence[str], dimensions: Sequence[str]
) -> list[pl.DataFrame]:
    """One answer's frames with image, repeat and step; none where the model gave nothing.

    Parameters
    ----------
    kind
        One of `SUMMARIES`.
    part
        The trace.
    whose
        Image, repeat and step of the answer.
    categories, dimensions
        As in `Summary`.
    """
    if "lacking" in part.about:
        return []
    (image_id, repeat, step), summary = whose, SUMMARIES[kind]
    return [
        frame.select(
            pl.lit(image_id).alias("image_id"), pl.lit(repeat, pl.Int64).alias("repeat"), pl.lit(name).alias("step"),
            *(pl.col(column).cast(dtype) for column, dtype in summary.columns.items()),
        )
        for name, frame in summary.of(part, step, categories, dimensions).items()
    ]  # fmt: skip


def empty(kind: str) -> pl.DataFrame:
    """A frame of a kind without rows."""
    return pl.DataFrame(schema={**WHOSE, **SUMMARIES[kind].columns})


def _of_values(frame: pl.DataFrame) -> pl.DataFrame:
    named = pl.Series("value", [f"{value:g}" for value in frame["value"]], dtype=pl.String)
    return _with_mass(frame.with_columns(named, pl.lit(value=False).alias("shared")))


def _with_mass(frame: pl.DataFrame) -> pl.DataFrame:
    known = pl.col("probability").is_not_null().any()
    return frame.with_columns(mass=pl.when(known).then(pl.col("raw").sum()))

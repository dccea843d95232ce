"""One answer's traces as arrays, reduced to what is kept of them, and what is said about them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lib.local.engine import Generation, Wanted
from lib.local.grids import Grid
from lib.traces.choosing import Choice

Array = NDArray[Any]
HALF_LARGEST = float(np.finfo(np.float16).max)
NO_ANSWER = "the answer has no tokens"
NO_IMAGE = "the question has no image"
NOT_GIVEN = "the model does not give it"


@dataclass(frozen=True, slots=True)
class Part:
    """One kind of trace of one answer: arrays by name, and what JSON can say about them.

    `about["lacking"]` says why there are no arrays, where there are none.
    """

    arrays: dict[str, Array] = field(default_factory=dict)
    about: dict[str, Any] = field(default_factory=dict)


def parts_of(came: Generation, choice: Choice, wanted: Wanted) -> dict[str, Part]:
    """Reduce what an engine gave to what is kept, by kind.

    Parameters
    ----------
    came
        With the trace and steps that `choice` wants.
    choice
        Kinds and layers.
    wanted
        What the engine was to keep; its words and starts are what `came.steps.words` is about.

    Returns
    -------
    dict of str to Part
        `attention`: `maps` (layers, heads, rows, columns), the mean over the answer's tokens, and `tokens` (tokens,
        layers, rows, columns), the mean over heads, both float16: a value of 6.1e-5 or more is off by less than 0.05%
        of itself, a smaller one by less than 3e-8; `mass` (tokens, layers, heads), float32, is the sum over the grid
        before that rounding: what the image got of all attention.
        `logits`: `ids` and `log_probabilities` (tokens, 50), int32 and float32, and `words` (tokens, values and
        starts), of all generated tokens, thinking included.
        `hidden`: `last` (layers, width), from which the answer's first token came (without thinking that is the
        prompt's last token), and `image` (layers, width), the mean over the image's tokens; float16, or float32 where
        a value is beyond float16's range.
        `vision`: `maps` (layers, heads, rows, columns), float16.
    """
    make = {"attention": _attention, "hidden": _hidden, "vision": _vision}
    found = {kind: make[kind](came, choice) for kind in choice.kinds if kind in make}
    if "logits" in choice.kinds:
        found["logits"] = _logits(came, wanted)
    return {kind: found[kind] for kind in choice.kinds}


def grid_of(about: dict[str, Any]) -> Grid | None:
    """The grid that a part is about; None if it has none."""
    said = about.get("grid")
    if said is None:
        return None
    return Grid(int(said["rows"]), int(said["columns"]), tuple(said["box"]), tuple(said["size"]))


def compact(values: NDArray[np.floating]) -> NDArray[np.floating]:
    """Float16 where every value is within its range, else float32."""
    fits = bool(np.all(np.abs(values[np.isfinite(values)]) <= HALF_LARGEST))
    return values.astype(np.float16 if fits else np.float32)


def _answer_tokens(came: Generation, values: Array) -> Array:
    """The steps of the answer, whether those of thinking were kept or not."""
    count = len(came.ids) - came.answer_from
    return values[len(values) - min(count, len(values)) :] if count else values[:0]


def _grid_words(grid: Grid) -> dict[str, Any]:
    return {"rows": grid.rows, "columns": grid.columns, "box": list(grid.box), "size": list(grid.size)}


def _pieces(came: Generation) -> list[str]:
    return list(came.pieces[came.answer_from :])


def _attention(came: Generation, choice: Choice) -> Part:
    trace = came.trace
    if trace is None or trace.grid is None:
        return Part(about={"lacking": NO_IMAGE})
    if trace.attention is None:
        return Part(about={"lacking": NO_ANSWER})
    values = _answer_tokens(came, trace.attention)
    if not len(values):
        return Part(about={"lacking": NO_ANSWER})
    chosen = choice.layers.get("attention", trace.attention_layers)
    places = [place for place, layer in enumerate(trace.attention_layers) if layer in chosen]
    if not places:
        return Part(about={"lacking": f"layers {'+'.join(map(str, chosen))} do not see the image"})
    values = values[:, places]
    about = {
        "layers": [trace.attention_layers[place] for place in places],
        "pieces": _pieces(came),
        "grid": _grid_words(trace.grid),
    }
    arrays = {
        "maps": values.mean(0).astype(np.float16),
        "tokens": values.mean(2).astype(np.float16),
        "mass": values.sum((-2, -1), dtype=np.float64).astype(np.float32),
    }
    return Part(arrays, about)


def _hidden(came: Generation, _choice: Choice) -> Part:
    trace = came.trace
    arrays: dict[str, Array] = {}
    if trace is not None and trace.hidden is not None:
        values = _answer_tokens(came, trace.hidden)
        if len(values):
            arrays["last"] = compact(values[0])
    if trace is not None and trace.hidden_image is not None:
        arrays["image"] = compact(trace.hidden_image)
    if not arrays:
        return Part(about={"lacking": NO_ANSWER})
    assert trace is not None
    return Part(arrays, {"layers": list(trace.hidden_layers)})


def _vision(came: Generation, _choice: Choice) -> Part:
    trace = came.trace
    if trace is None or trace.grid is None:
        return Part(about={"lacking": NO_IMAGE})
    if trace.vision_attention is None:
        return Part(about={"lacking": NOT_GIVEN})
    values = trace.vision_attention
    grid = Grid(values.shape[-2], values.shape[-1], trace.grid.box, trace.grid.size)
    return Part(
        {"maps": values.astype(np.float16)},
        {"layers": list(range(1, values.shape[0] + 1)), "grid": _grid_words(grid)},
    )


def _logits(came: Generation, wanted: Wanted) -> Part:
    steps = came.steps
    if steps is None:
        return Part(about={"lacking": NO_ANSWER})
    texts = {
        str(token): text
        for row, words in zip(steps.ids.tolist(), came.top_words, strict=True)
        for token, text in zip(row, words, strict=True)
    }
    about = {
        "generated": list(came.ids),
        "pieces": list(came.pieces),
        "answer_from": came.answer_from,
        "texts": texts,
        "values": list(wanted.words),
        "starts": list(wanted.starts),
        "word_ids": list(steps.word_ids),
    }
    return Part({"ids": steps.ids, "log_probabilities": steps.log_probabilities, "words": steps.words}, about)

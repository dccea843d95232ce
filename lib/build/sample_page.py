"""The page of a sample: who was asked, how to read it, and a card an image; one file that needs nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import chain
from pathlib import Path

import numpy as np

from lib.build.asking import Inquiry
from lib.build.sample_answers import Shown
from lib.build.sample_cards import Face, Manner, card
from lib.build.sample_pictures import ColourScale, legend_source, scale_of
from lib.build.sample_style import STYLE
from lib.contracts.condition import Condition
from lib.formats import capitalised, count_in_words, counted
from lib.protocol import classifier, parsing
from lib.responses.record import Response
from lib.traces.reading import Attention

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
POCKET = "pocket-rater"
DEMONSTRATION = (
    "This page is a demonstration and no evidence about people. The pocket rater is a small model that this project "
    "trained on drawn faces and on the answers of a rule; what it says holds for no real face and for no person."
)
DRAWN = "The faces are drawn by a program of this project. They are no photographs, and nobody looks like this."
ASKED_OF_ITSELF = {
    "mlx": "MLX computes attention in one piece that gives no weights",
    "ollama": "its server gives text alone",
    "gemini": "its server gives answers and nothing from inside",
    "openai": "its server gives answers and nothing from inside",
}
LEAST_AXIS = 0.1
CROWDED = 12
"""From this top of the scale on there is no room for 0 beside 1×."""


@dataclass(frozen=True, slots=True)
class Told:
    """What the page says of the sample itself.

    Attributes
    ----------
    rule : str
        How the images were chosen.
    seed : int
        With which seed.
    drawn : bool
        Whether the faces are drawn by the project.
    command : str
        What makes the page again.
    made : str
        When it was made, in UTC.
    """

    rule: str
    seed: int
    drawn: bool
    command: str
    made: str


def sample_page(inquiry: Inquiry, shown: Sequence[Shown], faces: Sequence[Face], told: Told) -> str:
    """The whole page as HTML: no script, nothing from elsewhere, every word of machine and manifest escaped."""
    steps = [step for one in shown for step in one.steps]
    maps = [step.attention for step in steps if step.attention is not None]
    manner = Manner(scale_of(maps), _highest(shown), inquiry.plan.longest_side)
    condition = inquiry.condition
    title = (
        f"{capitalised(count_in_words(len(shown)))} {'faces' if len(shown) != 1 else 'face'}, rated by {condition.name}"
    )
    body = [
        f'<h1>{escape(title)}</h1><p class="under">{escape(inquiry.project.study.title)}</p>',
        _notices(condition, told),
        _about(inquiry, [step.response for step in steps if step.response is not None], told),
        _legend(condition, maps, manner.scale),
        *(card(one, face, manner) for one, face in zip(shown, faces, strict=True)),
        _footer(shown, told),
    ]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head>\n<body><main>\n"
        + "\n".join(body)
        + "\n</main></body></html>\n"
    )


def is_pocket(condition: Condition) -> bool:
    """Whether a condition asks the pocket rater, or another model that was made by its recipe's name."""
    return POCKET in condition.id or Path(condition.model).name.startswith(POCKET)


def _highest(shown: Sequence[Shown]) -> float:
    """The top of the axes of all ratings' probabilities: the highest of the page, rounded up to a tenth."""
    every = (
        share
        for one in shown
        for step in one.steps
        for reading in step.readings
        if reading.expected is not None
        for _, share in reading.bars
    )
    return float(np.ceil(max(chain(every, [LEAST_AXIS])) * 10 - 1e-9) / 10)


def _notices(condition: Condition, told: Told) -> str:
    lines = [*([DEMONSTRATION] if is_pocket(condition) else []), *([DRAWN] if told.drawn else [])]
    return f'<div class="notice">{"".join(f"<p>{escape(line)}</p>" for line in lines)}</div>' if lines else ""


def _about(inquiry: Inquiry, responses: Sequence[Response], told: Told) -> str:
    condition = inquiry.condition
    versions = dict.fromkeys(one.model_version or "not said" for one in responses)
    devices = dict.fromkeys(one.fingerprint for one in responses if one.fingerprint)
    dates = sorted({one.asked_at[:10] for one in responses})
    decoding = [f"{name.replace('_', ' ')} {_setting(value)}" for name, value in _set(condition)]
    by_itself = "none: nothing is drawn" if condition.classifier else "as the backend does by itself"
    asked = {
        "context_carry": "step by step, each with the answers before",
        "json_single": "everything at once",
        "text_only": "the emotion's name alone, no image",
        "classifier": "a classifier, shown the image without words",
    }
    rows = [
        ("Condition", condition.id, False),
        ("Model", condition.model, False),
        ("Backend", condition.backend, False),
        ("Precision", _precision(condition), False),
        ("Decoding", ", ".join(decoding) or by_itself, False),
        ("Asked", asked.get(condition.strategy, condition.strategy), False),
        ("Prompts", condition.prompts or "none", False),
        ("Device", ", ".join(devices) or "not said", False),
        ("Answered", " to ".join(dict.fromkeys([dates[0], dates[-1]])) if dates else "not yet", False),
        ("Seed of the sample", str(told.seed), False),
        ("Version", ", ".join(versions) or "not said", True),
        ("Images", told.rule, True),
    ]
    if condition.notes and not is_pocket(condition):
        rows.append(("Notes", condition.notes, True))
    return '<dl class="about">' + "".join(_fact(*row) for row in rows) + "</dl>"


def _fact(name: str, value: str, wide: bool) -> str:
    return f"<div{' class=wide' if wide else ''}><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>"


def _set(condition: Condition) -> Iterator[tuple[str, object]]:
    yield from condition.decoding.model_dump(exclude_none=True).items()
    if condition.prompts:
        yield "thinking", condition.thinking.mode
    if condition.thinking.budget:
        yield "at most", f"{condition.thinking.budget:,} tokens of it"


def _setting(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _precision(condition: Condition) -> str:
    if condition.backend in {"transformers", "mlx"}:
        return condition.local.precision or "as the weights are stored"
    return "not said"


def _legend(condition: Condition, maps: Sequence[Attention], scale: ColourScale) -> str:
    if not maps:
        return f'<div class="legend plain"><p>{escape(_why_no_maps(condition))}</p></div>'
    grids = sorted({(seen.grid.rows, seen.grid.columns) for seen in maps})
    places = ", ".join(f"{rows} × {columns}" for rows, columns in grids)
    layers, heads = maps[0].maps.shape[:2]
    top = f"{scale.top:g}×{' and more' if scale.beyond else ''}"
    return (
        '<div class="legend"><div class="strip"><p><b>Attention to a place</b></p>'
        f'<img src="{legend_source(scale)}" alt="Colours from grey (no attention) over yellow to dark red ({top})">'
        f'<div class="ticks"><span>{"0" if scale.top < CROWDED else ""}</span>'
        f'<span class="even" style="left:{100 / scale.top:.1f}%">1×</span>'
        f"<span>{top}</span></div></div><div>"
        f"<p><b>Heatmaps</b> show where the model looked while it wrote an answer. 1× is what every place of the image "
        f"would get if attention were spread evenly over it. One scale holds for all heatmaps of this page.</p>"
        f"<p>They are means over the answer’s tokens, {counted(layers, 'layer')} and {counted(heads, 'head')} each, "
        f"smoothed between the {places} places of the model’s grid; faces are greyed, so that colours look the same on "
        f"every skin. Attention says what was read, not why an answer was given.</p></div></div>"
    )


def _why_no_maps(condition: Condition) -> str:
    if condition.strategy == "text_only":
        return "There are no heatmaps: this machine was told an emotion and shown no image."
    if condition.backend == "transformers":
        return "There are no heatmaps: no traces are kept of these answers. `rater traces check` says more."
    if condition.classifier is not None:
        return (
            "There are no heatmaps: a classifier of expressions writes no words whose attention could be followed. "
            "The bars show the probabilities of its own labels."
        )
    why = ASKED_OF_ITSELF.get(condition.backend, "it gives answers and nothing from inside")
    return f"There are no heatmaps: {why}. Models of the backend transformers have them."


def _footer(shown: Sequence[Shown], told: Told) -> str:
    steps = [step for one in shown for step in one.steps if step.response is not None]
    known = {str(stage): meaning for stage, meaning in parsing.STAGES.items()} | parsing.FLAGS | classifier.FLAGS
    met = dict.fromkeys([*(step.stage for step in steps), *(flag for step in steps for flag in step.flags)])
    words = "; ".join(f"{name.replace('_', ' ')}: {known[name]}" for name in met if name in known)
    read = f"<p>How answers were read. {escape(words)}.</p>" if words else ""
    return (
        f"<footer>{read}<p>Prompts and answers stand as they were sent and came. Made on {escape(told.made)} by "
        f"<code>{escape(told.command)}</code>, which asks nothing twice.</p></footer>"
    )

"""Diagrams made of boxes and arrows: the study's pipeline, and how answers are carried from step to step."""

# mypy: untyped-calls-exclude=plotnine
from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
import polars as pl
from plotnine import (
    aes,
    arrow,
    coord_cartesian,
    element_rect,
    element_text,
    geom_rect,
    geom_segment,
    geom_text,
    ggplot,
    scale_fill_identity,
    theme,
    theme_void,
)  # fmt: skip

from lib.figures.style import FONT, to_pandas, with_notes

FILLS = {"image": "#E3E3E3", "people": "#FBE3C0", "vlm": "#CFE3F3", "fer": "#F6D3C4", "result": "#F4F4F4"}


@dataclass(frozen=True)
class Box:
    """A box with its centre and size (in units of the figure's inches), a bold heading and lines below it."""

    x: float
    y: float
    width: float
    height: float
    heading: str
    lines: Sequence[str]
    fill: str


def pipeline_figure(
    images: Sequence[str], raters: Mapping[str, Sequence[str]], compared: Sequence[str], *notes: str | None
) -> ggplot:
    """Images at the top, one box for each kind of rater below, and what is compared at the bottom.

    Parameters
    ----------
    images
        Lines about the images.
    raters
        Heading -> lines, in order; headings are `People`, `VLMs` and `FER classifiers`.
    compared
        Lines about the comparison.
    notes
        Lines below the figure.
    """
    fills = {"People": "people", "VLMs": "vlm", "FER classifiers": "fer", "Other machines": "vlm"}
    tallest = max((len(lines) for lines in raters.values()), default=1)
    middle = _height(tallest)
    width = min(2.2, 6.8 / max(len(raters), 1) - 0.15)
    bottom_height = _height(len(compared))
    bottom = Box(3.5, bottom_height / 2, 6.6, bottom_height, "Comparison", compared, FILLS["result"])
    centre = bottom_height + 0.4 + middle / 2
    top_height = _height(len(images))
    top = Box(3.5, centre + middle / 2 + 0.4 + top_height / 2, 4.6, top_height, "Images", images, FILLS["image"])
    places = [3.5 + (place - (len(raters) - 1) / 2) * (width + 0.15) for place in range(len(raters))]
    boxes = [
        Box(x, centre, width, middle, heading, lines, FILLS[fills.get(heading, "result")])
        for x, (heading, lines) in zip(places, raters.items(), strict=True)
    ]
    arrows = [(3.5 + 0.55 * (x - 3.5), top.y - top.height / 2, x, centre + middle / 2) for x in places]
    arrows += [(x, centre - middle / 2, x, bottom_height) for x in places]
    return with_notes(_draw([top, *boxes, bottom], arrows, 7, top.y + top.height / 2), *notes)


def carry_figure(prompts: Mapping[str, str], *notes: str | None) -> ggplot:
    """One row a step: the prompt as it is put, and the answer, which is carried into the prompts of later steps.

    Parameters
    ----------
    prompts
        Step -> prompt, in order; earlier answers stand as `{emotion}` and the like.
    notes
        Lines below the figure.
    """
    wrapped = {
        step: [part for line in text.splitlines() for part in textwrap.wrap(line, 80)] for step, text in prompts.items()
    }
    heights = [_height(len(lines)) for lines in wrapped.values()]
    boxes, arrows = [], []
    y = sum(heights) + 0.35 * (len(heights) - 1)
    before: Box | None = None
    for number, ((step, lines), height) in enumerate(zip(wrapped.items(), heights, strict=True), start=1):
        prompt = Box(2.55, y - height / 2, 5.0, height, f"Step {number}: image and prompt", lines, FILLS["vlm"])
        answer = Box(6.2, y - height / 2, 1.4, 0.55, "Answer", [step], FILLS["people"])
        arrows.append((5.05, prompt.y, 5.5, prompt.y))
        if before is not None:
            arrows.append((before.x - 0.3, before.y - before.height / 2, 4.6, y))
        boxes += [prompt, answer]
        before = answer
        y -= height + 0.35
    return with_notes(_draw(boxes, arrows, 7, sum(heights) + 0.35 * (len(heights) - 1)), *notes)


def _height(lines: int) -> float:
    return 0.38 + 0.155 * lines


def _draw(
    boxes: Sequence[Box], arrows: Sequence[tuple[float, float, float, float]], width: float, height: float
) -> ggplot:
    edges = pl.DataFrame(
        [
            (box.x - box.width / 2, box.x + box.width / 2, box.y - box.height / 2, box.y + box.height / 2, box.fill)
            for box in boxes
        ],
        schema=["left", "right", "bottom", "top", "fill"],
        orient="row",
    )
    headings = _texts([(box.x - box.width / 2 + 0.08, box.y + box.height / 2 - 0.08, box.heading) for box in boxes])
    bodies = _texts(
        [(box.x - box.width / 2 + 0.08, box.y + box.height / 2 - 0.28, "\n".join(box.lines)) for box in boxes]
    )
    ends = pl.DataFrame(list(arrows), schema=["x", "y", "xend", "yend"], orient="row")
    plot: ggplot = (
        ggplot()
        + geom_segment(
            aes("x", "y", xend="xend", yend="yend"), data=to_pandas(ends), color="#444444", size=0.6,
            arrow=arrow(length=0.07, type="closed"),
        )
        + geom_rect(
            aes(xmin="left", xmax="right", ymin="bottom", ymax="top", fill="fill"),
            data=to_pandas(edges), color="#555555", size=0.4,
        )
        + geom_text(
            aes("x", "y", label="text"), data=headings, ha="left", va="top", size=9,
            fontweight="bold", family=FONT,
        )
        + geom_text(
            aes("x", "y", label="text"), data=bodies, ha="left", va="top", size=8.2,
            lineheight=1.35, family=FONT,
        )
        + scale_fill_identity()
        + coord_cartesian(xlim=(-0.03, width + 0.03), ylim=(-0.03, height + 0.03), expand=False)
        + theme_void(base_family=FONT)
        + theme(figure_size=(width, height + 0.3), dpi=96, plot_background=element_rect(fill="white", color="white"),
                plot_caption=element_text(size=8, color="#333333", ha="left"))
    )  # fmt: skip
    return plot


def _texts(placed: Sequence[tuple[float, float, str]]) -> pd.DataFrame:
    return to_pandas(pl.DataFrame(list(placed), schema=["x", "y", "text"], orient="row"))

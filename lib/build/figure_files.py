"""Each machine's figures as PNG files: `<condition>_scatter_valence.png`, `<condition>_confusion.png` and so on."""

# mypy: untyped-calls-exclude=plotnine
from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from plotnine import ggplot, theme

from lib.chapters.answers import label_answers, reference_emotions, value_answers
from lib.chapters.conditions import condition_names
from lib.chapters.correlations_and_limits import limits_of_agreement
from lib.chapters.notes import figure_note, scale_ends
from lib.chapters.people import human_baselines
from lib.chapters.scores import score_labels, score_values
from lib.figures.bland_altman import bland_altman_figure
from lib.figures.confusion import confusion_figure, unanswered_caption
from lib.figures.emotion_boxes import emotion_boxes_figure
from lib.figures.scatter import scatter_figure
from lib.files import write_aside
from lib.study_data import StudyData

DPI = 150
ONE_PANEL = (4.2, 4.2)


@dataclass(frozen=True)
class _Figures:
    """What the figures of all machines are drawn from."""

    data: StudyData
    names: pl.DataFrame
    confusion: pl.DataFrame
    values: pl.DataFrame
    scores: pl.DataFrame
    limits: pl.DataFrame

    def of(self, condition: str) -> Iterator[tuple[str, ggplot]]:
        """Name (after the condition's) and figure."""
        own = pl.col("condition").cast(pl.String) == condition
        names, note = self.names.filter(own), figure_note(self.data)
        confusion = self.confusion.filter(own)
        if confusion.height:
            yield "confusion", confusion_figure(confusion, names, unanswered_caption(confusion, names), note)
        for (dimension,), values in self.values.filter(own).group_by("dimension", maintain_order=True):
            scores = self.scores.filter(own, pl.col("dimension") == dimension)
            if scores.is_empty():
                continue
            ends = scale_ends(self.data, str(dimension))
            about = " ".join([f"{str(dimension).capitalize()}.", *([note] if note else [])])
            limits = self.limits.filter(own, pl.col("dimension") == dimension)
            yield f"scatter_{dimension}", scatter_figure(values, scores, names, ends, about)
            yield f"ba_{dimension}", bland_altman_figure(values, limits, names, ends, about)
            yield f"boxplot_{dimension}", emotion_boxes_figure(values, names, ends, about)


def write_figures(folder: Path, data: StudyData, say: Callable[[str], None]) -> list[Path]:
    """Draw every machine's figures, one file each; a machine that rated nothing has a confusion matrix only."""
    categories = reference_emotions(data).categories
    values = value_answers(data, list(data.conditions))
    confusion = score_labels(label_answers(data, list(data.conditions)), categories).confusion
    scores = score_values(values, human_baselines(data))
    figures = _Figures(data, condition_names(data), confusion, values, scores, limits_of_agreement(data, values))
    written = []
    for condition in data.conditions:
        own = [_draw(folder / f"{condition}_{name}.png", figure) for name, figure in figures.of(condition)]
        say(f"figures: {condition}: {len(own)}")
        written += own
    return written


def _draw(path: Path, figure: ggplot) -> Path:
    sized = figure + theme(figure_size=ONE_PANEL, plot_margin_top=0.03)
    return write_aside(path, lambda temporary: sized.save(temporary, dpi=DPI, verbose=False))

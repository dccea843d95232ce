"""All sections of the results in the order of the paper, and what each of their tables holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from lib.results import Results
from lib.sections.categories import categories_section
from lib.sections.design import design_section
from lib.sections.human import human_section
from lib.study_data import StudyData

Compute = Callable[[StudyData, Results], dict[str, pl.DataFrame]]


@dataclass(frozen=True)
class Table:
    """One tidy table of a section.

    Attributes
    ----------
    name : str
        Name of the frame: the CSV file of `rater analyze`, and (in other letters) the sheet of `rater export`.
    title : str
        What a row holds.
    needs : tuple of str
        What a study must have for the table to have rows, in the words of `lib.chapters.lacking`.
    """

    name: str
    title: str
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Section:
    """One theme of the results: the function that computes it, and its tables in order."""

    name: str
    compute: Compute
    tables: tuple[Table, ...]


SECTIONS: tuple[Section, ...] = (
    Section(
        "design",
        design_section,
        (
            Table("design", "Images and ratings, in all and by level of each factor"),
            Table("scales", "The rated dimensions and their scales"),
            Table("conditions", "What is known of each condition", ("conditions",)),
        ),
    ),
    Section(
        "human",
        human_section,
        (
            Table("human_dimensions", "People's ratings of each dimension: mean, spread, agreement, errors"),
            Table("human_labels", "People's emotion labels, all images"),
            Table("human_labels_by_emotion", "People's emotion labels by intended emotion", ("intended",)),
            Table("human_null_labels", "One held-out person's labels, means over draws", ("human-null",)),
            Table("human_null_dimensions", "One held-out person's ratings, means over draws", ("human-null",)),
        ),
    ),
    Section(
        "categories",
        categories_section,
        (
            Table("raters", "Names and kinds of the raters", ("machines",)),
            Table("accuracy", "Emotion labels of each rater: accuracy with Wilson interval, kappa, F1", ("machines",)),
            Table("accuracy_by_emotion", "Emotion labels of each rater by emotion", ("machines",)),
            Table("confusion", "What each rater took each emotion for", ("machines",)),
        ),
    ),
)

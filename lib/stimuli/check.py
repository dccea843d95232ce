"""A manipulation check of a set of faces: whether a classifier sees in them what they were made to show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import polars as pl

from lib.contracts.study import Study
from lib.errors import DataError, ParameterError
from lib.metrics.categories import CategoryScores, accuracy_by, score_categories
from lib.metrics.recognition import recognition_by
from lib.metrics.resampling import Resampling

WORST_CELLS = 12
LOWEST = 8
WHOLE = "all"


@dataclass(frozen=True)
class ManipulationCheck:
    """What a classifier answered to a set of faces.

    Attributes
    ----------
    title : str
        The study's.
    condition, model : str
        The classifier: its condition's name and, as the answers say it, its version.
    categories : tuple of str
        The emotions that were intended and could be answered.
    scores : CategoryScores
        Accuracy, kappa, F1 and the confusions, of all images; without an answer counts as wrong.
    accuracy : polars.DataFrame
        One row a group: `by` (the factors' names, `all` for the first row), `level`, then what
        `lib.metrics.recognition.recognition_by` gives.
    levels : polars.DataFrame
        One row a combination of factors and intended emotion: by, level, intended, then what
        `lib.metrics.categories.accuracy_by` gives.
    images : polars.DataFrame
        One row an image, those that the classifier takes least for what they shall be first: image_id, file, the
        factors, intended, predicted (null where there is no answer), probability (of the intended emotion, 0 to 1;
        null where there is no answer).
    finest : str
        The `by` of the finest crossing of the study's factors.
    persons : tuple of str
        The columns that together name a person; empty where the study has no factor without listed levels.
    aside : tuple of str
        Labels of the classifier that are no answer here, since no category of the study goes with them.
    confidence : float
        Level of the intervals.
    """

    title: str
    condition: str
    model: str
    categories: tuple[str, ...]
    scores: CategoryScores
    accuracy: pl.DataFrame
    levels: pl.DataFrame
    images: pl.DataFrame
    finest: str
    persons: tuple[str, ...]
    aside: tuple[str, ...]
    confidence: float

    @property
    def chance(self) -> float:
        """Share that is right where one of the intended emotions is drawn for each image."""
        return 1 / len(self.categories)

    @property
    def worst(self) -> pl.DataFrame:
        """The cells of the finest crossing of factors and emotion that are recognised least.

        As `levels`, with `taken_for` and `times`: the wrong answer that is given most, and how often.
        """
        cells = self.levels.filter(pl.col("by") == self.finest).sort("accuracy", "level", "intended").head(WORST_CELLS)
        wrong = (
            self.images.filter(pl.col("predicted") != pl.col("intended"))
            .with_columns(joined(by_names(self.finest)).alias("level"))
            .group_by("level", "intended", pl.col("predicted").alias("taken_for"))
            .agg(pl.len().cast(pl.Int64).alias("times"))
            .sort("times", "taken_for", descending=[True, False])
            .unique(["level", "intended"], keep="first", maintain_order=True)
        )
        return cells.join(wrong, on=["level", "intended"], how="left", maintain_order="left")

    def lowest(self, emotion: str, number: int = LOWEST) -> pl.DataFrame:
        """The images of one intended emotion in which the classifier sees it least; those without an answer last."""
        return self.images.filter(pl.col("intended") == emotion).head(number)


def check_manipulation(
    answers: pl.DataFrame,
    study: Study,
    resampling: Resampling,
    *,
    condition: str,
    model: str,
    aside: Sequence[str] = (),
    also_by: Sequence[str] = (),
) -> ManipulationCheck:
    """Hold answers against what the images were made to show.

    Parameters
    ----------
    answers : polars.DataFrame
        image_id, file, the study's factors, intended, predicted, probability, as `ManipulationCheck.images` has them.
    study, resampling
        Categories and factors; seed, draws and confidence of the intervals.
    condition, model, aside
        As in `ManipulationCheck`.
    also_by
        More columns of `answers` to group by, each alone.

    Raises
    ------
    ParameterError
        The study has no intended emotions.
    DataError
        There are no images, or none was answered.
    """
    if not study.emotion.intended:
        raise ParameterError(
            f"{study.id}: emotion.intended: got False, so no image is meant to show anything. Check a set whose "
            "study has intended emotions."
        )
    if answers["predicted"].drop_nulls().is_empty():
        raise DataError(
            f"{condition}: none of {answers.height:,} images has an answer, so there is nothing to check. "
            "Ask again what failed (--retry-failed), or take another condition (-m)."
        )
    intended = set(answers["intended"].to_list())
    groups = list(study.group_factors)
    alone = [name for name, factor in study.factors.items() if not factor.levels]
    persons = [*groups, *alone] if alone else []
    crossings = [part for size in range(1, len(groups) + 1) for part in combinations(groups, size)]
    parts = [(), *crossings, *((name,) for name in also_by)]
    counted = [_named(recognition_by(answers, part, persons, resampling), part) for part in parts]
    cells = [_named(accuracy_by(answers, [*part, "intended"], resampling.confidence), part) for part in parts]
    return ManipulationCheck(
        title=study.title,
        condition=condition,
        model=model,
        categories=tuple(name for name in study.emotion.categories if name in intended),
        scores=score_categories(answers["intended"], answers["predicted"], study.emotion.categories),
        accuracy=pl.concat(counted),
        levels=pl.concat(cells),
        images=answers.sort("probability", "image_id", nulls_last=True),
        finest=" x ".join(groups) or WHOLE,
        persons=tuple(persons),
        aside=tuple(aside),
        confidence=resampling.confidence,
    )


def in_quarters(values: pl.Series) -> pl.Series:
    """Many numbers as four groups of about as many images, `1: 0 to 0.62` and so on; equal numbers go together.

    Null stays null.
    """
    quarter = (values.rank("average") / max(values.len() - values.null_count(), 1) * 4).ceil().cast(pl.Int64)
    frame = pl.DataFrame({"value": values, "quarter": quarter})
    ends = [end.over("quarter").round(3) for end in (pl.col("value").min(), pl.col("value").max())]
    return frame.select(pl.format("{}: {} to {}", "quarter", *ends).alias(values.name)).to_series()


def by_names(by: str) -> list[str]:
    """The factors that a `by` names; none where it is all images."""
    return [] if by == WHOLE else by.split(" x ")


def joined(names: Sequence[str]) -> pl.Expr:
    """The level of crossed factors as one text: `Black x Man`; `all` for none."""
    return pl.concat_str(names, separator=" x ") if names else pl.lit(WHOLE)


def _named(frame: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """With `by` and `level` in place of the factors' own columns."""
    by = " x ".join(names) or WHOLE
    return frame.select(pl.lit(by).alias("by"), joined(names).alias("level"), pl.exclude(*names) if names else pl.all())

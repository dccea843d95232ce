"""The same machines on a second set of images: is a difference everybody's, or a machine's or a group's own? (A7)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import polars as pl

from lib.chapters.answers import label_answers, value_answers
from lib.chapters.conditions import condition_names, machine_dimensions
from lib.chapters.second_sets import SecondSet, second_data, second_sets
from lib.chapters.units import face_units
from lib.metrics.difference_in_differences import difference_in_differences
from lib.metrics.within_tracking import ALL
from lib.project import Project
from lib.study_data import StudyData

ACCURACY, EMOTION = "accuracy", "emotion"
SETS = ("first", "second")
COUNTS = ("n_first", "n_second")
FIGURES = ("first", "second", "difference", "difference_low", "difference_high", "p")
RENAMED = {
    "bias_first": "first", "bias_second": "second", "estimate": "difference", "low": "difference_low",
    "high": "difference_high",
}  # fmt: skip
KEYS = ("ablation", "title", "condition", "outcome")
NUMBERS = dict.fromkeys(COUNTS, pl.Int64) | dict.fromkeys(FIGURES, pl.Float64)


@dataclass(frozen=True)
class TwoSets:
    """A study's own images and a second set, with the conditions that have answered about both.

    Attributes
    ----------
    one : SecondSet
        The second set.
    first, second : StudyData
        The checked data of both.
    conditions : tuple of str
        Their ids, in the order of tables.
    """

    one: SecondSet
    first: StudyData
    second: StudyData
    conditions: tuple[str, ...]

    @cached_property
    def outcomes(self) -> list[str]:
        """`accuracy` where both sets have intended emotions, and the dimensions that people have rated in both."""
        shown = self.first.study.emotion.intended and self.second.study.emotion.intended
        rated = [name for name in machine_dimensions(self.first) if name in machine_dimensions(self.second)]
        return [*([ACCURACY] if shown else []), *rated]

    @cached_property
    def levels(self) -> dict[str, list[str]]:
        """The factors that both sets have, with the levels of which both have images; the intended emotion is one."""
        found = {}
        names = [name for name in self.first.study.group_factors if name in self.second.study.group_factors]
        for name in [*names, *([EMOTION] if ACCURACY in self.outcomes else [])]:
            column = "intended_emotion" if name == EMOTION else name
            there = [set(data.images[column].drop_nulls().cast(pl.String)) for data in (self.first, self.second)]
            study = self.first.study
            known = study.emotion.categories if name == EMOTION else study.factors[name].levels
            both = [level for level in known if level in there[0] & there[1]]
            if len(both) > 1:
                found[name] = both
        return found

    def answering(self, outcome: str) -> list[str]:
        """The conditions that were asked for an outcome."""
        known = self.first.conditions
        return [
            name
            for name in self.conditions
            if (known[name].asks_emotion if outcome == ACCURACY else outcome in known[name].dimensions)
        ]

    def reference(self, outcome: str) -> str | None:
        """The machine beside which the others are set: the first classifier that has the outcome, else the first."""
        named = self.answering(outcome)
        return next((name for name in named if self.first.conditions[name].kind == "fer"), next(iter(named), None))

    def values(self, condition: str, outcome: str) -> pl.DataFrame:
        """One row an image: set, image_id, unit, machine, people_mean and the shared factors as text.

        Of accuracy, machine is 1 (right) or 0 (wrong, or no answer) and people_mean 0, so that what
        `difference_in_differences` calls bias is accuracy.
        """
        parts = []
        for name, data in zip(SETS, (self.first, self.second), strict=True):
            if outcome == ACCURACY:
                right = (pl.col("predicted") == pl.col("intended").cast(pl.String)).fill_null(value=False)
                frame = label_answers(data, [condition]).with_columns(
                    right.cast(pl.Float64).alias("machine"), pl.lit(0.0).alias("people_mean"),
                    pl.col("intended").alias(EMOTION),
                )  # fmt: skip
            else:
                frame = value_answers(data, [condition]).filter(pl.col("dimension") == outcome)
            factors = (pl.col(factor).cast(pl.String) for factor in self.levels)
            told = frame.join(face_units(data), on="image_id", how="left", maintain_order="left")
            whole = ("image_id", "unit", "machine", "people_mean")
            parts.append(told.select(pl.lit(name).alias("set"), *whole, *factors))
        return pl.concat(parts)

    def ratings(self, outcome: str) -> pl.DataFrame | None:
        """Single ratings of both sets, by raters of their own; None for accuracy, which no rating enters."""
        if outcome == ACCURACY:
            return None
        return pl.concat(
            data.ratings.select(
                pl.lit(name).alias("set"), "image_id",
                pl.format("{}: {}", pl.lit(name), "participant_id").alias("participant_id"),
                pl.col(outcome).alias("rating"),
            )
            for name, data in zip(SETS, (self.first, self.second), strict=True)
        )  # fmt: skip


def compared_sets(data: StudyData) -> list[TwoSets]:
    """The second sets that conditions with predictions have answered about, too."""
    if not isinstance(data.source, Project):
        return []
    found = []
    for one in second_sets(data.source):
        order = condition_names(data)["condition"].cast(pl.String)
        both = tuple(name for name in order if name in one.conditions and name in data.conditions)
        if both:
            found.append(TwoSets(one, data, second_data(data, one), both))
    return found


def set_differences(data: StudyData) -> pl.DataFrame:
    """Each machine on the second set beside the first: over all images, by group, and between groups.

    Returns
    -------
    polars.DataFrame
        ablation, title (of the second set's study), condition, outcome (`accuracy`, or a dimension, whose bias it is:
        machine minus people), factor (null: all images), group (a level), reference (null, or the level that the group
        is set beside: the first of the factor's), n_first, n_second (images), first, second (of a contrast: the group's
        figure minus the reference's), difference (second minus first), difference_low, difference_high, p. Intervals by
        bootstrap over images, those of one unit of faces (such as identity) together, and, of bias, raters; see
        `lib.metrics.difference_in_differences`.
    """
    parts = []
    for both in compared_sets(data):
        for outcome in both.outcomes:
            ratings = both.ratings(outcome)
            for name in both.answering(outcome):
                values = both.values(name, outcome)
                if not _complete(values):
                    continue
                whole = difference_in_differences(values, data.resampling, ratings=ratings)
                parts.append(_named(whole, both, name, outcome, None))
                for factor, levels in both.levels.items():
                    own = values.rename({factor: "group"}).filter(pl.col("group").is_in(levels))
                    if not _complete(own, levels):
                        continue
                    found = difference_in_differences(own, data.resampling, reference=levels[0], ratings=ratings)
                    order = pl.col("group").cast(pl.Enum([ALL, *levels]))
                    ordered = found.slice(1).sort(pl.col("reference").is_not_null(), order)
                    parts.append(_named(ordered, both, name, outcome, factor))
    return pl.concat(parts) if parts else pl.DataFrame(schema=SCHEMA)


def machine_differences(data: StudyData) -> pl.DataFrame:
    """Each machine beside one other: has the second set changed it more than the other? What all share drops out.

    Returns
    -------
    polars.DataFrame
        ablation, title, condition, outcome, against (the other machine), then the columns of `set_differences` from
        n_first on, over images that both have answered; first and second are the machine's figure minus the other's.
        Of bias, people drop out too: both machines are held against the same ratings.
    """
    parts = []
    for both in compared_sets(data):
        for outcome in both.outcomes:
            against = both.reference(outcome)
            for name in both.answering(outcome):
                if against is None or name == against:
                    continue
                other = both.values(against, outcome).select("set", "image_id", pl.col("machine").alias("people_mean"))
                values = both.values(name, outcome).drop("people_mean").join(other, on=["set", "image_id"])
                if _complete(values):
                    found = _named(difference_in_differences(values, data.resampling), both, name, outcome, None)
                    parts.append(found.drop("factor", "group", "reference").with_columns(against=pl.lit(against)))
    schema = {name: kind for name, kind in SCHEMA.items() if name not in {"factor", "group", "reference"}}
    columns = [*KEYS, "against", *NUMBERS]
    return (pl.concat(parts) if parts else pl.DataFrame(schema=schema | {"against": pl.String})).select(columns)


SCHEMA = dict.fromkeys((*KEYS, "factor", "group", "reference"), pl.String) | NUMBERS


def _complete(values: pl.DataFrame, levels: list[str] | None = None) -> bool:
    """Whether both sets have complete images, of every level."""
    known = values.drop_nulls(["machine", "people_mean"])
    wanted = 2 * len(levels) if levels else 2
    return known.select("set", *(["group"] if levels else [])).n_unique() == wanted


def _named(found: pl.DataFrame, both: TwoSets, condition: str, outcome: str, factor: str | None) -> pl.DataFrame:
    return (
        found.rename(RENAMED)
        .with_columns(
            ablation=pl.lit(both.one.ablation.id), title=pl.lit(both.second.study.title), condition=pl.lit(condition),
            outcome=pl.lit(outcome), factor=pl.lit(factor, pl.String),
            group=pl.when(pl.lit(factor is not None)).then("group"),
        )
        .select(pl.col(name).cast(kind) for name, kind in SCHEMA.items())
    )  # fmt: skip

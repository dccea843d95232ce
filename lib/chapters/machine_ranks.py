"""Who is closest to people: every machine that answered, ranked measure by measure (A6)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

from lib.chapters.answers import label_answers, value_answers
from lib.chapters.conditions import condition_ids, machine_dimensions
from lib.chapters.lacking import Lacking
from lib.chapters.person import DRAWS
from lib.contracts.predictions import HUMAN_NULL
from lib.metrics.closeness import VALUE_FIGURES, Drawn, label_closeness, value_closeness
from lib.metrics.held_out_draws import held_out_labels, held_out_values
from lib.metrics.image_draws import Numbers
from lib.metrics.schemas import Schema
from lib.metrics.standings import standing_beside, standings
from lib.study_data import StudyData

EMOTION, KAPPA = "emotion", "kappa"
LOW_IS_CLOSE = {"mae"}
RANKS: Schema = {
    "scale": pl.String, "measure": pl.String, "n": pl.Int64, "value": pl.Float64, "machines": pl.Int64,
    "rank": pl.Float64, "rank_low": pl.Float64, "rank_high": pl.Float64, "first": pl.Float64,
}  # fmt: skip


def machine_ranks(data: StudyData) -> pl.DataFrame:
    """Rank all machines by their closeness to people, each measure by itself, and say where one person would stand.

    Returns
    -------
    polars.DataFrame
        condition (Enum), scale (`emotion` or a dimension), measure (`kappa` with people's most frequent label; `r`,
        `ccc`, `mae` with people's means), n (images), value, machines (how many are ranked), rank (1 = closest),
        rank_low, rank_high, first (share of bootstrap samples in which it is closest). The held-out person has the rank
        that they would have among the machines; value is the mean over draws. A missing label is a disagreement, a
        missing value leaves the image out. No rows where no machine gave what people gave.
    """
    rows = [row for found in (_labels(data), _values(data)) for row in found]
    schema = {"condition": condition_ids(data)} | RANKS
    return pl.DataFrame(rows, schema=schema).sort("condition", maintain_order=True)


def lacking_ranks(ranks: pl.DataFrame) -> Lacking | None:
    """A note where no machine can be ranked; None (false) where one can."""
    if ranks.height:
        return None
    return Lacking(
        "machine whose answers people gave, too", "Add predictions of what people labelled or rated to get it."
    )


def _labels(data: StudyData) -> Iterator[dict[str, object]]:
    machines = [name for name, item in data.conditions.items() if item.asks_emotion]
    if not machines or "emotion" not in data.ratings.columns:
        return
    if data.ratings["emotion"].null_count() == data.ratings.height:
        return
    labels = data.study.emotion.people_categories
    everyone, own, others = held_out_labels(data.ratings, labels, _draws(data), data.study.analysis.seed)
    places = dict(zip(labels, range(len(labels)), strict=True))
    answers = label_answers(data, machines).with_columns(
        pl.col("predicted").replace_strict(places, default=-1, return_dtype=pl.Float64)
    )
    table = np.nan_to_num(_table(data, answers, machines, "predicted"), nan=-1).astype(np.int64)
    people = np.repeat(everyone[:, np.newaxis], len(machines), axis=1)
    found = label_closeness(table, people, len(labels), data.resampling)
    person = label_closeness(own, others, len(labels), data.resampling) if own.shape[1] else None
    n = [int((everyone >= 0).sum())] * len(machines), int((others >= 0).sum(axis=0)[0]) if own.shape[1] else 0
    yield from _rows(data, (machines, found, n[0]), (person, n[1]), (EMOTION, KAPPA))


def _values(data: StudyData) -> Iterator[dict[str, object]]:
    answers = value_answers(data, list(data.conditions))
    for dimension in machine_dimensions(data):
        given = answers.filter(pl.col("dimension").cast(pl.String) == dimension)
        machines = given.drop_nulls("machine")["condition"].unique().sort().cast(pl.String).to_list()
        if not machines:
            continue
        everyone, own, others = held_out_values(data.ratings, dimension, _draws(data), data.study.analysis.seed)
        table = _table(data, given, machines, "machine")
        people = np.repeat(everyone[:, np.newaxis], len(machines), axis=1)
        n = (~np.isnan(table) & ~np.isnan(people)).sum(axis=0).tolist()
        n_person = int((~np.isnan(own) & ~np.isnan(others)).sum(axis=0)[0]) if own.shape[1] else 0
        found = value_closeness(table, people, data.resampling)
        persons = value_closeness(own, others, data.resampling) if own.shape[1] else {}
        for measure in VALUE_FIGURES:
            person = persons.get(measure)
            yield from _rows(data, (machines, found[measure], n), (person, n_person), (dimension, measure))


def _draws(data: StudyData) -> int:
    return DRAWS if data.study.analysis.human_null else 0


def _table(data: StudyData, answers: pl.DataFrame, machines: list[str], column: str) -> Numbers:
    """Answers of each machine (columns) to each rated image (rows, in the order of their ids); NaN = none."""
    images = pl.DataFrame({"image_id": data.ratings["image_id"].cast(pl.String).unique().sort()})
    columns = []
    for name in machines:
        own = answers.filter(pl.col("condition").cast(pl.String) == name).select("image_id", column)
        columns.append(images.join(own, on="image_id", how="left", maintain_order="left")[column].fill_null(np.nan))
    return np.column_stack([item.cast(pl.Float64).to_numpy() for item in columns])


def _rows(
    data: StudyData, machines: tuple[list[str], Drawn, list[int]], person: tuple[Drawn | None, int],
    about: tuple[str, str],
) -> Iterator[dict[str, object]]:  # fmt: skip
    names, found, n = machines
    how = {"highest_first": about[1] not in LOW_IS_CLOSE, "confidence": data.resampling.confidence}
    shared = dict(zip(("scale", "measure"), about, strict=True)) | {"machines": int((~np.isnan(found.found)).sum())}
    places = standings(found, **how)  # type: ignore[arg-type]
    standing = [(name, *rest) for name, *rest in zip(names, n, found.found, places, strict=True)]
    drawn, n_person = person
    if drawn is not None and not np.isnan(drawn.found).all():
        beside = standing_beside(drawn, found, **how)  # type: ignore[arg-type]
        standing.append((HUMAN_NULL, n_person, float(np.nanmean(drawn.found)), beside))
    for name, images, value, place in standing:
        yield {"condition": name} | shared | {
            "n": images, "value": None if np.isnan(value) else float(value), "rank": place.rank,
            "rank_low": place.low, "rank_high": place.high, "first": place.first,
        }  # fmt: skip

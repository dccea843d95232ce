"""The raters that a chapter compares: their names, kinds and order, and the dimensions that people rated."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from lib.contracts.condition import Condition
from lib.contracts.predictions import HUMAN_NULL
from lib.study_data import StudyData

KINDS = {"vlm": "VLM", "fer": "FER", "machine": "Machine", "human": "Person"}
PERSON = "One person (held out)"


def condition_names(data: StudyData) -> pl.DataFrame:
    """List the raters: machines that have predictions, then the held-out person if the study has one.

    Returns
    -------
    polars.DataFrame
        condition (Enum in the order VLM, FER, other machine, person and then by name), name, short_name (with the id
        where two raters share one), type (VLM, FER, Machine or Person), thinking (yes, no, or – for raters without that
        choice).
    """
    order = list(KINDS)
    machines = sorted(data.conditions.values(), key=lambda item: (order.index(item.kind), item.short_name.casefold()))
    rows = [(item.id, item.name, item.short_name, KINDS[item.kind], _thinking(item)) for item in machines]
    if data.study.analysis.human_null:
        rows.append((HUMAN_NULL, PERSON, "One person", KINDS["human"], "–"))
    schema = {
        "condition": pl.String,
        "name": pl.String,
        "short_name": pl.String,
        "type": pl.String,
        "thinking": pl.String,
    }
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    told_apart = [
        pl.when(pl.col(name).is_duplicated()).then(pl.format("{} ({})", name, "condition")).otherwise(name).alias(name)
        for name in ("name", "short_name")
    ]
    return frame.with_columns(*told_apart, pl.col("condition").cast(pl.Enum(frame["condition"])))


def condition_ids(data: StudyData) -> pl.Enum:
    """The raters' ids as a type whose order is that of `condition_names`."""
    return pl.Enum(condition_names(data)["condition"].cast(pl.String))


def answers_of(data: StudyData, raters: Sequence[str] | None = None) -> dict[str, pl.DataFrame]:
    """Answers of `raters` (default: all) by id, machines first; the held-out person answers like a machine."""
    person = {HUMAN_NULL: data.human_null} if raters is None or HUMAN_NULL in raters else {}
    wanted = list(data.conditions) if raters is None else [name for name in raters if name != HUMAN_NULL]
    machines = {name: data.predictions[name] for name in wanted}
    return machines | {name: frame for name, frame in person.items() if frame is not None}


def available_dimensions(data: StudyData) -> list[str]:
    """The study's dimensions that at least one person rated, in the study's order."""
    present = [name for name in data.study.dimensions if name in data.ratings.columns]
    return [name for name in present if data.ratings[name].null_count() < data.ratings.height]


def machine_dimensions(data: StudyData) -> list[str]:
    """Those of them that machines are asked for too."""
    return [name for name in available_dimensions(data) if name in data.study.machine_dimensions]


def _thinking(condition: Condition) -> str:
    return "–" if condition.kind != "vlm" else "yes" if condition.thinks else "no"

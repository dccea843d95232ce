"""Whether bias shrinks with the size of the model: within families, and over all machines whose size is known."""

from __future__ import annotations

from dataclasses import asdict
from itertools import takewhile

import polars as pl

from lib.chapters.conditions import condition_names
from lib.chapters.group_scores import with_adjusted
from lib.metrics.model_size import SizeTrend, parameter_count, size_trend
from lib.metrics.schemas import schema_like, schema_of
from lib.study_data import StudyData

FEWEST = 3
EVERYONE = "All machines"


def size_points(data: StudyData, emotion_bias: pl.DataFrame, group_bias: pl.DataFrame) -> pl.DataFrame:
    """What is compared with size, one row a condition, dimension and outcome.

    Parameters
    ----------
    data
        The study.
    emotion_bias
        condition, dimension, emotion, bias.
    group_bias
        condition, dimension, factor, level, bias.

    Returns
    -------
    polars.DataFrame
        condition, dimension, outcome (`bias`: mean over emotions of the absolute bias; `<factor> gap`: largest minus
        smallest bias over a factor's levels), value (units of the scale), size (billions of parameters; null: unknown).
    """
    keys = ["condition", "dimension"]
    absolute = emotion_bias.group_by(keys, maintain_order=True).agg(pl.col("bias").abs().mean().alias("value"))
    single = group_bias.filter(pl.col("factor").cast(pl.String).is_in(list(data.study.group_factors)))
    gaps = single.group_by([*keys, "factor"], maintain_order=True).agg(
        (pl.col("bias").max() - pl.col("bias").min()).alias("value")
    )
    points = pl.concat(
        [
            absolute.select(*keys, pl.lit("bias").alias("outcome"), "value"),
            gaps.select(*keys, pl.format("{} gap", pl.col("factor").cast(pl.String)).alias("outcome"), "value"),
        ]
    )
    sizes = {name: parameter_count(item.specification.parameters) for name, item in data.conditions.items()}
    known = pl.col("condition").cast(pl.String).replace_strict(sizes, default=None, return_dtype=pl.Float64)
    return points.with_columns(known.alias("size"))


def size_families(data: StudyData) -> dict[str, list[str]]:
    """Conditions to compare by size: families (same maker and architecture, at least three), kinds, all machines."""
    makers: dict[tuple[str, str], list[str]] = {}
    for name, item in data.conditions.items():
        made = item.specification
        if made.architecture and parameter_count(made.parameters) is not None:
            makers.setdefault((made.developer, made.architecture), []).append(name)
    families = {_common_name(data, own): own for own in makers.values() if len(own) >= FEWEST}
    machines = condition_names(data).filter(pl.col("type") != "Person")
    for (kind,), own in machines.group_by("type", maintain_order=True):
        families[str(kind)] = own["condition"].cast(pl.String).to_list()
    if machines["type"].n_unique() > 1:
        families[EVERYONE] = machines["condition"].cast(pl.String).to_list()
    return families


def size_trends(data: StudyData, points: pl.DataFrame) -> pl.DataFrame:
    """Trend of every outcome with size, one row a family, dimension and outcome.

    Returns
    -------
    polars.DataFrame
        family, dimension, outcome, names (of the machines compared), unknown (of those whose size is not known), the
        fields of `SizeTrend`, p_adjusted (of p_rho, corrected within each family).
    """
    short = dict(condition_names(data).select(pl.col("condition").cast(pl.String), "short_name").iter_rows())
    rows = []
    for family, members in size_families(data).items():
        own = points.filter(pl.col("condition").cast(pl.String).is_in(members))
        for (dimension, outcome), rated in own.group_by("dimension", "outcome", maintain_order=True):
            trend = size_trend(rated["size"].to_list(), rated["value"].to_list(), seed=data.study.analysis.seed)
            named = rated.with_columns(pl.col("condition").cast(pl.String).replace_strict(short).alias("short_name"))
            known = named.drop_nulls("size").sort("size", maintain_order=True)
            rows.append(
                {"family": family, "dimension": dimension, "outcome": outcome}
                | {
                    "names": ", ".join(known["short_name"]),
                    "unknown": ", ".join(named.filter(pl.col("size").is_null())["short_name"]),
                }
                | asdict(trend)
            )
    texts = dict.fromkeys(("outcome", "names", "unknown"), pl.String)
    schema = {"family": pl.String} | schema_like(points, ["dimension"]) | texts | schema_of(SizeTrend)
    return with_adjusted(data, pl.DataFrame(rows, schema=schema), ["family"], "p_rho")


def _common_name(data: StudyData, members: list[str]) -> str:
    """What the members' names begin with."""
    names = [data.conditions[name].short_name for name in members]
    alike = takewhile(lambda letters: len(set(letters)) == 1, zip(*names, strict=False))
    start = "".join(letters[0] for letters in alike).rstrip("-_ .")
    return start or data.conditions[members[0]].specification.developer

"""The twin against the publications, figure by figure."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from lib.twin.recompute import PEOPLE, Machine, People
from lib.twin.targets import Target, TwinTargets

EDGE = 1e-9
SCHEMA = {
    "target": pl.String,
    "quantity": pl.String,
    "condition": pl.String,
    "dimension": pl.String,
    "emotion": pl.String,
    "detail": pl.String,
    "published": pl.Float64,
    "version": pl.String,
    "document": pl.String,
    "place": pl.String,
    "recomputed": pl.Float64,
    "deviation": pl.Float64,
    "tolerance": pl.Float64,
    "within_tolerance": pl.Boolean,
    "standing": pl.String,
    "note": pl.String,
}


def deviations(
    images: pl.DataFrame, ratings: pl.DataFrame, predictions: Mapping[str, pl.DataFrame], targets: TwinTargets
) -> pl.DataFrame:
    """Recompute every target from data and compare.

    Parameters
    ----------
    images, ratings : polars.DataFrame
        The twin's images and ratings (or real ones: then this says how well the published figures are reproduced).
    predictions : mapping of str to polars.DataFrame
        Predictions by condition.
    targets : TwinTargets
        The published figures.

    Returns
    -------
    polars.DataFrame
        One row a target, in the order of the file: target (key), quantity, condition, dimension, emotion, detail
        (answer, group or outcome), published, version, document, place, recomputed, deviation (recomputed -
        published; 0 where an upper limit is kept), tolerance, within_tolerance, standing, note. recomputed and
        deviation are null where the condition has no predictions or the figure is undefined; within_tolerance is
        also null where the target has no tolerance, because it was not aimed at.
    """
    dimensions = sorted({target.dimension for target in targets.targets if target.dimension})
    people = People(images, ratings, [name for name in dimensions if name in ratings.columns])
    machines = {condition: Machine(people, frame) for condition, frame in predictions.items()}
    rows = [_row(target, _recompute(target, people, machines), targets) for target in targets.targets]
    return pl.DataFrame(rows, schema=SCHEMA)


def _recompute(target: Target, people: People, machines: Mapping[str, Machine]) -> float | None:
    if target.condition == PEOPLE:
        return people.figure(target)
    machine = machines.get(target.condition)
    return machine.figure(target) if machine else None


def _row(target: Target, recomputed: float | None, targets: TwinTargets) -> dict[str, object]:
    source = targets.sources[target.source]
    deviation = None if recomputed is None else recomputed - target.value
    if deviation is not None and target.relation == "at_most":
        deviation = max(0.0, deviation)
    judged = deviation is not None and target.tolerance is not None
    return {
        "target": target.key,
        "quantity": target.quantity,
        "condition": target.condition,
        "dimension": target.dimension,
        "emotion": target.emotion,
        "detail": target.answer or target.group or target.outcome,
        "published": target.value,
        "version": source.version,
        "document": source.document,
        "place": source.place,
        "recomputed": recomputed,
        "deviation": deviation,
        "tolerance": target.tolerance,
        "within_tolerance": abs(deviation or 0.0) <= (target.tolerance or 0.0) + EDGE if judged else None,
        "standing": target.standing,
        "note": target.note,
    }

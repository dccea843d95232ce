"""Whether an emotion is read into the faces of one group, or its faces are only recognised worse (A8)."""

from __future__ import annotations

import polars as pl

from lib.chapters.answers import label_answers, reference_emotions
from lib.chapters.conditions import condition_ids
from lib.chapters.units import face_units
from lib.metrics.attribution import CONTRASTS, FIGURES, attribution_contrasts, judge_attribution
from lib.metrics.multiplicity import adjust_within
from lib.metrics.schemas import Schema
from lib.study_data import StudyData

KEYS = ("condition", "factor", "first", "second", "emotion")
ADJUSTED: Schema = {f"{figure}_p_adjusted": pl.Float64 for figure in FIGURES}
RULE = (
    "Verdict, on the group named first: over-attribution where its faces are named so more often on the whole, "
    "emotions weighing the same (corrected p), and also where they show another emotion (p); under-attribution where "
    "less often; both where the group that is named so more often also has fewer hits (p); otherwise inaccuracy where "
    "hits or d′ differ (corrected p)."
)
JUDGED = ("named", "false_alarms", "hits", "sensitivity")


def attribution_frame(data: StudyData) -> pl.DataFrame:
    """Every machine, emotion and pair of a factor's levels: hits, false alarms, d', criterion, and the verdict.

    Returns
    -------
    polars.DataFrame
        condition (Enum), factor, the columns of `lib.metrics.attribution.attribution_contrasts`, each figure's
        p_adjusted (by the study's correction, over the machines, emotions and pairs of a factor), verdict
        (`judge_attribution` at 1 - confidence). Units are identities where the study has them, else images.
    """
    ids = condition_ids(data)
    schema: Schema = {"condition": ids, "factor": pl.String} | CONTRASTS
    categories = reference_emotions(data).categories
    answers = label_answers(data, list(data.conditions)).join(face_units(data), on="image_id", how="left")
    frames = [pl.DataFrame(schema=schema)]
    for (condition,), own in answers.group_by("condition", maintain_order=True):
        if own["intended"].null_count() == own.height:
            continue
        for factor in data.study.group_factors:
            faces = own.select("intended", "predicted", pl.col(factor).alias("level"), "unit")
            levels = data.study.factors[factor].levels
            found = attribution_contrasts(faces, categories, levels, data.study.analysis.confidence)
            named = (pl.lit(condition).cast(ids).alias("condition"), pl.lit(factor).alias("factor"))
            frames.append(found.select(*named, pl.all()))
    frame = pl.concat(frames).sort("condition", maintain_order=True)
    for figure in FIGURES:
        frame = adjust_within(
            frame, ["factor"], data.study.analysis.correction, p=f"{figure}_p", name=f"{figure}_p_adjusted"
        )
    return frame.with_columns(pl.Series("verdict", _verdicts(frame, data.significance_level), dtype=pl.String))


def _verdicts(frame: pl.DataFrame, alpha: float) -> list[str]:
    return [
        judge_attribution(
            {name: (row[f"{name}_difference"], row[f"{name}_p"], row[f"{name}_p_adjusted"]) for name in JUDGED}, alpha
        )
        for row in frame.iter_rows(named=True)
    ]

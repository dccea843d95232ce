"""Whether a machine that thinks longer about a face rates it better, and how often its thinking was cut off."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

import polars as pl

from lib.chapters.ablated import asked_ablations
from lib.chapters.answers import reference_emotions
from lib.chapters.conditions import condition_ids, condition_names, machine_dimensions
from lib.chapters.lacking import Lacking
from lib.chapters.thinking import ALL, study_pairs
from lib.chapters.units import face_units
from lib.contracts.ablation import BASE
from lib.metrics.human import image_means
from lib.metrics.multiplicity import adjust_within
from lib.metrics.schemas import Schema, schema_of
from lib.metrics.thinking_gain import ThinkingGain, thinking_gain
from lib.metrics.thinking_load import WithinImage, forced_closes, thinking_and_error
from lib.protocol.question import THINKING_BUDGET
from lib.responses.predictions import ANSWERED
from lib.study_data import StudyData

EMOTION = "emotion"
PAIR: Schema = dict.fromkeys(("pair", "first", "second", "differ_in", "measure"), pl.String)
GAINS: Schema = PAIR | schema_of(ThinkingGain) | dict.fromkeys(("gain_p_adjusted", "slope_p_adjusted"), pl.Float64)
SLOPES: Schema = {"condition": pl.String, "measure": pl.String} | schema_of(WithinImage) | {"p_adjusted": pl.Float64}
FORCED: Schema = {
    "step": pl.String, "part": pl.String, "x": pl.Int64, "n": pl.Int64, "share": pl.Float64, "low": pl.Float64,
    "high": pl.Float64, "n_excluded": pl.Int64, "p": pl.Float64,
}  # fmt: skip


def thinking_gains(data: StudyData) -> pl.DataFrame:
    """Of planned pairs, one thinking and the other not: the same image's two errors beside the thinking it got.

    Returns
    -------
    polars.DataFrame
        pair, first (thinks), second (does not), differ_in, measure (`emotion`: wrong label, or none; a dimension:
        distance from people's mean), the fields of `lib.metrics.thinking_gain.ThinkingGain` (tokens are the first's,
        categories the reference emotions, units identities where the study has them), gain_p_adjusted, slope_p_adjusted
        (over pairs and measures).
    """
    errors: dict[str, pl.DataFrame] = {}
    rows: list[dict[str, object]] = []
    for name, pair in study_pairs(data).items():
        thinks = [data.conditions[item].thinks for item in (pair.first, pair.second)]
        if thinks != [True, False]:
            continue
        for item in (pair.first, pair.second):
            errors.setdefault(item, _errors(data, data.predictions[item]))
        head = {"pair": name, "first": pair.first, "second": pair.second, "differ_in": pair.differ_in}
        rows += [head | row for row in _gain_rows(data, errors[pair.first], errors[pair.second])]
    frame = pl.DataFrame(rows, schema=GAINS)
    for figure in ("gain_p", "slope_p"):
        frame = adjust_within(frame, [], data.study.analysis.correction, p=figure, name=f"{figure}_adjusted")
    return frame.select(list(GAINS))


def thinking_slopes(data: StudyData) -> pl.DataFrame:
    """Of machines that were asked the same several times: whether answers with more thinking have smaller errors.

    Returns
    -------
    polars.DataFrame
        condition (or an ablation's variant), measure, the fields of `lib.metrics.thinking_load.WithinImage`, p_adjusted
        (over conditions and measures). No rows where no machine that reports tokens was asked twice.
    """
    rows = []
    for name, frame in (data.repeated_predictions | data.variants).items():
        if frame["repeat"].n_unique() < 2 or not (frame["thinking_tokens"] > 0).any():
            continue
        errors = _errors(data, frame)
        for measure, own in errors.group_by("measure", maintain_order=True):
            if own.drop_nulls(["tokens", "error"]).is_empty():
                continue
            found = thinking_and_error(own, confidence=data.study.analysis.confidence, seed=data.study.analysis.seed)
            rows.append({"condition": name, "measure": str(measure[0])} | asdict(found))
    return adjust_within(pl.DataFrame(rows, schema=SLOPES), [], data.study.analysis.correction).select(list(SLOPES))


def forced_frame(data: StudyData) -> pl.DataFrame:
    """How often thinking was closed by its budget, or left open at the end, of the machines whose answers are stored.

    Returns
    -------
    polars.DataFrame
        condition (Enum), step, part (`all` or an emotion), x, n (answers of the first repeat), share, low, high
        (Wilson), n_excluded (answers that do not tell), p (of equal shares in all emotions; in the row of `all`). Only
        machines that were allowed to think.
    """
    emotions = reference_emotions(data).images.select("image_id", pl.col("emotion").cast(pl.String))
    cut = pl.col("finish_reason").str.starts_with(f"{THINKING_BUDGET}.") | (
        pl.col("reason").fill_null("") == "unfinished_thinking"
    )
    known = (pl.col("state") == ANSWERED) & pl.col("finish_reason").is_not_null()
    level, rows = data.study.analysis.confidence, []
    for name, answers in data.answers.items():
        if not data.all_conditions[name].thinks:
            continue
        own = answers.filter(pl.col("repeat") == 0).with_columns(pl.when(known).then(cut).alias("forced"))
        own = own.join(emotions, on="image_id", how="left", maintain_order="left").with_columns(part=pl.lit(ALL))
        for (step,), asked in own.group_by("step", maintain_order=True):
            if asked["forced"].null_count() == asked.height:
                continue
            whole, _ = forced_closes(asked, "part", level)
            if asked["emotion"].null_count() < asked.height and asked.drop_nulls("emotion")["forced"].count():
                each, test = forced_closes(asked, EMOTION, level)
                whole = pl.concat(
                    [whole.with_columns(pl.lit(test.p, pl.Float64).alias("p")), each.rename({EMOTION: "part"})],
                    how="diagonal",
                )
            head = {"condition": name, "step": step}
            rows += [dict.fromkeys(FORCED) | row | head for row in whole.iter_rows(named=True)]
    return pl.DataFrame(rows, schema={"condition": condition_ids(data)} | FORCED).sort("condition", maintain_order=True)


def lacking_gains(gains: pl.DataFrame) -> Lacking | None:
    """A note where no planned pair sets thinking against none; None (false) where one does."""
    if gains.height:
        return None
    return Lacking(
        "planned pair of a machine that thinks and one that does not", "Name one under `analysis.pairs` to get it."
    )


def lacking_slopes(slopes: pl.DataFrame) -> Lacking | None:
    """A note where no machine that thinks was asked the same twice; None (false) where one was."""
    if slopes.height:
        return None
    return Lacking(
        "machine that thinks and was asked the same more than once",
        "Give its condition `repeats` and a temperature above 0, or run `rater ablate temperature` on it, to get it.",
    )


def lacking_forced(forced: pl.DataFrame) -> Lacking | None:
    """A note where no stored answer tells whether its thinking was cut off; None (false) where one does."""
    if forced.height:
        return None
    return Lacking("stored answer of a machine that thinks", "Ask one with `rater infer -m <condition>` to get it.")


def answer_names(data: StudyData) -> dict[str, str]:
    """What tables call the conditions, and the variants of ablations that asked them otherwise."""
    names = dict(condition_names(data).select(pl.col("condition").cast(pl.String), "short_name").iter_rows())
    for asked in asked_ablations(data):
        for variant in asked.answers:
            if variant != BASE:
                title = f"{asked.ablation.title}: {asked.labels[variant]}"
                names[f"{asked.base}.{asked.ablation.id}.{variant}"] = f"{names.get(asked.base, asked.base)}, {title}"
    return names


def _errors(data: StudyData, answers: pl.DataFrame) -> pl.DataFrame:
    """One row an answer and measure: measure, image_id, emotion, repeat, tokens, error (null = none).

    No label is a wrong one, as in accuracy, where any was given at all: thinking that ends without one spares nothing.
    """
    dimensions = machine_dimensions(data)
    means = image_means(data.ratings, dimensions).select("image_id", *(f"{name}_mean" for name in dimensions))
    images = reference_emotions(data).images.select("image_id", pl.col("emotion").cast(pl.String).alias("shown"))
    joined = answers.join(images, on="image_id", how="inner", maintain_order="left").join(
        means, on="image_id", how="left", maintain_order="left"
    )
    missed = (pl.col("emotion") != pl.col("shown")).fill_null(value=True).cast(pl.Float64)
    wrong = pl.when(pl.col("shown").is_not_null(), pl.lit(answers["emotion"].count() > 0)).then(missed)
    errors = {EMOTION: wrong} | {name: (pl.col(name) - pl.col(f"{name}_mean")).abs() for name in dimensions}
    shown: list[pl.Expr | str] = [pl.col("shown").alias("emotion"), "repeat", pl.col("thinking_tokens").alias("tokens")]
    return pl.concat(
        joined.select(pl.lit(name).alias("measure"), "image_id", *shown, error.alias("error"))
        for name, error in errors.items()
    )


def _gain_rows(data: StudyData, first: pl.DataFrame, second: pl.DataFrame) -> Iterator[dict[str, object]]:
    keys = ["measure", "image_id"]
    both = first.join(second.select(*keys, other="error"), on=keys, how="inner", maintain_order="left")
    both = both.with_columns(gain=pl.col("other") - pl.col("error")).drop_nulls(["gain", "tokens"])
    units = face_units(data)
    both = both.join(units, on="image_id", how="left", maintain_order="left")
    for (measure,), own in both.group_by("measure", maintain_order=True):
        if own["tokens"].max() == 0:
            continue
        images = own.with_columns(category=pl.col("emotion").fill_null(""))
        yield {"measure": measure} | asdict(thinking_gain(images, data.study.analysis.confidence))

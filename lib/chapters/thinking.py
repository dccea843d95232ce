"""How much machines reason before they answer: tokens by emotion, step and outcome, and what follows from them."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import polars as pl

from lib.chapters.answers import label_answers, reference_emotions
from lib.chapters.conditions import condition_ids, machine_dimensions
from lib.contracts.study import Pair
from lib.errors import ParameterError
from lib.metrics.categories import right_answer
from lib.metrics.counts import count_labels
from lib.metrics.human import image_means
from lib.metrics.multiplicity import adjust_within
from lib.metrics.paired_accuracy import PairedAccuracy, paired_accuracy
from lib.metrics.resampling import Resampling
from lib.metrics.schemas import Schema, schema_like, schema_of
from lib.metrics.tokens import MEANS, Estimate, disagreement, rank_correlation, token_means, token_ratio
from lib.study_data import StudyData

ALL = "all"
OUTCOMES = ("correct", "wrong")
ESTIMATE: Schema = schema_of(Estimate)


def thinking_tokens(data: StudyData) -> pl.DataFrame:
    """Thinking tokens of every image, of the machines that report any above 0: some servers say 0 of who never thinks.

    Returns
    -------
    polars.DataFrame
        condition (Enum), image_id, emotion (the reference emotion), outcome (`correct` or `wrong` label; a missing one
        is wrong; null where the image has no reference emotion), step (`all`, or a step of a condition that is asked
        step by step), tokens; rows without tokens are left out.
    """
    images = reference_emotions(data).images.select("image_id", "emotion")
    steps = {ALL: "thinking_tokens"} | {
        step: f"thinking_tokens_{step}" for step in ("emotion", *data.study.machine_dimensions)
    }
    right = (pl.col("emotion").cast(pl.String) == pl.col("emotion_answered")).fill_null(value=False)
    outcome = pl.when(right).then(pl.lit(OUTCOMES[0])).otherwise(pl.lit(OUTCOMES[1]))
    frames = []
    for name, answers in data.predictions.items():
        present = {step: column for step, column in steps.items() if column in answers.columns}
        joined = images.join(answers, on="image_id", maintain_order="left", suffix="_answered").select(
            pl.lit(name).alias("condition"),
            "image_id",
            "emotion",
            pl.when(pl.col("emotion").is_not_null()).then(outcome).alias("outcome"),
            *(pl.col(column).cast(pl.Int64).alias(f"tokens_{step}") for step, column in present.items()),
        )
        index = ["condition", "image_id", "emotion", "outcome"]
        steps_of = [f"tokens_{step}" for step in present]
        long = joined.unpivot(steps_of, index=index, variable_name="step", value_name="tokens").drop_nulls("tokens")
        if (long["tokens"] > 0).any():
            frames.append(long.with_columns(pl.col("step").str.strip_prefix("tokens_")))
    texts = dict.fromkeys(("outcome", "step"), pl.String)
    empty = pl.DataFrame(schema={"condition": pl.String} | dict(images.schema) | texts | {"tokens": pl.Int64})
    ids, kinds = condition_ids(data), pl.Enum(list(steps))
    whole = pl.concat([empty, *frames]).with_columns(pl.col("condition").cast(ids), pl.col("step").cast(kinds))
    return whole.sort("condition", maintain_order=True)


def summarise_tokens(tokens: pl.DataFrame, resampling: Resampling) -> pl.DataFrame:
    """Mean tokens of each condition and step: condition, step, part, n, mean, sd, mean_low, mean_high.

    `part` is `all`, `correct`, `wrong` or an emotion.
    """
    frames = []
    for (condition, step), own in tokens.group_by("condition", "step", maintain_order=True):
        for part in (pl.lit(ALL), pl.col("outcome"), pl.col("emotion").cast(pl.Enum(_categories(tokens)))):
            grouped = own.with_columns(part.alias("part"))
            if grouped["part"].null_count() < grouped.height:
                means = token_means(grouped, "part", resampling).with_columns(pl.col("part").cast(pl.String))
                label = (pl.lit(condition).alias("condition"), pl.lit(step).alias("step"))
                frames.append(means.select(*label, pl.all()))
    kinds = schema_like(tokens, ["condition", "step"])
    empty = pl.DataFrame(schema=kinds | {"part": pl.String} | MEANS)
    return pl.concat([empty, *(frame.cast(pl.Schema(empty.schema)) for frame in frames)])


def compare_tokens(tokens: pl.DataFrame, summary: pl.DataFrame, resampling: Resampling) -> pl.DataFrame:
    """Ratios of mean tokens over all steps: condition, ratio, over, under, value, low, high, n.

    `wrong_to_correct`, and each emotion to the one with the fewest tokens of that condition (`sad_to_happy`); which
    that is, is taken from the data and held fixed in the intervals.
    """
    rows = []
    for (condition,), own in tokens.filter(pl.col("step") == ALL).group_by("condition", maintain_order=True):
        rows.append({"condition": condition} | _ratio(own, "outcome", *OUTCOMES[::-1], resampling))
        means = summary.filter((pl.col("condition") == condition) & (pl.col("step") == ALL))
        means = means.filter(pl.col("part").is_in(_categories(tokens)))
        if means.height > 1:
            least = means.sort("mean", maintain_order=True)["part"][0]
            others = [part for part in means["part"] if part != least]
            rows += [{"condition": condition} | _ratio(own, "emotion", part, least, resampling) for part in others]
    names: Schema = {"condition": tokens.schema["condition"]} | dict.fromkeys(("ratio", "over", "under"), pl.String)
    return pl.DataFrame(rows, schema=names | ESTIMATE).drop_nulls("value")


def relate_tokens(data: StudyData, tokens: pl.DataFrame) -> pl.DataFrame:
    """Spearman's correlation of an image's tokens with people's disagreement about it.

    Returns
    -------
    polars.DataFrame
        condition, measure, value, low, high, n. measure: `emotion` (share of people who did not give the image's most
        frequent label) or a dimension (standard deviation of its ratings).
    """
    spread = _disagreement(data)
    rows = []
    for (condition,), own in tokens.filter(pl.col("step") == ALL).group_by("condition", maintain_order=True):
        joined = own.select("image_id", "tokens").join(spread, on="image_id", how="left", maintain_order="left")
        for measure in spread.columns[1:]:
            found = rank_correlation(joined["tokens"], joined[measure], data.resampling)
            rows.append({"condition": condition, "measure": measure} | asdict(found))
    names: Schema = {"condition": tokens.schema["condition"], "measure": pl.String}
    return pl.DataFrame(rows, schema=names | ESTIMATE)


def study_pairs(data: StudyData) -> dict[str, Pair]:
    """The study's planned pairs of which both conditions have predictions.

    Raises
    ------
    ParameterError
        A pair names a condition that the study does not have.
    """
    known = data.all_conditions
    for name, pair in data.study.analysis.pairs.items():
        for word, condition in (("first", pair.first), ("second", pair.second)):
            if condition not in known:
                raise ParameterError(
                    f"analysis.pairs.{name}.{word}: got {condition!r}, which is none of {', '.join(known) or 'no'} "
                    "conditions. Correct it, or add the condition's file."
                )
    pairs = data.study.analysis.pairs
    return {name: pair for name, pair in pairs.items() if {pair.first, pair.second} <= set(data.conditions)}


def pair_effects(data: StudyData) -> pl.DataFrame:
    """Difference in accuracy of each planned pair, on all images and by reference emotion.

    Returns
    -------
    polars.DataFrame
        pair, first, second (ids), differ_in, thinking (the first thinks and the second does not), emotion (`all` or an
        emotion), the figures of `lib.metrics.paired_accuracy.PairedAccuracy` and p_adjusted: by the study's correction,
        over the emotions of one pair, and for `all` over the pairs. Images without reference emotion are left out.
    """
    rows: list[dict[str, object]] = []
    level, categories = data.study.analysis.confidence, reference_emotions(data).categories
    for name, pair in study_pairs(data).items():
        answers = label_answers(data, [pair.first, pair.second]).drop_nulls("intended")
        wide = answers.with_columns(right_answer().alias("right"), pl.col("condition").cast(pl.String)).pivot(
            "condition", index=["image_id", "intended"], values="right"
        )
        thinks = data.conditions[pair.first].thinks and not data.conditions[pair.second].thinks
        head = {"pair": name, "first": pair.first, "second": pair.second, "differ_in": pair.differ_in}
        rows += [
            head
            | {"thinking": thinks, "emotion": emotion}
            | asdict(paired_accuracy(part[pair.first], part[pair.second], level))
            for emotion in (ALL, *categories)
            if (part := wide if emotion == ALL else wide.filter(pl.col("intended").cast(pl.String) == emotion)).height
        ]
    texts: Schema = dict.fromkeys(("pair", "first", "second", "differ_in"), pl.String)
    schema: Schema = texts | {"thinking": pl.Boolean, "emotion": pl.String}
    frame = pl.DataFrame(rows, schema=schema | schema_of(PairedAccuracy))
    family = pl.when(pl.col("emotion") != ALL).then("pair").alias("family")
    return adjust_within(frame.with_columns(family), ["family"], data.study.analysis.correction, p="p_exact").drop(
        "family"
    )


def _ratio(own: pl.DataFrame, group: str, over: str, under: str, resampling: Resampling) -> dict[str, object]:
    known = own.drop_nulls(group)
    found = token_ratio(known, group, over, under, resampling) if known.height else Estimate(None, None, None, 0)
    return {"ratio": f"{over}_to_{under}", "over": over, "under": under} | asdict(found)


def _categories(tokens: pl.DataFrame) -> list[str]:
    kind = tokens.schema["emotion"]
    return kind.categories.to_list() if isinstance(kind, pl.Enum) else sorted(tokens["emotion"].drop_nulls().unique())


def _disagreement(data: StudyData) -> pl.DataFrame:
    """People's disagreement about each image: image_id, emotion, and a column a dimension that machines rate."""
    dimensions = machine_dimensions(data)
    means = image_means(data.ratings, dimensions)
    frame = means.select("image_id", *(pl.col(f"{name}_sd").alias(name) for name in dimensions))
    if data.ratings["emotion"].null_count() == data.ratings.height:
        return frame
    counted = count_labels(data.ratings, data.study.emotion.people_categories)
    shares = pl.Series("emotion", disagreement(np.asarray(counted.counts)), dtype=pl.Float64)
    labels = pl.DataFrame([counted.image_ids.cast(pl.String).alias("image_id"), shares])
    return labels.join(frame, on="image_id", how="left", maintain_order="left")

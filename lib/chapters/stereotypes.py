"""Variation within emotions of machines and of people, as tidy frames, and the indices made from it."""

from __future__ import annotations

import polars as pl

from lib.chapters.answers import people_answers, reference_emotions, value_answers
from lib.chapters.conditions import machine_dimensions
from lib.chapters.scores import variation_by_emotion
from lib.metrics.human import image_means
from lib.metrics.schemas import schema_like
from lib.metrics.stereotyping import FIGURES, stereotyping_indices
from lib.metrics.variation import entropy_within, variation_within
from lib.results import Results
from lib.study_data import StudyData

ENTROPY = ["distinct_steps", "entropy"]


def machine_variation(data: StudyData) -> pl.DataFrame:
    """Every machine within every emotion: condition, dimension, emotion, then n, distinct, mean, sd, entropy, ...

    The columns are those of `variation_within` and `entropy_within`; answers between the steps of the scale, which
    classifiers give, count for the entropy as the nearest step.
    """
    values = value_answers(data, list(data.conditions))
    spread = variation_by_emotion(values)
    if values["machine"].null_count() == values.height:
        return spread.with_columns(pl.lit(None, pl.Int64).alias("distinct_steps"), pl.lit(None).alias("entropy"))
    return _with_entropy(data, values, spread, "machine", ["condition", "dimension", "emotion"])


def people_variation(data: StudyData) -> pl.DataFrame:
    """People's single ratings within every emotion: dimension, emotion, then as `machine_variation`.

    These differ because faces differ and because people do. A rater who gives one value an image, as a machine does,
    is like one person: its spread is that of single ratings.
    """
    single = people_answers(data, machine_dimensions(data))
    keys = ["dimension", "emotion"]
    return _with_entropy(data, single, variation_within(single, keys, "value"), "value", keys)


def image_mean_variation(data: StudyData) -> pl.DataFrame:
    """People's image means within every emotion: dimension, emotion, then as `machine_variation`, and sd_faces.

    Only what people agree on is left in a mean, and a remainder of their disagreement. `sd_faces` is without it:
    ``sqrt(var(means) - mean(s_i^2 / m_i))``, s_i and m_i the SD and number of an image's ratings; 0 where that is below
    0, null where no image has two ratings. It is how far the faces of one emotion differ for people.
    """
    dimensions = machine_dimensions(data)
    images = reference_emotions(data).images.select("image_id", "emotion")
    joined = images.join(image_means(data.ratings, dimensions), on="image_id", how="inner", maintain_order="left")
    parts = [
        joined.select(
            pl.lit(name).cast(pl.Enum(dimensions)).alias("dimension"),
            "emotion",
            pl.col(f"{name}_mean").alias("value"),
            (pl.col(f"{name}_sd") ** 2 / pl.col(f"{name}_n")).alias("error"),
        )
        for name in dimensions
    ]
    means = pl.concat(parts).drop_nulls("value")
    keys = ["dimension", "emotion"]
    spread = _with_entropy(data, means, variation_within(means, keys, "value"), "value", keys)
    error = means.group_by(keys).agg(pl.col("error").mean())
    true = (pl.col("sd") ** 2 - pl.col("error")).clip(lower_bound=0).sqrt().alias("sd_faces")
    return (
        spread.join(error, on=keys, how="left", maintain_order="left", nulls_equal=True)
        .with_columns(true)
        .drop("error")
    )


def index_frame(data: StudyData) -> pl.DataFrame:
    """Collapse and polarity of every machine on every dimension: condition, dimension, `stereotyping_indices`."""
    values = value_answers(data, list(data.conditions))
    kinds = schema_like(values, ["condition", "dimension"])
    frames = [pl.DataFrame(schema=kinds | FIGURES)]
    for (name,), own in values.group_by("dimension", maintain_order=True):
        found = stereotyping_indices(own, data.ratings, str(name), data.resampling)
        label = pl.lit(name).cast(kinds["dimension"]).alias("dimension")
        frames.append(found.select("condition", label, pl.exclude("condition")))
    return pl.concat(frames).sort("dimension", "condition")


def record_stereotypes(results: Results, frames: dict[str, pl.DataFrame]) -> None:
    """Record variation and indices.

    Keys: conditions.<id>.<dim>.variation.<emotion>.{sd, distinct, entropy}; human.<dim>.variation.<emotion>.{sd,
    entropy, image_sd, image_entropy, sd_faces}; conditions.<id>.<dim>.{within_sd, person_within_sd, means_within_sd,
    collapse, collapse_means, polarity, sd_ratio}, the last four with _low and _high.
    """
    for row in frames["variation"].drop_nulls("emotion").iter_rows(named=True):
        path = ["conditions", row["condition"], row["dimension"], "variation", row["emotion"]]
        for name in ("sd", "distinct", "entropy"):
            results.put([*path, name], row[name])
    for row in frames["variation_people"].drop_nulls("emotion").iter_rows(named=True):
        for name in ("sd", "entropy"):
            results.put(["human", row["dimension"], "variation", row["emotion"], name], row[name])
    for row in frames["variation_image_means"].drop_nulls("emotion").iter_rows(named=True):
        path = ["human", row["dimension"], "variation", row["emotion"]]
        for key, name in (("image_sd", "sd"), ("image_entropy", "entropy"), ("sd_faces", "sd_faces")):
            results.put([*path, key], row[name])
    for row in frames["stereotyping"].iter_rows(named=True):
        for name in FIGURES:
            if name not in ("n", "n_excluded"):
                results.put(["conditions", row["condition"], row["dimension"], name], row[name])


def _with_entropy(
    data: StudyData, answers: pl.DataFrame, spread: pl.DataFrame, value: str, keys: list[str]
) -> pl.DataFrame:
    frames = []
    for (name,), own in answers.group_by("dimension", maintain_order=True):
        if own[value].null_count() < own.height:
            frames.append(entropy_within(own, keys, value, data.study.dimensions[str(name)].values))
    bits = pl.concat(frames).select(*keys, *ENTROPY)
    return spread.join(bits, on=keys, how="left", maintain_order="left", nulls_equal=True)
